package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
)

// Limits of a Recorder. A call makes about 100 facts of 400 bytes in three minutes: 15 calls at once fill the detail
// limit in two hours and a half of a database that does not write, and hold some 80 MB at the last limit.
const (
	batchDelay  = 200 * time.Millisecond // how long the first fact of a batch waits for company
	batchSize   = 1000                   // facts in one transaction: keeps the writing connection free for others
	detailLimit = 100_000                // facts in memory above which details (isDetail) are dropped
	factLimit   = 200_000                // facts in memory above which every fact is dropped
	firstRetry  = 100 * time.Millisecond
	lastRetry   = 5 * time.Second
	writeLimit  = 30 * time.Second // of one transaction: a server that is there and silent must not hold up the facts for ever
	closeWait   = 10 * time.Second
	spoolWait   = 2 * time.Second // in place of closeWait where facts can wait in a file
	maxLive     = 4096            // calls whose summaries are kept in memory
)

// Recorder takes facts from the calls and brings them to the disk, in batches, from one goroutine. While the database
// does not write, facts wait in memory, and in a file where there is one (WithSpool), and the recorder tries again. Only
// when memory fills up, after hours, are facts dropped: first details that no status needs, then all; drops are counted
// (Dropped) and logged when they begin and when they end.
type Recorder struct {
	db   *store.DB
	log  *slog.Logger
	now  func() time.Time
	hide func(string) string // anonymises what callers said

	detailLimit, factLimit int

	mu       sync.Mutex
	queue    []*entry      // added and not on disk yet, oldest first
	kept     uint64        // of all facts accepted, from the first on, how many went to the spool or needed not to
	added    uint64        // facts accepted so far
	settled  uint64        // facts on disk so far
	dropped  uint64        // facts refused so far
	progress chan struct{} // closed and replaced when settled moves
	urgent   bool          // somebody flushes: do not wait for company
	closed   bool
	since    time.Time // of the present state of health
	trouble  error     // why facts do not reach the disk, nil when they do

	spooling sync.Mutex // one change of the spool at a time
	spool    *spool     // nil: none
	unkept   bool       // the spool can't be written, which was told

	wake  chan struct{} // capacity 1
	abort context.CancelFunc
	done  chan struct{}
}

// Option changes how a recorder works.
type Option func(*Recorder)

// WithAnonymiser has what callers said hidden by a; without it all is hidden that personal.Anonymise hides.
func WithAnonymiser(a personal.Anonymiser) Option { return func(r *Recorder) { r.hide = a.Hide } }

// NewRecorder starts a recorder on db. Close it before db.
func NewRecorder(db *store.DB, log *slog.Logger, options ...Option) *Recorder {
	return newRecorder(db, log, detailLimit, factLimit, options...)
}

func newRecorder(db *store.DB, log *slog.Logger, details, facts int, options ...Option) *Recorder {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Recorder{db: db, log: log, now: time.Now, hide: personal.Anonymise, detailLimit: details, factLimit: facts, since: time.Now(),
		progress: make(chan struct{}), wake: make(chan struct{}, 1), abort: cancel, done: make(chan struct{})}
	for _, option := range options {
		option(r)
	}
	go func() {
		defer close(r.done)
		var keeping sync.WaitGroup
		defer keeping.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if r.spool != nil {
			keeping.Go(func() { r.keep(ctx) })
		}
		r.run(ctx)
	}()
	return r
}

// Add takes a fact. It never waits for the disk: the fact is in memory now, anonymised, and on disk within 500 ms.
// The data is copied. A zero time means now.
func (r *Recorder) Add(f Fact) {
	if f.At.IsZero() {
		f.At = r.now()
	}
	e, err := newEntry(f, r.hide)
	if err != nil {
		r.log.Error("a fact can't be stored as it is, its kind and time are kept", "call", f.CallID, "kind", f.Kind, "err", err)
	}
	if !r.take(e) {
		r.log.Error("a fact came after the recorder was closed and is lost", "call", f.CallID, "kind", f.Kind)
	}
}

// take queues an entry or, when memory is full, counts it as dropped, which the writer goroutine tells. It is false for
// a closed recorder, whose writer tells nothing any more.
func (r *Recorder) take(e entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.queue)
	if r.closed || n >= r.factLimit || n >= r.detailLimit && isDetail(e.kind) {
		r.dropped++
		return !r.closed
	}
	e.came = time.Now()
	r.queue = append(r.queue, &e)
	r.added++
	r.poke()
	return true
}

// isDetail tells facts that no status, count or bill is made from.
func isDetail(k Kind) bool {
	switch k {
	case Turn, NoInput, BargeIn, NotUnderstood, Told, SMSOffered, AnotherSearch, RatingReason:
		return true
	}
	return false
}

// poke wakes the writer; r.mu is held.
func (r *Recorder) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Flush returns when every fact added before it is on disk, or, when ctx ends first, with the trouble.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	target := r.added
	for r.settled < target {
		r.urgent = true
		r.poke()
		progress := r.progress
		r.mu.Unlock()
		select {
		case <-progress:
		case <-ctx.Done():
			_, trouble := r.Healthy()
			return errors.Join(fmt.Errorf("record: facts are not on disk yet: %w", ctx.Err()), trouble)
		case <-r.done:
			r.mu.Lock()
			left := target - min(target, r.settled)
			r.mu.Unlock()
			if left > 0 {
				return fmt.Errorf("record: the recorder was closed with %d facts unwritten", left)
			}
			return nil
		}
		r.mu.Lock()
	}
	r.mu.Unlock()
	return nil
}

// Close writes what is left, waiting 10 s at most (2 s where there is a spool), and stops. Facts that come later are counted as dropped. The error
// tells how many facts could not be written and why.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	r.poke()
	r.mu.Unlock()
	wait := closeWait
	if r.spool != nil {
		wait = spoolWait
	}
	select {
	case <-r.done:
	case <-time.After(wait):
	}
	r.abort()
	<-r.done
	r.keepOld(0)
	r.mu.Lock()
	left, lost, trouble := r.added-r.settled, r.added-max(r.kept, r.settled), r.trouble
	r.mu.Unlock()
	if r.spool != nil {
		if err := r.spool.close(); err != nil {
			r.log.Warn("closing the facts' spool", "error", err)
		}
	}
	switch {
	case left == 0:
		return nil
	case lost == 0:
		return fmt.Errorf("record: %d facts wait in %s for the next start: %w", left, r.spool.path, trouble)
	}
	return fmt.Errorf("record: %d facts could not be written and are lost: %w", lost, trouble)
}

// Healthy tells since when facts reach the disk (err nil), or since when they do not, and why.
func (r *Recorder) Healthy() (since time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since, r.trouble
}

// Pending is the number of facts that are in memory only; Dropped the number that were never taken.
func (r *Recorder) Pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue)
}

// Dropped is the number of facts that were refused because memory was full or the recorder closed.
func (r *Recorder) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// run is the writer: it gathers a batch, writes it, and tries again as long as it takes.
func (r *Recorder) run(ctx context.Context) {
	w := &writer{calls: map[string]*live{}}
	for {
		r.gather(ctx)
		for retry := firstRetry; ; retry = min(2*retry, lastRetry) {
			empty, err := r.write(ctx, w)
			r.report(w, err)
			if err == nil && empty {
				break
			}
			if err == nil {
				retry = firstRetry / 2
				continue
			}
			if !sleep(ctx, retry) {
				return
			}
		}
		r.mu.Lock()
		over := r.closed && len(r.queue) == 0
		r.mu.Unlock()
		if over {
			return
		}
	}
}

// gather waits for a fact, and then a little for others to share its transaction.
func (r *Recorder) gather(ctx context.Context) {
	delay := time.NewTimer(time.Hour)
	delay.Stop()
	defer delay.Stop()
	waiting := false
	for {
		r.mu.Lock()
		ready := r.closed || r.urgent
		some := len(r.queue) > 0
		r.mu.Unlock()
		if ready {
			return
		}
		if some && !waiting {
			waiting = true
			delay.Reset(batchDelay)
		}
		select {
		case <-r.wake:
		case <-delay.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// writer is what the writer goroutine remembers.
type writer struct {
	calls    map[string]*live
	reported uint64 // drops told so far
	dropping bool   // the beginning of drops was told, their end was not
}

// write stores up to batchSize facts; empty tells that nothing is left.
func (r *Recorder) write(ctx context.Context, w *writer) (empty bool, err error) {
	r.mu.Lock()
	part := slices.Clone(r.queue[:min(batchSize, len(r.queue))])
	r.urgent = r.urgent && len(part) > 0
	r.mu.Unlock()
	if len(part) == 0 {
		return true, nil
	}
	limited, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	err = r.db.Tx(limited, func(tx *sql.Tx) error {
		b := newBatch(tx, w.calls)
		for _, e := range part {
			if err := b.add(limited, e); err != nil {
				return err
			}
		}
		return b.finish(limited)
	})
	w.forget(part, err != nil)
	if err != nil {
		return false, err
	}
	left := r.settle(len(part))
	r.unspool()
	return left == 0, nil
}

// settle takes the n oldest facts, which are on disk, out of the queue and tells how many are left.
func (r *Recorder) settle(n int) (left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.queue[:n]) // they need no memory any more
	r.queue = r.queue[n:]
	if len(r.queue) == 0 {
		r.queue, r.urgent = nil, false
	}
	r.settled += uint64(n) //nolint:gosec // not negative
	close(r.progress)
	r.progress = make(chan struct{})
	return len(r.queue)
}

// forget drops the summaries that are not needed (the call is over) or not to be trusted (the transaction failed and
// the table says something else); they are read again when a fact comes.
func (w *writer) forget(part []*entry, failed bool) {
	if failed || len(w.calls) > maxLive {
		clear(w.calls)
		return
	}
	for _, e := range part {
		if l := w.calls[e.callID]; l != nil && l.fold.EndedAt != nil {
			delete(w.calls, e.callID)
		}
	}
}

// report keeps the state of health and logs its changes, and the drops.
func (r *Recorder) report(w *writer, err error) {
	r.mu.Lock()
	was, since, waiting, dropped := r.trouble, r.since, len(r.queue), r.dropped
	if (err == nil) != (was == nil) {
		r.since = r.now()
	}
	r.trouble = err
	r.mu.Unlock()
	switch {
	case err != nil && was == nil:
		r.log.Error("facts do not reach the disk; they wait in memory and are tried again", "waiting", waiting, "err", err)
	case err == nil && was != nil:
		r.log.Info("facts reach the disk again", "after", r.now().Sub(since).Round(time.Millisecond))
	}
	if dropped > w.reported && !w.dropping {
		w.dropping = true
		r.log.Error("memory for facts is full: they are dropped until the disk takes some", "dropped", dropped-w.reported, "waiting", waiting)
	}
	if w.dropping && err == nil {
		w.dropping = false
		r.log.Error("facts were dropped while memory was full", "dropped", dropped-w.reported, "since_start", dropped)
		w.reported = dropped
	}
}

// sleep waits and tells whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
