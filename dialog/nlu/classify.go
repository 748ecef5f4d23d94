package nlu

import (
	"github.com/acotel/acotel-sbc/dialog/nlu/learn"
	"github.com/acotel/acotel-sbc/place/spoken"
)

// sample is a sentence as the classifier sees it: plain words, with marks where something was recognised.
func (s *sentence) sample(state string, entities []Entity) learn.Sample {
	words := make([]string, 0, len(s.words)+len(entities))
	marks := make([]string, len(s.words)) // behind which word
	gone := make([]bool, len(s.words))
	for _, e := range entities {
		if e.to <= e.from || e.to > len(s.words) {
			continue
		}
		switch e.Type {
		case "place", "department":
			marks[e.to-1] = placeMark
		case "module", "theme":
			if e.Value != "any" {
				marks[e.to-1] = topicMark
			}
		case "postal_code", "phone":
			marks[e.to-1] = codeMark
			for i := e.from; i < e.to; i++ {
				gone[i] = true
			}
		}
	}
	for i, w := range s.words {
		if !gone[i] {
			words = append(words, w)
		}
		if marks[i] != "" {
			words = append(words, marks[i])
		}
	}
	return learn.Sample{Words: plainWords(markNumbers(words)), State: state}
}

// markNumbers puts a mark in the place of every number; a number of one word keeps its word, too.
func markNumbers(words []string) []string {
	runs := spoken.Runs(words)
	if len(runs) == 0 {
		return words
	}
	out := make([]string, 0, len(words)+len(runs))
	from := 0
	for _, run := range runs {
		if run[1]-run[0] == 1 && (words[run[0]] == "un" || words[run[0]] == "une") {
			continue // an article
		}
		out = append(out, words[from:run[0]]...)
		if run[1]-run[0] == 1 {
			out = append(out, words[run[0]])
		}
		out = append(out, numberMark)
		from = run[1]
	}
	return append(out, words[from:]...)
}

// likeliest is what the classifier alone thinks.
func (k *knowledge) likeliest(x learn.Sample) Intent {
	p, _ := k.model.Predict(x)
	best := 0
	for i := range p {
		if p[i] > p[best] {
			best = i
		}
	}
	return Intent{Intents[best], float64(p[best])}
}
