package dialog

import (
	"slices"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// spot is where to search: a commune, or the zone of a postal code.
type spot struct {
	area       workshop.Area
	name       string // of the commune, or of the biggest one of the zone
	code       string // when a code was given
	department string
}

// postalCode is the code given, or the commune's own; "" when the commune has none.
func spotOfPlace(p place.Place) spot {
	s := spot{area: workshop.AreaOfPlace(p), name: p.Name, department: p.Department}
	if s.area.PostalCode == "" && len(p.PostalCodes) > 0 {
		s.area.PostalCode = p.PostalCodes[0] // of several, the first is the centre's
	}
	return s
}

func spotOfZone(z place.Zone) spot {
	s := spot{area: workshop.AreaOfZone(z), code: z.Code}
	if len(z.Places) > 0 {
		s.name, s.department = z.Places[0].Name, z.Places[0].Department
	}
	return s
}

// vars are what messages may say of a place.
func (d *Dialog) placeVars(s spot) vars {
	w := d.msgs.words
	return vars{"name": s.name, "at": w.at(s.name), "at_start": capital(w.at(s.name)), "near": w.near(s.name),
		"department": w.department(s.department), "code": s.code}
}

// placeStep asks for the town or the postal code (C3).
type placeStep struct{ quiet }

func (placeStep) name() string  { return "place" }
func (placeStep) state() string { return "place" }
func (placeStep) base() string  { return "place" }
func (placeStep) expects(*Dialog) expectation {
	return expectation{kinds: []string{"place", "postal_code", "department"}}
}
func (placeStep) ask(d *Dialog) { d.ask("place.ask", nil) }
func (placeStep) next() []step {
	return []step{searchStep{}, confirmStep{}, whichStep{}, placeStep{}, offerStep{}}
}

func (placeStep) heard(d *Dialog, u understanding) bool {
	wanted := d.want(u)
	if d.locate(u) {
		return true
	}
	if wanted {
		d.turnOver()
		d.aside("place.with_theme", vars{"wanted": capital(d.wanted.label)})
		d.ask("place.short", nil)
		d.listen()
	}
	return wanted
}

// askPlace asks where, and notes that it was asked (K5).
func (d *Dialog) askPlace(message string) {
	d.turnOver()
	d.noteAsked("asked")
	if message == "place.ask" && !d.wanted.none() && d.at == step(openStep{}) {
		d.aside("place.with_theme", vars{"wanted": capital(d.wanted.label)})
	}
	d.goTo(placeStep{})
	d.tries, d.department, d.rejected = 0, "", nil
	d.ask(message, nil)
	d.listen()
}

// noteAsked notes that a town or code was asked for. One that is volunteered counts as asked for in the same breath, so that codes found
// are never more than codes asked for.
func (d *Dialog) noteAsked(kind string) {
	d.askedPlace = true
	d.note(record.PlaceAsked, "kind", kind)
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

// locate takes a town, a code or a department out of what was said; false when there is none.
func (d *Dialog) locate(u understanding) bool {
	if code, ok := u.Entity("postal_code"); ok {
		d.locateCode(code, u)
		return true
	}
	department, inDepartment := u.Entity("department")
	if town, ok := u.Entity("place"); ok {
		d.tried(town.Text)
		if inDepartment && len(inside(town.Places, department.Value)) > 0 {
			d.department = department.Value
		}
		d.chooseTown(town, u.confidence)
		return true
	}
	if !inDepartment {
		return false
	}
	d.tried(department.Text)
	d.turnOver()
	d.goTo(placeStep{})
	d.department = department.Value
	d.ask("place.department", vars{"department": d.msgs.words.department(department.Value)})
	d.listen()
	return true
}

// locateCode takes a postal code that was said.
func (d *Dialog) locateCode(e nlu.Entity, u understanding) {
	d.tried(e.Value)
	if !e.Known {
		d.wrongCode(e.Value)
		return
	}
	zone, _ := d.gaz.PostalZone(e.Value)
	options := []spot{spotOfZone(zone)}
	for _, other := range e.Codes {
		if z, ok := d.gaz.PostalZone(other); ok {
			options = append(options, spotOfZone(z))
		}
	}
	if len(options) > 1 || u.confidence < d.set.Accept {
		d.confirm(options)
		return
	}
	d.placeFound(options[0])
}

// wrongCode says what is wrong with a code and asks again; it counts as a miss.
func (d *Dialog) wrongCode(code string) {
	d.turnOver()
	d.noteAskedNow()
	if d.at != step(placeStep{}) {
		misses := d.misses
		d.goTo(placeStep{})
		d.misses = misses
	}
	d.sayWrongCode(code)
	d.missedHere()
}

// sayWrongCode says what is wrong with a code.
func (d *Dialog) sayWrongCode(code string) {
	switch {
	case len(code) < codeLen:
		d.aside("place.code_short", nil)
	case len(code) > codeLen:
		d.aside("place.code_long", nil)
	default:
		d.aside("place.code_unknown", vars{"code": code})
	}
}

// noteAskedNow notes that from here on a place is asked for.
func (d *Dialog) noteAskedNow() {
	if !d.askedPlace {
		d.noteAsked("asked")
	}
}

// missedHere counts a miss whose reason was just said.
func (d *Dialog) missedHere() {
	d.note(record.NotUnderstood, "state", d.at.state())
	d.misses++
	d.rephrased = true
	if d.misses > maxMisses {
		d.giveUp("repair.end", "not_understood")
		return
	}
	d.askAgain()
}

// inside keeps the places of one department.
func inside(all []place.Match, department string) []place.Match {
	var out []place.Match
	for _, m := range all {
		if m.Department == department {
			out = append(out, m)
		}
	}
	return out
}

// chooseTown decides on a town that was named: taken at once, asked back in doubt, or told apart from others of its name.
func (d *Dialog) chooseTown(e nlu.Entity, heard float64) {
	var fits []place.Match
	for _, m := range e.Places {
		if (carriesName(m, e.Text) || m.Confidence*heard >= likely) && !slices.Contains(d.rejected, m.INSEE) {
			fits = append(fits, m)
		}
	}
	if d.department != "" {
		if there := inside(fits, d.department); len(there) > 0 {
			fits = there
			fits[0].Confidence = max(fits[0].Confidence, d.set.Accept) // the department is a second proof
		}
	}
	if len(fits) == 0 {
		d.turnOver()
		d.noteAskedNow()
		if d.at != step(placeStep{}) {
			d.goTo(placeStep{})
		}
		d.aside("place.unknown", nil)
		d.missedHere()
		return
	}
	same := sameName(fits)
	switch top := fits[0]; {
	case top.Confidence*heard >= d.set.Accept:
		d.placeFound(spotOfPlace(top.Place))
	case len(same) > 1:
		d.tellApart(same)
	default:
		d.confirm(spots(fits))
	}
}

// likely is how likely a commune must be when what was said is not its whole name: "Aix", "Beaumes". The whole name is never refused,
// however many communes share it.
const likely = 0.15

// carriesName says that what was said is the place's whole name, with or without its article.
func carriesName(m place.Match, said string) bool {
	return slices.Contains([]string{place.Core(m.Name), place.Core(m.Former)}, place.Core(said)) && place.Core(said) != ""
}

// sameName keeps the places that carry the name of the first, one for each department: within one, the biggest is meant.
func sameName(fits []place.Match) []place.Match {
	var out []place.Match
	name := place.Fold(calledName(fits[0]))
	for _, m := range fits {
		if place.Fold(calledName(m)) != name || m.Confidence < fits[0].Confidence/homonymShare {
			continue
		}
		if !slices.ContainsFunc(out, func(o place.Match) bool { return o.Department == m.Department }) {
			out = append(out, m)
		}
	}
	return out
}

// homonymShare: a place this many times less likely than the first of its name is not asked about.
const homonymShare = 6

// calledName is the name that was said: a former commune's, or the commune's own.
func calledName(m place.Match) string {
	if m.Former != "" {
		return m.Former
	}
	return m.Name
}

func spots(list []place.Match) []spot {
	out := make([]spot, 0, len(list))
	for _, m := range list {
		out = append(out, spotOfPlace(m.Place))
	}
	return out
}

// placeFound ends the question and begins the search; the caller hears where, and can contradict.
func (d *Dialog) placeFound(s spot) {
	data := []any{"region", s.area.Region, "tries", max(1, d.tries)}
	if s.area.INSEE != "" {
		data = append(data, "insee", s.area.INSEE)
	}
	if s.area.PostalCode != "" {
		data = append(data, "postal_code", s.area.PostalCode)
	}
	d.note(record.PlaceFound, data...)
	d.spot = s
	d.tries, d.department, d.options, d.rejected = 0, "", nil, nil
	d.turnOver()
	if s.code != "" {
		d.say("find.zone", d.placeVars(s))
	} else {
		d.say("find.town", d.placeVars(s))
	}
	d.search(0)
}
