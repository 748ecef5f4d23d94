package record

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// SpoolName is the file, in the data folder, that keeps the facts which the database does not take.
const SpoolName = "facts.spool"

const (
	spoolAge   = time.Second // facts that are older and not in the database go to the spool
	spoolEvery = 500 * time.Millisecond
)

// spooled is a line of the spool, a JSON object. The data is text, so that it comes back byte by byte: that is how a fact is known again.
type spooled struct {
	Call string    `json:"call"`
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	Data string    `json:"data"`
}

// spool is the file of facts that wait for the database, in their order. It exists only while some do. Facts are anonymised before
// they come here; the file can be read by its owner alone.
type spool struct {
	path string

	mu   sync.Mutex
	file *os.File // nil while nothing waits
	good int64    // length of what was written whole
}

// add writes facts to the disk. After an error the file holds none of them.
func (s *spool) add(entries []*entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		f, err := os.OpenFile(s.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		s.file, s.good = f, 0
	}
	var b bytes.Buffer
	for _, e := range entries {
		line, err := json.Marshal(spooled{e.callID, e.at, e.kind, e.data})
		if err != nil { // a year beyond 9999: it waits in memory alone
			continue
		}
		b.Write(append(line, '\n'))
	}
	_, err := s.file.WriteAt(b.Bytes(), s.good)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("record: %w", errors.Join(err, s.file.Truncate(s.good)))
	}
	s.good += int64(b.Len())
	return nil
}

// done removes the file: all that it holds is in the database.
func (s *spool) done() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.path))
	s.file = nil
	return err
}

// close leaves the file where it is.
func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// WithSpool has facts that the database does not take within a second kept in a file of dir as well, so that they outlive this process.
// Recover brings them back at the next start.
func WithSpool(dir string) Option {
	return func(r *Recorder) { r.spool = &spool{path: filepath.Join(dir, SpoolName)} }
}

// keep writes to the spool, until ctx ends, what waits too long for the database.
func (r *Recorder) keep(ctx context.Context) {
	tick := time.NewTicker(spoolEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.keepOld(spoolAge)
		}
	}
}

// keepOld writes to the spool what waits, once the oldest fact has waited for age.
func (r *Recorder) keepOld(age time.Duration) {
	if r.spool == nil {
		return
	}
	r.spooling.Lock()
	defer r.spooling.Unlock()
	r.mu.Lock()
	var some []*entry
	if len(r.queue) > 0 && time.Since(r.queue[0].came) >= age {
		some = slices.Clone(r.queue[max(r.kept, r.settled)-r.settled:])
	}
	all := r.added
	r.mu.Unlock()
	if len(some) == 0 {
		return
	}
	err := r.spool.add(some)
	if err == nil {
		r.mu.Lock()
		r.kept = all
		r.mu.Unlock()
	}
	switch {
	case err != nil && !r.unkept:
		r.log.Error("facts wait in memory alone: they can't be kept in the data folder either", "error", err)
	case err == nil && r.unkept:
		r.log.Info("facts that wait for the database are kept in the data folder again")
	}
	r.unkept = err != nil
}

// unspool removes the spool when nothing of it waits any more.
func (r *Recorder) unspool() {
	if r.spool == nil {
		return
	}
	r.spooling.Lock()
	defer r.spooling.Unlock()
	r.mu.Lock()
	waiting := r.kept > r.settled
	r.mu.Unlock()
	if waiting {
		return
	}
	if err := r.spool.done(); err != nil {
		r.log.Warn("the facts' spool can't be removed; its facts are known again at the next start", "error", err)
	}
}

// Recover writes the facts that a spool of dir has kept into the database and removes the file; it returns how many were not there yet,
// and how many lines could not be read (a crash cuts the last one short). It belongs to the start of the service, before
// CloseInterrupted. Without a spool it does nothing.
func Recover(ctx context.Context, db *store.DB, dir string) (facts, broken int, err error) {
	path := filepath.Join(dir, SpoolName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("record: facts of before can't be read: %w", err)
	}
	defer f.Close()
	var part []*entry
	write := func() error {
		n, err := recovered(ctx, db, part)
		facts, part = facts+n, nil
		return err
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l spooled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.Call == "" || l.Kind == "" || !json.Valid([]byte(l.Data)) {
			broken++
			continue
		}
		if part = append(part, &entry{callID: l.Call, at: l.At, kind: l.Kind, data: l.Data}); len(part) == batchSize {
			if err := write(); err != nil {
				return facts, broken, err
			}
		}
	}
	if err := errors.Join(lines.Err(), write()); err != nil {
		return facts, broken, fmt.Errorf("record: facts of before, in %s: %w", path, err)
	}
	return facts, broken, errors.Join(f.Close(), os.Remove(path))
}

// recovered writes facts, but not those that were written before the crash.
func recovered(ctx context.Context, db *store.DB, part []*entry) (n int, err error) {
	if len(part) == 0 {
		return 0, nil
	}
	err = db.Tx(ctx, func(tx *sql.Tx) error {
		n = 0
		b := newBatch(tx, map[string]*live{})
		known := map[string]map[string]bool{}
		for _, e := range part {
			if known[e.callID] == nil {
				var err error
				if known[e.callID], err = written(ctx, tx, e.callID); err != nil {
					return err
				}
			}
			if known[e.callID][e.same()] {
				continue
			}
			if err := b.add(ctx, e); err != nil {
				return err
			}
			n++
		}
		return b.finish(ctx)
	})
	return n, err
}

// same is equal for the same fact alone: two of one call in the same microsecond differ in kind or data.
func (e *entry) same() string { return store.FormatTime(e.at) + " " + string(e.kind) + " " + e.data }

// written tells what the table has of a call.
func written(ctx context.Context, tx *sql.Tx, callID string) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, "SELECT at, kind, data FROM facts WHERE call_id = $1", callID)
	if err != nil {
		return nil, fmt.Errorf("record: reading the facts of call %s: %w", callID, err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var at, kind, data string
		if err := rows.Scan(&at, &kind, &data); err != nil {
			return nil, fmt.Errorf("record: reading the facts of call %s: %w", callID, err)
		}
		out[at+" "+kind+" "+data] = true
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
