package dialog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
)

// hear is one turn of the caller in words.
func (d *Dialog) hear(e Heard) {
	d.heardQuestion()
	if d.at.state() == "" {
		return // a search is running: nothing was asked
	}
	d.heardWorkshop()
	d.readings = d.understand(e.Hypotheses)
	if e.Choice != nil {
		d.readings[0].Result, d.readings[0].chosen = d.readings[0].With(*e.Choice), true
	}
	d.given = d.readings[0]
	d.noteCaller(d.given)
	missed := d.missedInRow
	for _, u := range d.readings {
		if u.text == "" || u.confidence < d.set.Reject {
			continue
		}
		d.given = u
		if d.act(u) {
			if d.missedInRow == missed {
				d.spokenTurns++
			}
			return
		}
	}
	if first := d.readings[0]; first.confidence >= d.set.Reject {
		if found, ok := d.spotted(first); ok {
			d.given = found
			if d.act(found) {
				return
			}
		}
	}
	d.given = d.readings[0]
	d.noMatch()
}

// understand reads what the recogniser proposes, the likeliest meaning first: how well it was heard, times how much sense it makes here,
// and more when other readings agree. There is always one; its text is empty when nothing was heard.
func (d *Dialog) understand(hyps []Hypothesis) []understanding {
	var out []understanding
	for _, h := range hyps {
		if strings.TrimSpace(h.Text) == "" && h.INSEE == "" && h.PostalCode == "" {
			continue
		}
		text := strings.TrimSpace(nlu.WithoutHums(h.Text))
		u := understanding{Result: d.nlu.ParseOn(d.now, text, d.at.state()), text: text, confidence: h.Confidence, words: h.Text}
		d.addHeardPlace(&u, h)
		out = append(out, u)
		if len(out) == 1 && u.sense() >= clearly {
			break // the others cost time and tell nothing
		}
	}
	if len(out) == 0 {
		return []understanding{{}}
	}
	scores := make([]float64, len(out))
	for i := range out {
		scores[i] = out[i].sense()
		for j := range out {
			if i != j && out[i].Best().Name == out[j].Best().Name {
				scores[i] += agreement * out[j].sense()
			}
		}
	}
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	sorted := make([]understanding, len(out))
	for i, at := range order {
		sorted[i] = out[at]
	}
	return sorted
}

// agreement is what another reading with the same meaning adds, as a share of its own sense.
const agreement = 0.3

// clearly is the sense of a first reading from which the others are not read.
const clearly = 0.75

// sense is how well a reading was heard times how much sense it makes.
func (u understanding) sense() float64 {
	switch {
	case u.Best().Name != "unclear":
		return u.confidence * u.Best().Confidence
	case nearHome(u):
		return u.confidence * nearSense
	}
	return u.confidence * 0.1
}

// nearSense is how much sense "près de chez moi" makes: no intent has its name, and a village that sounds like it must not win.
const nearSense = 0.85

// addHeardPlace takes over what the recogniser itself knows of the place or the code.
func (d *Dialog) addHeardPlace(u *understanding, h Hypothesis) {
	without := func(kind string) {
		u.Entities = slices.DeleteFunc(slices.Clone(u.Entities), func(e nlu.Entity) bool { return e.Type == kind })
	}
	if p, ok := d.gaz.ByINSEE(h.INSEE); ok && h.INSEE != "" {
		without("place")
		u.Entities = append(u.Entities, nlu.Entity{Type: "place", Value: p.Name, Text: h.Text,
			Places: []place.Match{{Place: p, Confidence: 1, Why: "recogniser"}}})
		u.Intents = append([]nlu.Intent{{Name: "give_place", Confidence: 0.97}}, u.Intents...)
	}
	if h.PostalCode != "" {
		without("postal_code")
		u.Entities = append(u.Entities, nlu.Entity{Type: "postal_code", Value: h.PostalCode, Text: h.Text,
			Known: len(d.gaz.ByPostalCode(h.PostalCode)) > 0})
		u.Intents = append([]nlu.Intent{{Name: "give_place", Confidence: 0.97}}, u.Intents...)
	}
	if u.text == "" {
		u.text = h.INSEE + h.PostalCode
	}
}

// act does what was meant; false: nothing was.
func (d *Dialog) act(u understanding) bool {
	if d.urgent(u) || d.ungracious(u) {
		return true
	}
	if s, ok := d.at.(freeStep); ok {
		return s.free(d, u)
	}
	if d.justListening(u) && d.takeUpAgain() {
		return true
	}
	first := u.Best().Name
	if !d.answersPlace(u) && !answersBeside(u) && u.sure(first) >= sureEnough && d.digress(first, u) {
		return true
	}
	asked, missed, wished := d.at, d.missedInRow, d.wished
	d.wish(u) // before a search that may come of it
	if d.at.heard(d, u) {
		if d.missedInRow == missed {
			d.missedInRow = 0
		}
		d.noteUnderstood(asked, u)
		return true
	}
	d.wished = wished
	for _, i := range u.Intents {
		if i.Name != first && u.sure(i.Name) >= sureEnough && d.digress(i.Name, u) {
			return true
		}
	}
	return false
}

// answersBeside says that an answer stands beside words that only carry it: "attendez, je prends celui-là", "oui, je ne suis pas sûre".
func answersBeside(u understanding) bool {
	best := u.Best()
	switch best.Name {
	case "wait", "hesitation", "thanks", "greeting":
	default:
		return false
	}
	return slices.ContainsFunc(u.Intents, func(i nlu.Intent) bool {
		switch i.Name {
		case "yes", "no", "next", "previous", "details", "choose", "rate":
			return i.Confidence >= best.Confidence-besideEnough
		}
		return false
	})
}

// besideEnough is how much less sure the answer may be than the words around it.
const besideEnough = 0.15

// freeStep is a step at which anything said is the answer: the reason of a bad mark.
type freeStep interface {
	free(d *Dialog, u understanding) bool
}

// justListening tells "oui", "d'accord", "ah bon" said while facts are being told from an answer: the question was not heard yet.
func (d *Dialog) justListening(u understanding) bool {
	if d.cutAt < 0 || d.cutAt >= len(d.prompt) || d.prompt[d.cutAt].question || len(u.Entities) > 0 {
		return false
	}
	switch u.Best().Name {
	case "yes", "thanks", "greeting":
		return true
	}
	return false
}

// Reading is the likeliest meaning that the rules give to what was heard, for a language model to be asked about: the text without hums,
// the state in which it answers, and the result. False: it was heard too badly, no question is open, or the recogniser itself knows the
// place. The dialog does not change.
func (d *Dialog) Reading(h []Hypothesis) (text, state string, r nlu.Result, ok bool) {
	if d.over || d.at.state() == "" || slices.ContainsFunc(h, func(h Hypothesis) bool { return h.INSEE != "" || h.PostalCode != "" }) {
		return "", "", nlu.Result{}, false
	}
	u := d.understand(h)[0]
	return u.text, d.at.state(), u.Result, u.text != "" && u.confidence >= d.set.Reject
}

// noteCaller writes down what the caller said, and whether rules or a language model understood it.
func (d *Dialog) noteCaller(u understanding) {
	by := "rules"
	if u.chosen {
		by = "model"
	}
	d.note(record.Turn, "who", "caller", "text", u.text, "state", d.at.state(), "intent", u.Best().Name, "confidence", u.confidence, "by", by)
}

// noAnswer are intents that answer no question, so that they don't make the first one understood (K1).
var noAnswer = map[string]bool{
	"unclear": true, "greeting": true, "voicemail": true, "insult": true, "repeat": true, "slower": true, "louder": true, "wait": true,
	"thanks": true, "back": true, "restart": true, "help": true, "goodbye": true, "call_later": true,
}

// noteUnderstood notes, once, that the answer to the open question was understood, with or without rephrasing (K1).
func (d *Dialog) noteUnderstood(asked step, u understanding) {
	if d.understood || noAnswer[u.Best().Name] {
		return
	}
	d.noteUnderstoodKey(asked)
}

// noteUnderstoodKey does the same for a key: a valid keyed code counts as an understood answer.
func (d *Dialog) noteUnderstoodKey(asked step) {
	if !d.understood {
		d.understood = true
		d.note(record.Understood, "rephrased", asked != step(openStep{}) || d.rephrased)
	}
}

// Complete tells whether what was heard fits the state at confidence 0.8 or more, so that the end of the turn need not be waited for
// longer: a known town, a code that exists, yes or no, a theme, a mark. parser may be shared by all calls.
func Complete(parser *nlu.Parser, state string, hyps []Hypothesis) bool {
	if len(hyps) == 0 || state == "reason" {
		return false
	}
	h := hyps[0]
	if h.Confidence < completeAt {
		return false
	}
	if h.INSEE != "" || h.PostalCode != "" {
		return true
	}
	r := parser.Parse(h.Text, state)
	best := r.Best()
	return best.Confidence >= completeAt && best.Name != "unclear" && best.Name != "greeting" && best.Name != "hesitation"
}

// Ending is how an answer that was heard so far ends.
type Ending uint8

// The endings, in the order of the silence that they are given.
const (
	Ended      Ending = iota // it answers the question: Complete
	Open                     // it does not, and more may come
	Unfinished               // nobody ends like this: a hesitation, "près de…", half a postal code
)

// YesOrNo tells that the question of a state is answered by yes or no.
func YesOrNo(state string) bool { return state == "confirm" || state == "sms" || state == "more" }

// EndingOf tells how long to wait for more of an answer: the caller who says "quatre-vingt-quatre…" is given the time to go on.
func EndingOf(parser *nlu.Parser, state string, hyps []Hypothesis) Ending {
	if len(hyps) == 0 {
		return Open
	}
	h := hyps[0]
	known := (h.INSEE != "" || h.PostalCode != "") && h.Confidence >= completeAt
	if !known && nlu.Unfinished(h.Text, state) {
		return Unfinished
	}
	if Complete(parser, state, hyps) {
		return Ended
	}
	return Open
}

// completeAt is the confidence from which an answer counts as complete.
const completeAt = 0.8
