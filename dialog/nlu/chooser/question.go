package chooser

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/place"
)

// Question is a sentence that the model may be asked about. Nothing in it can tell who the caller is, as far as personal.Anonymise sees.
type Question struct {
	text     string // anonymised
	state    string
	entities []nlu.Entity // that may be chosen
}

const (
	// longest is the longest sentence asked about, in runes; more is a story, or a recogniser that loops.
	longest = 300
	// traceOfCare is the confidence from which words of distress, accident or illness keep a sentence from the model.
	traceOfCare = 0.1
	// hiddenIllness is what personal.Anonymise puts in the place of an illness.
	hiddenIllness = "[santé]"
)

// Ask gives the question to put about a sentence that the rules understood as r in a state. False: they are sure, or the sentence is one
// that the model is not asked about. A nil Chooser asks nothing.
func (c *Chooser) Ask(text, state string, r nlu.Result) (Question, bool) {
	if c == nil || c.told.States[state] == "" {
		return Question{}, false
	}
	if best := r.Best(); best.Name != "unclear" && best.Confidence >= c.cfg.Below {
		return Question{}, false
	}
	for _, kind := range []string{"distress", "accident", "illness"} {
		if r.Confidence(kind) >= traceOfCare {
			return Question{}, false
		}
	}
	if state == "place" && nlu.NamesNumber(text) {
		return Question{}, false
	}
	hidden := strings.ToValidUTF8(personal.Anonymise(text), "")
	if strings.TrimSpace(hidden) == "" || utf8.RuneCountInString(hidden) > longest || strings.Contains(hidden, hiddenIllness) {
		return Question{}, false
	}
	return Question{text: hidden, state: state, entities: c.offered(hidden, r)}, true
}

// offered lists what the rules found in the sentence and the anonymiser left in it, then the themes and modules that they did not find.
func (c *Chooser) offered(hidden string, r nlu.Result) []nlu.Entity {
	var out []nlu.Entity
	add := func(e nlu.Entity) {
		if !slices.ContainsFunc(out, func(o nlu.Entity) bool { return o.Type == e.Type && o.Value == e.Value }) {
			out = append(out, e)
		}
	}
	shown := " " + place.Fold(hidden) + " "
	for _, e := range r.Entities {
		if e.Type != "phone" && strings.Contains(shown, " "+place.Fold(e.Text)+" ") {
			add(e)
		}
	}
	for _, e := range c.topics {
		add(e)
	}
	return out
}

func (q Question) named() []named {
	out := make([]named, len(q.entities))
	for i, e := range q.entities {
		out[i] = named{e.Type, e.Value}
	}
	return out
}
