package nlu

import (
	"slices"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/place"
)

// exactNames are the runs of words that are the name of a commune, the longest ones, wherever they stand. Where no place was asked for, a
// single word must be a fair town's name and no common word.
func (p *Parser) exactNames(s *sentence, asked bool) (out [][2]int) {
	for n := min(maxTownWords, len(s.words)); n >= 1; n-- {
	runs:
		for i := 0; i+n <= len(s.words); i++ {
			population, ok := p.names[strings.Join(s.words[i:i+n], " ")]
			if !ok || n == 1 && (len(s.words[i]) < 3 || p.rules.never[s.words[i]]) {
				continue
			}
			if n == 1 && !asked && (population < knownTown || p.common[s.words[i]]) {
				continue
			}
			for _, o := range out {
				if i >= o[0] && i+n <= o[1] {
					continue runs // part of a longer name
				}
			}
			out = append(out, [2]int{i, i + n})
		}
	}
	return out
}

// embeddedNames are those of the embedded gazetteer, listed once.
var embeddedNames = sync.OnceValue(func() map[string]int {
	g, err := place.Default()
	if err != nil {
		return nil
	}
	return listNames(g)
})

// namesOf lists the folded names of the communes, with and without article, and their inhabitants.
func namesOf(places Places) map[string]int {
	g, ok := places.(*place.Gazetteer)
	if !ok || g == nil {
		return nil
	}
	if own, err := place.Default(); err == nil && own == g {
		return embeddedNames()
	}
	return listNames(g)
}

func listNames(g *place.Gazetteer) map[string]int {
	names := make(map[string]int, 2*g.Len())
	g.Places(func(at place.Place) bool {
		folded := place.Fold(at.Name)
		for _, n := range []string{folded, place.Core(folded)} {
			names[n] = max(names[n], at.Population)
		}
		return true
	})
	return names
}

// bySound asks a gazetteer that knows how names are misheard.
func (p *Parser) bySound(said string) []place.Match {
	g, ok := p.places.(resolver)
	if !ok {
		return nil
	}
	return g.Resolve([]place.Heard{{Text: said, Weight: 1}}, "").Matches
}

// town asks the gazetteer for words[from:to], with the article that a preposition swallowed put back; misheard says that names that
// sound like it will do.
func (p *Parser) town(s *sentence, from, to int, asked, misheard bool) (Entity, bool) {
	if from >= to || to-from > maxTownWords || s.taken(from, to) {
		return Entity{}, false
	}
	said := strings.Join(s.words[from:to], " ")
	if p.rules.never[place.Core(said)] && !(asked && to-from == len(s.words)) {
		return Entity{}, false
	}
	if len(said) < 2 {
		return Entity{}, false
	}
	matches := p.places.Find(said)
	if len(matches) == 0 && misheard {
		matches = p.bySound(said)
	}
	if from > 0 {
		if article := map[string]string{"au": "le ", "du": "le ", "aux": "les ", "des": "les "}[s.words[from-1]]; article != "" {
			if with := p.places.Find(article + said); better(with, matches) {
				matches = with
			}
		}
	}
	if len(matches) == 0 || byLetters(matches[0]) && (!asked || matches[0].Confidence < byLettersAt) {
		return Entity{}, false
	}
	return Entity{Type: "place", Value: matches[0].Name, Text: s.said(from, to), Places: matches, from: from, to: to}, true
}

// byLetters says that only the first letters fit, as when "comme" finds Commenailles: nobody speaks like that, though some may type.
func byLetters(m place.Match) bool { return strings.HasPrefix(m.Why, "begins with these letters") }

// byLettersAt is how likely such a town must be to be asked about.
const byLettersAt = 0.5

func better(a, b []place.Match) bool {
	return len(a) > 0 && (len(b) == 0 || a[0].Confidence >= b[0].Confidence)
}

// sameName says that what was said is the name itself, not only its beginning.
func sameName(e Entity) bool {
	m := e.Places[0]
	said := place.Fold(e.Text)
	for _, name := range []string{m.Name, m.Former} {
		folded := place.Fold(name)
		if name != "" && (folded == said || strings.TrimPrefix(strings.TrimPrefix(folded, "le "), "les ") == said) {
			return true
		}
	}
	return false
}

// department finds "dans le Vaucluse", or "Vaucluse" in answer to "where?".
func (p *Parser) department(s *sentence, asked bool) (e Entity, ok, introduced bool) {
	for n := min(4, len(s.words)); n >= 1; n-- {
		for i := 0; i+n <= len(s.words); i++ {
			code, ok := p.departments[strings.Join(s.words[i:i+n], " ")]
			if !ok {
				continue
			}
			introduced = slices.Contains(articles, s.before(i)) && !(i > 1 && s.words[i-2] == "sur") // "sur la Loire" is the river
			if introduced || asked && !slices.Contains(partial, s.before(i)) {
				return Entity{Type: "department", Value: code, Text: s.said(i, i+n), from: i, to: i + n}, true, introduced
			}
		}
	}
	return Entity{}, false, false
}

// articles stand before the name of a department ("dans le Gard", "en Lozère"); behind the partial ones it is only part of a name
// ("le Haut-Jura", "Châteauneuf-sur-Loire").
var (
	articles = strings.Fields("le la les l en departement")
	partial  = strings.Fields("haut haute sur saint sainte a de d du bas basse")
)
