package dialog

// offerStep asks whether to look for a workshop, after the service was explained or something else was asked for.
type offerStep struct{ quiet }

func (offerStep) name() string  { return "offer" }
func (offerStep) state() string { return "confirm" }
func (offerStep) base() string  { return "about" }
func (offerStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code"}
	return x
}
func (offerStep) ask(d *Dialog) { d.ask("about.next", nil) }
func (offerStep) ways() []way {
	return append(placeWays(), way{"yes", placeStep{}}, way{"search", placeStep{}}, way{"no", endStep{}})
}

func (offerStep) heard(d *Dialog, u understanding) bool {
	d.want(u)
	switch {
	case d.locate(u):
	case u.yes(), u.is("search"), u.is("give_theme"), u.is("next"):
		d.askPlace("place.ask")
	case u.no(), u.is("thanks"):
		d.goodbye("goodbye")
	default:
		return false
	}
	return true
}

func (offerStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.askPlace("place.ask")
	case "2":
		d.goodbye("goodbye")
	default:
		return false
	}
	return true
}
