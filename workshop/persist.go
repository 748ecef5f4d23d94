package workshop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// ErrRefused is wrapped by Replace when the new rows must not replace the stored copy (D3); force overrides it.
var ErrRefused = errors.New("workshop: refused, the stored workshops stay as they are")

// ErrEmpty is wrapped by Load when the store holds no workshops yet.
var ErrEmpty = errors.New("workshop: the store holds no workshops yet; import a file or start with demonstration data")

// ImportOptions of Import.
type ImportOptions struct {
	Name      string    // of the file, for errors and Meta.Source
	Format    Format    // of the file
	Gazetteer Gazetteer // for rows without a point; may be nil
	Now       time.Time // becomes Meta.LoadedAt
	Force     bool      // replace the stored copy even by an empty or mostly broken file

	Also func(ctx context.Context, tx *sql.Tx, m Meta) error // see Acceptance
}

// Import reads a CSV source and replaces the stored workshops by it: `workshops import`. Read tells the broken rows, also when the store
// refused (ErrRefused) or failed.
func Import(ctx context.Context, db *store.DB, r io.Reader, o ImportOptions) (Read, Meta, error) {
	read, err := ReadCSV(ctx, r, o.Name, o.Format, o.Gazetteer)
	if err != nil {
		return read, Meta{}, err
	}
	m, err := Replace(ctx, db, read.Workshops, Meta{Source: o.Name, LoadedAt: o.Now, Broken: read.BrokenRows}, Acceptance{Force: o.Force, Also: o.Also})
	return read, m, err
}

// Replace puts ws in the place of all stored workshops in one transaction: readers see the old copy or the new one. It computes the
// counts of m and returns it complete. What a does not accept is refused (ErrRefused), and the stored copy stays.
func Replace(ctx context.Context, db *store.DB, ws []Workshop, m Meta, a Acceptance) (Meta, error) {
	m = m.counted(ws)
	m.LoadedAt = m.LoadedAt.UTC().Truncate(time.Microsecond) // as it will be read back
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		if err := a.accept(ctx, tx, m); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM workshops`); err != nil {
			return fmt.Errorf("workshop: clearing the stored workshops: %w", err)
		}
		if err := insert(ctx, tx, ws); err != nil {
			return err
		}
		if err := writeJSON(ctx, tx, metaKey, m); err != nil || a.Also == nil {
			return err
		}
		return a.Also(ctx, tx, m)
	})
	if err != nil {
		return Meta{}, err
	}
	return m, nil
}

// stored lists the columns of the table in the order of values and scan.
const stored = `id, cycle, session, sessions, title, theme, module, date, start_time, end_time, venue, address, postal_code, city, insee,
 lat, lon, region, price, organiser, phone, status, remote, summary, description`

const storedColumns = 25

// perInsert rows go into one statement; 25 columns each keep it far below the 32,766 parameters of SQLite and 65,535 of PostgreSQL.
const perInsert = 40

func insert(ctx context.Context, tx *sql.Tx, ws []Workshop) error {
	full, err := tx.PrepareContext(ctx, insertStatement(perInsert))
	if err != nil {
		return fmt.Errorf("workshop: preparing to store workshops: %w", err)
	}
	defer full.Close()
	args := make([]any, 0, perInsert*storedColumns)
	for len(ws) > 0 {
		n := min(perInsert, len(ws))
		args = args[:0]
		for i := range ws[:n] {
			args = appendValues(args, &ws[i])
		}
		if n == perInsert {
			_, err = full.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, insertStatement(n), args...)
		}
		if err != nil {
			return fmt.Errorf("workshop: storing workshops: %w", err)
		}
		ws = ws[n:]
	}
	return nil
}

func insertStatement(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO workshops (" + stored + ") VALUES ")
	for i := range rows * storedColumns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%storedColumns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String() + ")"
}

func appendValues(args []any, w *Workshop) []any {
	var lat, lon any
	if w.Located() {
		lat, lon = w.Lat, w.Lon
	}
	return append(args, w.ID, w.Cycle, w.Session, w.Sessions, w.Title, w.Theme, w.Module, w.Date.String(), w.Start.String(), w.End.String(),
		w.Venue, w.Address, w.PostalCode, w.City, w.INSEE, lat, lon, w.Region, w.Price.String(), w.Organiser, w.Phone,
		string(w.Status), w.Remote, w.Summary, w.Description)
}

// Rows of workshop_meta, each JSON.
const (
	metaKey    = "catalogue" // Meta
	refreshKey = "refresh"   // Refreshed
)

// execer is a transaction or a database.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func writeJSON(ctx context.Context, x execer, key string, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = x.ExecContext(ctx, `INSERT INTO workshop_meta (key, value) VALUES ($1, $2)
 ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, string(text))
	}
	if err != nil {
		return fmt.Errorf("workshop: writing what is known of the copy (%s): %w", key, err)
	}
	return nil
}

// querier is a transaction or a database.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readJSON fills v; false when there is no such row.
func readJSON(ctx context.Context, q querier, key string, v any) (bool, error) {
	var text string
	switch err := q.QueryRowContext(ctx, `SELECT value FROM workshop_meta WHERE key = $1`, key).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("workshop: reading what is known of the copy (%s): %w", key, err)
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return false, fmt.Errorf("workshop: what is known of the copy (%s) is unreadable; import the workshops again: %w", key, err)
	}
	return true, nil
}

// StoredMeta reads only what `workshops status` shows; ErrEmpty when nothing was ever loaded.
func StoredMeta(ctx context.Context, db *store.DB) (Meta, error) { return readMeta(ctx, db) }

func readMeta(ctx context.Context, q querier) (Meta, error) {
	var m Meta
	switch found, err := readJSON(ctx, q, metaKey, &m); {
	case err != nil:
		return Meta{}, err
	case !found:
		return Meta{}, ErrEmpty
	}
	return m, nil
}

// Load reads the stored workshops in the order of ID, with their Meta, both of the same moment.
func Load(ctx context.Context, db *store.DB) ([]Workshop, Meta, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, Meta{}, fmt.Errorf("workshop: loading the workshops: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written: there is nothing to lose
	m, err := readMeta(ctx, tx)
	if err != nil {
		return nil, Meta{}, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+stored+` FROM workshops ORDER BY id`)
	if err != nil {
		return nil, Meta{}, fmt.Errorf("workshop: loading the workshops: %w", err)
	}
	defer rows.Close()
	ws := make([]Workshop, 0, m.Rows)
	s := scanner{same: map[string]string{}}
	for rows.Next() {
		w, err := s.scan(rows)
		if err != nil {
			return nil, Meta{}, fmt.Errorf("workshop: loading the workshops: %w", err)
		}
		ws = append(ws, w)
	}
	if err := rows.Err(); err != nil {
		return nil, Meta{}, fmt.Errorf("workshop: loading the workshops: %w", err)
	}
	return ws, m, nil
}

// Load fills the catalogue from the store; on an error the old content stays.
func (c *Catalogue) Load(ctx context.Context, db *store.DB) error {
	ws, m, err := Load(ctx, db)
	if err != nil {
		return err
	}
	r, err := StoredRefreshed(ctx, db)
	if err != nil {
		return err
	}
	c.Set(ws, m)
	c.Note(r)
	return nil
}

// scanner reads rows of the table and keeps one copy of equal texts: the sessions of a cycle share nearly all of theirs.
type scanner struct{ same map[string]string }

func (s *scanner) one(text *string) {
	if first, ok := s.same[*text]; ok {
		*text = first
		return
	}
	s.same[*text] = *text
}

func (s *scanner) scan(rows *sql.Rows) (Workshop, error) {
	var (
		w                              Workshop
		date, start, end, price, state string
		lat, lon                       sql.NullFloat64
	)
	err := rows.Scan(&w.ID, &w.Cycle, &w.Session, &w.Sessions, &w.Title, &w.Theme, &w.Module, &date, &start, &end, &w.Venue, &w.Address,
		&w.PostalCode, &w.City, &w.INSEE, &lat, &lon, &w.Region, &price, &w.Organiser, &w.Phone, &state, &w.Remote, &w.Summary, &w.Description)
	if err != nil {
		return w, err
	}
	w.Lat, w.Lon, w.Status = lat.Float64, lon.Float64, Status(state)
	for _, text := range []*string{&w.Cycle, &w.Title, &w.Theme, &w.Module, &w.Venue, &w.Address, &w.PostalCode, &w.City, &w.INSEE,
		&w.Region, &w.Organiser, &w.Phone, &w.Summary, &w.Description} {
		s.one(text)
	}
	if w.Date, err = ParseISODate(date); err != nil {
		return w, err
	}
	if start != "" {
		if w.Start, err = ParseClock(start); err != nil {
			return w, err
		}
	}
	if end != "" {
		if w.End, err = ParseClock(end); err != nil {
			return w, err
		}
	}
	w.Price, err = ParsePrice(price)
	return w, err
}
