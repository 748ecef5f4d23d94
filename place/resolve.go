package place

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Heard is one hypothesis of what was said.
type Heard struct {
	Text   string
	Weight float64 // how likely it is against the others; only ratios count, 0 and less are left out
}

// Answer is what a caller's words say about where they are.
type Answer struct {
	// Matches are the places that may be meant, best first, and how sure each is.
	Matches []Match
	// Departments are codes of what was said in place of a town: "84", "le Vaucluse",
	// all those of "la Bourgogne". Whoever gets them asks for the town. Beside a
	// town they say where it was said to be.
	Departments []string
	// Codes are the postal codes that were said and exist, the likeliest first: of
	// "quatre-vingt-quatre cent" 84100 and 80400.
	Codes []string
	// Digits are those of a code that was said and doesn't exist, or is not whole;
	// Nearest are then the codes that may be meant, the likeliest first, three at most.
	Digits  string
	Nearest []string
	// Relation says how the place was brought in.
	Relation Relation
}

// Relation is how what was said stands to the place that is named in it.
type Relation string

// Relations: "à Orange", "près d'Orange", "entre Orange et Avignon". Between has
// the two places as its first two matches.
const (
	At      Relation = ""
	Near    Relation = "near"
	Between Relation = "between"
)

// Resolve finds the places that several hypotheses of one answer may mean
// together (requirement C3): names as they are written, said, shortened or
// misheard, postal codes said in any way, departments and regions. near is what
// is known of where the caller is, the beginning of their landline number
// ("0490", "04") or a department ("84"); "" when nothing is.
//
// The probability of a place is the sum over the hypotheses of their weight times
// how well they fit it, so that a name that three hypotheses nearly say comes
// before one that a single hypothesis says. Confidence means what it does in
// Find: at 0.8 and more go on and let the caller object, below ask.
//
// Resolve takes well under a millisecond for a hypothesis and is safe for
// concurrent use.
func (g *Gazetteer) Resolve(heard []Heard, near string) Answer {
	var total float64
	for _, h := range heard {
		total += max(h.Weight, 0)
	}
	searched := map[string][]found{}
	var a Answer
	m := merger{g: g, near: nearby(near)}
	best := 0.0 // weight of the hypothesis that all but Matches comes from
	for _, h := range heard {
		if !(h.Weight > 0) {
			continue
		}
		s := g.understand(h.Text, searched)
		m.add(s.candidates, h.Weight/total)
		if told := h.Weight * s.told(); told > best {
			best = told
			a.Departments, a.Codes, a.Digits, a.Nearest, a.Relation = s.departments, s.codes, s.digits, s.nearest, s.relation
		}
	}
	a.Matches = m.matches()
	return a
}

// utterance is what the readings of one text share.
type utterance struct {
	accents  map[string]string  // the words that are not plain letters, by their folded form
	searched map[string][]found // what was found by sounds already, for this text or another of the same answer
}

// sense is what one text says about a place.
type sense struct {
	candidates  []candidate
	departments []string
	codes       []string
	digits      string
	nearest     []string
	relation    Relation
}

// told weighs how much a text says: hypotheses that say nothing leave the word to the others.
func (s sense) told() float64 {
	switch {
	case len(s.codes) > 0:
		return 1
	case len(s.candidates) > 0 || len(s.departments) > 0:
		return 0.9
	case s.digits != "":
		return 0.5
	}
	return 0
}

// understand takes one text apart: relations, codes, departments, names.
func (g *Gazetteer) understand(text string, searched map[string][]found) sense {
	words := spokenWords(text)
	if said := Fold(text); len(said) <= maxName && g.isName(said) {
		words = strings.Fields(said) // "Bourg-Madame"
	}
	u := utterance{accents: accents(text), searched: searched}
	if len(words) == 0 {
		return sense{}
	}
	relation, parts := related(words)
	if relation == Between {
		if s, ok := g.between(parts, u); ok {
			return s
		}
		relation, parts = At, [][]string{words}
	}
	if relation == Near && g.isName(strings.Join(words, " ")) {
		relation, parts = At, [][]string{words} // "Vers-Pont-du-Gard"
	}
	s := g.sense(parts[0], u)
	if s.told() == 0 {
		s = g.lastPart(text, u)
	}
	s.relation = relation
	return s
}

// lastPart understands the part of a sentence behind its last stop or comma, when
// the whole says nothing: "non, pas du tout, Carpentras".
func (g *Gazetteer) lastPart(text string, u utterance) sense {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",.;:!?…", r) })
	for i := len(parts) - 1; i >= 0 && len(parts) > 1; i-- {
		words := spokenWords(parts[i])
		if len(words) == 0 || len(words) > partWords || isTalk(strings.Join(words, " ")) {
			continue
		}
		s := g.sense(words, u)
		for k := range s.candidates {
			s.candidates[k].keep *= tailKeep
		}
		return s
	}
	return sense{}
}

// partWords is the longest part of a sentence that may be a name.
const partWords = 6

// maxName is longer than any name, in bytes.
const maxName = 100

// isName says that folded text is a name, letter by letter.
func (g *Gazetteer) isName(said string) bool {
	return slices.ContainsFunc(g.names.withKey(core(said)), func(n name) bool { return n.full == said })
}

// sense understands words that name one place, a code or a department.
func (g *Gazetteer) sense(words []string, u utterance) sense {
	if code, ok := departmentOf(words); ok && !g.alone[code] {
		return g.areaSaid([]string{code}, words, "a department's name too")
	}
	if region := regionOf(words); region != nil {
		return g.areaSaid(region, words, "a region's name too")
	}
	var s sense
	for _, q := range g.queries(words) {
		q.query.utterance = u
		list := g.candidates(q.query, g.heardNames(q.query, q.bySound))
		switch code := q.query.postal; {
		case q.digits != "":
			s.digits = q.digits
			if code != "" && len(s.nearest) < mostNearest {
				s.nearest = append(s.nearest, code)
			}
		case len(g.byPostal[code]) > 0:
			s.codes = append(s.codes, code)
		}
		for _, r := range q.query.readings {
			if g.isDistrict(r) {
				break // "Paris quinze" is not in Cantal
			}
			if r.department != "" && !slices.Contains(s.departments, r.department) {
				s.departments = append(s.departments, r.department)
			}
		}
		for i := range list {
			list[i].odds *= q.odds
			list[i].keep *= q.keep
			if q.note != "" {
				list[i].note += ", " + q.note
			}
		}
		s.candidates = append(s.candidates, list...)
	}
	return s
}

// heardNames finds names as they are written and names that sound so.
func (g *Gazetteer) heardNames(q query, bySound bool) []candidate {
	var list []candidate
	if !bySound {
		list = g.named(q.readings)
	}
	list = slices.DeleteFunc(list, func(c candidate) bool { // "oui" is no beginning of Ouistreham
		return c.closeness == letterPrefix && len(q.readings) > 0 && isTalk(q.readings[0].name)
	})
	beside := 1.0
	for _, c := range list {
		switch {
		case c.closeness <= sketchOnly:
			beside = min(beside, besideExact)
		case c.closeness == wordPrefix:
			beside = min(beside, besideWords)
		}
	}
	for _, c := range g.sounding(q) {
		c.odds *= beside
		list = append(list, c)
	}
	return list
}

// accents are the words of a text that are not plain letters, by their folded form.
func accents(text string) map[string]string {
	var out map[string]string
	folded, accented := spelt(text)
	for i, w := range folded {
		if accented[i] != w {
			if out == nil {
				out = map[string]string{}
			}
			out[w] = accented[i]
		}
	}
	return out
}

// mostNearest is how many codes are offered for one that doesn't exist.
const mostNearest = 3

// areaSaid is a department or a region in place of a town: the towns of its name
// are left, none of them sure.
func (g *Gazetteer) areaSaid(departments, words []string, note string) sense {
	s := sense{departments: departments}
	if name := strings.Join(words, " "); digits(name) || len(name) <= 2 {
		return s
	}
	var q query
	q.read(words)
	for _, c := range g.named(q.readings) {
		if c.closeness <= otherArticle {
			c.keep *= departmentToo
			c.note += ", " + note
			s.candidates = append(s.candidates, c)
		}
	}
	return s
}

// between understands "entre Orange et Avignon": the best of each, as likely one as the other.
func (g *Gazetteer) between(parts [][]string, u utterance) (sense, bool) {
	var ends []candidate
	for _, p := range parts {
		s := g.sense(p, u)
		m := merger{g: g}
		m.add(s.candidates, 1)
		list := m.matches()
		if len(list) == 0 || list[0].Confidence < betweenAt {
			return sense{}, false
		}
		ends = append(ends, candidate{place: g.byCode[list[0].INSEE], alias: -1, keep: betweenKeep, odds: 1, closeness: byCode})
	}
	if ends[0].place == ends[1].place {
		return sense{}, false
	}
	note := fmt.Sprintf("between %s and %s", g.places[ends[0].place].Name, g.places[ends[1].place].Name)
	for i := range ends {
		ends[i].odds /= g.prior[ends[i].place]
		ends[i].note = note
	}
	return sense{candidates: ends, relation: Between}, true
}

const (
	// betweenAt is how likely each end of "entre X et Y" must be.
	betweenAt = 0.3
	// betweenKeep leaves either end below what is taken without asking.
	betweenKeep = 0.9
)

// merger adds up what several hypotheses say of each place.
type merger struct {
	g     *Gazetteer
	near  func(department string) float64
	found map[int32]*sum
	sure  bool    // a name was said as it is written, or a code
	empty float64 // weight of the hypotheses that fit no place
}

// sum is what speaks for one place.
type sum struct {
	weight, sure float64 // sure is weight times quality
	best         candidate
	bestWeight   float64
}

// add takes the candidates of one hypothesis of this weight.
func (m *merger) add(list []candidate, share float64) {
	if len(list) == 0 {
		m.empty += share
		return
	}
	if m.found == nil {
		m.found = make(map[int32]*sum, len(list))
	}
	weights := m.g.distinct(list)
	m.g.wholeNamesFirst(list, weights)
	for _, w := range weights {
		c := list[w.at]
		m.sure = m.sure || c.closeness <= sketchOnly || c.closeness == byCode
		weight := w.weight * share
		if m.near != nil {
			weight *= m.near(m.g.places[c.place].Department)
		}
		s := m.found[c.place]
		if s == nil {
			s = &sum{}
			m.found[c.place] = s
		}
		s.weight += weight
		s.sure += weight * w.top
		if weight > s.bestWeight {
			s.best, s.bestWeight = c, weight
		}
	}
}

// emptyCounts is how much hypotheses that fit no place take from those that do.
const emptyCounts = 0.4

// leastConfidence is that of a place that is worth naming, unless its whole name was said.
const leastConfidence = 0.005

// matches are the places, each with its share of the confidence.
func (m *merger) matches() []Match {
	if len(m.found) == 0 {
		return nil
	}
	var total float64
	if !m.sure {
		total = nobody
	}
	list := make([]*sum, 0, len(m.found))
	for _, s := range m.found {
		total += s.weight
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *sum) int {
		return cmp.Or(cmp.Compare(b.sure, a.sure), cmp.Compare(a.best.closeness, b.best.closeness), m.g.bigger(a.best.place, b.best.place))
	})
	var out []Match
	others := 0
	for _, s := range list {
		if s.best.closeness > sketchOnly && s.best.closeness != byCode {
			if others++; others > maxMatches {
				continue
			}
		}
		confidence := s.sure / total * (1 - emptyCounts*m.empty)
		if confidence < leastConfidence && s.best.closeness > sketchOnly && s.best.closeness != byCode {
			continue
		}
		out = append(out, m.g.match(s.best, confidence))
	}
	return out
}
