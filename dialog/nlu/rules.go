package nlu

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/place"
)

//go:embed intents.yaml
var intentsYAML []byte

//go:embed entities.yaml
var entitiesYAML []byte

// wordings are the templates of one intent in one group of states, by how much they prove.
type wordings struct{ strong, whole, usual, weak []template }

// intentRule is one intent with its wordings everywhere and those of single states.
type intentRule struct {
	name  string
	all   wordings
	state map[string]wordings
}

// valueRule is one value of an entity.
type valueRule struct {
	value, theme string // theme only for modules
	words        []template
}

// rules are both files made ready. They never change.
type rules struct {
	filler    []template
	intents   []intentRule
	themes    []valueRule
	modules   []valueRule
	topics    []pattern // wordings of modules, to draw from
	anyTheme  []template
	ordinals  []valueRule
	ratings   []valueRule
	times     []valueRule
	dates     []valueRule
	distances []valueRule
	atHome    []valueRule
	phones    []valueRule
	before    map[string]bool // words behind which a town may stand
	strictly  map[string]bool // words behind which hardly anything else stands
	subjects  map[string]bool // words behind which "a" is the verb
	lead      []template
	trail     []template
	never     map[string]bool
}

type wordingsFile struct {
	Strong, Whole, Usual, Weak []string
	In                         map[string]wordingsFile
}

type valueFile struct {
	Value, Theme string
	Words        []string
}

// readRules compiles the two files. Errors name file and line.
func readRules(intents, entities []byte) (*rules, error) {
	r := &rules{before: map[string]bool{}, strictly: map[string]bool{}, subjects: map[string]bool{}, never: map[string]bool{}}
	if err := r.readIntents(intents); err != nil {
		return nil, fmt.Errorf("nlu: intents.yaml: %w", err)
	}
	if err := r.readEntities(entities); err != nil {
		return nil, fmt.Errorf("nlu: entities.yaml: %w", err)
	}
	return r, nil
}

func (r *rules) readIntents(data []byte) error {
	var file struct {
		Fillers []string
		Intents yaml.Node // a mapping, kept in its order: it decides between equals
	}
	if err := decode(data, &file); err != nil {
		return err
	}
	var err error
	if r.filler, err = compileAll(file.Fillers); err != nil {
		return err
	}
	for i := 0; i+1 < len(file.Intents.Content); i += 2 {
		name, node := file.Intents.Content[i], file.Intents.Content[i+1]
		var w wordingsFile
		if err := node.Decode(&w); err != nil {
			return fmt.Errorf("line %d: intent %s: %w", name.Line, name.Value, err)
		}
		rule := intentRule{name: name.Value, state: map[string]wordings{}}
		if rule.all, err = w.compile(); err != nil {
			return fmt.Errorf("line %d: intent %s: %w", name.Line, name.Value, err)
		}
		for states, inner := range w.In {
			c, err := inner.compile()
			if err != nil {
				return fmt.Errorf("line %d: intent %s in %s: %w", name.Line, name.Value, states, err)
			}
			for s := range strings.SplitSeq(states, ",") {
				rule.state[strings.TrimSpace(s)] = c
			}
		}
		r.intents = append(r.intents, rule)
	}
	return nil
}

func (w wordingsFile) compile() (c wordings, err error) {
	for _, part := range []struct {
		to   *[]template
		from []string
	}{{&c.strong, w.Strong}, {&c.whole, w.Whole}, {&c.usual, w.Usual}, {&c.weak, w.Weak}} {
		if *part.to, err = compileAll(part.from); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (r *rules) readEntities(data []byte) error {
	var file struct {
		Themes     []valueFile
		Modules    []valueFile
		AnyTheme   []string `yaml:"any_theme"`
		Ordinals   []valueFile
		Ratings    []valueFile
		TimesOfDay []valueFile `yaml:"times_of_day"`
		Dates      []valueFile
		Distances  []valueFile
		AtHome     []valueFile `yaml:"at_home"`
		Phones     []valueFile
		Places     struct{ Before, Strictly, Subjects, Lead, Trail, Never []string }
	}
	if err := decode(data, &file); err != nil {
		return err
	}
	for _, part := range []struct {
		to   *[]valueRule
		from []valueFile
	}{
		{&r.themes, file.Themes}, {&r.modules, file.Modules}, {&r.ordinals, file.Ordinals}, {&r.ratings, file.Ratings},
		{&r.times, file.TimesOfDay}, {&r.dates, file.Dates}, {&r.distances, file.Distances}, {&r.atHome, file.AtHome}, {&r.phones, file.Phones},
	} {
		for _, v := range part.from {
			words, err := compileAll(v.Words)
			if err != nil {
				return fmt.Errorf("value %s: %w", v.Value, err)
			}
			*part.to = append(*part.to, valueRule{value: v.Value, theme: v.Theme, words: words})
		}
	}
	for _, m := range file.Modules {
		for _, w := range m.Words {
			t, err := readPattern(w)
			if err != nil {
				return fmt.Errorf("value %s: %w", m.Value, err)
			}
			r.topics = append(r.topics, t)
		}
	}
	var err error
	if r.anyTheme, err = compileAll(file.AnyTheme); err != nil {
		return err
	}
	if r.lead, err = compileAll(file.Places.Lead); err != nil {
		return err
	}
	if r.trail, err = compileAll(file.Places.Trail); err != nil {
		return err
	}
	for _, w := range file.Places.Before {
		r.before[place.Fold(w)] = true
	}
	for _, w := range file.Places.Strictly {
		r.strictly[place.Fold(w)] = true
	}
	for _, w := range file.Places.Subjects {
		r.subjects[place.Fold(w)] = true
	}
	for _, w := range file.Places.Never {
		r.never[place.Fold(w)] = true
	}
	return nil
}

func decode(data []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	return dec.Decode(into)
}

func compileAll(list []string) ([]template, error) {
	out := make([]template, 0, len(list))
	for _, s := range list {
		t, err := compile(s)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// compile turns a template into a regular expression over a sentence written as " word word ": every word is followed by one space, the
// first is preceded by one.
func compile(s string) (template, error) {
	s = strings.TrimSpace(s)
	end := strings.HasSuffix(s, "$")
	s = strings.TrimSuffix(s, "$")
	begin := strings.HasPrefix(s, "^")
	s = strings.TrimPrefix(s, "^")
	var b strings.Builder
	if begin {
		b.WriteString("^")
	}
	b.WriteString(" ")
	word := ""
	depth := 0
	flush := func() {
		switch {
		case word == "":
		case word == "...":
			b.WriteString(`(?:\S+ ){0,4}?`)
		default:
			for _, w := range strings.Fields(place.Fold(word)) {
				b.WriteString(regexp.QuoteMeta(w) + " ")
			}
		}
		word = ""
	}
	var closers []string
	for _, c := range s {
		switch c {
		case ' ', '\t':
			flush()
		case '(', '[':
			flush()
			b.WriteString("(?:")
			closers = append(closers, map[rune]string{'(': ")", '[': ")?"}[c])
			depth++
		case '|':
			flush()
			b.WriteString("|")
		case ')', ']':
			flush()
			if depth == 0 || (c == ']') != (closers[depth-1] == ")?") {
				return template{}, fmt.Errorf("template %q: brackets do not match", s)
			}
			b.WriteString(closers[depth-1])
			closers = closers[:depth-1]
			depth--
		default:
			word += string(c)
		}
	}
	flush()
	if depth != 0 {
		return template{}, fmt.Errorf("template %q: a bracket is not closed", s)
	}
	if b.Len() <= 1 {
		return template{}, fmt.Errorf("template %q is empty", s)
	}
	if end {
		b.WriteString("$")
	}
	t, err := newTemplate(b.String())
	if err != nil {
		return template{}, fmt.Errorf("template %q: %w", s, err)
	}
	return t, nil
}
