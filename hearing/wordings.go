package hearing

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// Sentences that mean something at any moment are expected whole, beside the short phrases of phrases.yaml: the examples
// that the dialogue learns its intents from. "Je suis tombée et je n'arrive pas à me relever" must not become the name of a town.
const (
	wordingsOfLine  = 16  // of one example with its alternatives
	shortestWording = 6   // phonemes; what is shorter is heard everywhere, and stands in phrases.yaml if it is wanted
	wordingsWeight  = 0.4 // of an intent whose weight is not given, against the phrases' weights
)

// wordingWeights are the intents that callers have more often; 0 leaves one out, because something else listens for it.
var wordingWeights = map[string]float64{"search": 3, "about_service": 1, "give_place": 0, "give_theme": 0}

// asides are the intents that answer nothing.
var asides = []string{"out_of_scope", "unclear", "voicemail"}

var wordings = sync.OnceValues(func() ([]nlu.Wording, error) {
	list, err := nlu.Wordings(wordingsOfLine)
	if err != nil {
		return nil, fmt.Errorf("hearing: %w", err)
	}
	return slices.DeleteFunc(list, func(w nlu.Wording) bool {
		weight, known := wordingWeights[w.Intent]
		return known && weight == 0
	}), nil
})

// wordingEntries are the wordings for a state, "" being those for all. Those that mean the same as a phrase of the lists join its group.
func wordingEntries(all []nlu.Wording, state string, lists [][]phrase, table map[string][]phoneme.String) []phoneme.Entry {
	group, taken := map[string]string{}, map[string]bool{}
	for _, list := range lists {
		for _, p := range list {
			if p.Intent != "" {
				group[p.Intent] = p.Mean
			}
			for _, t := range p.Say {
				taken[t] = true
			}
		}
	}
	var out []phoneme.Entry
	count := map[string]float64{}
	for _, w := range all {
		if state == "" != (w.States == nil) || state != "" && !slices.Contains(w.States, state) || taken[w.Text] {
			continue
		}
		said := slices.DeleteFunc(phoneme.Variants(w.Text, table[w.Text]), func(s phoneme.Said) bool { return len(s.Phonemes) < shortestWording })
		if len(said) == 0 {
			continue
		}
		g, ok := group[w.Intent]
		if !ok {
			g = "intent " + w.Intent
		}
		count[w.Intent]++
		out = append(out, phoneme.Entry{Text: w.Text, Kind: w.Intent, Group: g, Said: said, Aside: slices.Contains(asides, w.Intent)})
	}
	for i := range out {
		weight, ok := wordingWeights[out[i].Kind]
		if !ok {
			weight = wordingsWeight
		}
		out[i].Prior = weight / count[out[i].Kind]
	}
	return out
}

// wordingStates are those that have wordings of their own.
func wordingStates(all []nlu.Wording) []string {
	var out []string
	for _, w := range all {
		for _, s := range w.States {
			if s = strings.TrimSpace(s); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
