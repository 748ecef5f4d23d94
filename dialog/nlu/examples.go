package nlu

import (
	"embed"
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/dialog/nlu/learn"
)

//go:embed examples/*.yaml
var embeddedExamples embed.FS

// Intents are the contract's names, in the order in which the classifier numbers them.
var Intents = strings.Fields(`search give_place give_theme choose yes no next previous details repeat slower louder wait back restart help human
	goodbye greeting thanks rate about_service is_machine price sales_fear my_number hesitation distress illness accident insult other_service
	out_of_scope call_later voicemail unclear`)

// States are the contract's states of the conversation.
var States = strings.Fields("open place confirm theme results sms more rating reason")

// example is one line of an example file: wordings that mean an intent, in certain states or in any.
type example struct {
	intent int // index in Intents
	states []string
	words  pattern
}

// readExamples reads an example file:
//
//	intent:
//	  any: ["sentence", …]            # in whatever state
//	  "confirm, sms": ["sentence", …] # in these
//
// Errors name the line.
func readExamples(data []byte) ([]example, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, err // the library's errors name the line
	}
	if len(root.Content) == 0 {
		return nil, nil // an empty file
	}
	var out []example
	err := eachKey(root.Content[0], "intents", func(name string, at *yaml.Node, byState *yaml.Node) error {
		intent := slices.Index(Intents, name)
		if intent < 0 {
			return fmt.Errorf("line %d: intent %s is unknown; the intents are %s", at.Line, name, strings.Join(Intents, ", "))
		}
		return eachKey(byState, "states of "+name, func(key string, at *yaml.Node, list *yaml.Node) error {
			states, err := readStates(key)
			if err != nil {
				return fmt.Errorf("line %d: %w", at.Line, err)
			}
			if list.Kind != yaml.SequenceNode {
				return fmt.Errorf("line %d: %s, %s: a list of sentences is wanted", list.Line, name, key)
			}
			for _, n := range list.Content {
				if n.Kind != yaml.ScalarNode {
					return fmt.Errorf("line %d: a sentence is wanted", n.Line)
				}
				p, err := readPattern(n.Value)
				if err != nil {
					return fmt.Errorf("line %d: %w", n.Line, err)
				}
				for _, slot := range p.slots() {
					if _, ok := slots[slot]; !ok {
						return fmt.Errorf("line %d: {%s} is unknown; there are {lieu}, {code}, {module}, {nombre}", n.Line, slot)
					}
				}
				out = append(out, example{intent, states, p})
			}
			return nil
		})
	})
	return out, err
}

// eachKey goes through a mapping in its order.
func eachKey(n *yaml.Node, what string, do func(key string, at, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a mapping of %s is wanted", n.Line, what)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := do(n.Content[i].Value, n.Content[i], n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// readStates reads "any" (no states) or states with commas between them.
func readStates(key string) ([]string, error) {
	if key == "any" {
		return nil, nil
	}
	var out []string
	for s := range strings.SplitSeq(key, ",") {
		if s = strings.TrimSpace(s); !slices.Contains(States, s) {
			return nil, fmt.Errorf("state %q is unknown; the states are any, %s", s, strings.Join(States, ", "))
		}
		out = append(out, s)
	}
	return out, nil
}

// readEmbeddedExamples reads the files of the program.
func readEmbeddedExamples() ([]example, error) {
	files, err := embeddedExamples.ReadDir("examples")
	if err != nil {
		return nil, err
	}
	var out []example
	for _, f := range files {
		data, err := embeddedExamples.ReadFile(path.Join("examples", f.Name()))
		if err != nil {
			return nil, err
		}
		list, err := readExamples(data)
		if err != nil {
			return nil, fmt.Errorf("nlu: examples/%s: %w", f.Name(), err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// Files are what the dialogue understands with, as it is written: rules, entities and example sentences, by their names.
func Files() (map[string][]byte, error) {
	out := map[string][]byte{"intents.yaml": intentsYAML, "entities.yaml": entitiesYAML}
	list, err := embeddedExamples.ReadDir("examples")
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		if out["examples/"+f.Name()], err = embeddedExamples.ReadFile(path.Join("examples", f.Name())); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Wording is a sentence with what it means.
type Wording struct {
	Intent string   // one of Intents
	States []string // in which it is said; nil: in any
	Text   string
}

// Wordings are sentences of the embedded examples, for whoever wants to know what callers say: at most so many of a line, those with a slot
// ({lieu}, {code}, …) left out. They are the same each time.
func Wordings(most int) ([]Wording, error) {
	list, err := readEmbeddedExamples()
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 7))
	var out []Wording
	for _, x := range list {
		n := x.words.variants(mostVariants)
		step := max(1, n/most)
		seen := map[string]bool{}
		for turn := 0; turn < n; turn += step {
			text := strings.Join(x.words.write(nil, &drawer{r: r, turn: turn}), " ")
			if text != "" && !seen[text] && !strings.Contains(text, "{") && len(seen) < most {
				seen[text] = true
				out = append(out, Wording{Intents[x.intent], x.states, text})
			}
		}
	}
	return out, nil
}

// Marks stand among the words of a sample for what was recognised there.
const (
	placeMark  = "<place>"
	codeMark   = "<code>"
	topicMark  = "<topic>"
	numberMark = "<number>"
)

// slots are what may stand in braces, and what they put among the words.
var slots = map[string]func(c *corpus, to []string, r *rand.Rand) []string{
	"lieu": func(c *corpus, to []string, r *rand.Rand) []string {
		to = append(to, strings.Fields(towns[r.IntN(len(towns))])...)
		if r.IntN(unrecognised) == 0 {
			return to
		}
		return append(to, placeMark)
	},
	"code":   func(_ *corpus, to []string, _ *rand.Rand) []string { return append(to, codeMark) },
	"nombre": func(_ *corpus, to []string, r *rand.Rand) []string { return append(to, numbers[r.IntN(len(numbers))]) },
	"module": func(c *corpus, to []string, r *rand.Rand) []string {
		if len(c.topics) == 0 {
			return append(to, topicMark)
		}
		return append(c.topics[r.IntN(len(c.topics))].draw(to, &drawer{r: r, turn: r.IntN(1 << 20)}), topicMark)
	},
}

// numbers stand for all numbers; from ten on it is all one.
var numbers = strings.Fields("deux trois quatre cinq six sept huit neuf dix 1 2 3 4 5 6 7 8 9 10 12 20")

// unrecognised: one town in so many is not recognised as one.
const unrecognised = 6

// towns stand for all towns in examples.
var towns = strings.Split("orange,carpentras,cavaillon,avignon,marseille,nice,toulon,le pontet,l isle sur la sorgue,saint remy,aix,arles,dijon,besancon,"+
	"la charite sur loire,nevers,bourges,tours,orleans,beaune,chalon,nimes,montpellier,sete,perpignan,narbonne,mende,gap,bollene,ajaccio", ",")

// corpus is what the classifier learns from.
type corpus struct {
	examples []example
	topics   []pattern // what modules are called
}

// stateless: one draw in so many of an example for any state is without one.
const stateless = 3

// greeted: one draw in so many begins with a greeting.
const greeted = 12

// draw makes one sample of an example, the turn-th.
func (c *corpus) draw(x example, turn int, r *rand.Rand) learn.Sample {
	fill := func(slot string, to []string, r *rand.Rand) []string { return slots[slot](c, to, r) }
	words := x.words.draw(nil, &drawer{r: r, turn: turn, fill: fill})
	if len(words) > 2 && r.IntN(greeted) == 0 {
		words = append([]string{"bonjour"}, words...)
	}
	s := learn.Sample{Words: plainWords(markNumbers(words))}
	switch {
	case len(x.states) > 0:
		s.State = x.states[r.IntN(len(x.states))]
	case r.IntN(stateless) > 0:
		s.State = States[r.IntN(len(States))]
	}
	return s
}

// Lines with more wordings are drawn from more often: by the square root of their number, within bounds.
const (
	drawScale               = 1.5
	mostDraws, mostVariants = 8, 256
)

// train makes the classifier.
func (c *corpus) train() *learn.Model {
	var list []learn.Example
	for _, x := range c.examples {
		turn := 0
		e := learn.Example{Label: x.intent, Draw: func(r *rand.Rand) learn.Sample {
			turn++
			return c.draw(x, turn, r)
		}}
		n := int(math.Sqrt(float64(x.words.variants(mostVariants))) * drawScale)
		for range min(max(1, n), mostDraws) {
			list = append(list, e)
		}
	}
	return learn.Train(len(Intents), list)
}
