package dialog

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/place"
)

//go:embed messages/fr.yaml
var frenchYAML []byte

// Messages are the sentences that callers hear: checked, and never changed once loaded. Safe for concurrent use.
type Messages struct {
	variants map[string][]string
	words    words
	services []service
}

// words are what sentences are put together from: dates, counts, prepositions.
type words struct {
	Days          []string          `yaml:"days"`
	Months        []string          `yaml:"months"`
	FirstOfMonth  string            `yaml:"first_of_month"`
	Date          string            `yaml:"date"`
	DateAt        string            `yaml:"date_at"`
	Hour          string            `yaml:"hour"`
	HourMinutes   string            `yaml:"hour_minutes"`
	Midday        string            `yaml:"midday"`
	Ordinals      []string          `yaml:"ordinals"`
	OrdinalBeyond string            `yaml:"ordinal_beyond"`
	OneWorkshop   string            `yaml:"one_workshop"`
	ManyWorkshops string            `yaml:"many_workshops"`
	OneLeft       string            `yaml:"one_left"`
	ManyLeft      string            `yaml:"many_left"`
	At            string            `yaml:"at"`
	AtLe          string            `yaml:"at_le"`
	AtLes         string            `yaml:"at_les"`
	Near          string            `yaml:"near"`
	NearVowel     string            `yaml:"near_vowel"`
	NearLe        string            `yaml:"near_le"`
	NearLes       string            `yaml:"near_les"`
	NearYou       string            `yaml:"near_you"`
	Town          string            `yaml:"town"`
	Zone          string            `yaml:"zone"`
	Number        []string          `yaml:"number"`
	Departments   map[string]string `yaml:"departments"`
}

// service is another service that callers ask for (C15).
type service struct {
	Name  string   `yaml:"name"` // for the record
	Say   string   `yaml:"say"`
	Phone string   `yaml:"phone"`
	Words []string `yaml:"words"`
}

// messageFile is the layout of fr.yaml. The messages stay nodes, so that a fault can name its line.
type messageFile struct {
	Messages yaml.Node `yaml:"messages"`
	Words    yaml.Node `yaml:"words"`
	Services yaml.Node `yaml:"services"`
}

// DefaultMessages gives the embedded messages, read once.
func DefaultMessages() (*Messages, error) { return defaultMessages() }

var defaultMessages = sync.OnceValues(func() (*Messages, error) {
	m := &Messages{variants: map[string][]string{}}
	if err := m.merge("fr.yaml", frenchYAML); err != nil {
		return nil, err
	}
	return m, m.complete("fr.yaml")
})

// LoadMessages reads an owner's file over the embedded messages: what it holds replaces, the rest stays. An empty path gives the embedded
// ones. Every fault of the file is reported, each with file and line.
func LoadMessages(path string) (*Messages, error) {
	base, err := defaultMessages()
	if err != nil || path == "" {
		return base, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("dialog: message file: %w", err)
	}
	return base.With(path, data)
}

// With gives a copy of m in which what data holds replaces; name stands in errors.
func (m *Messages) With(name string, data []byte) (*Messages, error) {
	c := &Messages{variants: make(map[string][]string, len(m.variants)), words: m.words, services: m.services}
	for k, v := range m.variants {
		c.variants[k] = v
	}
	c.words.Departments = make(map[string]string, len(m.words.Departments))
	for k, v := range m.words.Departments {
		c.words.Departments[k] = v
	}
	if err := c.merge(name, data); err != nil {
		return nil, err
	}
	return c, c.complete(name)
}

// Keys lists every message key in use, sorted.
func (m *Messages) Keys() []string {
	var out []string
	for k := range m.variants {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Variants gives the wordings of a message.
func (m *Messages) Variants(key string) []string { return slices.Clone(m.variants[key]) }

// Fixed gives every text without variables, sorted: what a voice can say before anyone asks for it.
func (m *Messages) Fixed() []string {
	var out []string
	for _, variants := range m.variants {
		for _, text := range variants {
			if !strings.Contains(text, "{") {
				out = append(out, text)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (m *Messages) merge(name string, data []byte) error {
	var file messageFile
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return fmt.Errorf("dialog: %s: %w", name, err)
	}
	var faults []error
	fault := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Errorf("dialog: %s:%d: %s", name, line, fmt.Sprintf(format, args...)))
	}
	for i := 0; i+1 < len(file.Messages.Content); i += 2 {
		key, value := file.Messages.Content[i], file.Messages.Content[i+1]
		spec, ok := specOf(key.Value)
		if !ok {
			fault(key.Line, "unknown message %q; did you mean %q?", key.Value, nearestKey(key.Value))
			continue
		}
		variants := readVariants(value, spec, fault)
		if len(variants) == 0 {
			fault(key.Line, "message %s has no text", key.Value)
			continue
		}
		m.variants[key.Value] = variants
	}
	for _, part := range []struct {
		node *yaml.Node
		into any
	}{{&file.Words, &m.words}, {&file.Services, &m.services}} {
		if part.node.IsZero() {
			continue
		}
		if err := strictDecode(part.node, part.into); err != nil {
			fault(part.node.Line, "%v", err)
		}
	}
	return errors.Join(faults...)
}

// readVariants takes a text or a list of texts and checks each.
func readVariants(value *yaml.Node, s spec, fault func(int, string, ...any)) []string {
	nodes := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		nodes = value.Content
	}
	var out []string
	for _, n := range nodes {
		text := strings.TrimSpace(n.Value)
		if n.Kind != yaml.ScalarNode || text == "" {
			fault(n.Line, "a message is a text, or a list of texts, and none may be empty")
			continue
		}
		names, err := variablesOf(text)
		if err != nil {
			fault(n.Line, "%v", err)
			continue
		}
		for _, v := range names {
			if !slices.Contains(s.vars, v) {
				fault(n.Line, "unknown variable {%s}; this message knows: %s", v, strings.Join(s.vars, ", "))
			}
		}
		out = append(out, text)
	}
	return out
}

// strictDecode decodes a node and refuses unknown fields, which yaml.Node.Decode does not.
func strictDecode(n *yaml.Node, into any) error {
	data, err := yaml.Marshal(n)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	return dec.Decode(into)
}

// complete checks that nothing the code says is missing.
func (m *Messages) complete(name string) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("dialog: %s: %s", name, fmt.Sprintf(format, args...)))
	}
	for key, s := range specs {
		if len(m.variants[key]) == 0 && !s.optional {
			fault("message %s is missing", key)
		}
	}
	w := m.words
	if len(w.Days) != 7 || len(w.Months) != 12 {
		fault("words: there are 7 days and 12 months, not %d and %d", len(w.Days), len(w.Months))
	}
	if len(w.Ordinals) == 0 {
		fault("words: ordinals is empty")
	}
	for what, text := range map[string]string{
		"first_of_month": w.FirstOfMonth, "date": w.Date, "date_at": w.DateAt, "hour": w.Hour, "hour_minutes": w.HourMinutes, "midday": w.Midday,
		"ordinal_beyond": w.OrdinalBeyond, "one_workshop": w.OneWorkshop, "many_workshops": w.ManyWorkshops, "one_left": w.OneLeft,
		"many_left": w.ManyLeft, "at": w.At, "at_le": w.AtLe, "at_les": w.AtLes, "near": w.Near, "near_vowel": w.NearVowel,
		"near_le": w.NearLe, "near_les": w.NearLes, "near_you": w.NearYou, "town": w.Town, "zone": w.Zone,
	} {
		if text == "" {
			fault("words: %s is empty", what)
		}
	}
	for _, s := range m.services {
		if s.Name == "" || s.Say == "" || s.Phone == "" || len(s.Words) == 0 {
			fault("services: %q needs name, say, phone and words", s.Name)
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

// variablesOf lists the {names} of a text; a brace that is not closed is an error.
func variablesOf(text string) ([]string, error) {
	var out []string
	for rest := text; ; {
		before, after, ok := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return nil, fmt.Errorf("a } without its {: %s", text)
		}
		if !ok {
			return out, nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.ContainsAny(name, "{ ") {
			return nil, fmt.Errorf("a { without its }: %s", text)
		}
		out = append(out, name)
		rest = tail
	}
}

// expand fills the variables in; values may hold braces of their own, which are kept out of speech.
func expand(text string, vars vars) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, tail, _ := strings.Cut(after, "}")
		b.WriteString(strings.NewReplacer("{", "", "}", "").Replace(vars[name]))
		text = tail
	}
}

// vars are the values of a message's variables.
type vars map[string]string

// nearestKey is the key that an unknown one most resembles.
func nearestKey(unknown string) string {
	best, least := "", 1<<30
	for key := range specs {
		d := levenshtein.ComputeDistance(unknown, key)
		if d < least || (d == least && key < best) {
			best, least = key, d
		}
	}
	return best
}

// asksNumber says that what is to be said again is the number to ring.
func (m *Messages) asksNumber(text string) bool {
	line := " " + strings.Join(strings.Fields(place.Fold(text)), " ") + " "
	return slices.ContainsFunc(m.words.Number, func(w string) bool { return strings.Contains(line, " "+place.Fold(w)+" ") })
}

// serviceFor finds the other service that a sentence is about.
func (m *Messages) serviceFor(text string) (service, bool) {
	line := " " + strings.Join(strings.Fields(place.Fold(text)), " ") + " "
	for _, s := range m.services {
		for _, w := range s.Words {
			if strings.Contains(line, " "+place.Fold(w)+" ") {
				return s, true
			}
		}
	}
	return service{}, false
}
