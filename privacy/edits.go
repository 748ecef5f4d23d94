package privacy

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/acotel/acotel-sbc/edits"
	"github.com/acotel/acotel-sbc/store"
)

// editAction is the action of audit entries about edits.
const editAction = "edit"

// PutEdit stores an edit together with the entry of the ledger that proves who made it, when, and of what: its body's SHA-256.
func PutEdit(ctx context.Context, db *store.DB, l *Ledger, e edits.Edit) (int64, error) {
	var entry Entry
	id, err := edits.Put(ctx, db, e, func(ctx context.Context, tx *sql.Tx, e edits.Edit) (err error) {
		entry, err = l.AppendIn(ctx, tx, Audit, Action{Actor: e.Author, Action: editAction, Detail: editDetail(e)})
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, l.Keep(entry)
}

func editDetail(e edits.Edit) map[string]any {
	return map[string]any{"version": e.ID, "kind": e.Kind, "key": e.Key, "at": store.FormatTime(e.At), "sha256": hashOf(e.Body)}
}

// VerifyEdits compares the edits with what the ledger says of each; it is asked after Verify, which proves the ledger. Edits from before edits
// were written there, and those whose entry was emptied by its retention, can't be proven: proven counts the others. The error wraps
// ErrTampered and names the first edit that is wrong.
func (l *Ledger) VerifyEdits(ctx context.Context) (proven int, err error) {
	list, err := edits.All(ctx, l.db)
	if err != nil {
		return 0, err
	}
	there := map[string]edits.Edit{}
	for _, e := range list {
		there[fmt.Sprint(e.ID)] = e
	}
	entries, err := l.Entries(ctx, Audit)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		a, kept, err := ContentOf[Action](entry)
		if err != nil {
			return proven, err
		}
		if !kept || a.Action != editAction {
			continue
		}
		version := fmt.Sprint(a.Detail["version"])
		e, ok := there[version]
		if !ok {
			return proven, fmt.Errorf("%w: version %s of %v, of which entry %d tells, is gone", ErrTampered, version, a.Detail["key"], entry.Seq)
		}
		for name, want := range editDetail(e) {
			if got := a.Detail[name]; fmt.Sprint(got) != fmt.Sprint(want) {
				return proven, fmt.Errorf("%w: version %s of %s is not what entry %d tells: its %s is another one", ErrTampered, version, e.Key, entry.Seq, name)
			}
		}
		if a.Actor != e.Author {
			return proven, fmt.Errorf("%w: version %s of %s is by %s, as entry %d tells, not by %s", ErrTampered, version, e.Key, a.Actor, entry.Seq, e.Author)
		}
		proven++
	}
	return proven, nil
}
