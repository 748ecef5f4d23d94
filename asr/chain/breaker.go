package chain

import (
	"sync"
	"time"
)

// State is how a backend is used.
type State int

// The states of a breaker.
const (
	Closed   State = iota // in use
	HalfOpen              // on trial, beside another backend
	Open                  // left alone
)

func (s State) String() string {
	switch s {
	case Closed:
		return "closed"
	case HalfOpen:
		return "half_open"
	}
	return "open"
}

// breaker decides whether a backend is used. Safe from any goroutine.
type breaker struct {
	failures int           // in a row, then it opens
	rest     time.Duration // from opening to the trial
	now      func() time.Time
	changed  func(State, error) // called without the lock, in order for one goroutine

	mu     sync.Mutex
	state  State
	count  int       // failures in a row
	opened time.Time // or last tried
}

// usable tells whether turns may begin with this backend.
func (b *breaker) usable() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state == Closed
}

// trial tells whether a trial is due, and if so begins it: one at a time.
func (b *breaker) trial() bool {
	b.mu.Lock()
	due := b.state == Open && b.now().Sub(b.opened) >= b.rest
	if due {
		b.state = HalfOpen
	}
	b.mu.Unlock()
	if due {
		b.changed(HalfOpen, nil)
	}
	return due
}

// succeeded takes an answer.
func (b *breaker) succeeded() {
	b.mu.Lock()
	was := b.state
	b.state, b.count = Closed, 0
	b.mu.Unlock()
	if was != Closed {
		b.changed(Closed, nil)
	}
}

// failed takes a turn without an answer.
func (b *breaker) failed(why error) {
	b.mu.Lock()
	was := b.state
	b.count++
	if was == HalfOpen || b.count >= b.failures {
		b.state, b.opened = Open, b.now()
	}
	is := b.state
	b.mu.Unlock()
	if is != was {
		b.changed(is, why)
	}
}

// spared ends a trial that told nothing: the backend was busy.
func (b *breaker) spared() {
	b.mu.Lock()
	was := b.state
	if was == HalfOpen {
		b.state, b.opened = Open, b.now()
	}
	b.mu.Unlock()
	if was == HalfOpen {
		b.changed(Open, nil)
	}
}
