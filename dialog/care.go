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

// careStep follows words of distress or of an accident: does the caller have the number?
type careStep struct{ quiet }

func (careStep) name() string                { return "care" }
func (careStep) state() string               { return "confirm" }
func (careStep) base() string                { return "care" }
func (careStep) expects(*Dialog) expectation { return yesNo() }

// next: "carry on" takes up whatever question was open.
func (careStep) next() []step {
	return []step{openStep{}, offerStep{}, placeStep{}, confirmStep{}, whichStep{}, searchStep{}, themeStep{}, themeAloneStep{}, resultsStep{},
		smsStep{}, contactsStep{}, moreStep{}, sameStep{}, ratingStep{}, reasonStep{}, endStep{}}
}

func (careStep) ask(d *Dialog) { d.ask("care.ask", nil) }

// illnessStep follows words of illness: one may go on with the search.
type illnessStep struct{ careStep }

func (illnessStep) name() string  { return "care.illness" }
func (illnessStep) base() string  { return "care.illness" }
func (illnessStep) ask(d *Dialog) { d.ask("care.ask_illness", nil) }

func (careStep) heard(d *Dialog, u understanding) bool {
	switch {
	case u.is("give_place"):
		return d.locate(u)
	case u.is("search"), u.is("give_theme"):
		d.want(u)
		d.carryOn()
	case u.yes():
		d.careYes()
	case u.no(), u.is("thanks"):
		d.careNo()
	default:
		return false
	}
	return true
}

func (careStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.careYes()
	case "2":
		d.careNo()
	default:
		return false
	}
	return true
}

// careYes repeats the number, or after words of illness goes on with the search.
func (d *Dialog) careYes() {
	if d.care == "illness" {
		d.carryOn()
		return
	}
	d.turnOver()
	d.say("care.number_"+d.care, nil)
	d.ask("care.again.1", nil)
	d.listen()
}

// careNo lets the caller go, without asking for a mark.
func (d *Dialog) careNo() {
	d.turnOver()
	d.farewell()
	d.end("care.goodbye")
}

// carryOn takes up the question that was open, or asks where to look.
func (d *Dialog) carryOn() {
	back := d.resume
	if back == nil || back.state() == "" || back == step(openStep{}) || back == step(offerStep{}) {
		d.askPlace("place.ask")
		return
	}
	d.turnOver()
	d.aside("more.gladly", nil)
	d.at, d.misses = back, 0
	d.at.ask(d)
	d.listen()
}

// silent: who falls silent after such words is let go with the number once more.
func (careStep) silent(d *Dialog) bool {
	if d.misses < 2 {
		return false
	}
	if d.care != "illness" {
		d.say("care.number_"+d.care, nil)
	}
	d.say("care.goodbye", nil)
	d.farewell()
	d.hangUp("silence")
	return true
}

// ungracious reminds of good manners, and ends the call the second time (C14). What is said as the reason of a bad mark is its own affair.
func (d *Dialog) ungracious(u understanding) bool {
	if u.sure("insult") < careAt || d.at == step(reasonStep{}) {
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
