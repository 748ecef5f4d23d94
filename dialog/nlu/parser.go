package nlu

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/acotel/acotel-sbc/place"
)

// Intent is something the caller may want, in the contract's words.
type Intent struct {
	Name       string  `json:"name"`
	Confidence float64 `json:"confidence"` // 0..1
}

// Entity is something the caller named.
type Entity struct {
	Type  string `json:"type"`  // place, postal_code, department, theme, module, ordinal, rating, date, time_of_day, distance, phone
	Value string `json:"value"` // normalised: "Orange", "84000" (fewer digits: incomplete), "84", "Bien dans sa tête", "any", "2", "last"
	Text  string `json:"text"`  // as it was said

	// Places are the gazetteer's answers for a place, best first.
	Places []place.Match `json:"-"`
	// Codes are the other existing readings of a postal code said aloud, likeliest first.
	Codes []string `json:"-"`
	// Known says that a postal code exists.
	Known bool `json:"-"`
	// Opinion says that a mark was said as "très bien" and not as a number: its value is on the scale of 1 to 4.
	Opinion bool `json:"-"`
	// Theme is the theme that a module belongs to.
	Theme string `json:"-"`
}

// Result is what a sentence means.
type Result struct {
	Intents  []Intent `json:"intents"`  // best first; "unclear" alone when nothing fits
	Entities []Entity `json:"entities"` // in the order of the sentence
}

// Best gives the likeliest intent.
func (r Result) Best() Intent {
	if len(r.Intents) == 0 {
		return Intent{Name: "unclear"}
	}
	return r.Intents[0]
}

// Confidence of an intent, 0 when it was not found.
func (r Result) Confidence(name string) float64 {
	for _, i := range r.Intents {
		if i.Name == name {
			return i.Confidence
		}
	}
	return 0
}

// Entity gives the first entity of a type.
func (r Result) Entity(kind string) (Entity, bool) {
	for _, e := range r.Entities {
		if e.Type == kind {
			return e, true
		}
	}
	return Entity{}, false
}

// Places is what the parser asks of a gazetteer; *place.Gazetteer answers.
type Places interface {
	Find(text string) []place.Match
	ByPostalCode(code string) []place.Place
}

// Parser understands sentences. It never changes: safe for concurrent use.
type Parser struct {
	rules       *rules
	places      Places
	departments map[string]string // folded name → code
}

// embedded compiles the rules of the program once.
var embedded = sync.OnceValues(func() (*rules, error) { return readRules(intentsYAML, entitiesYAML) })

// New makes a parser on the embedded rules. Without places (nil) no town is recognised and every code is believed.
func New(places Places) (*Parser, error) {
	r, err := embedded()
	if err != nil {
		return nil, err
	}
	return &Parser{rules: r, places: places, departments: departmentNames()}, nil
}

// departmentNames lists what the gazetteer calls the departments.
func departmentNames() map[string]string {
	names := map[string]string{}
	add := func(code string) {
		if n := place.DepartmentName(code); n != "" {
			names[place.Fold(n)] = code
		}
	}
	for i := 1; i <= 95; i++ {
		add(string([]byte{'0' + byte(i/10), '0' + byte(i%10)}))
	}
	for _, code := range []string{"2A", "2B", "971", "972", "973", "974", "976"} {
		add(code)
	}
	return names
}

// sentence is a text cut into folded words.
type sentence struct {
	text  string
	words []string
	spans [][2]int // byte offsets of each word in text
	line  string   // " word word "
	used  []bool   // word belongs to an entity
}

func newSentence(text string) *sentence {
	s := &sentence{text: text}
	start := -1
	cut := func(end int) {
		if start < 0 {
			return
		}
		for _, w := range strings.Fields(place.Fold(text[start:end])) {
			s.words = append(s.words, w)
			s.spans = append(s.spans, [2]int{start, end})
		}
		start = -1
	}
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			if start < 0 {
				start = i
			}
			continue
		}
		cut(i)
	}
	cut(len(text))
	s.line = " " + strings.Join(s.words, " ") + " "
	s.used = make([]bool, len(s.words))
	return s
}

// said gives the original text of words[from:to].
func (s *sentence) said(from, to int) string {
	if from >= to {
		return ""
	}
	return strings.TrimSpace(s.text[s.spans[from][0]:s.spans[to-1][1]])
}

// match finds a template and gives the words it covers.
func (s *sentence) match(t template) (from, to int, ok bool) {
	loc := t.FindStringIndex(s.line)
	if loc == nil {
		return 0, 0, false
	}
	from = strings.Count(s.line[:loc[0]], " ")
	return from, from + strings.Count(s.line[loc[0]:loc[1]], " ") - 1, true
}

// maxRunes bounds what is understood of one turn; nobody says more in one breath, and a recogniser that loops does.
const maxRunes = 600

// Parse understands one turn of the caller in a state of the conversation (contract words; "" is any).
func (p *Parser) Parse(text, state string) Result {
	if utf8.RuneCountInString(text) > maxRunes {
		text = string([]rune(text)[:maxRunes])
	}
	s := newSentence(text)
	res := Result{Intents: []Intent{}, Entities: []Entity{}}
	if len(s.words) == 0 {
		res.Intents = append(res.Intents, Intent{"unclear", 0})
		return res
	}
	p.numbers(s, state, &res)
	p.values(s, state, &res)
	answer := p.wholeIntent(s, state)
	p.findPlace(s, state, answer, &res)
	slices.SortStableFunc(res.Entities, func(a, b Entity) int {
		return cmp.Compare(strings.Index(text, a.Text), strings.Index(text, b.Text))
	})
	res.Intents = p.intents(s, state, res)
	return res
}

// mark sets the words that a template covers, wherever and however often it is found; true when it is found at all.
func (s *sentence) mark(t template, covered []bool) bool {
	found := false
	for at := 0; at < len(s.line); {
		loc := t.FindStringIndex(s.line[at:])
		if loc == nil {
			break
		}
		from := strings.Count(s.line[:at+loc[0]], " ")
		n := strings.Count(s.line[at+loc[0]:at+loc[1]], " ") - 1
		for i := from; i < from+n; i++ {
			covered[i] = true
		}
		found = true
		at += loc[1] - 1 // the space is the next word's, too
	}
	return found
}

// isAll says that a template, once or again and again ("oui oui oui"), is all that was said, fillers aside.
func (s *sentence) isAll(t template, filler []bool) bool {
	covered := make([]bool, len(s.words))
	if !s.mark(t, covered) {
		return false
	}
	for i := range covered {
		if !covered[i] && !filler[i] {
			return false
		}
	}
	return true
}

// filler marks the words that only carry the voice.
func (p *Parser) filler(s *sentence) []bool {
	out := make([]bool, len(s.words))
	for _, t := range p.rules.filler {
		s.mark(t, out)
	}
	return out
}

// Confidence of the kinds of wordings.
const (
	strongConfidence = 0.95
	wholeConfidence  = 0.97
	// usual and weak grow with the share of the sentence that they cover.
	usualFrom, usualSpan = 0.55, 0.40
	weakFrom, weakSpan   = 0.30, 0.20
	// orderStep breaks ties by the order of intents.yaml.
	orderStep = 1e-6
)

// intents scores every intent and adds those that entities alone suggest.
func (p *Parser) intents(s *sentence, state string, res Result) []Intent {
	filler := p.filler(s)
	out := []Intent{}
	for i, rule := range p.rules.intents {
		best := p.score(s, filler, rule.all)
		if w, ok := rule.state[state]; ok {
			best = max(best, p.score(s, filler, w))
		}
		if best > 0 {
			out = append(out, Intent{rule.name, best - float64(i)*orderStep})
		}
	}
	out = fromEntities(out, state, res)
	slices.SortStableFunc(out, func(a, b Intent) int { return cmp.Compare(b.Confidence, a.Confidence) })
	for i := range out {
		out[i].Confidence = float64(int(out[i].Confidence*1000+0.5)) / 1000
	}
	if len(out) == 0 {
		out = append(out, Intent{"unclear", 0.5})
	}
	return out
}

// score is the best proof that the wordings give.
func (p *Parser) score(s *sentence, filler []bool, w wordings) float64 {
	best := 0.0
	for _, t := range w.strong {
		if _, _, ok := s.match(t); ok {
			return strongConfidence
		}
	}
	for _, t := range w.whole {
		if s.isAll(t, filler) {
			best = max(best, wholeConfidence)
		}
	}
	for _, t := range w.usual {
		if from, to, ok := s.match(t); ok {
			best = max(best, usualFrom+usualSpan*covers(s, filler, from, to))
		}
	}
	for _, t := range w.weak {
		if from, to, ok := s.match(t); ok {
			best = max(best, weakFrom+weakSpan*covers(s, filler, from, to))
		}
	}
	return best
}

// covers is the share of the meaningful words that lie in words[from:to].
func covers(s *sentence, filler []bool, from, to int) float64 {
	all, inside := 0, 0
	for i := range s.words {
		in := i >= from && i < to
		if in {
			inside++
		}
		if in || !filler[i] {
			all++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(inside) / float64(all)
}

// wholeIntent tells whether the sentence is a known answer from end to end ("oui", "suivant"), in which no town is looked for.
func (p *Parser) wholeIntent(s *sentence, state string) bool {
	filler := p.filler(s)
	for _, rule := range p.rules.intents {
		for _, w := range []wordings{rule.all, rule.state[state]} {
			for _, t := range w.whole {
				if s.isAll(t, filler) {
					return true
				}
			}
		}
	}
	return false
}

// fromEntities adds the intents that naming something amounts to.
func fromEntities(out []Intent, state string, res Result) []Intent {
	add := func(name string, confidence float64) {
		for i := range out {
			if out[i].Name == name {
				out[i].Confidence = max(out[i].Confidence, confidence)
				return
			}
		}
		out = append(out, Intent{name, confidence})
	}
	for _, e := range res.Entities {
		switch e.Type {
		case "place", "postal_code", "department":
			add("give_place", placeConfidence(e, state))
		case "theme", "module":
			c := 0.82
			if state == "theme" {
				c = 0.96
			}
			add("give_theme", c)
		case "ordinal":
			c := 0.6
			if state == "theme" || state == "results" || state == "sms" {
				c = 0.94
			}
			add("choose", c)
		case "rating":
			if state == "rating" {
				add("rate", 0.98)
			}
		}
	}
	return out
}

func placeConfidence(e Entity, state string) float64 {
	switch {
	case e.Type == "postal_code" && e.Known:
		return 0.96
	case e.Type == "postal_code", e.Type == "department":
		if state == "place" {
			return 0.8
		}
		return 0.6
	case len(e.Places) == 0:
		return 0.4
	}
	c := e.Places[0].Confidence
	if state == "place" || state == "confirm" {
		return min(0.98, max(0.5, c))
	}
	return min(0.9, max(0.5, c*0.92))
}

// ParseOn is Parse on a given day.
func (p *Parser) ParseOn(_ time.Time, text, state string) Result { return p.Parse(text, state) }
