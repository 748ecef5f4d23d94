package whisper

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
)

// urgency orders the work: nobody waits yet for what is prepared, and a partial may as well not be.
type urgency int

const (
	final urgency = iota
	prepared
	partial
	urgencies
)

// work is one piece of sound to be heard for one stream.
type work struct {
	of    *stream
	pcm   []int16 // 8 kHz
	hints asr.Hints

	ctx    context.Context
	cancel context.CancelFunc
	over   chan struct{} // closed when the turn is

	// Under the pool's lock:
	urgency  urgency
	queued   bool
	since    time.Time // in the queue
	deadline time.Time // zero: none
	owed     *owed     // the turn that waits for it, nil: none yet
	done     bool
	heard    []asr.Alternative
	spent    asr.Spent
	err      error
}

// isOver tells that the caller waits.
func (w *work) isOver() bool {
	select {
	case <-w.over:
		return true
	default:
		return false
	}
}

// pool runs work on its lanes: what is urgent first, one piece of a stream at a time,
// streams in the order in which they came.
type pool struct {
	ears    Ears
	lexicon atomic.Pointer[Lexicon]
	set     Settings
	meter   Meter

	mu      sync.Mutex
	wake    *sync.Cond
	waiting [urgencies][]*work
	busy    int
	served  uint64 // pieces of work begun
	closed  bool
	lanes   sync.WaitGroup
}

func newPool(ears Ears, lexicon Lexicon, set Settings, meter Meter) *pool {
	p := &pool{ears: ears, set: set, meter: meter}
	p.lexicon.Store(&lexicon)
	p.wake = sync.NewCond(&p.mu)
	for range set.Lanes {
		p.lanes.Go(p.lane)
	}
	return p
}

// close ends the lanes; what waits is dropped by its streams.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.wake.Broadcast()
	p.lanes.Wait()
}

// add queues w. False: there is no room.
func (p *pool) add(w *work) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addLocked(w)
}

func (p *pool) addLocked(w *work) bool {
	if p.closed {
		return false
	}
	switch w.urgency {
	case final:
		if len(p.waiting[final]) >= p.set.Queue {
			return false
		}
	case prepared:
		if len(p.waiting[prepared]) >= p.set.Queue {
			return false
		}
	case partial:
		if p.busy > 0 || len(p.waiting[final])+len(p.waiting[prepared])+len(p.waiting[partial]) > 0 {
			return false // only what costs nobody anything
		}
	}
	w.queued, w.since = true, time.Now()
	p.waiting[w.urgency] = append(p.waiting[w.urgency], w)
	p.wake.Signal()
	return true
}

// claim makes work that was prepared answer a turn. False: it can't any more.
func (p *pool) claim(w *work, o *owed) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.ctx.Err() != nil || w.err != nil {
		return false
	}
	if w.done {
		w.of.answer(o, w.heard, w.spent, w.err)
		w.cancel()
		return true
	}
	w.owed, w.deadline = o, time.Now().Add(p.set.Deadline)
	close(w.over)
	if w.queued {
		p.remove(w)
		w.urgency, w.queued = final, true
		p.waiting[final] = append(p.waiting[final], w)
	}
	return true
}

// drop takes w back, whether it waits or runs.
func (p *pool) drop(w *work) {
	w.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(w)
}

// abandon drops all work of a stream and waits until no lane works for it.
func (p *pool) abandon(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range p.waiting {
		for _, w := range slices.Clone(list) {
			if w.of == s {
				p.remove(w)
				w.cancel()
			}
		}
	}
	if s.now != nil {
		s.now.cancel()
	}
	for s.now != nil {
		p.wake.Wait()
	}
}

// remove takes w out of the queue. The lock is held.
func (p *pool) remove(w *work) {
	if !w.queued {
		return
	}
	list := p.waiting[w.urgency]
	for i, o := range list {
		if o == w {
			p.waiting[w.urgency] = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	w.queued = false
}

// next waits for work whose stream is not being heard already; nil: the pool is closed.
func (p *pool) next() *work {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.closed {
			return nil
		}
		for u := range p.waiting {
			var first *work // of the stream that was heard longest ago
			for _, w := range p.waiting[u] {
				if w.of.now == nil && (first == nil || w.of.served < first.of.served) {
					first = w
				}
			}
			if first != nil {
				p.remove(first)
				p.served++
				first.of.now, first.of.served = first, p.served
				p.busy++
				return first
			}
		}
		p.wake.Wait()
	}
}

func (p *pool) lane() {
	searcher := phoneme.NewSearcher(p.set.Beam)
	for w := p.next(); w != nil; w = p.next() {
		began := time.Now()
		p.meter.Waited(began.Sub(w.since))
		spent := asr.Spent{Queue: began.Sub(w.since)}
		heard, err := p.hear(w, searcher, &spent)
		p.meter.Busy(time.Since(began))
		p.mu.Lock()
		w.done, w.heard, w.spent, w.err = true, heard, spent, err
		p.busy--
		o := w.owed
		p.mu.Unlock()
		switch {
		case o != nil:
			if err != nil {
				p.meter.Failed(err)
			}
			w.of.answer(o, heard, spent, err)
			w.cancel()
		case w.urgency == prepared && err == nil:
			w.of.show(w, heard, spent)
		case w.urgency == partial:
			w.of.guess(w, heard)
			w.cancel()
		}
		p.mu.Lock()
		w.of.now = nil
		p.mu.Unlock()
		p.wake.Broadcast()
	}
}

// hear does the work within its deadline.
func (p *pool) hear(w *work, searcher *phoneme.Searcher, spent *asr.Spent) ([]asr.Alternative, error) {
	p.mu.Lock()
	deadline := w.deadline
	p.mu.Unlock()
	ctx := w.ctx
	if !deadline.IsZero() {
		if time.Now().After(deadline) {
			return nil, asr.ErrBusy
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, deadline, asr.ErrBusy)
		defer cancel()
	}
	heard, err := p.understand(ctx, w, searcher, spent)
	if err != nil && ctx.Err() != nil {
		return heard, context.Cause(ctx)
	}
	return heard, err
}
