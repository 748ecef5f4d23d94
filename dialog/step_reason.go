package dialog

import (
	"slices"

	"github.com/acotel/acotel-sbc/record"
)

// reasonStep asks what was wrong; whatever is said is the answer, kept as text, never as sound (C11).
type reasonStep struct{ quiet }

func (reasonStep) name() string                { return "reason" }
func (reasonStep) state() string               { return "reason" }
func (reasonStep) base() string                { return "reason" }
func (reasonStep) expects(*Dialog) expectation { return expectation{} }
func (reasonStep) ask(d *Dialog)               { d.ask("rating.reason", nil) }
func (reasonStep) ways() []way                 { return []way{{"", ratingStep{}}, {"", endStep{}}} }

func (reasonStep) free(d *Dialog, u understanding) bool {
	if slices.Contains([]string{"wait", "repeat"}, u.Best().Name) && len(u.text) < shortCommand && u.sure(u.Best().Name) >= sureEnough &&
		d.digress(u.Best().Name, u) {
		return true
	}
	d.turnOver()
	if b := u.Best(); (b.Name == "no" || b.Name == "goodbye") && len(u.text) < shortRefusal {
		d.end("goodbye.plain")
		return true
	}
	d.note(record.RatingReason, "text", u.text)
	d.afterMark("rating.reason_thanks")
	return true
}

// shortRefusal and shortCommand are the lengths in bytes under which "non, rien" is a refusal and "pardon ?" a command, and not a reason.
const shortRefusal, shortCommand = 25, 35

// keyed: any key means that the caller would rather not.
func (reasonStep) keyed(d *Dialog, _ string) bool {
	d.turnOver()
	d.end("goodbye.plain")
	return true
}

func (reasonStep) silent(d *Dialog) bool {
	if d.misses < 2 {
		return false
	}
	d.end("goodbye.plain")
	return true
}
