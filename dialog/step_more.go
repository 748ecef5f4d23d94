package dialog

// moreStep asks whether to look for something else (C10).
type moreStep struct{ quiet }

func (moreStep) name() string  { return "more" }
func (moreStep) state() string { return "more" }
func (moreStep) base() string  { return "more" }
func (moreStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code", "theme", "module"}
	x.phrases = append(x.phrases, "une autre ville", "c'est tout", "au revoir")
	return x
}
func (moreStep) ways() []way {
	return append(elsewhereWays(), way{"yes", sameStep{}}, way{"yes", placeStep{}}, way{"no", ratingStep{}}, way{"thanks", ratingStep{}}, way{"unclear", ratingStep{}}, way{"give_theme", searchStep{}})
}

func (moreStep) ask(d *Dialog) {
	if len(d.list) == 0 {
		d.ask("more.ask_nothing", nil)
		return
	}
	d.ask("more.ask", nil)
}

// askMore asks it, behind what was said just now.
func (d *Dialog) askMore() { d.enter(moreStep{}) }

func (moreStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.elsewhere(u):
	case u.is("give_theme") && d.want(u):
		d.searchAgain()
	case u.no(), u.is("thanks"):
		d.leave()
	case u.yes(), u.is("search"), u.is("next"):
		d.askSamePlace()
	default:
		return false
	}
	return true
}

func (moreStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.askSamePlace()
	case "2":
		d.leave()
	default:
		return false
	}
	return true
}

// yield: whoever cannot say is let go.
func (moreStep) yield(d *Dialog) bool {
	d.leave()
	return true
}
