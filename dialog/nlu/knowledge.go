package nlu

import (
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/dialog/nlu/learn"
)

// knowledge is what a parser goes by: rules, and what was learnt from examples. It never changes.
type knowledge struct {
	rules *rules
	model *learn.Model
	// common are the words of the examples: a commune of that name is not meant at once.
	common map[string]bool
	said   map[string]int // sentences of the examples that have one wording, by state and plain words → index in Intents
}

// embeddedRules compiles the rules of the program once.
var embeddedRules = sync.OnceValues(func() (*rules, error) { return readRules(intentsYAML, entitiesYAML) })

// embedded learns from the examples of the program once.
var embedded = sync.OnceValues(func() (*knowledge, error) {
	r, err := embeddedRules()
	if err != nil {
		return nil, err
	}
	return teach(r, nil)
})

// ownWeight is how many times the owners' examples are shown for once of the embedded ones: there are few of them, and they are about
// what went wrong.
const ownWeight = 3

// teach makes the knowledge of the embedded examples and the owners'.
func teach(r *rules, own []example) (*knowledge, error) {
	list, err := readEmbeddedExamples()
	if err != nil {
		return nil, err
	}
	c := corpus{examples: list, topics: r.topics}
	for range ownWeight {
		c.examples = append(c.examples, own...)
	}
	k := &knowledge{rules: r, said: map[string]int{}, common: map[string]bool{}}
	for _, x := range c.examples {
		x.words.each(func(w string) { k.common[w] = true })
	}
	for _, x := range own {
		words, ok := x.words.literal()
		if !ok {
			continue
		}
		states := x.states
		if states == nil {
			states = append([]string{""}, States...)
		}
		for _, s := range states {
			k.said[saidKey(s, plainWords(words))] = x.intent
		}
	}
	k.model = c.train()
	return k, nil
}

// saidKey is a sentence in a state.
func saidKey(state string, words []string) string { return state + ":" + strings.Join(words, " ") }
