package whisper

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/media"
)

// errCut is in the Err of a turn whose beginning was too long ago to be heard.
var errCut = errors.New("whisper: the turn was longer than what is heard at once, its beginning was left out")

// stream is one call. Its sound is kept for the present turn alone.
type stream struct {
	pool    *pool
	set     Settings
	results *asr.Results
	down    *media.Resampler // to 8 kHz; nil: the sound has it
	remove  func(asr.Stream)

	now    *work  // what a lane does for it; under the pool's lock
	served uint64 // when that began, in pieces of work of the pool

	answers sync.Mutex
	owes    []*owed // turns that wait, in their order

	mu        sync.Mutex
	pcm       []int16 // of the turn, 8 kHz
	cut       bool    // its beginning is gone
	hints     asr.Hints
	early     *work      // asked for by Prepare
	onward    asr.Onward // since
	guessing  *work
	guessedAt int // samples of the turn at the last partial
	closed    bool
}

var _ asr.Preparer = (*stream)(nil)

// Write keeps the sound.
func (s *stream) Write(pcm []int16) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.results.Write(len(pcm)); err != nil {
		return err
	}
	from := len(s.pcm)
	if s.down != nil {
		s.pcm = s.down.Process(s.pcm, pcm)
	} else {
		s.pcm = append(s.pcm, pcm...)
	}
	if s.early != nil && s.onward.Write(s.pcm[from:]) {
		s.forget()
	}
	if most := int(s.set.MaxTurn.Seconds() * lineRate); len(s.pcm) > most+lineRate {
		s.pcm = slices.Delete(s.pcm, 0, len(s.pcm)-most)
		s.cut, s.guessedAt = true, 0
	}
	s.guessAgain()
	return nil
}

// forget takes back what was prepared.
func (s *stream) forget() {
	if s.early != nil {
		s.pool.drop(s.early)
		s.early = nil
	}
}

// Expect changes what is expected.
func (s *stream) Expect(h asr.Hints) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.hints = h
	s.forget()
}

// newWork takes the turn's sound so far.
func (s *stream) newWork(u urgency) *work {
	w := &work{of: s, pcm: slices.Clone(s.pcm), hints: s.hints, urgency: u, over: make(chan struct{})}
	if u == final {
		close(w.over)
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Prepare begins to hear the turn so far.
func (s *stream) Prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.early != nil || len(s.pcm) == 0 {
		return
	}
	w := s.newWork(prepared)
	onward := asr.NewOnward(s.pcm, lineRate)
	if s.pool.add(w) {
		s.early, s.onward = w, onward
	}
}

// EndTurn asks for the turn's words.
func (s *stream) EndTurn() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.results.EndTurn()
	if err != nil {
		return err
	}
	early, cut := s.early, s.cut
	s.early = nil
	if s.down != nil {
		s.pcm = s.down.Flush(s.pcm)
	}
	defer s.clear()
	o := s.owe(t)
	if early != nil {
		if s.pool.claim(early, o) {
			return nil
		}
		s.pool.drop(early)
	}
	if len(s.pcm) == 0 {
		s.answer(o, nil, asr.Spent{}, nil)
		return nil
	}
	w := s.newWork(final)
	w.owed, w.deadline = o, time.Now().Add(s.set.Deadline)
	if cut {
		o.err = errCut
	}
	if !s.pool.add(w) {
		w.cancel()
		s.pool.meter.Failed(asr.ErrBusy)
		s.answer(o, nil, asr.Spent{}, asr.ErrBusy)
	}
	return nil
}

// owed is a turn that waits for its final result.
type owed struct {
	turn  asr.Turn
	heard []asr.Alternative
	spent asr.Spent
	err   error
	ready bool
}

func (s *stream) owe(t asr.Turn) *owed {
	s.answers.Lock()
	defer s.answers.Unlock()
	o := &owed{turn: t}
	s.owes = append(s.owes, o)
	return o
}

// answer gives what was heard of a turn, once those before it have theirs.
func (s *stream) answer(o *owed, heard []asr.Alternative, spent asr.Spent, err error) {
	s.answers.Lock()
	defer s.answers.Unlock()
	o.heard, o.spent, o.err, o.ready = heard, spent, errors.Join(o.err, err), true
	for len(s.owes) > 0 && s.owes[0].ready {
		o := s.owes[0]
		s.results.FinalSpent(o.turn, o.heard, o.spent, o.err)
		s.owes = s.owes[1:]
	}
}

// clear begins a new turn.
func (s *stream) clear() {
	s.pcm, s.cut, s.guessedAt = s.pcm[:0], false, 0
	if s.guessing != nil {
		s.pool.drop(s.guessing)
		s.guessing = nil
	}
	if s.down != nil {
		s.down.Reset()
	}
}

// Cancel drops the turn's sound.
func (s *stream) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.results.Cancel()
	s.forget()
	s.clear()
}

// guessAgain asks for a partial result when enough has been said since the last one.
func (s *stream) guessAgain() {
	every := int(s.set.PartialEvery.Seconds() * lineRate)
	if every == 0 || len(s.pcm)-s.guessedAt < every || s.guessing != nil || s.early != nil {
		return
	}
	s.guessedAt = len(s.pcm)
	w := s.newWork(partial)
	if s.pool.add(w) {
		s.guessing = w
	} else {
		w.cancel()
	}
}

// guess sends a partial result, if there is one, unless the turn is over.
func (s *stream) guess(w *work, heard []asr.Alternative) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guessing != w {
		return
	}
	s.guessing = nil
	if len(heard) > 0 {
		s.results.Partial(heard[0].Text, heard[0].Confidence, time.Since(w.since))
	}
}

// show tells what was prepared, unless the caller spoke on or the turn is over.
func (s *stream) show(w *work, heard []asr.Alternative, spent asr.Spent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.early == w {
		s.results.Prepared(heard, time.Since(w.since), spent)
	}
}

// Results is the channel of what was heard.
func (s *stream) Results() <-chan asr.Result { return s.results.C() }

// Close drops what waits.
func (s *stream) Close() error {
	s.mu.Lock()
	s.closed = true
	s.forget()
	s.clear()
	s.mu.Unlock()
	if s.results.Close() {
		s.pool.abandon(s)
		s.remove(s)
	}
	return nil
}
