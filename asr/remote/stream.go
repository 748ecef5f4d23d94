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
	line    int // Hz of what is written
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
	early   *early    // what was prepared, and still counts
	hangUp  func()    // ends the session

	// Of run alone.
	session Session
	sent    int // samples of pcm that the session has got
	broken  int // sessions that failed
}

// early is a turn's answer before its end. Its fields are guarded by stream.mu.
type early struct {
	onward asr.Onward
	since  time.Time
	begun  bool // the session was told that this was all
	done   bool // and has answered or failed
	failed bool
	heard  []asr.Alternative
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
	if t.early != nil && t.early.onward.Write(pcm) {
		t.forget()
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
	s.current.forget()
}

// Prepare has the server answer now (asr.Preparer), where that was asked for.
func (s *stream) Prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.current
	if !s.of.cfg.Early || s.closed || t.early != nil || len(t.pcm) == 0 {
		return
	}
	t.early = &early{onward: asr.NewOnward(t.pcm, s.line), since: time.Now()}
	s.poke()
}

// forget takes back what was prepared, and hangs up on a server that is at it:
// the next session gets the turn's sound from its beginning. The lock is held.
func (t *turn) forget() {
	if t.early != nil && t.early.begun && !t.early.done {
		t.hangUp()
	}
	t.early = nil
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
		ended, fresh, e, h := t.ended, t.pcm[t.sent:], t.early, s.hints
		if ended {
			h = t.hints
		}
		s.mu.Unlock()
		switch {
		case !ended && t.ctx.Err() != nil: // cancelled
			s.drop(t)
		case e != nil && !e.done:
			s.prepare(t, e, h)
		case ended:
			heard, err := s.answer(t)
			s.drop(t)
			s.results.Final(t.asked, heard, err)
		case len(fresh) > 0 && e == nil && (t.session != nil || t.broken == 0):
			if s.feed(t, fresh, h) != nil {
				t.broken++
			}
		default:
			select {
			case <-s.wake:
			case <-s.ctx.Done():
			}
		}
	}
}

// prepare asks for the words of the turn so far. Where the caller speaks on
// meanwhile, nothing has failed.
func (s *stream) prepare(t *turn, e *early, h asr.Hints) {
	s.mu.Lock()
	pcm := t.pcm
	s.mu.Unlock()
	heard, err := s.try(t, pcm, h, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.early != e {
		return
	}
	e.done, e.heard, e.failed = true, heard, err != nil
	switch {
	case e.failed:
		t.broken++
	case s.current == t && !s.closed:
		s.results.Prepared(heard, time.Since(e.since), asr.Spent{})
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
	t.leave()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.cancel(nil)
}

// leave ends the turn's session, if there is one. The next one begins anew.
func (t *turn) leave() {
	if t.session != nil {
		t.session.Close()
		t.hangUp()
	}
	t.session, t.sent = nil, 0
}

// feed gives fresh sound to the turn's session, and opens it first when there
// is none. A session that breaks is closed.
func (s *stream) feed(t *turn, fresh []int16, h asr.Hints) error {
	if t.session == nil {
		s.converter.Reset()
		ctx, hangUp := context.WithCancel(t.ctx)
		session, err := s.of.cfg.Open(ctx, s.rate, h, func(text string, confidence float64) { s.partial(t, text, confidence) })
		if err != nil {
			hangUp()
			return err
		}
		s.mu.Lock()
		t.session, t.hangUp = session, hangUp
		s.mu.Unlock()
	}
	if err := t.session.Write(s.converter.Process(nil, fresh)); err != nil {
		t.leave()
		return err
	}
	t.sent += len(fresh)
	return nil
}

// maxTries is how many sessions a turn may use up: the one that broke, and
// another at its end.
const maxTries = 2

// answer gets the words of a turn that has ended: those that were prepared, when
// nothing but silence followed.
func (s *stream) answer(t *turn) ([]asr.Alternative, error) {
	var trouble error
	if t.dropped {
		trouble = ErrDropped
	}
	if len(t.pcm) == 0 {
		return nil, nil
	}
	if e := t.early; e != nil && !e.failed {
		return e.heard, trouble
	}
	for {
		heard, err := s.try(t, t.pcm, t.hints, nil)
		if err == nil {
			return heard, trouble
		}
		t.broken++
		switch {
		case t.ctx.Err() != nil:
			return nil, fmt.Errorf("%w: %w", context.Cause(t.ctx), err)
		case errors.Is(err, ErrPermanent) || errors.Is(err, asr.ErrBusy) || t.broken >= maxTries:
			return nil, err
		}
	}
}

// errSpokeOn is the caller who went on before the session was told that this was all.
var errSpokeOn = errors.New("asr: the caller speaks on")

// try gives the session what it lacks, the whole turn when it is a new one, and
// asks for the words; for e, unless it was forgotten meanwhile.
func (s *stream) try(t *turn, pcm []int16, h asr.Hints, e *early) ([]asr.Alternative, error) {
	if t.session == nil || t.sent < len(pcm) {
		if err := s.feed(t, pcm[t.sent:], h); err != nil {
			return nil, err
		}
	}
	if e != nil && !s.begin(t, e) {
		return nil, errSpokeOn
	}
	defer t.leave()
	if rest := s.converter.Flush(nil); len(rest) > 0 {
		if err := t.session.Write(rest); err != nil {
			return nil, err
		}
	}
	heard, err := t.session.Finish(h)
	for _, a := range heard {
		if len(a.Text) > MaxText {
			return nil, ErrTooMuch
		}
	}
	return heard, err
}

// begin tells whether e still counts; from now on what makes it useless hangs up.
func (s *stream) begin(t *turn, e *early) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.begun = t.early == e
	return e.begun
}

// partial sends words of the turn that is being spoken.
func (s *stream) partial(t *turn, text string, confidence float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == t && !s.closed && text != "" && len(text) <= MaxText {
		s.results.Partial(text, confidence, 0)
	}
}
