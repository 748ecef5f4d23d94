package dialog

import "github.com/acotel/acotel-sbc/record"

// careAt is how sure words of distress, illness or accident must be.
const careAt = 0.7

// urgent answers what matters more than any workshop (C13): found in the words alone, never in the voice.
func (d *Dialog) urgent(u understanding) bool {
	for _, kind := range []string{"accident", "distress", "illness"} {
		if u.sure(kind) < careAt {
			continue
		}
		if kind == "illness" && (u.Confidence("search") >= u.Confidence(kind)-closeEnough || u.is("give_theme") || d.at == step(reasonStep{})) {
			continue // someone ill who looks for a workshop gets one
		}
		if u.Confidence(kind) < u.Best().Confidence-2*closeEnough && kind == "illness" {
			continue
		}
		d.careFor(kind)
		return true
	}
	return false
}

// careFor reassures, gives the right number, marks the call, and asks one simple thing.
func (d *Dialog) careFor(kind string) {
	d.turnOver()
	d.note(record.Marked, "mark", "malade", "kind", kind)
	from := d.at
	switch from.(type) {
	case careStep, illnessStep:
		from = d.resume
	}
	if kind == "illness" {
		d.goTo(illnessStep{})
	} else {
		d.goTo(careStep{})
	}
	d.care, d.resume = kind, from
	d.say("care."+kind, nil)
	d.at.ask(d)
	d.listen()
}
