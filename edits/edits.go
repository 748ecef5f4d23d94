package edits

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Kinds of edits.
const (
	Message = "message" // key: of the message file; body: its text, or a YAML list of texts
	Line    = "line"    // key: the number; body: JSON of a LineEdit
)

// ErrNone says that there is no such version.
var ErrNone = errors.New("edits: there is no such version")

// Edit is one version of one thing.
type Edit struct {
	ID     int64     `json:"version"` // rising over all edits
	Kind   string    `json:"kind"`
	Key    string    `json:"key"`
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	Body   string    `json:"body"` // "" takes the edits before it back
}

// Put adds a version and returns its number. What also writes goes into the same transaction (the audit log): all of it, or nothing.
func Put(ctx context.Context, db *store.DB, e Edit, also ...func(context.Context, *sql.Tx, Edit) error) (id int64, err error) {
	if e.Author == "" {
		return 0, errors.New("edits: an edit needs its author")
	}
	err = db.Tx(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM edits").Scan(&id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO edits (id, kind, key, at, author, body) VALUES ($1, $2, $3, $4, $5, $6)", id, e.Kind, e.Key, store.FormatTime(e.At), e.Author, e.Body)
		if err != nil {
			return err
		}
		e.ID = id
		for _, f := range also {
			if err := f(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("edits: %w", err)
	}
	return id, nil
}

// Current gives what is in force of a kind, by key; what was taken back is not in it.
func Current(ctx context.Context, db *store.DB, kind string) (map[string]Edit, error) {
	list, err := read(ctx, db, "WHERE kind = $1 ORDER BY id", kind)
	out := map[string]Edit{}
	for _, e := range list {
		if out[e.Key] = e; e.Body == "" {
			delete(out, e.Key)
		}
	}
	return out, err
}

// History gives every version of a key, oldest first; of all keys when key is empty.
func History(ctx context.Context, db *store.DB, kind, key string) ([]Edit, error) {
	if key == "" {
		return read(ctx, db, "WHERE kind = $1 ORDER BY id", kind)
	}
	return read(ctx, db, "WHERE kind = $1 AND key = $2 ORDER BY id", kind, key)
}

// Version gives one version of a key; 0 is "none": what the configuration says.
func Version(ctx context.Context, db *store.DB, kind, key string, id int64) (Edit, error) {
	if id == 0 {
		return Edit{Kind: kind, Key: key}, nil
	}
	list, err := read(ctx, db, "WHERE kind = $1 AND key = $2 AND id = $3", kind, key, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: %s %s has no version %d", ErrNone, kind, key, id)
	}
	if err != nil {
		return Edit{}, err
	}
	return list[0], nil
}

// All gives every version of every kind, oldest first.
func All(ctx context.Context, db *store.DB) ([]Edit, error) { return read(ctx, db, "ORDER BY id") }

// Latest is the number of the newest edit, 0 for none: who follows the store looks whether it grew.
func Latest(ctx context.Context, db *store.DB) (id int64, err error) {
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM edits").Scan(&id); err != nil {
		return 0, fmt.Errorf("edits: %w", db.Explain(err))
	}
	return id, nil
}

func read(ctx context.Context, db *store.DB, where string, args ...any) ([]Edit, error) {
	rows, err := db.QueryContext(ctx, "SELECT id, kind, key, at, author, body FROM edits "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("edits: %w", db.Explain(err))
	}
	defer rows.Close()
	var out []Edit
	for rows.Next() {
		var e Edit
		var at string
		if err := rows.Scan(&e.ID, &e.Kind, &e.Key, &at, &e.Author, &e.Body); err != nil {
			return out, fmt.Errorf("edits: %w", err)
		}
		if e.At, err = store.ParseTime(at); err != nil {
			return out, err
		}
		out = append(out, e)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// LineEdit is the body of a Line: the line is suspended from the one to the other moment (T4); a zero time is an open end. Open keeps it
// open whatever the configuration plans.
type LineEdit struct {
	Open    bool      `json:"open,omitempty"`
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Message string    `json:"message,omitempty"` // "" the standard one
}
