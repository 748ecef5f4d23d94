package nlu

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Labelled is a sentence with its meaning, as people wrote it down: one line of an evaluation file.
type Labelled struct {
	Text     string   `json:"text"`
	State    string   `json:"state"` // contract word; "" is open
	Intent   string   `json:"intent"`
	Entities Expected `json:"entities"`
	// Today is the day on which it was said, "2026-11-25", for "demain" and the like; "" is the day of the evaluation.
	Today string `json:"today"`
	// Noise marks a sentence written as a recogniser mishears it.
	Noise bool `json:"noise"`
}

// Expected are the entities that a sentence must yield, written as {"place": "Orange"}, {"date": ["monday", "thursday"]} or
// [{"type": "place", "value": "Orange"}].
type Expected []Entity

// UnmarshalJSON reads any of the three forms.
func (x *Expected) UnmarshalJSON(data []byte) error {
	*x = nil
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, (*[]Entity)(x))
	}
	var byType map[string]json.RawMessage
	if err := json.Unmarshal(data, &byType); err != nil {
		return err
	}
	for kind, raw := range byType {
		var many []string
		if err := json.Unmarshal(raw, &many); err != nil {
			var one any
			if err := json.Unmarshal(raw, &one); err != nil {
				return err
			}
			many = []string{fmt.Sprint(one)} // a number is as good as its digits
		}
		for _, v := range many {
			*x = append(*x, Entity{Type: kind, Value: v})
		}
	}
	slices.SortFunc(*x, func(a, b Entity) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value)) })
	return nil
}

// maxLine is the longest line of an evaluation file, in bytes.
const maxLine = 1 << 20

// ReadLabelled reads an evaluation file: one JSON object a line, empty lines aside. Errors name the line.
func ReadLabelled(r io.Reader) ([]Labelled, error) {
	var out []Labelled
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var l Labelled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("nlu: line %d: %w", n, err)
		}
		if l.Intent == "" {
			return nil, fmt.Errorf("nlu: line %d: no intent", n)
		}
		if l.Today != "" {
			if _, err := time.Parse(time.DateOnly, l.Today); err != nil {
				return nil, fmt.Errorf("nlu: line %d: today: %w", n, err)
			}
		}
		l.State = cmp.Or(l.State, "open")
		out = append(out, l)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("nlu: %w", err)
	}
	return out, nil
}

// Report says how well sentences were understood. A share that has no denominator is null.
type Report struct {
	Sentences  int              `json:"sentences"`
	Accuracy   float64          `json:"accuracy"` // share whose best intent is the one written down
	ByIntent   map[string]Score `json:"by_intent"`
	Confusions []Confusion      `json:"confusions"` // most frequent first
	ByEntity   map[string]Score `json:"by_entity"`
	ByState    map[string]Share `json:"by_state"`
	Noisy      Share            `json:"noisy"` // the sentences marked as misheard
	Sure       Share            `json:"sure"`  // those understood at 0.8 or more, and how many of them rightly
	Misses     []Miss           `json:"misses"`
}

// Score is precision and recall, 0..1, of n sentences or entities written down.
type Score struct {
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	N         int      `json:"n"`

	right, found int
}

// Share is how many of n are right.
type Share struct {
	Accuracy *float64 `json:"accuracy"`
	N        int      `json:"n"`

	right int
}

// Confusion counts the sentences that mean want and were understood as got.
type Confusion struct {
	Want string `json:"want"`
	Got  string `json:"got"`
	N    int    `json:"n"`
}

// Miss is a sentence that was not wholly understood.
type Miss struct {
	Text     string   `json:"text"`
	State    string   `json:"state"`
	Want     string   `json:"want"`
	Got      string   `json:"got"`
	Missing  []string `json:"missing"`  // entities written down and not found, "type=value"
	Invented []string `json:"invented"` // entities found and not written down
}

// SureAt is the confidence from which an answer counts as complete (contract).
const SureAt = 0.8

// Evaluate compares what the parser understands with what people wrote down. day is today for the sentences that name no day.
func Evaluate(p *Parser, list []Labelled, day time.Time) Report {
	return EvaluateHeard(list, day, func(day time.Time, l Labelled) Result { return p.ParseOn(day, l.Text, l.State) })
}

// EvaluateHeard is Evaluate where hear understands a sentence in its own way: through a noisy line, say.
func EvaluateHeard(list []Labelled, day time.Time, hear func(day time.Time, l Labelled) Result) Report {
	e := evaluation{intents: map[string]*Score{}, entities: map[string]*Score{}, states: map[string]*Share{}, confused: map[[2]string]int{}}
	for _, l := range list {
		said := day
		if l.Today != "" {
			said, _ = time.Parse(time.DateOnly, l.Today) // checked by ReadLabelled
		}
		e.add(l, hear(said, l))
	}
	return e.report()
}

// evaluation is what is being counted.
type evaluation struct {
	intents, entities map[string]*Score
	states            map[string]*Share
	all, noisy, sure  Share
	confused          map[[2]string]int
	misses            []Miss
}

func at[T any](m map[string]*T, key string) *T {
	if m[key] == nil {
		m[key] = new(T)
	}
	return m[key]
}

func (s *Share) add(right bool) {
	s.N++
	if right {
		s.right++
	}
}

func (e *evaluation) add(l Labelled, r Result) {
	best := r.Best()
	right := best.Name == l.Intent
	e.all.add(right)
	at(e.states, l.State).add(right)
	if l.Noise {
		e.noisy.add(right)
	}
	if best.Confidence >= SureAt {
		e.sure.add(right)
	}
	at(e.intents, l.Intent).N++
	at(e.intents, best.Name).found++
	if right {
		at(e.intents, l.Intent).right++
	} else {
		e.confused[[2]string{l.Intent, best.Name}]++
	}
	missing, invented := e.compare(l.Entities, r.Entities)
	if !right || len(missing)+len(invented) > 0 {
		e.misses = append(e.misses, Miss{Text: l.Text, State: l.State, Want: l.Intent, Got: best.Name, Missing: missing, Invented: invented})
	}
}

// compare counts entities. The theme that a module belongs to is neither wanted nor unwanted beside it.
func (e *evaluation) compare(want Expected, got []Entity) (missing, invented []string) {
	same := func(a Entity) func(Entity) bool {
		return func(b Entity) bool { return a.Type == b.Type && strings.EqualFold(a.Value, b.Value) }
	}
	for _, w := range want {
		s := at(e.entities, w.Type)
		s.N++
		if slices.ContainsFunc(got, same(w)) {
			s.right++
		} else {
			missing = append(missing, w.Type+"="+w.Value)
		}
	}
	for _, g := range got {
		wanted := slices.ContainsFunc(want, same(g))
		if !wanted && implied(g, want, got) {
			continue
		}
		at(e.entities, g.Type).found++
		if !wanted {
			invented = append(invented, g.Type+"="+g.Value)
		}
	}
	return missing, invented
}

// implied says that a theme is that of a module, or a module one of the theme, so that naming one names the other.
func implied(e Entity, want, got []Entity) bool {
	themeOf := func(module string) string {
		for _, g := range got {
			if g.Type == "module" && g.Value == module {
				return g.Theme
			}
		}
		return ""
	}
	switch e.Type {
	case "theme":
		return slices.ContainsFunc(want, func(w Entity) bool { return w.Type == "module" && themeOf(w.Value) == e.Value })
	case "module":
		return slices.ContainsFunc(want, func(w Entity) bool { return w.Type == "theme" && w.Value == e.Theme })
	}
	return false
}

func (e *evaluation) report() Report {
	share := func(a, n int) *float64 {
		if n == 0 {
			return nil
		}
		v := float64(a) / float64(n)
		return &v
	}
	scores := func(m map[string]*Score) map[string]Score {
		out := map[string]Score{}
		for name, s := range m {
			s.Precision, s.Recall = share(s.right, s.found), share(s.right, s.N)
			out[name] = *s
		}
		return out
	}
	done := func(s Share) Share { s.Accuracy = share(s.right, s.N); return s }
	r := Report{Sentences: e.all.N, ByIntent: scores(e.intents), ByEntity: scores(e.entities), ByState: map[string]Share{},
		Noisy: done(e.noisy), Sure: done(e.sure), Confusions: []Confusion{}, Misses: e.misses}
	if e.all.N > 0 {
		r.Accuracy = float64(e.all.right) / float64(e.all.N)
	}
	for name, s := range e.states {
		r.ByState[name] = done(*s)
	}
	for pair, n := range e.confused {
		r.Confusions = append(r.Confusions, Confusion{Want: pair[0], Got: pair[1], N: n})
	}
	slices.SortFunc(r.Confusions, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Want, b.Want), cmp.Compare(a.Got, b.Got))
	})
	return r
}
