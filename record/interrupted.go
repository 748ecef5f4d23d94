package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
)

// CloseInterrupted closes the calls that a crash left open, as interrupted at their last fact, and returns how many
// there were. It belongs to the start of the service, before any call, under store.LockDir.
func CloseInterrupted(ctx context.Context, db *store.DB, now time.Time) (int, error) {
	open, err := openCalls(ctx, db)
	if err != nil {
		return 0, fmt.Errorf("record: looking for calls that a crash left open: %w", db.Explain(err))
	}
	for i, id := range open {
		err := db.Tx(ctx, func(tx *sql.Tx) error {
			l, err := loadLive(ctx, tx, id)
			if err != nil {
				return err
			}
			data := map[string]any{}
			if !l.fold.last.IsZero() {
				data["last_at"] = store.FormatTime(l.fold.last)
			}
			e, err := newEntry(Fact{CallID: id, At: now, Kind: Interrupted, Data: data}, personal.Anonymise)
			if err != nil {
				return err
			}
			b := newBatch(tx, map[string]*live{id: l})
			if err := b.add(ctx, &e); err != nil {
				return err
			}
			return b.finish(ctx)
		})
		if err != nil {
			return i, fmt.Errorf("record: closing call %s that a crash left open: %w", id, err)
		}
	}
	return len(open), nil
}

func openCalls(ctx context.Context, db *store.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM calls WHERE ended_at IS NULL ORDER BY started_at, id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, errors.Join(rows.Err(), rows.Close())
}
