package learn_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/dialog/nlu/learn"
)

const fruit, tool = 0, 1

func examples(byLabel ...[]string) (out []learn.Example) {
	for label, sentences := range byLabel {
		for _, s := range sentences {
			out = append(out, learn.Example{Label: label, Draw: func(*rand.Rand) learn.Sample { return learn.Sample{Words: strings.Fields(s)} }})
		}
	}
	return out
}

func taught() *learn.Model {
	return learn.Train(2, examples(
		[]string{"je mange une pomme", "une poire bien mure", "des cerises", "la pomme tombe du pommier", "une banane"},
		[]string{"je tiens un marteau", "une scie qui coupe", "des clous", "le tournevis et le marteau", "une pince"},
	))
}

// TestTrain: what was taught is known, in other words and misspelt too; probabilities are probabilities.
func TestTrain(t *testing.T) {
	m := taught()
	for said, want := range map[string]int{
		"une pomme": fruit, "la poire": fruit, "des pommes": fruit, "pom pommie": fruit,
		"un marteau": tool, "les tournevis": tool, "marto marteaux": tool,
	} {
		p, known := m.Predict(learn.Sample{Words: strings.Fields(said)})
		if p[want] < 0.6 || p[0]+p[1] < 0.999 || p[0]+p[1] > 1.001 || known <= 0 || known > 1 {
			t.Errorf("%s: %v, %v known", said, p, known)
		}
	}
	if _, known := m.Predict(learn.Sample{Words: []string{"xylophone"}}); known > 0.5 {
		t.Errorf("never seen, yet %v known", known)
	}
}

// TestSame: training gives the same model each time.
func TestSame(t *testing.T) {
	a, b := taught(), taught()
	for _, said := range []string{"une pomme", "le pommeau du marteau", ""} {
		p, _ := a.Predict(learn.Sample{Words: strings.Fields(said)})
		q, _ := b.Predict(learn.Sample{Words: strings.Fields(said)})
		if !slices.Equal(p, q) {
			t.Errorf("%q: %v, then %v", said, p, q)
		}
	}
}

// TestStates: the same words mean different things where they were taught so.
func TestStates(t *testing.T) {
	in := func(state, word string) func(*rand.Rand) learn.Sample {
		return func(*rand.Rand) learn.Sample { return learn.Sample{Words: []string{word}, State: state} }
	}
	m := learn.Train(2, []learn.Example{
		{Label: fruit, Draw: in("kitchen", "avocat")}, {Label: tool, Draw: in("court", "avocat")},
		{Label: fruit, Draw: in("kitchen", "orange")}, {Label: tool, Draw: in("court", "juge")},
	})
	for state, want := range map[string]int{"kitchen": fruit, "court": tool} {
		if p, _ := m.Predict(learn.Sample{Words: []string{"avocat"}, State: state}); p[want] < 0.6 {
			t.Errorf("%s: %v", state, p)
		}
	}
}

// TestNothingTaught: no examples, no opinion.
func TestNothingTaught(t *testing.T) {
	p, _ := learn.Train(4, nil).Predict(learn.Sample{Words: []string{"oui"}})
	if !slices.Equal(p, []float32{0.25, 0.25, 0.25, 0.25}) {
		t.Errorf("%v", p)
	}
}
