package asr

import (
	"sync"
	"time"
)

// Results is the bookkeeping that every backend's Stream needs: the numbers of
// turns, the promise that each EndTurn is answered exactly once, and a channel
// that nobody ever waits on. Make one with NewResults. Safe from any goroutine.
type Results struct {
	backend string
	rate    int // Hz

	mu      sync.Mutex
	ch      chan Result
	written int // samples of the stream
	began   int // of them before the present turn
	turn    int
	owed    int // finals asked for and not yet given
	closed  bool
}

// Turn is a turn that EndTurn has closed and that waits for its final result.
type Turn struct {
	Number int
	Start  time.Duration // stream time of its first sample
	End    time.Duration // and after its last one
	asked  time.Time
}

// NewResults begins the books of one stream of a backend.
func NewResults(backend string, f Format) *Results {
	return &Results{backend: backend, rate: f.SampleRate, ch: make(chan Result, MaxUnread)}
}

// C is the channel of Stream.Results.
func (r *Results) C() <-chan Result { return r.ch }

// Write counts n samples. It returns how many the present turn holds now, or
// ErrClosed.
func (r *Results) Write(n int) (inTurn int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, ErrClosed
	}
	r.written += n
	return r.written - r.began, nil
}

// EndTurn closes the present turn and keeps room for its final result. Errors:
// ErrClosed, ErrBacklog.
func (r *Results) EndTurn() (Turn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return Turn{}, ErrClosed
	case len(r.ch)+r.owed >= MaxUnread:
		return Turn{}, ErrBacklog
	}
	r.owed++
	return r.next(), nil
}

// Cancel closes the present turn without a result.
func (r *Results) Cancel() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next()
}

// next begins a turn and returns the one before. The lock is held.
func (r *Results) next() Turn {
	t := Turn{Number: r.turn, Start: r.at(r.began), End: r.at(r.written), asked: time.Now()}
	r.turn++
	r.began = r.written
	return t
}

func (r *Results) at(samples int) time.Duration {
	return time.Duration(samples) * time.Second / time.Duration(r.rate)
}

// Partial sends a guess at the present turn, unless the reader is so late that
// only the room for finals is left. took is the age of the audio behind it.
func (r *Results) Partial(text string, confidence float64, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.ch)+r.owed+1 >= MaxUnread {
		return
	}
	r.ch <- Result{Turn: r.turn, Alternatives: []Alternative{{Text: text, Confidence: confidence}},
		Start: r.at(r.began), End: r.at(r.written), Took: took, Backend: r.backend}
}

// Prepared sends what the present turn's final result would be now; see
// Preparer. took is the time since Prepare. Like a partial it is left out when
// the reader is late.
func (r *Results) Prepared(heard []Alternative, took time.Duration, spent Spent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.ch)+r.owed+1 >= MaxUnread {
		return
	}
	r.ch <- Result{Turn: r.turn, Prepared: true, Alternatives: heard, Start: r.at(r.began), End: r.at(r.written), Took: took, Spent: spent, Backend: r.backend}
}

// Final answers t with what was heard. Backends call it once for each turn, in
// the order of EndTurn. After Close it does nothing.
func (r *Results) Final(t Turn, heard []Alternative, err error) { r.FinalSpent(t, heard, Spent{}, err) }

// FinalSpent is Final of a backend that knows where the time went.
func (r *Results) FinalSpent(t Turn, heard []Alternative, spent Spent, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.owed--
	out := Result{Turn: t.Number, Final: true, Alternatives: heard, Start: t.Start, End: t.End, Took: time.Since(t.asked), Spent: spent, Backend: r.backend, Err: err}
	if len(heard) == 0 {
		out.Start = t.End
	}
	r.ch <- out // room was kept by EndTurn
}

// Close closes the channel and tells whether this was the first time.
func (r *Results) Close() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.closed = true
	close(r.ch)
	return true
}
