package record

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// entry is a fact on its way to the disk: its data is already JSON, its time already what will be stored.
type entry struct {
	callID string
	at     time.Time
	kind   Kind
	data   string
	came   time.Time // when it was added
	seq    int64     // 0 until the first attempt to write it; kept over retries, so that none is written twice
}

// fact gives back what will be read from the table, so that a call followed live and one read again are summed alike.
func (e *entry) fact() (Fact, error) {
	f := Fact{CallID: e.callID, At: e.at, Kind: e.kind}
	if err := json.Unmarshal([]byte(e.data), &f.Data); err != nil {
		return f, fmt.Errorf("record: data of fact %s of call %s is not JSON: %w", e.kind, e.callID, err)
	}
	return f, nil
}

// live is a call that facts come in for: its summary so far and the next fact's number.
type live struct {
	fold *fold
	next int64
}

// loadLive reads what the table has of a call.
func loadLive(ctx context.Context, tx *sql.Tx, callID string) (*live, error) {
	l := &live{fold: newFold(), next: 1}
	facts, last, err := readFacts(ctx, tx, callID)
	if err != nil {
		return nil, err
	}
	for _, f := range facts {
		l.fold.add(f)
	}
	l.next = last + 1
	return l, nil
}

// querier is what *sql.DB, *sql.Tx and *store.DB read with.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Facts reads the facts of a call in their order.
func Facts(ctx context.Context, db *store.DB, callID string) ([]Fact, error) {
	facts, _, err := readFacts(ctx, db, callID)
	return facts, db.Explain(err)
}

func readFacts(ctx context.Context, q querier, callID string) (facts []Fact, last int64, err error) {
	rows, err := q.QueryContext(ctx, "SELECT seq, at, kind, data FROM facts WHERE call_id = $1 ORDER BY seq", callID)
	if err != nil {
		return nil, 0, fmt.Errorf("record: reading the facts of call %s: %w", callID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var at string
		e := entry{callID: callID}
		if err := rows.Scan(&last, &at, &e.kind, &e.data); err != nil {
			return nil, 0, fmt.Errorf("record: reading the facts of call %s: %w", callID, err)
		}
		if e.at, err = store.ParseTime(at); err != nil {
			return nil, 0, err
		}
		f, err := e.fact()
		if err != nil {
			return nil, 0, err
		}
		facts = append(facts, f)
	}
	return facts, last, errors.Join(rows.Err(), rows.Close())
}

// batch writes facts and the summaries that follow from them in one transaction.
type batch struct {
	tx    *sql.Tx
	calls map[string]*live // known calls; those of this batch are added
	dirty map[string]bool
}

func newBatch(tx *sql.Tx, calls map[string]*live) *batch {
	return &batch{tx: tx, calls: calls, dirty: map[string]bool{}}
}

// add writes one fact and takes it into its call's summary.
func (b *batch) add(ctx context.Context, e *entry) error {
	l := b.calls[e.callID]
	if l == nil {
		var err error
		if l, err = loadLive(ctx, b.tx, e.callID); err != nil {
			return err
		}
		b.calls[e.callID] = l
	}
	if l.next == 1 { // the row that facts refer to
		_, err := b.tx.ExecContext(ctx, "INSERT INTO calls (id, started_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", e.callID, store.FormatTime(e.at))
		if err != nil {
			return fmt.Errorf("record: writing call %s: %w", e.callID, err)
		}
	}
	written, err := b.insert(ctx, e, l)
	if err != nil || !written {
		return err
	}
	f, err := e.fact()
	if err != nil {
		return err
	}
	l.fold.add(f)
	b.dirty[e.callID] = true
	return nil
}

// insert writes the fact under its number. A number that is taken was taken by this very fact, in a transaction whose
// end we did not hear of, or by another process (a restart that closed the call): then the next number is used.
func (b *batch) insert(ctx context.Context, e *entry, l *live) (written bool, err error) {
	if e.seq == 0 {
		e.seq = l.next
	}
	for {
		l.next = max(l.next, e.seq+1)
		res, err := b.tx.ExecContext(ctx, "INSERT INTO facts (call_id, seq, at, kind, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (call_id, seq) DO NOTHING",
			e.callID, e.seq, store.FormatTime(e.at), string(e.kind), e.data)
		if err != nil {
			return false, fmt.Errorf("record: writing fact %s of call %s: %w", e.kind, e.callID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return n == 1, err
		}
		var at, kind, data string
		err = b.tx.QueryRowContext(ctx, "SELECT at, kind, data FROM facts WHERE call_id = $1 AND seq = $2", e.callID, e.seq).Scan(&at, &kind, &data)
		if err != nil {
			return false, fmt.Errorf("record: writing fact %s of call %s: %w", e.kind, e.callID, err)
		}
		if at == store.FormatTime(e.at) && kind == string(e.kind) && data == e.data {
			return false, nil // already there, and in the summary that was read from there
		}
		e.seq = l.next
	}
}

// finish writes the summaries of the calls that got facts.
func (b *batch) finish(ctx context.Context) error {
	for id := range b.dirty {
		if err := saveSummary(ctx, b.tx, b.calls[id].fold.summary()); err != nil {
			return err
		}
	}
	return nil
}
