package nlu

import (
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// maxTownWords is the most words that a commune's name has in speech ("saint rémy en bouzemont saint genest et isson" aside).
const maxTownWords = 7

// findPlace looks for a town or a department. Where the question was "where?", the whole answer is tried first, then what is left without
// its lead ("j'habite à côté de…"); elsewhere only what follows a preposition.
func (p *Parser) findPlace(s *sentence, state string, answer bool, res *Result) {
	if p.places == nil {
		return
	}
	if _, coded := res.Entity("postal_code"); coded && state != "place" {
		return
	}
	asked := state == "place" || state == "confirm"
	var found Entity
	ok := false
	switch {
	case asked && !answer:
		from, to := p.core(s)
		if found, ok = p.town(s, from, to, true); !ok {
			found, ok = p.afterPreposition(s, true)
		}
		if !ok {
			found, ok = p.anywhere(s)
		}
	case !answer:
		if found, ok = p.nothingElse(s, state); !ok {
			found, ok = p.afterPreposition(s, false)
		}
	}
	department, named, introduced := p.department(s, asked)
	switch {
	case !named || !ok:
	case place.Core(found.Text) == place.Fold(department.Text):
		// "le Vaucluse", "en Lozère" are departments; "Vienne" alone is the town, which is better known.
		ok = !introduced && found.Places[0].Confidence >= betterKnown
		named = !ok
	case strings.Contains(place.Fold(found.Text), place.Fold(department.Text)):
		named = false // "Fontaine-de-Vaucluse" names no department
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

// nothingElse: where no town was asked for, its whole name and nothing else is one all the same: "Mende", "Orange, s'il vous plaît".
func (p *Parser) nothingElse(s *sentence, state string) (Entity, bool) {
	if state == "rating" || state == "reason" {
		return Entity{}, false
	}
	from, to := p.core(s)
	for i := from; i < to; i++ {
		if s.used[i] {
			return Entity{}, false
		}
	}
	e, ok := p.town(s, from, to, false)
	return e, ok && sameName(e)
}

// core gives the words that are left when leads and trails are taken off.
func (p *Parser) core(s *sentence) (from, to int) {
	from, to = 0, len(s.words)
	for again := true; again; {
		again = false
		line := " " + strings.Join(s.words[from:to], " ") + " "
		for _, t := range p.rules.lead {
			if loc := t.FindStringIndex(line); loc != nil && loc[0] == 0 {
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

// town asks the gazetteer for words[from:to], with the article that a preposition swallowed put back.
func (p *Parser) town(s *sentence, from, to int, asked bool) (Entity, bool) {
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

// afterPreposition tries the words behind "à", "de", "habite"…, longest run first; the surest town wins, then the later one, as in
// "je suis de Lyon mais j'habite à Orange". Unless the question was "where?", a mere beginning of a name ("Aix") counts only behind a
// word that leads to nothing but places.
func (p *Parser) afterPreposition(s *sentence, asked bool) (best Entity, ok bool) {
	for i := range s.words {
		leads, strictly := p.before(s, i)
		if !leads {
			continue
		}
		for n := min(maxTownWords, len(s.words)-i-1); n >= 1; n-- {
			if s.used[i+1] || (n == 1 && p.rules.never[s.words[i+1]]) {
				continue
			}
			e, found := p.town(s, i+1, i+1+n, asked)
			if !found || (!sameName(e) && (n > 1 || !(asked || strictly))) {
				continue
			}
			if !ok || e.Places[0].Confidence >= best.Places[0].Confidence {
				best, ok = e, true
			}
			break
		}
	}
	return best, ok
}

// before says that a town may follow words[i]; strictly, that hardly anything else follows it.
func (p *Parser) before(s *sentence, i int) (leads, strictly bool) {
	if i+1 >= len(s.words) {
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

// anywhere tries every run of words in answer to "where?", longest first, exact names only.
func (p *Parser) anywhere(s *sentence) (Entity, bool) {
	for n := min(maxTownWords, len(s.words)); n >= 1; n-- {
		for i := len(s.words) - n; i >= 0; i-- {
			if n == 1 && (p.rules.never[s.words[i]] || len(s.words[i]) < 3) {
				continue
			}
			if e, ok := p.town(s, i, i+n, true); ok && sameName(e) {
				return e, true
			}
		}
	}
	return Entity{}, false
}

// department finds "dans le Vaucluse", or "Vaucluse" in answer to "where?".
func (p *Parser) department(s *sentence, asked bool) (e Entity, ok, introduced bool) {
	for n := min(4, len(s.words)); n >= 1; n-- {
		for i := 0; i+n <= len(s.words); i++ {
			code, ok := p.departments[strings.Join(s.words[i:i+n], " ")]
			if !ok {
				continue
			}
			introduced = i > 0 && (s.words[i-1] == "le" || s.words[i-1] == "la" || s.words[i-1] == "les" || s.words[i-1] == "l" ||
				s.words[i-1] == "en" || s.words[i-1] == "departement")
			if asked || introduced {
				return Entity{Type: "department", Value: code, Text: s.said(i, i+n), from: i, to: i + n}, true, introduced
			}
		}
	}
	return Entity{}, false, false
}
