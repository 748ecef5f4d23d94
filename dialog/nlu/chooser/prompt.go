package chooser

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

//go:embed prompt.yaml
var promptYAML []byte

// prompt is the file of what the model is told.
type prompt struct {
	System  string            `yaml:"system"`
	States  map[string]string `yaml:"states"`
	Intents map[string]string `yaml:"intents"`

	names []string // of Intents, in the contract's order
}

// told reads the embedded prompt once.
var told = sync.OnceValues(func() (prompt, error) {
	var p prompt
	if err := yaml.Unmarshal(promptYAML, &p); err != nil {
		return prompt{}, fmt.Errorf("chooser: prompt.yaml: %w", err)
	}
	for _, name := range nlu.Intents {
		if _, ok := p.Intents[name]; ok {
			p.names = append(p.names, name)
		}
	}
	if len(p.names) != len(p.Intents) {
		return prompt{}, fmt.Errorf("chooser: prompt.yaml has %d intents, of which %d are ours", len(p.Intents), len(p.names))
	}
	return p, nil
})

// The request of POST /chat/completions, as far as we use it.
type (
	request struct {
		Model       string    `json:"model"`
		Messages    []message `json:"messages"`
		Temperature float64   `json:"temperature"`
		MaxTokens   int       `json:"max_tokens"`
		Format      any       `json:"response_format"`
	}
	message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	intentLine struct {
		Name    string `json:"nom"`
		Meaning string `json:"sens"`
	}
	named struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
)

// maxTokens bounds the answer: an intent and a few entities.
const maxTokens = 160

// body makes the request about a question.
func (c *Chooser) body(q Question) ([]byte, error) {
	lines := make([]intentLine, 0, len(c.told.names))
	for _, name := range c.told.names {
		lines = append(lines, intentLine{name, c.told.Intents[name]})
	}
	user, err := json.Marshal(struct {
		Question string       `json:"question"`
		Sentence string       `json:"phrase"`
		Intents  []intentLine `json:"intentions"`
		Entities []named      `json:"entites"`
	}{c.told.States[q.state], q.text, lines, q.named()})
	if err != nil {
		return nil, err
	}
	return json.Marshal(request{
		Model: c.cfg.Model, Messages: []message{{"system", c.told.System}, {"user", string(user)}},
		MaxTokens: maxTokens, Format: c.format(q),
	})
}

// format asks for JSON; with FormatSchema for the very names that may be answered.
func (c *Chooser) format(q Question) any {
	type object = map[string]any
	if c.cfg.Format != FormatSchema {
		return object{"type": FormatObject}
	}
	var types, values []string
	for _, e := range q.entities {
		types, values = append(types, e.Type), append(values, e.Value)
	}
	entity := object{"type": "object", "additionalProperties": false, "required": []string{"type", "value"}, "properties": object{
		"type": object{"type": "string", "enum": distinct(types)}, "value": object{"type": "string", "enum": distinct(values)},
	}}
	schema := object{"type": "object", "additionalProperties": false, "required": []string{"intent", "entities"}, "properties": object{
		"intent":   object{"type": "string", "enum": c.told.names},
		"entities": object{"type": "array", "items": entity},
	}}
	return object{"type": FormatSchema, "json_schema": object{"name": "choice", "strict": true, "schema": schema}}
}

func distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
