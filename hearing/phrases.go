package hearing

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed phrases.yaml
var phrasesYAML []byte

// phrase is one line of a list in phrases.yaml.
type phrase struct {
	Mean   string   `yaml:"mean"`
	Intent string   `yaml:"intent"` // of which it is the usual wording; "": none
	Say    sayings  `yaml:"say"`
	Weight *float64 `yaml:"weight"`
}

func (p phrase) weight() float64 {
	if p.Weight == nil {
		return 1
	}
	return *p.Weight
}

// sayings are one template or a list of them, expanded.
type sayings []string

func (s *sayings) UnmarshalYAML(n *yaml.Node) error {
	var list []string
	if n.Kind == yaml.ScalarNode {
		list = []string{n.Value}
	} else if err := n.Decode(&list); err != nil {
		return err
	}
	for _, t := range list {
		all, err := expand(t)
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
		*s = append(*s, all...)
	}
	return nil
}

// book is phrases.yaml.
type book struct {
	Before   []phrase           `yaml:"before"`
	After    []phrase           `yaml:"after"`
	Confirm  []phrase           `yaml:"confirm"`
	Commands []phrase           `yaml:"commands"`
	Results  []phrase           `yaml:"results"`
	Ordinals []phrase           `yaml:"ordinals"`
	Ratings  []phrase           `yaml:"ratings"`
	Options  []phrase           `yaml:"options"`
	AnyTheme []phrase           `yaml:"any_theme"`
	Modules  map[string]sayings `yaml:"modules"`
	Themes   map[string]sayings `yaml:"themes"`
}

// phrases is the embedded book; a test reads it.
var phrases = sync.OnceValues(func() (book, error) {
	var b book
	dec := yaml.NewDecoder(strings.NewReader(string(phrasesYAML)))
	dec.KnownFields(true)
	if err := dec.Decode(&b); err != nil {
		return book{}, fmt.Errorf("hearing: phrases.yaml: %w", err)
	}
	return b, nil
})

// expand writes a template out: "(a|b) [c] d" is "a c d", "a d", "b c d", "b d".
func expand(t string) ([]string, error) {
	open := strings.IndexAny(t, "([")
	if open < 0 {
		if strings.ContainsAny(t, ")]|") {
			return nil, fmt.Errorf("%q: a bracket or a bar too many", t)
		}
		return []string{strings.Join(strings.Fields(t), " ")}, nil
	}
	closing := ")"
	if t[open] == '[' {
		closing = "]"
	}
	end := strings.Index(t[open:], closing)
	if end < 0 {
		return nil, fmt.Errorf("%q: a bracket is not closed", t)
	}
	end += open
	choices := strings.Split(t[open+1:end], "|")
	if closing == "]" {
		choices = append(choices, "")
	}
	var out []string
	for _, c := range choices {
		all, err := expand(t[:open] + c + t[end+1:])
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	return out, nil
}
