package dialog

import (
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

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
func (whichStep) ways() []way {
	return append(placeWays(), way{"give_place", whichStep{}}, way{"choose", searchStep{}}, way{"unclear", placeStep{}}, way{"other_service", offerStep{}}, way{"out_of_scope", offerStep{}})
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
func (d *Dialog) tellApart(same []candidate) {
	d.turnOver()
	d.goTo(whichStep{})
	d.options = spotsOf(same)
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
	if i := d.likeliestDepartment(u.text); i >= 0 {
		d.placeFound(d.options[i])
		return true
	}
	if e, ok := u.Entity("ordinal"); ok && len(d.options) == 2 && d.pick(e.Value) {
		return true
	}
	if e, ok := u.Entity("place"); ok && place.Fold(e.Value) == place.Fold(d.options[0].name) {
		return false // the same name again tells nothing
	}
	return d.locate(u)
}

// likeliestDepartment is the option whose department has most words in what was heard, "Saône et lois" for Saône-et-Loire; -1: none, or no
// one alone.
func (d *Dialog) likeliestDepartment(text string) int {
	heard := strings.Fields(place.Fold(text))
	best, most, alone := -1, 0, false
	for i, o := range d.options {
		n := 0
		for _, w := range strings.Fields(place.Fold(place.DepartmentName(o.department))) {
			if len(w) > shortWord && slices.Contains(heard, w) {
				n++
			}
		}
		switch {
		case n > most:
			best, most, alone = i, n, true
		case n == most:
			alone = false
		}
	}
	if !alone {
		return -1
	}
	return best
}

// shortWord is the length of words that tell nothing: "et", "sur", "la".
const shortWord = 3

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

// yield: no department is to be had; the keys are left.
func (whichStep) yield(d *Dialog) bool {
	d.keysOnly()
	return true
}
