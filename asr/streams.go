package asr

import (
	"context"
	"sync"
)

// Streams are the open streams of one Recognizer: each ends with its context,
// and all of them with Close. The zero value is ready. Safe from any goroutine.
type Streams struct {
	mu     sync.Mutex
	open   map[Stream]func() bool
	closed bool
}

// Add keeps s until Remove. Errors, after which s is not kept: ErrClosed after
// Close, the context's own when it has ended.
func (l *Streams) Add(ctx context.Context, s Stream) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.open == nil {
		l.open = map[Stream]func() bool{}
	}
	l.open[s] = context.AfterFunc(ctx, func() { _ = s.Close() }) // a stream's Close returns nil
	return nil
}

// Remove forgets s; a Stream calls it in Close.
func (l *Streams) Remove(s Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if detach, ok := l.open[s]; ok {
		detach()
		delete(l.open, s)
	}
}

// Close closes all streams and takes no more.
func (l *Streams) Close() {
	l.mu.Lock()
	l.closed = true
	all := make([]Stream, 0, len(l.open))
	for s := range l.open {
		all = append(all, s)
	}
	l.mu.Unlock()
	for _, s := range all {
		_ = s.Close()
	}
}
