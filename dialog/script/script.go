package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/place"
)

// Script is a conversation with what is expected of it.
type Script struct {
	Name string
	From string // the caller's number, as the first entry gives it; empty: as configured
	Acts []Act
}

// Act is one thing the caller does, and what must be heard after it.
type Act struct {
	Line    int
	Say     string
	Key     string
	Silence bool
	Expect  []Expectation
}

// Expectation is a text that must be part of what is heard, compared without case, accents and signs, or a regular expression.
type Expectation struct {
	Line    int
	Text    string
	Pattern *regexp.Regexp
}

// Mismatch is the first expectation that was not met.
type Mismatch struct {
	Script string
	Line   int
	Want   string
	Heard  string
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("script: %s:%d: expected %s, heard: %s", m.Script, m.Line, m.Want, strings.ReplaceAll(m.Heard, "\n", " / "))
}

// Load reads a script file.
func Load(path string) (Script, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Script{}, fmt.Errorf("script: %w", err)
	}
	return Parse(path, data)
}

// Parse reads a script; name stands in errors. Every fault is reported with its line.
func Parse(name string, data []byte) (Script, error) {
	s := Script{Name: name}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return s, fmt.Errorf("script: %s: %w", name, err)
	}
	if root.Kind != yaml.DocumentNode || root.Content[0].Kind != yaml.SequenceNode {
		return s, fmt.Errorf("script: %s: a chat script is a list of say, key or silence with expect", name)
	}
	var faults []error
	for i, n := range root.Content[0].Content {
		act, from, err := parseAct(n)
		if err == nil && from != "" && i > 0 {
			err = fmt.Errorf("line %d: from belongs in the first entry", n.Line)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("script: %s: %w", name, err))
			continue
		}
		if from != "" {
			s.From = from
		}
		s.Acts = append(s.Acts, act)
	}
	return s, errors.Join(faults...)
}

// parseAct reads one entry.
func parseAct(n *yaml.Node) (act Act, from string, err error) {
	act.Line = n.Line
	if n.Kind != yaml.MappingNode {
		return act, "", fmt.Errorf("line %d: an entry is say, key or silence, with expect", n.Line)
	}
	doings := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "say":
			act.Say = value.Value
			doings++
		case "key":
			act.Key = value.Value
			doings++
		case "silence":
			act.Silence = value.Value != "false"
			doings++
		case "from":
			from = value.Value
		case "expect":
			if act.Expect, err = parseExpect(value); err != nil {
				return act, "", err
			}
		default:
			return act, "", fmt.Errorf("line %d: unknown key %q; known are say, key, silence, expect and from", key.Line, key.Value)
		}
	}
	if doings > 1 {
		return act, "", fmt.Errorf("line %d: one entry is one turn: say, key or silence", n.Line)
	}
	return act, from, nil
}

func parseExpect(n *yaml.Node) ([]Expectation, error) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var out []Expectation
	for _, v := range nodes {
		if v.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: expect is a text, a /regex/, or a list of them", v.Line)
		}
		e := Expectation{Line: v.Line, Text: v.Value}
		if len(v.Value) > 2 && strings.HasPrefix(v.Value, "/") && strings.HasSuffix(v.Value, "/") {
			p, err := regexp.Compile("(?is)" + v.Value[1:len(v.Value)-1])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", v.Line, err)
			}
			e.Pattern = p
		}
		out = append(out, e)
	}
	return out, nil
}

// met tells whether what was heard is what was expected. "[fin]" expects the end of the call.
func (e Expectation) met(heard string) bool {
	if e.Pattern != nil {
		return e.Pattern.MatchString(heard)
	}
	if strings.Contains(e.Text, "[") {
		return strings.Contains(heard, e.Text)
	}
	return strings.Contains(" "+place.Fold(heard)+" ", " "+place.Fold(e.Text)+" ")
}

// Run plays a script and writes the dialogue to out, the caller's turns as typed, the service's as "> …". It returns a *Mismatch for the
// first expectation that is not met; the dialogue up to there has been written. Turns after the end of the call are a mismatch too.
func Run(ctx context.Context, s Script, out io.Writer, c Config) error {
	session := NewSession(c)
	r := session.Begin(ctx)
	if err := printReply(out, r); err != nil {
		return err
	}
	for _, act := range s.Acts {
		if act.Say != "" || act.Key != "" || act.Silence {
			if session.Over() {
				return &Mismatch{s.Name, act.Line, "the call to go on", "the call has ended: " + session.Reason()}
			}
			if err := printLine(out, act.typed()); err != nil {
				return err
			}
			r = session.act(ctx, act)
			if err := printReply(out, r); err != nil {
				return err
			}
		}
		heard := r.heard()
		for _, e := range act.Expect {
			if !e.met(heard) {
				return &Mismatch{s.Name, e.Line, e.Text, heard}
			}
		}
	}
	session.HangUp(ctx)
	return printLine(out, "> [fin]")
}

// heard is all that an expectation may name: what was said, "[SMS] …" and, at the end, "[fin]".
func (r Reply) heard() string {
	text := r.Text()
	for _, m := range r.SMS {
		text += "\n[SMS] " + m.Text
	}
	if r.Over {
		text += "\n[fin]"
	}
	return text
}

// typed is the turn as one would type it in a chat.
func (a Act) typed() string {
	switch {
	case a.Key != "":
		return "#" + a.Key
	case a.Silence:
		return ""
	}
	return a.Say
}

func (s *Session) act(ctx context.Context, a Act) Reply {
	switch {
	case a.Key != "":
		return s.Key(ctx, a.Key)
	case a.Silence:
		return s.Silence(ctx)
	}
	return s.Say(ctx, a.Say)
}
