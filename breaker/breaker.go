package breaker

import (
	"sync"
	"time"
)

// State is how a backend is used.
type State int

// The states of a breaker.
const (
	Closed   State = iota // in use
	HalfOpen              // on trial, beside another
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

// Config is when a backend is left alone, and for how long.
type Config struct {
	Failures int              // in a row, then it opens
	Rest     time.Duration    // from opening to the trial
	Now      func() time.Time // nil: time.Now
	// Changed is told of each change with what led to it, without the lock held, in order for one goroutine; nil: nobody.
	Changed func(State, error)
}

// Breaker is one backend's. Safe from any goroutine.
type Breaker struct {
	cfg Config

	mu     sync.Mutex
	state  State
	count  int       // failures in a row
	opened time.Time // or last tried
}

// New makes a closed Breaker.
func New(c Config) *Breaker {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Changed == nil {
		c.Changed = func(State, error) {}
	}
	return &Breaker{cfg: c}
}

// State is how the backend is used now.
func (b *Breaker) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Usable tells whether the backend may be asked.
func (b *Breaker) Usable() bool {
	return b.State() == Closed
}

// Trial tells whether a trial is due, and if so begins it: one at a time.
func (b *Breaker) Trial() bool {
	b.mu.Lock()
	due := b.state == Open && b.cfg.Now().Sub(b.opened) >= b.cfg.Rest
	if due {
		b.state = HalfOpen
	}
	b.mu.Unlock()
	if due {
		b.cfg.Changed(HalfOpen, nil)
	}
	return due
}

// Succeeded takes an answer.
func (b *Breaker) Succeeded() {
	b.mu.Lock()
	was := b.state
	b.state, b.count = Closed, 0
	b.mu.Unlock()
	if was != Closed {
		b.cfg.Changed(Closed, nil)
	}
}

// Failed takes one that did not come.
func (b *Breaker) Failed(why error) {
	b.mu.Lock()
	was := b.state
	b.count++
	if was == HalfOpen || b.count >= b.cfg.Failures {
		b.state, b.opened = Open, b.cfg.Now()
	}
	is := b.state
	b.mu.Unlock()
	if is != was {
		b.cfg.Changed(is, why)
	}
}

// Spared ends a trial that told nothing: the backend was busy.
func (b *Breaker) Spared() {
	b.mu.Lock()
	was := b.state
	if was == HalfOpen {
		b.state, b.opened = Open, b.cfg.Now()
	}
	b.mu.Unlock()
	if was == HalfOpen {
		b.cfg.Changed(Open, nil)
	}
}
