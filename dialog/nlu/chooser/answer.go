package chooser

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// errAnswer says that the answer is none that was asked for. What it was is not told: it is not ours.
var errAnswer = errors.New("chooser: the answer is not one of the choices")

// needs are the entities without which an intent says nothing: one of them must be chosen with it.
var needs = map[string][]string{
	"give_place": {"place", "postal_code", "department"},
	"give_theme": {"theme", "module"},
	"rate":       {"rating"},
}

// choice reads the body of an answer. Only intents of ours and entities of the question come out of it, the latter as the question has
// them.
func (c *Chooser) choice(q Question, body []byte) (nlu.Choice, error) {
	var reply struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if json.Unmarshal(body, &reply) != nil || len(reply.Choices) != 1 {
		return nlu.Choice{}, errAnswer
	}
	var chosen struct {
		Intent   string   `json:"intent"`
		Entities *[]named `json:"entities"`
	}
	d := json.NewDecoder(strings.NewReader(reply.Choices[0].Message.Content))
	d.DisallowUnknownFields()
	if d.Decode(&chosen) != nil || chosen.Entities == nil {
		return nlu.Choice{}, errAnswer
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nlu.Choice{}, errAnswer
	}
	at := slices.Index(c.told.names, chosen.Intent)
	if at < 0 {
		return nlu.Choice{}, fmt.Errorf("%w: unknown intent", errAnswer)
	}
	out := nlu.Choice{Intent: c.told.names[at]}
	for _, n := range *chosen.Entities {
		i := slices.IndexFunc(q.entities, func(e nlu.Entity) bool { return e.Type == n.Type && e.Value == n.Value })
		if i < 0 {
			return nlu.Choice{}, fmt.Errorf("%w: an entity that was not offered", errAnswer)
		}
		if slices.ContainsFunc(out.Entities, func(e nlu.Entity) bool { return e.Type == n.Type }) {
			return nlu.Choice{}, fmt.Errorf("%w: two entities of a type", errAnswer)
		}
		out.Entities = append(out.Entities, q.entities[i])
	}
	if kinds, ok := needs[out.Intent]; ok && !slices.ContainsFunc(out.Entities, func(e nlu.Entity) bool { return slices.Contains(kinds, e.Type) }) {
		return nlu.Choice{}, fmt.Errorf("%w: nothing named", errAnswer)
	}
	return out, nil
}
