package hearing

import (
	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/place"
)

// Grammar is what may be said in answer to what the hints say was asked. It is built
// from shared networks and costs nothing.
func (l *Lexicon) Grammar(h asr.Hints) phoneme.Grammar {
	themes := l.themes.Load()
	part := func(n *phoneme.Network, weight float64) phoneme.Part { return phoneme.Part{Network: n, Weight: weight} }
	places := func(weight float64) []phoneme.Part {
		elsewhere := part(l.elsewhere, 0.1*weight)
		elsewhere.Later = true
		return []phoneme.Part{part(l.places, 0.5*weight), elsewhere, part(l.codes, 0.3*weight)}
	}
	departments := []phoneme.Part{part(l.departments, 0.02)} // beside a town: "Toulon, c'est dans le Var"
	later := func(parts []phoneme.Part) []phoneme.Part {
		for i := range parts {
			parts[i].Later = true
		}
		return parts
	}
	g := phoneme.Grammar{Loop: l.loop, Prior: near(h.CallerZone), Given: within}
	one := func(parts ...phoneme.Part) {
		if n := l.inState[h.State]; n != nil {
			parts = append(parts, part(n, 0.1))
		}
		g.Groups = [][]phoneme.Part{parts}
	}
	switch h.State {
	case "place":
		one(append(places(0.9), part(l.commands, 0.07), part(l.confirm, 0.03))...)
		g.Groups = append(g.Groups, departments)
	case "postal_code":
		one(part(l.codes, 0.9), part(l.commands, 0.1))
	case "confirm":
		one(append(later(places(0.12)), part(l.confirm, 0.8), part(l.commands, 0.08))...)
	case "theme":
		one(part(themes, 0.6), part(l.anyTheme, 0.1), part(l.ordinals, 0.1), part(l.options, 0.05), part(l.confirm, 0.1), part(l.commands, 0.1))
	case "results":
		one(part(l.results, 0.35), part(l.ordinals, 0.1), part(l.confirm, 0.3), part(l.commands, 0.2), part(themes, 0.05))
	case "sms":
		one(part(l.confirm, 0.85), part(l.commands, 0.1), part(l.ordinals, 0.05))
	case "more":
		one(append(later(places(0.1)), part(l.confirm, 0.6), part(l.commands, 0.2), part(themes, 0.1))...)
	case "rating":
		one(part(l.ratings, 0.8), part(l.confirm, 0.08), part(l.commands, 0.12))
	case "reason":
		g.Words = true
		one(part(l.commands, 0.5), part(l.confirm, 0.5))
	case "none":
		g.Words = true
	default: // open, or nothing known
		g.Words = true
		said := []phoneme.Part{part(l.commands, 0.8), part(l.confirm, 0.2)}
		if n := l.inState["open"]; n != nil {
			said = append(said, part(n, 0.1))
		}
		g.Groups = [][]phoneme.Part{{part(themes, 1)}, places(1), departments, said}
	}
	return g
}

// near weighs communes and codes by what is known of where the caller is.
func near(zone string) func(*phoneme.Entry) float64 {
	by := place.NearZone(zone)
	if by == nil {
		return nil
	}
	return func(e *phoneme.Entry) float64 {
		switch {
		case e.INSEE != "":
			return by(place.DepartmentOf(e.INSEE))
		case len(e.PostalCode) == 5:
			return by(departmentOfCode(e.PostalCode))
		}
		return 1
	}
}

// within knows that a place said beside a department, or beside a postal code, lies there: "Toulon, c'est dans le Var".
func within(said *phoneme.Entry) func(*phoneme.Entry) float64 {
	department := said.Department
	if len(said.PostalCode) == 5 {
		department = departmentOfCode(said.PostalCode)
	}
	if department == "" {
		return nil
	}
	return func(e *phoneme.Entry) float64 {
		switch {
		case e.INSEE != "" && place.DepartmentOf(e.INSEE) == department, len(e.PostalCode) == 5 && departmentOfCode(e.PostalCode) == department:
			return 1
		case e.INSEE != "", e.PostalCode != "", e.Department != "":
			return 0
		}
		return notAPlace
	}
}

// notAPlace is how likely other words are beside a department, against what they are anywhere.
const notAPlace = 0.1

// departmentOfCode is the department that the first figures of a postal code name.
func departmentOfCode(code string) string {
	switch {
	case code[:3] == "200" || code[:3] == "201":
		return "2A"
	case code[:2] == "20":
		return "2B"
	case code[:2] == "97" || code[:2] == "98":
		return code[:3]
	}
	return code[:2]
}
