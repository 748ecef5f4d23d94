package chain

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
)

// stream is one call's asr.Stream. One backend's stream listens along; the
// sound of the turn is kept beside it.
type stream struct {
	of      *Recognizer
	format  asr.Format
	results *asr.Results
	keep    int // samples kept of a turn
	ctx     context.Context
	stop    context.CancelFunc
	wake    chan struct{} // something is new in queue
	done    chan struct{} // run has ended
	work    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	hints  asr.Hints
	pcm    []int16    // of the present turn
	begun  bool       // it has sound
	live   *listener  // nil: none yet, or it failed
	queue  []*pending // turns that are not answered
}

// listener is the stream of one backend that hears the call as it comes.
type listener struct {
	backend int
	stream  asr.Stream

	mu      sync.Mutex
	turn    int // of its own count, the present one
	waiting map[int]chan asr.Result
	gone    bool // its results have ended
	retired bool // no more turns are asked of it
}

// pending is a turn that waits for its answer.
type pending struct {
	turn   asr.Turn
	asked  time.Time
	hints  asr.Hints
	pcm    []int16
	live   *listener       // that heard it; nil: none did
	answer chan asr.Result // of live; closed when its stream ended
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
	if len(pcm) == 0 || s.closed {
		return nil
	}
	if !s.begun {
		s.begun = true
		s.listen()
	}
	s.pcm = append(s.pcm, pcm[:min(len(pcm), s.keep-len(s.pcm))]...)
	if s.live != nil && s.live.stream.Write(pcm) != nil {
		s.leave(true)
	}
	return nil
}

// listen chooses the backend of a turn that begins. The lock is held.
func (s *stream) listen() {
	i := s.of.first()
	if s.live != nil && s.live.backend == i && !s.live.ended() {
		return
	}
	s.leave(false)
	inner, err := s.of.backends[i].Recognizer.Open(s.ctx, s.format)
	if err != nil {
		return // the end of the turn asks it again, and tells the breaker
	}
	inner.Expect(s.hints)
	s.live = &listener{backend: i, stream: inner, waiting: map[int]chan asr.Result{}}
	l := s.live
	s.work.Go(func() { s.hear(l) })
}

// leave lets go of the backend that listens; turns that wait for it are still
// answered, unless it failed. The lock is held.
func (s *stream) leave(failed bool) {
	l := s.live
	if s.live = nil; l != nil && (l.retire() || failed) {
		s.work.Go(func() { _ = l.stream.Close() }) // beside: it may take a moment
	}
}

func (s *stream) Expect(h asr.Hints) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hints = h
	if s.live != nil {
		s.live.stream.Expect(h)
	}
}

// Prepare passes the word on (asr.Preparer).
func (s *stream) Prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return
	}
	if p, ok := s.live.stream.(asr.Preparer); ok {
		p.Prepare()
	}
}

func (s *stream) EndTurn() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return asr.ErrClosed
	}
	t, err := s.results.EndTurn()
	if err != nil {
		return err
	}
	p := &pending{turn: t, asked: time.Now(), hints: s.hints, pcm: s.pcm}
	if s.begun && s.live != nil {
		if p.answer = s.live.ask(); p.answer != nil {
			p.live = s.live
		} else {
			s.leave(true)
		}
	}
	s.pcm, s.begun = nil, false
	s.queue = append(s.queue, p)
	s.poke()
	return nil
}

func (s *stream) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results.Cancel()
	if s.begun && s.live != nil {
		s.live.cancel()
	}
	s.pcm, s.begun = nil, false
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
	s.work.Wait()
	return nil
}

// run answers the turns one after the other.
func (s *stream) run() {
	defer close(s.done)
	for {
		s.mu.Lock()
		var p *pending
		if len(s.queue) > 0 {
			p = s.queue[0]
			s.queue = s.queue[1:]
		}
		s.mu.Unlock()
		if p == nil {
			select {
			case <-s.wake:
				continue
			case <-s.ctx.Done():
				s.mu.Lock()
				s.leave(true)
				s.mu.Unlock()
				return
			}
		}
		heard, spent, err := s.answer(p)
		s.results.FinalSpent(p.turn, heard, spent, err)
	}
}

// answer asks the backend that listened, then those after it.
func (s *stream) answer(p *pending) ([]asr.Alternative, asr.Spent, error) {
	if len(p.pcm) == 0 {
		return nil, asr.Spent{}, nil
	}
	limit, cancel := context.WithDeadline(s.ctx, p.asked.Add(s.of.cfg.Within))
	defer cancel()
	first, trouble := s.of.first(), error(nil)
	if p.live != nil {
		first = p.live.backend
	}
	s.of.try(first, s.format, p.hints, p.pcm)
	for i := first; i < len(s.of.backends); i++ {
		b := s.of.backends[i]
		if i > first && !b.breaker.Usable() {
			continue
		}
		ctx, cancel := limit, context.CancelFunc(func() {})
		if b.Timeout > 0 {
			ctx, cancel = context.WithTimeout(limit, b.Timeout)
		}
		var got asr.Result
		var err error
		if i == first && p.live != nil {
			got, err = p.live.await(ctx, p.answer)
		} else {
			got, err = s.of.replay(ctx, b, s.format, p.hints, p.pcm)
		}
		cancel()
		if s.ctx.Err() != nil {
			return nil, asr.Spent{}, asr.ErrClosed
		}
		if s.of.judge(b, got, err) {
			if got.Text() == "" { // nothing heard by the one is no proof against the trouble of the other
				return nil, got.Spent, errors.Join(trouble, got.Err)
			}
			return got.Alternatives, got.Spent, nil
		}
		trouble = errors.Join(trouble, err, got.Err)
		if i == first {
			s.forsake(p.live)
		}
	}
	return nil, asr.Spent{}, trouble
}

// forsake lets go of a backend that failed, so that the next turn begins anew.
func (s *stream) forsake(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l != nil && s.live == l && !s.begun {
		s.leave(true)
	}
}

// hear passes on what a backend's stream hears.
func (s *stream) hear(l *listener) {
	for r := range l.stream.Results() {
		if r.Final {
			if l.deliver(r) {
				_ = l.stream.Close()
			}
			continue
		}
		s.mu.Lock()
		switch {
		case s.live != l || !s.begun || l.now() != r.Turn: // of another turn
		case r.Prepared:
			s.results.Prepared(r.Alternatives, r.Took, r.Spent)
		case len(r.Alternatives) > 0:
			s.results.Partial(r.Text(), r.Alternatives[0].Confidence, r.Took)
		}
		s.mu.Unlock()
	}
	l.end()
}

// ask ends the turn of the listener's stream and returns where its answer will
// come; nil when it takes no more.
func (l *listener) ask() chan asr.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone || l.stream.EndTurn() != nil {
		return nil
	}
	c := make(chan asr.Result, 1)
	l.waiting[l.turn] = c
	l.turn++
	return c
}

func (l *listener) cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stream.Cancel()
	l.turn++
}

func (l *listener) now() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turn
}

// deliver hands out an answer and tells whether it was the last one of a
// listener that was let go.
func (l *listener) deliver(r asr.Result) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.waiting[r.Turn]; ok {
		c <- r // it holds one
		delete(l.waiting, r.Turn)
	}
	return l.retired && len(l.waiting) == 0
}

// retire lets the listener end with the last answer that is waited for, and
// tells whether there is none.
func (l *listener) retire() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
	return len(l.waiting) == 0
}

// end tells those who wait that nothing more comes.
func (l *listener) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	for _, c := range l.waiting {
		close(c)
	}
	clear(l.waiting)
}

func (l *listener) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *listener) await(ctx context.Context, c chan asr.Result) (asr.Result, error) {
	select {
	case r, ok := <-c:
		if !ok {
			return asr.Result{}, ended(ctx)
		}
		return r, nil
	case <-ctx.Done():
		return asr.Result{}, ended(ctx)
	}
}
