package workshop

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/place"
)

//go:embed words.yaml
var wordsYAML []byte

// words is words.yaml made ready for lookup: keys of maps are folded.
type words struct {
	themes    []Theme
	themeOf   map[string]Theme
	statusOf  map[string]Status
	remoteOf  map[string]bool
	columns   map[string][]string
	months    map[string]int
	weekdays  map[string]bool
	priceOf   map[string]PriceKind
	priceText map[PriceKind]string
}

// vocabulary decodes the embedded words once; they are never changed afterwards.
var vocabulary = sync.OnceValue(func() *words {
	w, err := readWords(wordsYAML)
	if err != nil {
		panic(err) // the file is compiled in and a test reads it: only a build that skipped the tests comes here
	}
	return w
})

func readWords(data []byte) (*words, error) {
	var file struct {
		Themes []struct {
			Key, Label string
			Words      []string
		}
		Statuses map[Status][]string
		Remote   map[string][]string
		Price    struct {
			Free          string   `yaml:"free"`
			FreeWords     []string `yaml:"free_words"`
			FreeWill      string   `yaml:"free_will"`
			FreeWillWords []string `yaml:"free_will_words"`
			UnknownWords  []string `yaml:"unknown_words"`
		}
		Months   [][]string
		Weekdays []string
		Columns  map[string][]string
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("workshop: words.yaml: %w", err)
	}
	w := &words{
		themeOf: map[string]Theme{}, statusOf: map[string]Status{}, remoteOf: map[string]bool{}, columns: file.Columns,
		months: map[string]int{}, weekdays: map[string]bool{}, priceOf: map[string]PriceKind{},
		priceText: map[PriceKind]string{Free: file.Price.Free, FreeWill: file.Price.FreeWill},
	}
	for _, t := range file.Themes {
		theme := Theme{Key: t.Key, Label: t.Label}
		w.themes = append(w.themes, theme)
		for _, word := range append(t.Words, t.Key, t.Label) {
			w.themeOf[place.Fold(word)] = theme
		}
	}
	for status, list := range file.Statuses {
		for _, word := range list {
			w.statusOf[place.Fold(word)] = status
		}
	}
	for answer, list := range file.Remote {
		for _, word := range list {
			w.remoteOf[place.Fold(word)] = answer == "yes"
		}
	}
	for i, list := range file.Months {
		for _, word := range list {
			w.months[place.Fold(word)] = i + 1
		}
	}
	for _, word := range file.Weekdays {
		w.weekdays[place.Fold(word)] = true
	}
	for kind, list := range map[PriceKind][]string{Free: file.Price.FreeWords, FreeWill: file.Price.FreeWillWords, PriceUnknown: file.Price.UnknownWords} {
		for _, word := range list {
			w.priceOf[place.Fold(word)] = kind
		}
	}
	return w, nil
}

// Theme is one of the headings under which workshops are offered (C7).
type Theme struct {
	Key   string // "corps": for keys of messages and configuration
	Label string // "Bien dans mon corps": what a Workshop carries
}

// Themes gives the four themes in the order in which they are offered.
func Themes() []Theme { return append([]Theme(nil), vocabulary().themes...) }

// ParseTheme finds the theme that a word of a source, a key or a label means.
func ParseTheme(s string) (Theme, bool) {
	t, ok := vocabulary().themeOf[place.Fold(s)]
	return t, ok
}
