package nlu

import (
	"slices"

	"github.com/acotel/acotel-sbc/place/spoken"
)

// Choice is what somebody other than the parser takes a sentence for: one of Intents, and entities that it was offered.
type Choice struct {
	Intent   string
	Entities []Entity
}

// chosenConfidence is how sure an intent is that was chosen for a sentence in which the parser was not: enough to be acted on, less than
// what the parser calls clear.
const chosenConfidence = 0.75

// With gives the result with a choice before what the parser found. r stays as it is.
func (r Result) With(c Choice) Result {
	out := Result{Intents: []Intent{{c.Intent, chosenConfidence}}, Entities: slices.Clone(c.Entities)}
	for _, i := range r.Intents {
		if i.Name != c.Intent {
			out.Intents = append(out.Intents, Intent{i.Name, min(i.Confidence, chosenConfidence-besideBest)})
		}
	}
	return out
}

// Topics lists the themes and modules that the parser knows, as entities without words of the caller.
func (p *Parser) Topics() []Entity {
	var out []Entity
	for _, v := range p.rules.themes {
		out = append(out, Entity{Type: "theme", Value: v.value})
	}
	for _, v := range p.rules.modules {
		out = append(out, Entity{Type: "module", Value: v.value, Theme: v.theme})
	}
	return out
}

// NamesNumber tells whether digits or words of number stand in a text; "un" and "une" are articles.
func NamesNumber(text string) bool {
	s := newSentence(text)
	for _, run := range spoken.Runs(s.words) {
		if words := s.words[run[0]:run[1]]; len(words) > 1 || words[0] != "un" && words[0] != "une" {
			return true
		}
	}
	return false
}
