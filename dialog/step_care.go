package dialog

// careStep follows words of distress or of an accident: does the caller have the number?
type careStep struct{ quiet }

func (careStep) name() string                { return "care" }
func (careStep) state() string               { return "confirm" }
func (careStep) base() string                { return "care" }
func (careStep) expects(*Dialog) expectation { return yesNo() }

func (careStep) ways() []way {
	return append(illnessStep{}.ways(), way{"no", illnessStep{}})
}

func (illnessStep) ways() []way {
	return []way{{"no", endStep{}}, {"search", placeStep{}}, {"give_place", searchStep{}}, {"give_place", confirmStep{}}, {"give_place", whichStep{}}}
}

// resumes: who wants to go on is put back where the words of distress fell.
func (careStep) resumes() bool { return true }

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
	number := "care.number_" + d.care
	d.say(number, nil)
	if d.uses[number] >= enoughNumbers {
		d.careDone()
		return
	}
	d.ask("care.again.1", nil)
	d.listen()
}

// enoughNumbers is how often the number is repeated before the line is freed for it.
const enoughNumbers = 2

func (d *Dialog) careNo() {
	d.turnOver()
	d.careDone()
}

// careDone lets the caller go, without asking for a mark. Whose heart is heavy in the middle of a search is asked whether to go on with
// it; after an accident the line must be free.
func (d *Dialog) careDone() {
	if d.care == "distress" && d.spot.name != "" {
		d.care = "illness"
		d.goTo(illnessStep{})
		d.at.ask(d)
		d.listen()
		return
	}
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
