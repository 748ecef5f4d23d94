package none

import (
	"context"

	"github.com/acotel/acotel-sbc/asr"
)

// Recognizer hears nothing.
type Recognizer struct{ streams asr.Streams }

// New makes one.
func New() *Recognizer { return &Recognizer{} }

// Name is "none".
func (r *Recognizer) Name() string { return "none" }

// Open begins a stream whose turns all end without words.
func (r *Recognizer) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	s := &stream{of: r, results: asr.NewResults(r.Name(), f)}
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
}

func (s *stream) Write(pcm []int16) error {
	_, err := s.results.Write(len(pcm))
	return err
}

func (s *stream) Expect(asr.Hints) {}

func (s *stream) EndTurn() error {
	t, err := s.results.EndTurn()
	if err != nil {
		return err
	}
	s.results.Final(t, nil, nil)
	return nil
}

func (s *stream) Cancel() { s.results.Cancel() }

func (s *stream) Results() <-chan asr.Result { return s.results.C() }

func (s *stream) Close() error {
	if s.results.Close() {
		s.of.streams.Remove(s)
	}
	return nil
}
