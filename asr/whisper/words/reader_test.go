package words

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// script is a Network that says what may follow a text, and checks that it is asked as a network must be.
type script struct {
	t      *testing.T
	follow map[string]map[string]float64 // text so far → next word → probability; "" ends it
	*lexicon
	heard  [][]int32 // by each beam of the last step
	steps  int
	widest int
	silent float64 // probability of <|nospeech|>
	before func(step int) error
}

func newScript(t *testing.T, follow map[string]map[string]float64) *script {
	return &script{t: t, follow: follow, lexicon: both(), silent: 0.25, heard: [][]int32{nil}}
}

// lexicon is the vocabulary both ways.
type lexicon struct {
	ids   map[string]int32
	names []string
}

var both = sync.OnceValue(func() *lexicon {
	r := reader()
	l := &lexicon{ids: map[string]int32{"": endOfText}, names: r.vocabulary.text}
	for i, w := range l.names {
		if _, ok := l.ids[w]; !ok {
			l.ids[w] = int32(i)
		}
	}
	return l
})

var reader = sync.OnceValue(func() *Reader {
	r, err := New(51865)
	if err != nil {
		panic(err)
	}
	return r
})

func (s *script) Step(words [][]int32, from []int, suppress []float32) (Next, error) {
	if s.before != nil {
		if err := s.before(s.steps); err != nil {
			return Next{}, err
		}
	}
	s.steps++
	s.widest = max(s.widest, len(words))
	if len(words) != len(from) || len(suppress) != 51865 {
		s.t.Fatalf("%d beams from %d, %d entries suppressed", len(words), len(from), len(suppress))
	}
	var heard [][]int32
	var next Next
	for i, w := range words {
		h := append(slices.Clone(s.heard[from[i]]), w...)
		heard = append(heard, h)
		ids, logs := s.next(h, suppress)
		next.Words, next.LogProbs, next.Silent = append(next.Words, ids), append(next.LogProbs, logs), append(next.Silent, float32(math.Log(s.silent)))
	}
	s.heard = heard
	return next, nil
}

// next is what follows a text, best first.
func (s *script) next(heard []int32, suppress []float32) (ids []int32, logs []float32) {
	if len(heard) < 4 {
		return []int32{0}, []float32{0} // nobody asks
	}
	if want := []int32{startOf, french, 50359, 50363}; !slices.Equal(heard[:4], want) {
		s.t.Fatalf("the prompt is %v, want %v", heard[:4], want)
	}
	var text strings.Builder
	for _, w := range heard[4:] {
		text.WriteString(s.names[w])
	}
	follow, ok := s.follow[text.String()]
	if !ok {
		follow = s.follow["*"]
	}
	for w := range follow {
		id, ok := s.ids[w]
		if !ok {
			s.t.Fatalf("%q is no word of the vocabulary", w)
		}
		if suppress[id] == 0 {
			ids = append(ids, id)
		}
	}
	p := func(id int32) float64 {
		if id == endOfText {
			return follow[""]
		}
		return follow[s.names[id]]
	}
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Or(cmp.Compare(p(b), p(a)), cmp.Compare(a, b)) })
	for _, id := range ids {
		logs = append(logs, float32(math.Log(p(id))))
	}
	return ids, logs
}

func read(t *testing.T, n Network, o Options) []Hypothesis {
	t.Helper()
	out, err := reader().Read(t.Context(), n, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// garden is a text whose likeliest beginning leads to unlikely ends.
var garden = map[string]map[string]float64{
	"":             {" oui": 0.6, " non": 0.4},
	" oui":         {" je": 0.3, " la": 0.3, " le": 0.3, "": 0.1},
	" non":         {"": 0.9, " je": 0.1},
	" oui je":      {"": 1},
	" oui la":      {"": 1},
	" oui le":      {"": 1},
	" non je":      {" veux": 0.5, " peux": 0.5},
	" non je veux": {"": 1},
	" non je peux": {"": 1},
}

func TestTheBeamFindsWhatAGreedyReadingMisses(t *testing.T) {
	if got := read(t, newScript(t, garden), Options{Beams: 1})[0].Text; got == "non" {
		t.Errorf("one beam has found %q, so this test shows nothing", got)
	}
	got := read(t, newScript(t, garden), Options{Beams: 4})
	if got[0].Text != "non" || math.Abs(got[0].LogProb-math.Log(0.36)) > 1e-5 || math.Abs(got[0].AvgLogProb-math.Log(0.36)/2) > 1e-5 {
		t.Errorf("best is %+v, want \"non\" at log 0.36", got[0])
	}
	if len(got) < 3 || math.Abs(got[0].NoSpeech-0.25) > 1e-5 {
		t.Errorf("%d readings, no speech %v", len(got), got[0].NoSpeech)
	}
	for i, h := range got {
		if i > 0 && h.AvgLogProb > got[i-1].AvgLogProb || h.Cut {
			t.Errorf("reading %d: %+v after %+v", i, h, got[max(0, i-1)])
		}
	}
}

func TestAllBeamsAreFollowedAndNoMore(t *testing.T) {
	for beams := 1; beams <= MostBeams; beams++ {
		s := newScript(t, garden)
		read(t, s, Options{Beams: beams})
		if s.widest > beams {
			t.Errorf("%d beams in a step, asked for %d", s.widest, beams)
		}
	}
	for _, beams := range []int{-1, MostBeams + 1} {
		if _, err := reader().Read(t.Context(), newScript(t, garden), Options{Beams: beams}); err == nil {
			t.Errorf("%d beams were taken", beams)
		}
	}
}

func TestSpellingsOfTheSameAreOneReading(t *testing.T) {
	got := read(t, newScript(t, map[string]map[string]float64{
		"":       {" Oui": 0.5, " oui": 0.3, " non": 0.2},
		" Oui":   {".": 0.8, "": 0.2},
		" oui":   {"": 1},
		" non":   {"": 1},
		" Oui.":  {"": 1},
		" oui.":  {"": 1},
		" Oui..": {"": 1},
	}), Options{})
	if len(got) != 2 || Fold(got[0].Text) != "oui" || got[1].Text != "non" {
		t.Fatalf("%+v, want oui and non", got)
	}
	if p := math.Exp(got[0].LogProb); p < 0.69 || p > 0.81 {
		t.Errorf("oui has %.2f, want what its spellings have together", p)
	}
}

// round goes round: the model never ends it.
var round = map[string]map[string]float64{
	"":           {" un": 0.9, " le": 0.1},
	" un":        {" France": 1},
	" un France": {" un": 1},
	" le":        {" un": 1},
	" le un":     {" France": 1},
	"*":          {" un": 0.5, " France": 0.5},
}

func TestALoopIsCut(t *testing.T) {
	s := newScript(t, round)
	for i := range 120 { // un France un France …
		text := strings.Repeat(" un France", i/2)
		if i%2 == 1 {
			text += " un"
			s.follow[text] = map[string]float64{" France": 0.99, "": 0.01}
		} else if i > 0 {
			s.follow[text] = map[string]float64{" un": 0.99, "": 0.01}
		}
	}
	got := read(t, s, Options{Beams: 1})
	if len(got) != 1 || got[0].Text != "un France" || !got[0].Cut {
		t.Errorf("%+v, want \"un France\", cut", got)
	}
	if s.steps > 20 {
		t.Errorf("%d steps before the loop was seen", s.steps)
	}
}

func TestALongTextEndsWithTheSound(t *testing.T) {
	follow := map[string]map[string]float64{}
	s := newScript(t, follow)
	text := ""
	for i := range 300 { // no end, no loop
		w := fmt.Sprintf(" %c", 'a'+rune(i*i%26))
		follow[text] = map[string]float64{w: 1}
		text += w
	}
	got := read(t, s, Options{Sound: 2 * time.Second})
	if want := fewestWords + 20; len(got) != 1 || !got[0].Cut || s.steps > want+1 {
		t.Errorf("%d steps, %+v; want at most %d words of two seconds", s.steps, got, want)
	}
	s = newScript(t, follow)
	if read(t, s, Options{}); s.steps > mostWords+1 {
		t.Errorf("%d steps, the model has room for %d words", s.steps, mostWords)
	}
}

func TestPhantomsAloneAreNoWords(t *testing.T) {
	got := read(t, newScript(t, map[string]map[string]float64{
		"":         {" sil": 1},
		" sil":     {"ence": 1},
		" silence": {"": 1},
	}), Options{})
	if len(got) != 0 {
		t.Errorf("%+v was heard", got)
	}
}

func TestWhatNoiseIsReadAsIsNoAnswer(t *testing.T) {
	doubtful := map[string]map[string]float64{"": {" oui": 0.1, " non": 0.08, " la": 0.07}, "*": {"": 0.7}} // oui: mean log-probability -1.33
	sure := map[string]map[string]float64{"": {" oui": 0.9}, "*": {"": 0.9}}
	for _, c := range []struct {
		name   string
		follow map[string]map[string]float64
		silent float64
		want   bool
	}{
		{"sure speech", sure, 0.05, true},
		{"a sure word in what seems silence", sure, 0.9, true},
		{"a doubtful word in speech", doubtful, 0.2, true},
		{"a doubtful word in what seems silence", doubtful, 0.5, false},
	} {
		s := newScript(t, c.follow)
		s.silent = c.silent
		if got := read(t, s, Options{}); len(got) > 0 != c.want || c.want && got[0].Text != "oui" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestAReadingEndsWithItsContext(t *testing.T) {
	for at := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		s := newScript(t, garden)
		s.before = func(step int) error {
			if step == at {
				cancel()
			}
			return nil
		}
		_, err := reader().Read(ctx, s, Options{})
		if at < 3 && (!errors.Is(err, context.Canceled) || s.steps != at+1) {
			t.Errorf("cancelled in step %d: %v after %d steps", at, err, s.steps)
		}
		cancel()
	}
}

func TestAnErrorOfTheNetworkIsGivenBack(t *testing.T) {
	broken := errors.New("broken")
	for at := range 3 {
		s := newScript(t, garden)
		s.before = func(step int) error {
			if step == at {
				return broken
			}
			return nil
		}
		if _, err := reader().Read(t.Context(), s, Options{}); !errors.Is(err, broken) {
			t.Errorf("step %d: %v", at, err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(51865); err != nil {
			b.Fatal(err)
		}
	}
}
