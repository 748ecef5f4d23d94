package nlu

import (
	"slices"
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/place/spoken"
)

// codeLen and phoneLen are lengths of French postal codes and telephone numbers.
const (
	codeLen  = 5
	phoneLen = 10
)

// pensionLine is the number of Assurance retraite.
const pensionLine = "3960"

// numbers finds postal codes, telephone numbers, marks and departments in what was said as numbers.
func (p *Parser) numbers(s *sentence, state string, res *Result) {
	p.corsica(s, res)
	for _, run := range spoken.Runs(s.words) {
		if s.taken(run[0], run[1]) {
			continue
		}
		words := s.words[run[0]:run[1]]
		if n := len(words); n%2 == 0 && slices.Equal(words[:n/2], words[n/2:]) && n > 2 {
			words = words[:n/2] // "vingt-cinq mille, vingt-cinq mille"
		}
		if len(words) == 1 && (words[0] == "un" || words[0] == "une") && !answersNumber(state, s) {
			continue // an article
		}
		e, ok := p.number(words, s.before(run[0]), state)
		if !ok {
			continue
		}
		e.Text, e.from, e.to = s.said(run[0], run[1]), run[0], run[1]
		res.Entities = append(res.Entities, e)
		s.take(run[0], run[1])
	}
}

// answersNumber says that "un" alone may be the number one here.
func answersNumber(state string, s *sentence) bool {
	return len(s.words) <= 2 && (state == "rating" || state == "theme" || state == "results" || state == "confirm" || state == "sms" || state == "more")
}

// number reads one run of number words.
func (p *Parser) number(words []string, before, state string) (Entity, bool) {
	if digits := spoken.Digits(words); len(digits) == phoneLen && digits[0] == '0' {
		return Entity{Type: "phone", Value: digits}, true
	}
	if digits := spoken.Digits(words); digits == pensionLine {
		return Entity{}, false // the pension funds' number, no code
	}
	if codes := spoken.Split(words, codeLen); len(codes) > 0 && codeLikely(words, state) {
		if e := p.code(codes); !p.digitMissing(words, e) {
			return e, true
		}
	}
	n, ok := spoken.One(words)
	if !ok && state == "rating" { // "je vous mets un quatre", "trois, oui, trois"
		n, ok = spoken.One(words[len(words)-1:])
	}
	switch {
	case state == "rating" && ok && n >= 0 && n <= 10:
		return Entity{Type: "rating", Value: strconv.Itoa(n)}, true
	case (state == "theme" || state == "results" || state == "sms") && ok && !slices.Contains(together, before) && n >= 1 && n <= 9:
		return Entity{Type: "ordinal", Value: strconv.Itoa(n)}, true
	case state == "place" && ok && place.DepartmentName(twoDigits(n)) != "":
		return Entity{Type: "department", Value: twoDigits(n)}, true
	}
	if digits := spoken.Digits(words); (state == "place" || state == "open") && len(digits) >= 3 && len(digits) <= 6 {
		return Entity{Type: "postal_code", Value: digits}, true
	}
	return Entity{}, false
}

// codeLikely keeps "six mille" from being a code where nobody asked for one.
func codeLikely(words []string, state string) bool {
	return state == "place" || len(words) > 2 || (len(words) <= 2 && spoken.IsDigits(strings.Join(words, "")))
}

// code chooses among the readings those that exist.
func (p *Parser) code(codes []string) Entity {
	if p.places == nil {
		return Entity{Type: "postal_code", Value: codes[0], Known: true}
	}
	known := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return len(p.places.ByPostalCode(c)) == 0 })
	if len(known) == 0 {
		return Entity{Type: "postal_code", Value: codes[0]}
	}
	slices.SortStableFunc(known, func(a, b string) int { return p.outside(a) - p.outside(b) })
	return Entity{Type: "postal_code", Value: known[0], Known: true, Codes: known[1:]}
}

// digitMissing: four digits are a code whose first zero was dropped ("6000") where the service is at home, else one digit is missing.
func (p *Parser) digitMissing(words []string, e Entity) bool {
	digits := strings.Join(words, "")
	return spoken.IsDigits(digits) && len(digits) < codeLen && (p.places == nil || p.outside(e.Value) == 1)
}

// outside is 1 for a code outside the regions served, else 0: "six mille" is Nice (06000) before it is Alençon (61000).
func (p *Parser) outside(code string) int {
	for _, at := range p.places.ByPostalCode(code) {
		if at.Region != otherRegion {
			return 0
		}
	}
	return 1
}

// otherRegion is the region of places that the service does not cover.
const otherRegion = "autre"

func twoDigits(n int) string {
	if n < 0 || n > 99 {
		return strconv.Itoa(n)
	}
	return string([]byte{'0' + byte(n/10), '0' + byte(n%10)})
}

// corsica reads "2A", "deux A".
func (p *Parser) corsica(s *sentence, res *Result) {
	for i, w := range s.words {
		code := ""
		to := i + 1
		switch {
		case w == "2a" || w == "2b":
			code = strings.ToUpper(w)
		case (w == "deux" || w == "2") && to < len(s.words) && (s.words[to] == "a" || s.words[to] == "b") && to == len(s.words)-1:
			code = "2" + strings.ToUpper(s.words[to])
			to++
		default:
			continue
		}
		res.Entities = append(res.Entities, Entity{Type: "department", Value: code, Text: s.said(i, to), from: i, to: to})
		s.take(i, to)
		return
	}
}

// take marks words as belonging to an entity.
func (s *sentence) take(from, to int) {
	for i := from; i < to; i++ {
		s.used[i] = true
	}
}

// taken says that one of the words belongs to an entity already.
func (s *sentence) taken(from, to int) bool { return slices.Contains(s.used[from:to], true) }

// values finds themes, modules, ordinals, marks, dates, hours and distances.
func (p *Parser) values(s *sentence, state string, res *Result) {
	if from, to, ok := firstMatch(s, p.rules.anyTheme); ok && (state == "theme" || strings.Contains(s.line, " importe ")) {
		res.Entities = append(res.Entities, Entity{Type: "theme", Value: "any", Text: s.said(from, to), from: from, to: to})
	}
	kinds := []struct {
		kind  string
		rules []valueRule
		here  bool
	}{
		{"module", p.rules.modules, true},
		{"theme", p.rules.themes, true},
		{"ordinal", p.rules.ordinals, true},
		{"rating", p.rules.ratings, state == "rating"},
		{"time_of_day", p.rules.times, true},
		{"phone", p.rules.phones, true},
	}
	for _, k := range kinds {
		if !k.here {
			continue
		}
		if _, already := res.Entity(k.kind); already {
			continue
		}
		if e, ok := bestValue(s, k.rules); ok && !s.taken(e.from, e.to) {
			e.Type, e.Opinion = k.kind, k.kind == "rating"
			res.Entities = append(res.Entities, e)
		}
	}
}

func firstMatch(s *sentence, list []template) (from, to int, ok bool) {
	for _, t := range list {
		if from, to, ok = s.match(t); ok {
			return from, to, true
		}
	}
	return 0, 0, false
}

// bestValue is the value whose wording covers most of the sentence; the first one wins between equals.
func bestValue(s *sentence, list []valueRule) (best Entity, ok bool) {
	longest := 0
	for _, v := range list {
		for _, t := range v.words {
			from, to, found := s.match(t)
			if !found || to-from <= longest {
				continue
			}
			longest = to - from
			best = Entity{Value: v.value, Theme: v.theme, Text: s.said(from, to), from: from, to: to}
			ok = true
		}
	}
	return best, ok
}
