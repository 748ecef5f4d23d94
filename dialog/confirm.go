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
func (confirmStep) next() []step {
	return []step{searchStep{}, placeStep{}, confirmStep{}, whichStep{}}
}

func (confirmStep) ask(d *Dialog) {
	if d.options[0].code != "" {
		d.ask("place.confirm_code", d.placeVars(d.options[0]))
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
	default:
		return d.locate(u)
	}
	return true
}

// corrects: "non, à Orange" names another place.
func (d *Dialog) corrects(u understanding) bool {
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
	first := d.options[0]
	d.rejected = append(slices.Clone(d.rejected), first.area.INSEE)
	rest := d.options[1:]
	if len(rest) > 0 && len(d.rejected) == 1 {
		d.turnOver()
		d.options = rest
		d.misses = 0
		d.at.ask(d)
		d.listen()
		return
	}
	rejected := d.rejected
	d.turnOver()
	d.goTo(placeStep{})
	d.rejected = rejected
	d.ask("place.not_that", nil)
	d.listen()
}

// whichStep tells communes of one name apart by their department (C3).
type whichStep struct{}

func (whichStep) name() string  { return "place.which" }
func (whichStep) state() string { return "place" }
func (whichStep) base() string  { return "place.which" }
func (whichStep) expects(d *Dialog) expectation {
	x := expectation{kinds: []string{"department", "postal_code", "ordinal"}}
	if len(d.options) == 2 {
		x.keys = "12"
	}
	for _, o := range d.options {
		x.phrases = append(x.phrases, d.msgs.words.department(o.department))
	}
	return x
}
func (whichStep) vars(d *Dialog) vars { return d.placeVars(d.options[0]) }
func (whichStep) next() []step {
	return []step{searchStep{}, placeStep{}, confirmStep{}, whichStep{}, offerStep{}}
}

func (whichStep) ask(d *Dialog) {
	v := d.placeVars(d.options[0])
	if len(d.options) == 2 {
		v["first"] = d.msgs.words.department(d.options[0].department)
		v["second"] = d.msgs.words.department(d.options[1].department)
		d.ask("place.two", v)
		return
	}
	d.ask("place.many", v)
}

// tellApart asks in which department the commune lies.
func (d *Dialog) tellApart(same []place.Match) {
	d.turnOver()
	d.goTo(whichStep{})
	d.options = spots(same)
	d.at.ask(d)
	d.listen()
}

func (whichStep) heard(d *Dialog, u understanding) bool {
	if e, ok := u.Entity("department"); ok {
		for _, o := range d.options {
			if o.department == e.Value {
				d.placeFound(o)
				return true
			}
		}
	}
	if e, ok := u.Entity("department"); ok {
		// "Clermont… dans l'Hérault" is Clermont-l'Hérault.
		if there := inside(d.gaz.Find(d.options[0].name), e.Value); len(there) > 0 {
			d.placeFound(spotOfPlace(there[0].Place))
			return true
		}
	}
	if e, ok := u.Entity("ordinal"); ok && len(d.options) == 2 && d.pick(e.Value) {
		return true
	}
	if e, ok := u.Entity("place"); ok && place.Fold(e.Value) == place.Fold(d.options[0].name) {
		return false // the same name again tells nothing
	}
	return d.locate(u)
}

func (whichStep) keyed(d *Dialog, key string) bool { return len(d.options) == 2 && d.pick(key) }

// pick takes the first or the second option.
func (d *Dialog) pick(which string) bool {
	i := slices.Index([]string{"1", "2"}, which)
	if i < 0 || i >= len(d.options) {
		return false
	}
	d.placeFound(d.options[i])
	return true
}
