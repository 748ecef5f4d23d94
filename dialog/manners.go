package dialog

import "github.com/acotel/acotel-sbc/record"

// ungracious reminds of good manners, and ends the call the second time (C14). What is said as the reason of a bad mark is its own affair.
func (d *Dialog) ungracious(u understanding) bool {
	if u.certain("insult") < careAt || d.at == step(reasonStep{}) {
		return false
	}
	d.turnOver()
	d.insults++
	d.note(record.Marked, "mark", "incivilite", "times", d.insults)
	if d.insults > 1 {
		d.say("insult.second", nil)
		d.hangUp("insult")
		return true
	}
	d.aside("insult.first", nil)
	d.askShort()
	return true
}
