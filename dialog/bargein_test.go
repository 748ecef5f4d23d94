package dialog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// onTheLine is a conversation driven event by event, as a call drives it.
type onTheLine struct {
	t   *testing.T
	d   *dialog.Dialog
	now time.Time
	cat *workshop.Catalogue
}

func line(t *testing.T) *onTheLine {
	l := &onTheLine{t: t, now: monday, cat: catalogue(t), d: dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: seedOfTests})}
	l.do(dialog.Started{At: l.now, Caller: dialog.Caller{Origin: dialog.Mobile}})
	return l
}

// do hands in an event, answers a search, and gives the sentences and the facts.
func (l *onTheLine) do(e dialog.Event) (said []dialog.Say, facts []record.Fact) {
	for _, a := range l.d.Handle(e) {
		switch a := a.(type) {
		case dialog.Say:
			said = append(said, a)
		case dialog.Note:
			facts = append(facts, a.Fact)
		case dialog.Search:
			s, f := l.do(dialog.SearchDone{At: l.now, Result: l.cat.Search(a.Query, a.Settings)})
			said, facts = append(said, s...), append(facts, f...)
		}
	}
	return said, facts
}

func (l *onTheLine) hear(text string) ([]dialog.Say, []record.Fact) {
	return l.do(dialog.Heard{At: l.now, Hypotheses: []dialog.Hypothesis{{Text: text, Confidence: 1}}})
}

// keyOf finds the sentence of a message.
func keyOf(said []dialog.Say, message string) (dialog.Say, bool) {
	for _, s := range said {
		if s.Message == message {
			return s, true
		}
	}
	return dialog.Say{}, false
}

// TestNotice: the notice that a machine speaks is the first sentence, and the only one that nothing interrupts (C1, C16).
func TestNotice(t *testing.T) {
	d := dialog.New(dialog.Config{Gazetteer: gazetteer(t)})
	n := 0
	for _, a := range d.Handle(dialog.Started{At: monday}) {
		if s, ok := a.(dialog.Say); ok {
			if s.Interruptible == (n == 0) || (n == 0 && !strings.Contains(s.Text, "voix automatique")) {
				t.Errorf("sentence %d: %+v", n, s)
			}
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d sentences", n)
	}
}

// TestListening: "d'accord" said over the facts is no answer; the voice goes on at the sentence that was interrupted.
func TestListening(t *testing.T) {
	l := line(t)
	said, _ := l.hear("Apt")
	when, ok := keyOf(said, "result.when")
	if !ok {
		t.Fatal(said)
	}
	l.do(dialog.Cut{At: l.now, SayID: when.ID, Fraction: 0.3})
	again, _ := l.hear("d'accord")
	if len(again) < 2 || again[0].Message != "results.goes_on" || again[1].Text != when.Text || l.d.State() != "results" {
		t.Errorf("%v", again)
	}
	// Heard to nine tenths, the sentence is not said again.
	l.do(dialog.Cut{At: l.now, SayID: again[1].ID, Fraction: 0.9})
	third, _ := l.hear("oui oui")
	if len(third) < 2 || third[1].Text == when.Text {
		t.Errorf("%v", third)
	}
}

// TestAnswerOverVoice: an answer given over the voice is an answer.
func TestAnswerOverVoice(t *testing.T) {
	l := line(t)
	said, _ := l.hear("Carpentras")
	l.do(dialog.Cut{At: l.now, SayID: said[2].ID, Fraction: 0.1})
	next, facts := l.hear("suivant")
	if s, ok := keyOf(next, "result.number"); !ok || !strings.HasPrefix(s.Text, "Deuxième") {
		t.Errorf("%v", next)
	}
	for _, f := range facts {
		if f.Kind == record.Told {
			t.Error("a workshop that was hardly heard counts as told")
		}
	}
}

// TestNonsenseOverVoice: what is no answer makes the voice go on, but not for ever.
func TestNonsenseOverVoice(t *testing.T) {
	l := line(t)
	said, _ := l.hear("Apt")
	for i := range 3 {
		l.do(dialog.Cut{At: l.now, SayID: said[1].ID, Fraction: 0.5})
		said, _ = l.hear("bla bla truc machin")
		if want := []string{"results.goes_on", "results.goes_on", "repair.nomatch.1"}[i]; said[0].Message != want {
			t.Errorf("time %d: %s, not %s", i+1, said[0].Message, want)
		}
	}
}

// TestKeyedAfterNotice: a key pressed during the notice is handed in after it, and is the answer to the question.
func TestKeyedAfterNotice(t *testing.T) {
	l := line(t)
	said, facts := l.do(dialog.Keyed{At: l.now, Keys: "84400"})
	if _, ok := keyOf(said, "found.near"); !ok {
		t.Errorf("%v", said)
	}
	kinds := map[record.Kind]bool{}
	for _, f := range facts {
		kinds[f.Kind] = true
	}
	for _, k := range []record.Kind{record.QuestionAsked, record.Understood, record.PlaceFound, record.Search} {
		if !kinds[k] {
			t.Errorf("no fact %s", k)
		}
	}
}

// TestSearchInSilence: while a search runs nothing is an answer; two silences mean that it will not come.
func TestSearchInSilence(t *testing.T) {
	d := dialog.New(dialog.Config{Gazetteer: gazetteer(t)})
	d.Handle(dialog.Started{At: monday})
	d.Handle(dialog.Keyed{At: monday, Keys: "84400"})
	if d.State() != "" || d.Step() != "search" {
		t.Fatalf("state %q, step %q", d.State(), d.Step())
	}
	if got := d.Handle(dialog.Heard{At: monday, Hypotheses: []dialog.Hypothesis{{Text: "allô", Confidence: 1}}}); len(got) > 0 {
		t.Errorf("%v", got)
	}
	d.Handle(dialog.NoInput{At: monday})
	if d.Over() {
		t.Error("one silence ends the search")
	}
	d.Handle(dialog.NoInput{At: monday})
	if !d.Over() {
		t.Error("the call waits for ever")
	}
}

// TestComplete: what needs no waiting for more words (contracts: at confidence 0.8 or more).
func TestComplete(t *testing.T) {
	p := parser(t)
	for _, c := range []struct {
		state, text string
		confidence  float64
		want        bool
	}{
		{"place", "Orange", 0.9, true},
		{"place", "84000", 0.9, true},
		{"place", "84", 0.9, true},
		{"place", "près de", 0.9, false},
		{"place", "huit quatre zéro", 0.9, true}, // an incomplete code is answered by what is missing
		{"place", "euh", 0.9, false},
		{"place", "Orange", 0.6, false},
		{"confirm", "oui", 0.9, true},
		{"confirm", "non", 0.8, true},
		{"theme", "bien chez soi", 0.9, true},
		{"results", "suivant", 0.9, true},
		{"rating", "quatre", 0.9, true},
		{"open", "bonjour", 0.9, false},
		{"open", "je cherche un atelier à Orange", 0.9, true},
		{"reason", "c'était trop long", 1, false},
	} {
		if got := dialog.Complete(p, c.state, []dialog.Hypothesis{{Text: c.text, Confidence: c.confidence}}); got != c.want {
			t.Errorf("%s %q at %.1f: %v", c.state, c.text, c.confidence, got)
		}
	}
	if dialog.Complete(p, "place", nil) || !dialog.Complete(p, "place", []dialog.Hypothesis{{INSEE: "84087", Confidence: 0.85}}) {
		t.Error("nothing heard is complete, or a commune is not")
	}
}
