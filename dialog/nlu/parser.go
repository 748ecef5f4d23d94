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

	from, to int // words of the sentence, [from, to)
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

// Same tells whether what was heard means what was said: the same likeliest intent, the same place, code, mark, theme or choice.
func Same(said, heard Result) bool {
	if said.Best().Name != heard.Best().Name {
		return false
	}
	for _, e := range said.Entities {
		switch e.Type {
		case "place", "postal_code", "rating", "theme", "ordinal", "department":
			if other, ok := heard.Entity(e.Type); !ok || other.Value != e.Value {
				return false
			}
		}
	}
	return true
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
	*knowledge
	places      Places
	departments map[string]string // folded name → code
	names       map[string]int    // folded names of communes → inhabitants
}

// New makes a parser on the embedded rules and examples. Without places (nil) no town is recognised and every code is believed. The first
// one in a process learns from the examples, which takes part of a second.
func New(places Places) (*Parser, error) {
	k, err := embedded()
	if err != nil {
		return nil, err
	}
	return newParser(k, places), nil
}

// NewWithExamples makes a parser that has learnt from the owners' examples, too, in the form of the embedded ones. Where both have the
// same sentence, the owners' meaning counts. Errors name the line.
func NewWithExamples(places Places, data []byte) (*Parser, error) {
	r, err := embeddedRules()
	if err != nil {
		return nil, err
	}
	own, err := readExamples(data)
	if err != nil {
		return nil, err
	}
	k, err := teach(r, own)
	if err != nil {
		return nil, err
	}
	return newParser(k, places), nil
}

func newParser(k *knowledge, places Places) *Parser {
	return &Parser{knowledge: k, places: places, departments: departmentNames(), names: namesOf(places)}
}

// departmentNames lists what the gazetteer calls the departments: folded name → code.
var departmentNames = sync.OnceValue(func() map[string]string {
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
})

// sentence is a text cut into folded words.
type sentence struct {
	text  string
	words []string
	spans [][2]int // byte offsets of each word in text
	line  string   // " word word "
	used  []bool   // word belongs to an entity

	distanceSaid bool // in kilometres
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
	loc := t.find(s.line)
	if loc == nil {
		return 0, 0, false
	}
	from = strings.Count(s.line[:loc[0]], " ")
	return from, from + strings.Count(s.line[loc[0]:loc[1]], " ") - 1, true
}

// maxRunes bounds what is understood of one turn; nobody says more in one breath, and a recogniser that loops does.
const maxRunes = 600

// Parse understands one turn of the caller in a state of the conversation (contract words; "" is any), on an unknown day.
func (p *Parser) Parse(text, state string) Result { return p.ParseOn(time.Time{}, text, state) }

// ParseOn is Parse on a given day, from which "demain" is counted.
func (p *Parser) ParseOn(day time.Time, text, state string) Result {
	if utf8.RuneCountInString(text) > maxRunes {
		text = string([]rune(text)[:maxRunes])
	}
	s := newSentence(text)
	res := Result{Intents: []Intent{}, Entities: []Entity{}}
	if len(s.words) == 0 {
		res.Intents = append(res.Intents, Intent{"unclear", 0})
		return res
	}
	p.measures(s, state, &res)
	p.dates(s, day, &res)
	p.numbers(s, state, &res)
	p.values(s, state, &res)
	answer := p.wholeIntent(s, state)
	p.findPlace(s, state, answer, p.likeliest(s.sample(state, res.Entities)), &res)
	slices.SortStableFunc(res.Entities, func(a, b Entity) int { return cmp.Compare(a.from, b.from) })
	res.Intents = p.intents(s, state, &res)
	return res
}

// mark sets the words that a template covers, wherever and however often it is found; true when it is found at all.
func (s *sentence) mark(t template, covered []bool) bool {
	found := false
	for at := 0; at < len(s.line); {
		loc := t.find(s.line[at:])
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
