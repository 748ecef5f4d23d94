package place

import (
	"fmt"
	"slices"
	"strings"
)

// closeness says how a name came near what was said, the nearest first.
type closeness uint8

const (
	exact           closeness = iota // the name, letter by letter once folded
	otherArticle                     // but for its article: "Puy" for "Le Puy"
	sketchOnly                       // but for small words and spaces: "Isle sur Sorgue"
	wordPrefix                       // it begins with these words: "Aix"
	letterPrefix                     // it begins with these letters: "avig"
	byCode                           // by postal code, no name
	soundsLike                       // it sounds like it: "bollaine", "beau laine"
	shortSoundsLike                  // its beginning does: "saint rémi"
)

// Figures of each closeness and of aliases. quality is the most confidence that
// one candidate can get; weight is how likely it is against others that fit.
var (
	quality = [...]float64{exact: 0.99, otherArticle: 0.97, sketchOnly: 0.93, wordPrefix: 0.9, letterPrefix: 0.6, byCode: 0.99, soundsLike: 1, shortSoundsLike: 0.95}
	weight  = [...]float64{exact: 1, otherArticle: 0.8, sketchOnly: 0.7, wordPrefix: 0.12, letterPrefix: 0.05, byCode: 1, soundsLike: soundWeight, shortSoundsLike: soundWeight * shortWeight}
)

const (
	formerQuality, formerWeight     = 0.95, 0.4
	formerPrior                     = 252 // of a former commune of some 10,000 people: its own people are not known
	localityQuality, localityWeight = 0.85, 0.15
	localityPrior                   = 137 // of a locality of some 3,600 people

	// populationPower makes large towns likelier than small ones, less than by their number: who says a small
	// one says it more exactly, and calls come from where the workshops are.
	populationPower = 0.6

	// otherRegion is how much less likely callers from outside the regions served are.
	otherRegion = 0.15
	// contradicted is left of a match when another thing said speaks against it:
	// a department or a postal code that is not its own.
	contradicted = 0.5
	// unconfirmed is left when a postal code that exists nowhere came with the
	// name, or words that name nothing came with the postal code.
	unconfirmed = 0.9
	// tailKeep is left when the name ends a sentence that says other things: ask back.
	tailKeep = 0.8
	// departmentToo is left when the name said is first of all a department's.
	departmentToo = 0.5

	// maxMatches bounds an answer; namesakes and the communes of a postal code come on top of it.
	maxMatches = 20
	// minLetters is the shortest beginning of a word that is looked up.
	minLetters = 3
)

// candidate is a place that may be meant, before it is weighed against the others.
type candidate struct {
	place     int32
	alias     int32 // -1 for the place's own name
	closeness closeness
	keep      float64 // 1, less for what speaks against it
	odds      float64 // 1, less for what makes it less likely than others that fit as well
	note      string  // added to why
}

// Find returns the places that text may mean, best first: names, former names
// and localities, whole or from their beginning; an arrondissement ("lyon 3"); a
// department ("beaulieu 34", "orange dans le vaucluse") or a postal code beside or
// instead of the name. Two digits or a department alone give nothing (see Department).
//
// Confidence estimates the probability that this place is meant. It is the
// quality of the likeness (0.99 exact, 0.95 former name, 0.9 first words, 0.6
// first letters, …) times the place's share among all that fit, by closeness,
// square root of population and whether a region served holds it. So it never
// falls when the likeness is closer or the population larger, namesakes divide
// it, and all confidences of an answer add up to at most 1.
//
// Find takes well under a millisecond and is safe for concurrent use.
func (g *Gazetteer) Find(text string) []Match {
	q := parse(text)
	list := g.candidates(q, g.named(q.readings))
	if len(list) == 0 {
		return nil
	}
	if code, ok := Department(text); ok && !g.alone[code] {
		list = slices.DeleteFunc(list, func(c candidate) bool { return c.closeness == letterPrefix })
		for i := range list {
			list[i].keep *= departmentToo
			list[i].note += ", a department's name too"
		}
	}
	return g.rank(list)
}

// candidates settles between what fits the name and what fits the postal code.
func (g *Gazetteer) candidates(q query, named []candidate) []candidate {
	coded := g.byPostal[q.postal]
	switch {
	case q.postal == "":
		return named
	case len(coded) == 0: // a wrong code: its department may still be right
		return unsure(g.inDepartment(named, departmentOfPostal(q.postal)), "postal code "+q.postal+" unknown")
	case len(named) == 0:
		list := g.coded(q.postal)
		if !q.filler {
			list = unsure(list, "the words with it name no place")
		}
		return list
	}
	if both := g.withPostal(named, q.postal); len(both) > 0 {
		return both
	}
	return slices.Concat(against(g.coded(q.postal), "the name says another place"),
		against(named, "not of postal code "+q.postal))
}

// named finds candidates for the words: exact names in any reading come before
// first words, those before first letters.
func (g *Gazetteer) named(readings []reading) []candidate {
	for _, level := range []closeness{sketchOnly, wordPrefix, letterPrefix} {
		var elsewhere []candidate
		for _, r := range readings {
			if r.tail {
				continue
			}
			list := g.lookUp(r, level)
			if r.department == "" {
				if len(list) > 0 {
					return list
				}
				continue
			}
			if there := slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
				return !g.within(c.place, r.department)
			}); len(there) > 0 {
				return noted(there, "in department "+r.department)
			}
			if elsewhere == nil {
				elsewhere = against(list, "not in department "+r.department)
			}
		}
		if len(elsewhere) > 0 {
			return elsewhere
		}
	}
	for _, r := range readings {
		if !r.tail {
			continue
		}
		list := slices.DeleteFunc(g.lookUp(r, sketchOnly), func(c candidate) bool { return c.closeness > otherArticle })
		if len(list) > 0 {
			return reduce(list, tailKeep, "at the end of a sentence")
		}
	}
	return nil
}

// lookUp finds the names like that of a reading, up to a level of closeness. At
// the first level names that only begin so come along when there is an exact one:
// "Aix" is a village of Corrèze, and yet Aix-en-Provence is meant.
func (g *Gazetteer) lookUp(r reading, level closeness) []candidate {
	key := core(r.name)
	if r.district > 0 {
		return g.district(key, r.district)
	}
	var list []candidate
	add := func(n name, c closeness) {
		list = append(list, candidate{place: n.place, alias: n.alias, closeness: c, keep: 1, odds: 1})
	}
	switch level {
	case letterPrefix:
		if len(key) >= minLetters {
			for _, n := range g.likeliest(g.names.beginning(key)) {
				add(n, letterPrefix)
			}
		}
		return list
	case sketchOnly:
		bare := trimLead(r.name)
		for _, n := range g.names.withKey(key) {
			if n.full == r.name {
				add(n, exact)
			} else {
				add(n, otherArticle)
			}
		}
		g.names.like(sketch(r.name))(func(n name) bool {
			switch {
			case n.key == key:
			case n.full == bare:
				add(n, exact)
			default:
				add(n, sketchOnly)
			}
			return true
		})
		if len(list) == 0 {
			return nil
		}
	}
	for _, n := range g.likeliest(g.names.beginning(key + " ")) {
		add(n, wordPrefix)
	}
	return list
}

// mostBeginnings is how many names that only begin alike are weighed: "saint" begins thousands.
const mostBeginnings = 80

// likeliest leaves the names of the likeliest places when there are too many.
func (g *Gazetteer) likeliest(list []name) []name {
	if len(list) <= mostBeginnings {
		return list
	}
	var top [mostBeginnings]float64 // ascending
	for _, n := range list {
		if p := g.prior[n.place]; p > top[0] {
			at, _ := slices.BinarySearch(top[1:], p)
			copy(top[:at], top[1:at+1])
			top[at] = p
		}
	}
	floor := top[0]
	out := make([]name, 0, mostBeginnings)
	for _, n := range list {
		if g.prior[n.place] >= floor && len(out) < mostBeginnings {
			out = append(out, n)
		}
	}
	return out
}

// trimLead takes the prepositions from the front of a reading: "a orange".
func trimLead(name string) string {
	for {
		first, rest, found := strings.Cut(name, " ")
		switch first {
		case "a", "au", "de", "du", "d", "en", "sur", "vers", "pres":
		default:
			return name
		}
		if !found {
			return name
		}
		name = rest
	}
}

// district finds a municipal arrondissement of the city of this name.
func (g *Gazetteer) district(city string, number int) []candidate {
	for _, n := range g.names.withKey(city) {
		if list := g.districts[n.place]; n.alias < 0 && number <= len(list) {
			return []candidate{{place: list[number-1], alias: -1, keep: 1, odds: 1}}
		}
	}
	return nil
}

// isDistrict says that a reading is the arrondissement of a city that has it.
func (g *Gazetteer) isDistrict(r reading) bool {
	return r.district > 0 && len(g.district(core(r.name), r.district)) > 0
}

// coded gives all places of a postal code.
func (g *Gazetteer) coded(code string) []candidate {
	note := "postal code " + code
	if n := len(g.byPostal[code]); n > 1 {
		note = fmt.Sprintf("%s, one of %d communes", note, n)
	}
	var list []candidate
	for _, i := range g.byPostal[code] {
		list = append(list, candidate{place: i, alias: -1, closeness: byCode, keep: 1, odds: 1, note: note})
	}
	return list
}

// withPostal keeps the candidates that the postal code serves; of a city with
// arrondissements the one that has the code.
func (g *Gazetteer) withPostal(list []candidate, code string) []candidate {
	var out []candidate
	for _, c := range list {
		for _, i := range g.byPostal[code] {
			if i == c.place || slices.Contains(g.districts[c.place], i) {
				c.place, c.note = i, c.note+", postal code "+code
				out = append(out, c)
			}
		}
	}
	return out
}

// inDepartment keeps the candidates of a department when there are any.
func (g *Gazetteer) inDepartment(list []candidate, department string) []candidate {
	there := slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
		return !g.within(c.place, department)
	})
	if len(there) > 0 {
		return there
	}
	return list
}

// within says whether a place is in a department, or whether its people may say
// so: eleven communes served have another department's postal code.
func (g *Gazetteer) within(place int32, department string) bool {
	p := &g.places[place]
	return p.Department == department || slices.ContainsFunc(p.PostalCodes, func(code string) bool {
		return departmentOfPostal(code) == department
	})
}

// departmentOfPostal is the department that a postal code's first digits stand
// for, which is not always that of the commune. Corsica: 200, 201 are 2A.
func departmentOfPostal(code string) string {
	switch {
	case strings.HasPrefix(code, "200"), strings.HasPrefix(code, "201"):
		return "2A"
	case strings.HasPrefix(code, "20"):
		return "2B"
	}
	return DepartmentOf(code)
}

func unsure(list []candidate, note string) []candidate  { return reduce(list, unconfirmed, note) }
func against(list []candidate, note string) []candidate { return reduce(list, contradicted, note) }
func noted(list []candidate, note string) []candidate   { return reduce(list, 1, note) }

func reduce(list []candidate, by float64, note string) []candidate {
	for i := range list {
		list[i].keep *= by
		list[i].note += ", " + note
	}
	return list
}
