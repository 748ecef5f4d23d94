package remote

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/media"
)

// stream is one call's asr.Stream. Its methods leave work in queue; run does it.
type stream struct {
	of      *Recognizer
	results *asr.Results
	rate    int // Hz of what sessions get
	most    int // samples kept of a turn
	ctx     context.Context
	stop    context.CancelFunc
	wake    chan struct{} // something is new in queue
	done    chan struct{} // run has ended

	mu      sync.Mutex
	hints   asr.Hints
	current *turn   // the one that is being spoken
	queue   []*turn // those that are not answered, current the last
	closed  bool

	converter *media.Resampler // of run alone
}

// turn is one turn's sound and fate. Fields without a note are guarded by
// stream.mu.
type turn struct {
	ctx     context.Context // ends with Cancel, with the time-out, with the stream
	cancel  context.CancelCauseFunc
	timer   *time.Timer // of the time-out, from EndTurn on
	pcm     []int16     // all of it, at the line's rate
	dropped bool
	ended   bool
	asked   asr.Turn  // once ended
	hints   asr.Hints // once ended

	// Of run alone.
	session Session
	sent    int   // samples of pcm that the session has got
	tries   int   // sessions opened
	err     error // why the last one broke
}

func (s *stream) newTurn() *turn {
	t := &turn{}
	t.ctx, t.cancel = context.WithCancelCause(s.ctx)
	return t
}

func (s *stream) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) Write(pcm []int16) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.results.Write(len(pcm)); err != nil {
		return err
	}
	t := s.current
	if room := s.most - len(t.pcm); len(pcm) > room {
		pcm, t.dropped = pcm[:room], true
	}
	if len(pcm) > 0 {
		t.pcm = append(t.pcm, pcm...)
		s.poke()
	}
	return nil
}

func (s *stream) Expect(h asr.Hints) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hints = h
}

func (s *stream) EndTurn() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, err := s.results.EndTurn()
	if err != nil {
		return err
	}
	t := s.current
	t.ended, t.asked, t.hints = true, asked, s.hints
	t.timer = time.AfterFunc(s.of.cfg.Timeout, func() { t.cancel(ErrTimeout) })
	s.next()
	return nil
}

func (s *stream) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.results.Cancel()
	s.current.cancel(errCancelled)
	s.next()
}

// next begins a turn. The lock is held.
func (s *stream) next() {
	s.current = s.newTurn()
	s.queue = append(s.queue, s.current)
	s.poke()
}

func (s *stream) Results() <-chan asr.Result { return s.results.C() }

func (s *stream) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		s.stop()
		s.results.Close()
		s.of.streams.Remove(s)
	}
	<-s.done
	return nil
}

// run does the turns one after the other.
func (s *stream) run() {
	defer close(s.done)
	defer func() {
		s.mu.Lock()
		left := s.queue
		s.mu.Unlock()
		for _, t := range left {
			t.free()
		}
	}()
	for s.ctx.Err() == nil {
		s.mu.Lock()
		t := s.queue[0]
		ended, fresh := t.ended, t.pcm[t.sent:]
		s.mu.Unlock()
		switch {
		case !ended && t.ctx.Err() != nil: // cancelled
			s.drop(t)
		case ended:
			heard, err := s.answer(t)
			s.drop(t)
			s.results.Final(t.asked, heard, err)
		case len(fresh) > 0 && t.tries == 0, len(fresh) > 0 && t.session != nil:
			s.feed(t, fresh, asr.Hints{})
		default:
			select {
			case <-s.wake:
			case <-s.ctx.Done():
			}
		}
	}
}

// drop takes the first turn out of the queue.
func (s *stream) drop(t *turn) {
	s.mu.Lock()
	s.queue = s.queue[1:]
	s.mu.Unlock()
	t.free()
}

// free ends what the turn holds. No lock is held: a session that ends waits for
// its own goroutine, which may be about to give partial words.
func (t *turn) free() {
	if t.session != nil {
		t.session.Close()
	}
	if t.timer != nil {
		t.timer.Stop()
	}
	t.cancel(nil)
}

// feed gives fresh sound to the turn's session, and opens it first when there
// is none. A session that breaks is closed; err tells why.
func (s *stream) feed(t *turn, fresh []int16, h asr.Hints) {
	if t.session == nil {
		s.mu.Lock()
		if !t.ended {
			h = s.hints
		}
		s.mu.Unlock()
		t.tries++
		t.sent = 0
		s.converter.Reset()
		t.session, t.err = s.of.cfg.Open(t.ctx, s.rate, h, func(text string, confidence float64) { s.partial(t, text, confidence) })
		if t.err != nil {
			t.session = nil
			return
		}
	}
	if t.err = t.session.Write(s.converter.Process(nil, fresh)); t.err != nil {
		t.session.Close()
		t.session = nil
		return
	}
	t.sent += len(fresh)
}

// maxTries is how many sessions a turn may use up: the one that broke, and
// another at its end.
const maxTries = 2

// answer gets the words of a turn that has ended.
func (s *stream) answer(t *turn) ([]asr.Alternative, error) {
	s.mu.Lock()
	pcm, dropped := t.pcm, t.dropped
	s.mu.Unlock()
	if len(pcm) == 0 {
		return nil, nil
	}
	for {
		heard, err := s.try(t, pcm)
		switch {
		case err == nil && dropped:
			return heard, ErrDropped
		case err == nil:
			return heard, nil
		case t.ctx.Err() != nil:
			return nil, fmt.Errorf("%w: %w", context.Cause(t.ctx), err)
		case errors.Is(err, ErrPermanent) || t.tries >= maxTries:
			return nil, err
		}
	}
}

// try gives the session what it lacks, the whole turn when it is a new one, and
// asks for the words.
func (s *stream) try(t *turn, pcm []int16) ([]asr.Alternative, error) {
	if t.session == nil {
		t.sent = 0
	}
	if t.session == nil || t.sent < len(pcm) {
		if s.feed(t, pcm[t.sent:], t.hints); t.err != nil {
			return nil, t.err
		}
	}
	defer func() {
		t.session.Close()
		t.session = nil
	}()
	if rest := s.converter.Flush(nil); len(rest) > 0 {
		if err := t.session.Write(rest); err != nil {
			return nil, err
		}
	}
	return t.session.Finish(t.hints)
}

// partial sends words of the turn that is being spoken.
func (s *stream) partial(t *turn, text string, confidence float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == t && !s.closed && text != "" {
		s.results.Partial(text, confidence, 0)
	}
}
