package chooser

import (
	"sync"
	"time"
)

const (
	// failuresInRow are borne before the model is left alone for a while.
	failuresInRow = 5
	// rest is how long it is left alone; then one question finds out whether it is back.
	rest = time.Minute
)

// breaker keeps callers from waiting for a model that is down. The zero value is closed: everything may pass.
type breaker struct {
	mu     sync.Mutex
	failed int       // in a row
	until  time.Time // nothing passes before
}

// pass tells whether a question may be put now.
func (b *breaker) pass(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < failuresInRow {
		return true
	}
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(rest) // this one finds out, the others wait for it
	return true
}

// done takes how a question went; opened and closed say that this changed whether questions pass.
func (b *breaker) done(now time.Time, ok bool) (opened, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		closed = b.failed >= failuresInRow
		b.failed = 0
		return false, closed
	}
	b.failed++
	if b.failed >= failuresInRow {
		b.until = now.Add(rest)
	}
	return b.failed == failuresInRow, false
}
