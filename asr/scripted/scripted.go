package scripted

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/asr"
)

// wordTime is the sound that brings one more word into the partial result, ms.
const wordTime = 300

// quiet is the loudest sample of a silent line.
const quiet = 300

// Recognizer says its lines. It starts no goroutine and keeps no audio.
type Recognizer struct {
	lines   []string
	byState map[string]string
	streams asr.Streams
}

// New makes a recogniser that hears lines, one a turn; an empty line and every
// turn after the last one have no words. A line "@place à Orange" is heard
// whenever the conversation is in that state, and counts as no turn: a script of
// these alone serves many streams of one turn each, as servers have them.
func New(lines ...string) *Recognizer {
	r := &Recognizer{byState: map[string]string{}}
	for _, l := range lines {
		if state, ok := strings.CutPrefix(l, "@"); ok {
			state, text, _ := strings.Cut(state, " ")
			r.byState[state] = text
			continue
		}
		r.lines = append(r.lines, l)
	}
	return r
}

// Name is "scripted".
func (r *Recognizer) Name() string { return "scripted" }

// Open begins a stream at the first line.
func (r *Recognizer) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	s := &stream{of: r, results: asr.NewResults(r.Name(), f), perWord: f.SampleRate * wordTime / 1000}
	if err := r.streams.Add(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends all streams.
func (r *Recognizer) Close() error {
	r.streams.Close()
	return nil
}

type stream struct {
	of      *Recognizer
	results *asr.Results
	perWord int // samples

	mu       sync.Mutex
	state    string // of the conversation
	line     int    // of the present turn
	words    int    // given as partials in it
	filled   bool
	prepared bool // and nothing was written since but silence
}

// loud tells a sample that is no silence: above the noise of a line.
func loud(v int16) bool { return v > quiet || v < -quiet }

// text is the line of the present turn.
func (s *stream) text() string {
	if text, ok := s.of.byState[s.state]; ok {
		return text
	}
	if s.line >= len(s.of.lines) {
		return ""
	}
	return s.of.lines[s.line]
}

func (s *stream) Write(pcm []int16) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.results.Write(len(pcm))
	if err != nil {
		return err
	}
	s.filled = n > 0
	if slices.ContainsFunc(pcm, loud) {
		s.prepared = false
	}
	words := strings.Fields(s.text())
	if heard := min(n/s.perWord, len(words)); heard > s.words {
		s.words = heard
		s.results.Partial(strings.Join(words[:heard], " "), 0.5, 0)
	}
	return nil
}

func (s *stream) Expect(h asr.Hints) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = h.State
}

// Prepare says what EndTurn would say.
func (s *stream) Prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filled && !s.prepared {
		s.prepared = true
		s.results.Prepared(s.heard(), 0, asr.Spent{})
	}
}

// heard is the answer to the present turn.
func (s *stream) heard() []asr.Alternative {
	if text := s.text(); s.filled && text != "" {
		return []asr.Alternative{{Text: text, Confidence: 1}}
	}
	return nil
}

// EndTurn answers with the line; a turn without any sound has no words and
// leaves the line for the next one.
func (s *stream) EndTurn() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.results.EndTurn()
	if err != nil {
		return err
	}
	heard := s.heard()
	if _, ok := s.of.byState[s.state]; s.filled && !ok {
		s.line++
	}
	s.words, s.filled, s.prepared = 0, false, false
	s.results.Final(t, heard, nil)
	return nil
}

// Cancel keeps the line for the next turn.
func (s *stream) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results.Cancel()
	s.words, s.filled, s.prepared = 0, false, false
}

func (s *stream) Results() <-chan asr.Result { return s.results.C() }

func (s *stream) Close() error {
	if s.results.Close() {
		s.of.streams.Remove(s)
	}
	return nil
}
