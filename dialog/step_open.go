package dialog

// welcomeStep is before the beginning.
type welcomeStep struct{ quiet }

func (welcomeStep) name() string                { return "welcome" }
func (welcomeStep) state() string               { return "" }
func (welcomeStep) base() string                { return "" }
func (welcomeStep) expects(*Dialog) expectation { return expectation{} }
func (welcomeStep) ask(*Dialog)                 {}
func (welcomeStep) ways() []way                 { return []way{{"", openStep{}}} }

// start says the notice, which nothing interrupts, and asks the open question (C1). Both are queued at once, so that no gap is heard.
func (d *Dialog) start(e Started) {
	if d.at != step(welcomeStep{}) {
		return
	}
	d.caller = e.Caller
	d.at = openStep{}
	d.speak("welcome.notice", nil, false, false)
	d.asides = len(d.prompt)
	d.ask("welcome.question", nil)
	d.listen()
}

// openStep is the open question (C2).
type openStep struct{ quiet }

func (openStep) name() string  { return "open" }
func (openStep) state() string { return "open" }
func (openStep) base() string  { return "open" }
func (openStep) expects(*Dialog) expectation {
	return expectation{kinds: []string{"place", "postal_code", "theme", "module", "department"}, keys: "1"}
}
func (openStep) ask(d *Dialog) { d.ask("open.short", nil) }
func (openStep) ways() []way {
	return append(placeWays(), way{"search", placeStep{}}, way{"give_theme", placeStep{}}, way{"yes", placeStep{}}, way{"hesitation", placeStep{}},
		way{"price", placeStep{}}, way{"about_service", offerStep{}}, way{"no", offerStep{}}, way{"other_service", offerStep{}},
		way{"out_of_scope", offerStep{}})
}

func (openStep) heard(d *Dialog, u understanding) bool {
	d.want(u)
	switch {
	case d.locate(u):
		return true
	case u.is("details"), u.no():
		d.aboutService()
		return true
	case u.is("search"), u.is("give_theme"), u.yes(), u.is("next"), u.is("choose") && !d.wanted.none():
		d.askPlace("place.ask")
		return true
	}
	return false
}

// keyed: 1 leads on, like a yes.
func (openStep) keyed(d *Dialog, key string) bool {
	if key != "1" {
		return false
	}
	d.askPlace("place.ask")
	return true
}
