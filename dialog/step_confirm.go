package dialog

import (
	"slices"

	"github.com/acotel/acotel-sbc/place"
)

// confirmStep asks whether the place understood is right; only in doubt (C3).
type confirmStep struct{}

func (confirmStep) name() string  { return "place.confirm" }
func (confirmStep) state() string { return "confirm" }
func (confirmStep) base() string  { return "place.confirm" }
func (confirmStep) expects(*Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"place", "postal_code"}
	return x
}
func (confirmStep) vars(d *Dialog) vars { return d.placeVars(d.options[0]) }
func (confirmStep) ways() []way {
	return append(placeWays(), way{"yes", searchStep{}}, way{"no", confirmStep{}}, way{"no", placeStep{}}, way{"unclear", placeStep{}})
}

func (confirmStep) ask(d *Dialog) {
	switch o := d.options[0]; {
	case o.spread:
		d.ask("place.confirm_zone", d.placeVars(o))
		return
	case o.code != "":
		d.ask("place.confirm_code", d.placeVars(o))
		return
	}
	d.ask("place.confirm", d.placeVars(d.options[0]))
}

// confirm asks about the likeliest place; the others are kept for a no.
func (d *Dialog) confirm(options []spot) {
	d.turnOver()
	d.goTo(confirmStep{})
	d.options = options
	d.at.ask(d)
	d.listen()
}

func (s confirmStep) heard(d *Dialog, u understanding) bool {
	switch {
	case d.corrects(u):
		return d.locate(u)
	case u.yes():
		d.placeFound(d.options[0])
	case u.no():
		d.notThat()
	case plainPlace(u):
		return d.locate(u) // the same place once more, or its code
	default:
		return false
	}
	return true
}

// corrects: "non, à Orange" names another place. A place heard beside a yes is no correction.
func (d *Dialog) corrects(u understanding) bool {
	if u.yes() || !u.no() && !plainPlace(u) {
		return false
	}
	if e, ok := u.Entity("place"); ok {
		return place.Fold(e.Value) != place.Fold(d.options[0].name)
	}
	e, ok := u.Entity("postal_code")
	return ok && e.Value != d.options[0].code
}

func (confirmStep) keyed(d *Dialog, key string) bool {
	switch key {
	case "1":
		d.placeFound(d.options[0])
	case "2":
		d.notThat()
	default:
		return false
	}
	return true
}

// notThat proposes the second likeliest, once, and then asks again.
func (d *Dialog) notThat() {
	rejected := append(slices.Clone(d.rejected), d.options[0].key())
	rest := d.options[1:]
	d.turnOver()
	if len(rest) > 0 && len(rejected) == 1 {
		d.options, d.rejected = rest, rejected
		d.misses, d.astray = 0, 0
		d.at.ask(d)
		d.listen()
		return
	}
	d.goTo(placeStep{})
	d.rejected = rejected
	d.ask("place.not_that", nil)
	d.listen()
}

// yield: neither yes nor no is to be had; the keys are left.
func (confirmStep) yield(d *Dialog) bool {
	d.keysOnly()
	return true
}
