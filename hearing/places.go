package hearing

import (
	"strings"

	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/place"
)

// How often a name is said in another way than its own, against it.
const (
	articleless = 0.5  // "au Mans", "du Mans": Mans
	shortened   = 0.25 // "Aix" for Aix-en-Provence
	secondRule  = 0.5  // as the rules of spelling read it, where espeak-ng reads something else
	formerName  = 0.3  // of a commune's prior, for the name of a former one
	localName   = 0.1  // for a locality's
	// shortFrom is the population from which a name is shortened.
	shortFrom = 2000
)

// nameForm is one spelling under which a name is said.
type nameForm struct {
	text   string
	weight float64
}

// nameForms lists the spellings of a name: whole, without its article, shortened.
func nameForms(name string, people int) []nameForm {
	name, _, _ = strings.Cut(name, " (") // "Bors (Canton de …)"
	name = strings.ReplaceAll(name, "’", "'")
	out := []nameForm{{name, 1}}
	bare := name
	for _, article := range []string{"Le ", "La ", "Les ", "L'"} {
		if rest, ok := strings.CutPrefix(name, article); ok {
			bare = rest
			if article != "L'" && article != "La " {
				out = append(out, nameForm{rest, articleless})
			}
		}
	}
	if people < shortFrom {
		return out
	}
	for _, link := range []string{"-en-", "-sur-", "-sous-", "-lès-", "-lez-", "-les-", "-du-", "-de-", "-des-", "-d'", "-le-", "-la-", "-l'", "-au-", "-aux-", "-et-", "-à-"} {
		short, _, ok := strings.Cut(bare, link)
		if ok && short != "Saint" && short != "Sainte" && len(short) > 2 {
			out = append(out, nameForm{short, shortened})
			break
		}
	}
	return out
}

// gazetteerTexts are all spellings of places and departments, for the table of pronunciations.
func gazetteerTexts(g *place.Gazetteer) []string {
	seen := map[string]bool{}
	var out []string
	add := func(t string) {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for p := range g.Places {
		for _, f := range nameForms(p.Name, p.Population) {
			add(f.text)
		}
	}
	for p, name := range otherNames(g) {
		for _, f := range nameForms(name, 0) {
			add(f.text)
		}
		_ = p
	}
	for _, code := range departmentCodes(g) {
		add(place.DepartmentName(code))
		add(place.InDepartment(code))
	}
	return out
}

// otherNames yields names of former communes and localities that are said for a place.
func otherNames(g *place.Gazetteer) func(func(place.Place, string) bool) {
	return func(yield func(place.Place, string) bool) {
		g.OtherNames(func(p place.Place, name string, _ bool) bool { return yield(p, name) })
	}
}

func departmentCodes(g *place.Gazetteer) []string {
	seen := map[string]bool{}
	var out []string
	for p := range g.Places {
		if !seen[p.Department] && place.DepartmentName(p.Department) != "" {
			seen[p.Department] = true
			out = append(out, p.Department)
		}
	}
	return out
}

// said says a text in all its ways.
func said(text string, weight float64, table map[string][]phoneme.String) []phoneme.Said {
	out := phoneme.Variants(text, table[text])
	if p, err := phoneme.FromIPA(rules(text)); err == nil && len(p) > 0 {
		known := false
		for _, o := range out {
			known = known || loosely(o.Phonemes) == loosely(p)
		}
		if !known {
			out = append(out, phoneme.Said{Phonemes: p, Weight: secondRule})
		}
	}
	for i := range out {
		out[i].Weight *= weight
	}
	return out
}

// loosely writes phonemes without what speakers do not keep apart.
var looser = strings.NewReplacer("ɛ̃", "E", "œ̃", "E", "ɛ", "e", "ɔ̃", "O", "ɔ", "o", "ə", "", "œ", "ø")

func loosely(p phoneme.String) string { return looser.Replace(p.String()) }

// placeEntries are the communes for which want holds, with their other names.
func placeEntries(g *place.Gazetteer, want func(place.Place) bool, table map[string][]phoneme.String) []phoneme.Entry {
	var out []phoneme.Entry
	add := func(p place.Place, name string, share float64) {
		e := phoneme.Entry{Text: name, Kind: "place", INSEE: p.INSEE, Group: "place " + p.INSEE, Prior: share * place.Prior(p)}
		people := p.Population
		if name != p.Name {
			people = 0
		}
		for _, f := range nameForms(name, people) {
			e.Said = append(e.Said, said(f.text, f.weight, table)...)
		}
		out = append(out, e)
	}
	for p := range g.Places {
		if want(p) {
			add(p, p.Name, 1)
		}
	}
	g.OtherNames(func(p place.Place, name string, former bool) bool {
		switch {
		case !want(p):
		case former:
			add(p, name, formerName)
		default:
			add(p, name, localName)
		}
		return true
	})
	return out
}

// codeEntries are all postal codes, as likely as their communes.
func codeEntries(g *place.Gazetteer, n numbers) []phoneme.Entry {
	prior := map[string]float64{}
	for p := range g.Places {
		for _, c := range p.PostalCodes {
			prior[c] += place.Prior(p) / float64(len(p.PostalCodes))
		}
	}
	var out []phoneme.Entry
	for c, w := range prior {
		if s := n.code(c); len(s) > 0 {
			out = append(out, phoneme.Entry{Text: c, Kind: "postal_code", PostalCode: c, Prior: w, Said: s})
		}
	}
	return out
}

// departmentEntries are the departments by name.
func departmentEntries(g *place.Gazetteer, table map[string][]phoneme.String) []phoneme.Entry {
	var out []phoneme.Entry
	for _, code := range departmentCodes(g) {
		w := 1.0
		if place.RegionOf(code) == place.RegionOther {
			w = 0.2
		}
		e := phoneme.Entry{Text: place.InDepartment(code), Kind: "department", Department: code, Prior: w}
		e.Said = append(said(place.DepartmentName(code), 1, table), said(place.InDepartment(code), 1, table)...)
		out = append(out, e)
	}
	return out
}
