package nlu_test

import (
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// TestHypotheses: readings are weighed together.
func TestHypotheses(t *testing.T) {
	p := parser(t)
	for _, c := range []struct {
		name, state, intent, kind, value string
		list                             []nlu.Hypothesis
	}{
		{"the one that makes sense", "confirm", "yes", "", "", []nlu.Hypothesis{{Text: "ouïe", Weight: 0.5}, {Text: "oui", Weight: 0.4}}},
		{"two against one", "confirm", "no", "", "", []nlu.Hypothesis{{Text: "oui", Weight: 0.4}, {Text: "non", Weight: 0.35}, {Text: "non non", Weight: 0.3}}},
		{"a town that several nearly say", "place", "give_place", "place", "Carpentras",
			[]nlu.Hypothesis{{Text: "à carpantra", Weight: 0.4}, {Text: "à carpentra", Weight: 0.4}, {Text: "à Carpentras", Weight: 0.2}}},
		{"what the best leaves out", "open", "search", "module", "Mémoire",
			[]nlu.Hypothesis{{Text: "je cherche un atelier", Weight: 0.5}, {Text: "je cherche un atelier mémoire", Weight: 0.45}}},
		{"weights of 0 are left out", "confirm", "yes", "", "", []nlu.Hypothesis{{Text: "non", Weight: 0}, {Text: "oui", Weight: 1}}},
		{"nothing heard", "confirm", "unclear", "", "", nil},
	} {
		r := p.ParseHypotheses(time.Time{}, c.list, c.state)
		if r.Best().Name != c.intent {
			t.Errorf("%s: %s, not %+v", c.name, c.intent, r.Intents)
		}
		if e, _ := r.Entity(c.kind); c.kind != "" && e.Value != c.value {
			t.Errorf("%s: %s, not %+v", c.name, c.value, r.Entities)
		}
	}
	one := p.ParseHypotheses(time.Time{}, []nlu.Hypothesis{{Text: "oui, à Orange", Weight: 0.7}}, "confirm")
	if alone := p.Parse("oui, à Orange", "confirm"); one.Best().Name != alone.Best().Name || len(one.Entities) != len(alone.Entities) {
		t.Errorf("one reading: %+v, not %+v", one, alone)
	}
}
