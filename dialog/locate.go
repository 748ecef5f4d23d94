package dialog

import (
	"slices"

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
	spread     bool // the zone has several communes, and none that speaks for all
}

// spotOfPlace has the first of the commune's postal codes; of several, that is the centre's.
func spotOfPlace(p place.Place) spot {
	s := spot{area: workshop.AreaOfPlace(p), name: p.Name, department: p.Department}
	if s.area.PostalCode == "" && len(p.PostalCodes) > 0 {
		s.area.PostalCode = p.PostalCodes[0]
	}
	return s
}

// speaksForAll is the share of a zone's people from which its biggest commune may name the zone. In the others a caller from a village
// would hear the name of another village.
const speaksForAll = 0.6

func spotOfZone(z place.Zone) spot {
	s := spot{area: workshop.AreaOfZone(z), code: z.Code}
	if len(z.Places) == 0 {
		return s
	}
	s.name, s.department = z.Places[0].Name, z.Places[0].Department
	people := 0
	for _, p := range z.Places {
		people += p.Population
	}
	s.spread = float64(z.Places[0].Population) < speaksForAll*float64(people)
	return s
}

// key names a spot among others.
func (s spot) key() string {
	if s.code != "" {
		return s.code
	}
	return s.area.INSEE
}

// placeVars are what messages may say of a place.
func (d *Dialog) placeVars(s spot) vars {
	w := d.msgs.words
	v := vars{"name": s.name, "at": w.at(s.name), "near": w.near(s.name), "department": w.department(s.department), "code": s.code}
	if s.spread {
		v["near"] = w.NearYou
	}
	v["at_start"] = capital(v["at"])
	v["which"] = expand(w.Town, v)
	if s.code != "" {
		v["which"] = expand(w.Zone, v)
	}
	return v
}

// locate takes a town, a code or a department out of what was said; false when there is none.
func (d *Dialog) locate(u understanding) bool {
	town, named := u.Entity("place")
	code, coded := u.Entity("postal_code")
	department, inDepartment := u.Entity("department")
	switch {
	case coded:
		d.tried(code.Value)
	case named:
		d.tried(town.Text)
	case inDepartment:
		d.tried(department.Text)
		d.askTownOf(department.Value)
		return true
	case d.at == step(placeStep{}):
		fits := d.answered()
		if len(fits) == 0 || fits[0].likely < guessed {
			return false
		}
		d.tried(u.text)
		d.decide(d.candidates(u))
		return true
	default:
		return false
	}
	if inDepartment && named && len(inside(town.Places, department.Value)) > 0 {
		d.department = department.Value
	}
	fits := d.candidates(u)
	switch {
	case len(fits) > 0:
		d.decide(fits)
	case coded && !code.Known:
		heard := []place.Heard{{Text: code.Text, Weight: 1}}
		if d.at == step(placeStep{}) {
			heard, _ = d.heardWhole()
		}
		if !d.offerNearest(code.Value, heard) {
			d.wrongCode(code.Value)
		}
	default:
		d.unknownTown()
	}
	return true
}

// askTownOf: a department is too wide; which town?
func (d *Dialog) askTownOf(department string) {
	d.turnOver()
	d.goTo(placeStep{})
	d.department = department
	d.ask("place.department", vars{"department": d.msgs.words.department(department)})
	d.listen()
}

// decide takes the likeliest place at once, tells it apart from others of its name, or asks back in doubt.
func (d *Dialog) decide(fits []candidate) {
	same := sameName(fits)
	switch top := fits[0]; {
	case top.likely >= d.set.Accept:
		d.placeFound(top.spot)
	case len(same) > 1:
		d.tellApart(same)
	default:
		d.confirm(spotsOf(fits))
	}
}

// offerNearest proposes the codes that may be meant by one that does not exist, or is not whole: one digit wrong, two changed about (C3).
func (d *Dialog) offerNearest(digits string, heard []place.Heard) bool {
	answer := d.gaz.Resolve(heard, d.caller.Zone)
	if answer.Digits != "" {
		digits = answer.Digits
	}
	if len(digits) < codeLen-1 || len(digits) > codeLen+1 {
		return false // nothing to go by
	}
	var options []spot
	for _, code := range answer.Nearest {
		if z, ok := d.gaz.PostalZone(code); ok && !slices.Contains(d.rejected, code) {
			options = append(options, spotOfZone(z))
		}
	}
	if len(options) == 0 {
		return false
	}
	d.turnOver()
	d.noteAskedNow()
	d.goTo(confirmStep{})
	d.options = options
	d.sayWrongCode(digits)
	d.at.ask(d)
	d.listen()
	return true
}

// wrongCode says what is wrong with a code and asks again; it counts as a miss.
func (d *Dialog) wrongCode(code string) {
	d.turnOver()
	d.toPlaceQuestion()
	d.sayWrongCode(code)
	d.missedHere()
}

// unknownTown says that no such town was found and asks again; a miss, too.
func (d *Dialog) unknownTown() {
	d.turnOver()
	d.toPlaceQuestion()
	d.aside("place.unknown", nil)
	d.missedHere()
}

// toPlaceQuestion goes to the question for the place, with the misses there were on the way.
func (d *Dialog) toPlaceQuestion() {
	d.noteAskedNow()
	if d.at == step(placeStep{}) {
		return
	}
	misses := d.misses
	d.goTo(placeStep{})
	d.misses = misses
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
	d.forgetTries()
	d.turnOver()
	switch {
	case s.spread:
		d.say("find.zone", d.placeVars(s))
	case s.code != "":
		d.say("find.code", d.placeVars(s))
	default:
		d.say("find.town", d.placeVars(s))
	}
	d.search(0)
}

// answersPlace says that a turn names the place asked for, so that what sounds like a command around it is none: "je répète : Orange".
func (d *Dialog) answersPlace(u understanding) bool {
	switch d.at.(type) {
	case openStep, placeStep, confirmStep, whichStep:
	default:
		return false
	}
	switch u.Best().Name {
	case "repeat", "wait", "back", "hesitation", "greeting", "thanks":
		return plainPlace(u)
	}
	return false
}

// plainPlace says that a code which exists was named, or a town by its whole name or by one that is taken for it.
func plainPlace(u understanding) bool {
	if e, ok := u.Entity("postal_code"); ok && e.Known {
		return true
	}
	e, ok := u.Entity("place")
	return ok && len(e.Places) > 0 && (carriesName(e.Places[0], e.Text) || e.Places[0].Confidence >= plainly) && u.sure("give_place") >= sureEnough
}

// plainly is how likely a town must be to count as named when the question was another one.
const plainly = 0.6
