package nlu

import (
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// maxTownWords is the most words that a commune's name has in speech ("saint rémy en bouzemont saint genest et isson" aside).
const maxTownWords = 7

// candidate is words that may name a town, and how good a reading that is.
type candidate struct {
	Entity
	score float64
}

// Weights of what speaks for a reading or against it, in units of the gazetteer's confidence.
const (
	home       = 0.12 // "j'habite à", "je suis de"
	longer     = 0.06 // for each word of the name beyond the first
	nearby     = 0.20 // "pas loin de": the town itself may be said, too
	formerly   = 0.50 // "avant j'étais à"
	corrected  = 0.35 // said after "non", "pardon", "plutôt", "maintenant"
	partOf     = 0.40 // "rue des Lilas", "c'est un port sur la Saône"
	denied     = 2.00 // "pas Orange"
	leastScore = 0.25
)

// findPlace looks for a town or a department. Where the question was "where?", the whole answer is tried, its parts, and every name that
// stands in it; elsewhere what follows a preposition, and names that can't be anything else. meant is what the classifier thinks of the
// sentence without its place.
func (p *Parser) findPlace(s *sentence, state string, answer bool, meant Intent, res *Result) {
	if p.places == nil {
		return
	}
	asked := state == "place" || state == "confirm"
	var list []candidate
	if !answer {
		list = p.candidates(s, asked)
	}
	var refused []string // "pas Orange" holds for every Orange in the sentence
	for _, c := range list {
		if c.score < 0 {
			refused = append(refused, place.Fold(c.Text))
		}
	}
	list = slices.DeleteFunc(list, func(c candidate) bool { return c.score < leastScore || !p.believable(s, c, state, meant) })
	list = slices.DeleteFunc(list, func(c candidate) bool { return slices.Contains(refused, place.Fold(c.Text)) })
	var found Entity
	ok := false
	most := 0.0
	for _, c := range list {
		if !ok || c.score > most || c.score == most && c.to-c.from > found.to-found.from {
			found, ok, most = c.Entity, true, c.score
		}
	}
	department, named, introduced := p.department(s, asked)
	switch {
	case !named || !ok:
	case place.Core(found.Text) == place.Fold(department.Text):
		// "le Vaucluse", "en Lozère" are departments; "Vienne" alone is the town, which is better known.
		ok = !introduced && found.Places[0].Confidence >= betterKnown
		named = !ok
	case !introduced, strings.Contains(place.Fold(found.Places[0].Name+" "+found.Places[0].Former), place.Fold(department.Text)):
		named = false // "Fontaine-de-Vaucluse" names no department
	case department.from <= found.from && found.to <= department.to:
		ok = false // "en Haute-Corse"
	}
	if ok {
		res.Entities = append(res.Entities, found)
	}
	if named {
		res.Entities = append(res.Entities, department)
	}
}

// betterKnown is how likely a town must be to come before the department of its name.
const betterKnown = 0.3

// candidates are all readings of parts of the sentence as a town.
func (p *Parser) candidates(s *sentence, asked bool) []candidate {
	var list []candidate
	tried := map[[2]int]bool{}
	try := func(from, to int, asked, exact bool) bool {
		if from >= to || tried[[2]int{from, to}] {
			return false
		}
		e, ok := p.town(s, from, to, asked, !exact)
		if !ok || exact && !sameName(e) {
			return false // may do where less is asked of it
		}
		tried[[2]int{from, to}] = true
		list = append(list, candidate{e, p.scorePlace(s, e)})
		return true
	}
	from, to := p.core(s, 0, len(s.words))
	try(from, to, asked, !asked)
	for _, part := range s.parts() {
		from, to := p.core(s, part[0], part[1])
		try(from, to, asked, !asked)
	}
	for _, run := range p.exactNames(s, asked) {
		try(run[0], run[1], asked, true)
	}
	for i := range s.words {
		leads, strictly := p.before(s, i)
		if !leads {
			continue
		}
		for n := min(maxTownWords, len(s.words)-i-1); n >= 1; n-- {
			if s.used[i+1] || (n == 1 && p.rules.never[s.words[i+1]]) {
				continue
			}
			exact := n > 1 && (!p.ends(s, i+1+n) || i+1+n > to) || !(asked || strictly) // politeness behind it is no part of a name
			if try(i+1, i+1+n, asked, exact) {
				break
			}
		}
	}
	return list
}

// ends says that a pause, or the end of the sentence, stands before words[i].
func (p *Parser) ends(s *sentence, i int) bool {
	return i >= len(s.words) || strings.ContainsAny(s.text[s.spans[i-1][1]:s.spans[i][0]], ",;.!?:…")
}

// parts cuts the sentence where it was written with a pause, and before words that begin anew.
func (s *sentence) parts() [][2]int {
	var out [][2]int
	from := 0
	cut := func(i int) {
		if i > from {
			out = append(out, [2]int{from, i})
		}
		from = i
	}
	for i := 1; i < len(s.words); i++ {
		gap := s.text[s.spans[i-1][1]:max(s.spans[i][0], s.spans[i-1][1])]
		two := s.words[i-1] + " " + s.words[i]
		switch {
		case strings.ContainsAny(gap, ",;.!?:…"):
			cut(i)
		case two == "c est" || two == "veux dire" || two == "je suis":
			cut(i + 1)
		case slices.Contains(anew, s.words[i]):
			cut(i)
		case i > 0 && slices.Contains(anew, s.words[i-1]):
			cut(i)
		}
	}
	cut(len(s.words))
	if len(out) == 1 {
		return nil // the whole
	}
	return out
}

// anew are words with which something is begun anew.
var anew = strings.Fields("non pardon mais enfin maintenant plutot voila alors vous euh")

// scorePlace weighs where a name stands.
func (p *Parser) scorePlace(s *sentence, e Entity) float64 {
	score := e.Places[0].Confidence + longer*float64(e.to-e.from-1)
	near := " " + strings.Join(s.words[max(0, e.from-3):e.from], " ") + " "
	has := func(where string, any ...string) bool {
		return slices.ContainsFunc(any, func(w string) bool { return strings.Contains(where, " "+w+" ") })
	}
	if has(near, "habite", "habitons", "suis", "vis", "reste", "demeure", "reside", "sommes", "c est", "est a", "est de") {
		score += home
	}
	if has(near, "cote", "loin", "pres", "kilometres", "km", "autour", "environs", "sur la route", "proche") {
		score -= nearby
	}
	switch last := lastOf(s.words[max(0, e.from-6):e.from]); {
	case last < 0:
		score -= formerly
	case last > 0:
		score += corrected
	}
	if has(near, "rue", "avenue", "boulevard", "chemin", "impasse", "allee", "place", "route", "quartier", "residence", "un", "une") {
		score -= partOf
	}
	if last := strings.TrimSpace(near); strings.HasSuffix(last, "pas") || strings.HasSuffix(last, "pas a") || strings.HasSuffix(last, "pas de") {
		score -= denied
	}
	return score
}

// shortName is how likely a town must be whose name was not said in full ("oui, à Aix") where the sentence is about something else.
const shortName = 0.3

// past are words behind which a town is told where the caller no longer lives; present those behind which it is the right one after all.
var (
	past    = strings.Fields("avant etais etait habitais habitait vivais vivait venais nee originaire autrefois")
	present = strings.Fields("non pardon plutot enfin maintenant trompe trompee dire demenager demenage desormais aujourd actuellement")
)

// lastOf says which came last among words: below 0 the past, above 0 the present.
func lastOf(words []string) int {
	for i := len(words) - 1; i >= 0; i-- {
		switch {
		case slices.Contains(past, words[i]):
			return -1
		case slices.Contains(present, words[i]):
			return 1
		}
	}
	return 0
}

// Sizes of towns, in inhabitants, from which a name that is also a common word is believed to be meant.
const (
	knownTown = 1500
	bigTown   = 10000
)

// believable keeps "en effet", "tant pis", "je viens de tomber" from being towns.
func (p *Parser) believable(s *sentence, c candidate, state string, meant Intent) bool {
	first := c.Places[0]
	exact := sameName(c.Entity)
	_, strictly := p.before(s, c.from-1)
	whole := c.from == 0 && c.to == len(s.words)
	coreFrom, coreTo := p.core(s, 0, len(s.words))
	core := c.from == coreFrom && c.to == coreTo
	common := true
	for _, w := range s.words[c.from:c.to] {
		common = common && (p.common[w] || p.rules.never[w])
	}
	elsewhere := meant.Confidence >= meantOtherwise && !slices.Contains(placeable, meant.Name)
	asked := state == "place" || state == "confirm"
	switch {
	case asked && exact && !common && first.Population >= knownTown:
		return true
	case !asked && !strictly && c.to-c.from == 1 && first.Population < knownTown:
		return false
	case elsewhere && !(strictly && !common && (exact || first.Confidence >= shortName)):
		return false
	case !common || exact && first.Population >= bigTown && !p.rules.never[s.words[c.from]]:
		return true
	case !exact:
		return state == "place" && (whole || core) && first.Confidence >= byLettersAt
	case whole && state == "place":
		return true
	}
	return first.Population >= knownTown && (strictly || core)
}

// meantOtherwise is how sure the classifier must be that a sentence is not about a place; placeable are the intents that may name one.
const meantOtherwise = 0.55

var placeable = strings.Fields("search give_place give_theme unclear no hesitation choose")

// core gives the words of [from, to) that are left when leads and trails are taken off.
func (p *Parser) core(s *sentence, from, to int) (int, int) {
	for again := true; again; {
		again = false
		line := " " + strings.Join(s.words[from:to], " ") + " "
		for _, t := range p.rules.lead {
			if loc := t.find(line); loc != nil && loc[0] == 0 {
				if n := strings.Count(line[:loc[1]], " ") - 1; from+n < to {
					from += n
					again = true
					break
				}
			}
		}
	}
	for again := true; again; {
		again = false
		line := " " + strings.Join(s.words[from:to], " ") + " "
		for _, t := range p.rules.trail {
			for _, loc := range t.FindAllStringIndex(line, -1) {
				if loc[1] == len(line) {
					if n := strings.Count(line[loc[0]:], " ") - 1; from < to-n {
						to -= n
						again = true
					}
				}
			}
			if again {
				break
			}
		}
	}
	return from, to
}

// before says that a town may follow words[i]; strictly, that hardly anything else follows it.
func (p *Parser) before(s *sentence, i int) (leads, strictly bool) {
	if i < 0 || i+1 >= len(s.words) {
		return false, false
	}
	if p.isVerb(s, i) {
		return false, false
	}
	words := s.words[i]
	if i > 0 {
		words = s.words[i-1] + " " + words
	}
	strictly = p.rules.strictly[s.words[i]] || p.rules.strictly[words]
	return strictly || p.rules.before[s.words[i]] || p.rules.before[words], strictly
}

// isVerb tells "il y a des…" from "à Orange" where the text has its accents.
func (p *Parser) isVerb(s *sentence, i int) bool {
	return s.words[i] == "a" && i > 0 && s.said(i, i+1) != "à" && p.rules.subjects[s.words[i-1]]
}
