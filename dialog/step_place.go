package dialog

import (
	"strings"

	"github.com/acotel/acotel-sbc/record"
)

// placeStep asks for the town or the postal code (C3).
type placeStep struct{ quiet }

func (placeStep) name() string  { return "place" }
func (placeStep) state() string { return "place" }
func (placeStep) base() string  { return "place" }
func (placeStep) expects(*Dialog) expectation {
	return expectation{kinds: []string{"place", "postal_code", "department"}}
}
func (placeStep) ask(d *Dialog) { d.ask("place.ask", nil) }
func (placeStep) ways() []way {
	return append(placeWays(), way{"give_theme", placeStep{}}, way{"search", placeStep{}}, way{"hesitation", placeStep{}},
		way{"other_service", offerStep{}}, way{"out_of_scope", offerStep{}})
}

func (placeStep) heard(d *Dialog, u understanding) bool {
	wanted := d.want(u)
	near := nearHome(u)
	if !near && d.locate(u) {
		return true
	}
	switch {
	case wanted:
		d.turnOver()
		d.aside("place.with_theme", vars{"wanted": capital(d.wanted.label)})
	case near, u.is("search"), u.is("hesitation"):
		if d.astray >= d.set.Digressions {
			return false
		}
		d.turnOver()
		d.astray++
		d.aside("place.near_you", nil)
	default:
		return false
	}
	d.ask("place.short", nil)
	d.listen()
	return true
}

// nearHome says that all that was said of the place is "near my home": "à la campagne" is no village of that name.
func nearHome(u understanding) bool {
	near, ok := u.Entity("distance")
	town, named := u.Entity("place")
	_, coded := u.Entity("postal_code")
	return ok && !coded && (!named || strings.Contains(near.Text, town.Text))
}

// askPlace asks where, and notes that it was asked (K5).
func (d *Dialog) askPlace(message string) {
	d.turnOver()
	d.noteAsked("asked")
	if message == "place.ask" && !d.wanted.none() && d.at == step(openStep{}) {
		d.aside("place.with_theme", vars{"wanted": capital(d.wanted.label)})
	}
	d.goTo(placeStep{})
	d.forgetTries()
	d.ask(message, nil)
	d.listen()
}

// forgetTries begins the question anew.
func (d *Dialog) forgetTries() {
	d.tries, d.department, d.options, d.rejected, d.hinted = 0, "", nil, nil, nil
}

// noteAsked notes that a town or code was asked for. One that is volunteered counts as asked for in the same breath, so that codes found
// are never more than codes asked for.
func (d *Dialog) noteAsked(kind string) {
	d.askedPlace = true
	d.note(record.PlaceAsked, "kind", kind)
}

// noteAskedNow notes that from here on a place is asked for.
func (d *Dialog) noteAskedNow() {
	if !d.askedPlace {
		d.noteAsked("asked")
	}
}

// tried counts an answer to "where?".
func (d *Dialog) tried(text string) {
	if !d.askedPlace {
		d.noteAsked("volunteered")
	}
	d.tries++
	d.note(record.PlaceHeard, "try", d.tries, "text", text)
}

// missedPlace counts an answer to "where?" of which nothing was understood.
func (d *Dialog) missedPlace() {
	if d.at == step(placeStep{}) {
		d.tries++
		d.note(record.PlaceHeard, "try", d.tries)
	}
}

// keysOnly is the last way when a question about the place was missed again and again: the five digits on the keys.
func (d *Dialog) keysOnly() {
	d.turnOver()
	d.goTo(placeStep{})
	d.misses = maxMisses
	d.aside("repair.nomatch.3", nil)
	d.askAgain()
}
