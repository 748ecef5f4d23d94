package dialog

import "github.com/acotel/acotel-sbc/record"

// sameStep asks whether the next search is for the same place.
type sameStep struct{}

func (sameStep) name() string  { return "more.same" }
func (sameStep) state() string { return "confirm" }
func (sameStep) base() string  { return "more.same" }
func (sameStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code", "theme", "module"}
	return x
}
func (sameStep) ask(d *Dialog)       { d.ask("more.same_place", d.placeVars(d.spot)) }
func (sameStep) vars(d *Dialog) vars { return d.placeVars(d.spot) }
func (sameStep) ways() []way {
	return append(elsewhereWays(), way{"yes", searchStep{}}, way{"no", placeStep{}}, way{"give_theme", searchStep{}}, way{"unclear", ratingStep{}})
}

// askSamePlace asks it; after a search that found nothing another place is all that helps.
func (d *Dialog) askSamePlace() {
	if len(d.list) == 0 {
		d.anotherSearch()
		d.askPlace("place.ask_other")
		return
	}
	d.turnOver()
	d.aside("more.gladly", nil)
	d.enter(sameStep{})
}

func (sameStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.elsewhere(u):
	case u.is("give_theme") && d.want(u):
		d.searchAgain()
	case u.no(), u.is("next"):
		d.otherPlace()
	case u.yes():
		d.wanted, d.wished = wanted{}, wishes{}
		d.searchAgain()
	default:
		return false
	}
	return true
}

func (sameStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.wanted, d.wished = wanted{}, wishes{}
		d.searchAgain()
	case "2":
		d.otherPlace()
	default:
		return false
	}
	return true
}

func (d *Dialog) otherPlace() {
	d.anotherSearch()
	d.wanted, d.wished = wanted{}, wishes{}
	d.askPlace("place.ask_other")
}

// anotherSearch notes that the caller begins another search.
func (d *Dialog) anotherSearch() { d.note(record.AnotherSearch) }

// searchAgain looks around the same place for what was not told yet.
func (d *Dialog) searchAgain() {
	d.anotherSearch()
	d.turnOver()
	d.say("find.again", d.placeVars(d.spot))
	d.search(0)
}

// yield: whoever cannot say is let go.
func (sameStep) yield(d *Dialog) bool {
	d.leave()
	return true
}
