package dialog

import (
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/record"
)

// TestChoice: a language model's choice stands for what the rules made of a turn; the fact says who understood, and keeps the caller's words.
func TestChoice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		choice *nlu.Choice
		intent string
		by     string
		told   bool // the price
	}{
		"rules": {nil, "unclear", "rules", false},
		"model": {&nlu.Choice{Intent: "price"}, "price", "model", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := New(Config{Seed: 1})
			now := time.Date(2026, time.May, 4, 10, 0, 0, 0, time.UTC)
			d.Handle(Started{At: now})
			d.Handle(Spoken{At: now})
			h := []Hypothesis{{Text: "le machin là", Confidence: 1}}
			text, state, r, ok := d.Reading(h)
			if text != "le machin là" || state != "open" || r.Best().Name != "unclear" || !ok {
				t.Fatalf("read as %q, %q, %+v, %v", text, state, r, ok)
			}
			priced := false
			for _, a := range d.Handle(Heard{At: now, Hypotheses: h, Choice: c.choice}) {
				switch a := a.(type) {
				case Say:
					priced = priced || a.Message == "about.price"
				case Note:
					if a.Kind == record.Turn && a.Data["who"] == "caller" && (a.Data["by"] != c.by || a.Data["intent"] != c.intent || a.Data["text"] != "le machin là") {
						t.Errorf("turn %v", a.Data)
					}
				}
			}
			if priced != c.told {
				t.Errorf("the price was told: %v", priced)
			}
		})
	}
}

// TestReadingRefuses: what was heard badly, or is known to the recogniser, is nobody's to choose.
func TestReadingRefuses(t *testing.T) {
	t.Parallel()
	d := New(Config{Seed: 1})
	d.Handle(Started{At: time.Unix(0, 0)})
	for name, h := range map[string][]Hypothesis{
		"nothing": nil, "badly": {{Text: "le machin là", Confidence: 0.2}}, "a code": {{Text: "orange", Confidence: 0.5, PostalCode: "84100"}},
	} {
		if _, _, _, ok := d.Reading(h); ok {
			t.Errorf("%s: read", name)
		}
	}
}
