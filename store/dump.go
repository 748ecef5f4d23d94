package store

import (
	"archive/zip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// TableFile is what a dump says of one table.
type TableFile struct {
	Table string `json:"table"`
	File  string `json:"file"` // JSON Lines: first the columns, then one array for each row
	Rows  int64  `json:"rows"`
}

// column is a column of a dump; Kind is text, integer, real, boolean or bytes (base64).
type column struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// Dump writes every table of one moment's database, while others go on writing, as JSON Lines under tables/. It returns the tables in an order
// in which they can be loaded, and the migrations that made them. What it writes is the same for SQLite and PostgreSQL.
func (db *DB) Dump(ctx context.Context, create func(name string) (io.Writer, error)) (tables []TableFile, schema []int64, err error) {
	// SQLite's read transaction sees one moment by itself (WAL), PostgreSQL's must be asked to.
	opts := &sql.TxOptions{ReadOnly: true}
	if db.Postgres() {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.DB.BeginTx(ctx, opts)
	if err != nil {
		return nil, nil, db.Explain(err)
	}
	defer func() { _ = tx.Rollback() }()
	names, err := db.tables(ctx, tx)
	if err != nil {
		return nil, nil, db.Explain(err)
	}
	for _, name := range names {
		t := TableFile{Table: name, File: "tables/" + name + ".jsonl"}
		w, err := create(t.File)
		if err != nil {
			return nil, nil, err
		}
		if t.Rows, err = dumpTable(ctx, tx, name, w); err != nil {
			return nil, nil, fmt.Errorf("store: dumping %s: %w", name, db.Explain(err))
		}
		tables = append(tables, t)
	}
	schema, err = db.schema(ctx)
	return tables, schema, err
}

func (db *DB) schema(ctx context.Context) ([]int64, error) {
	applied, err := db.appliedVersions(ctx)
	return slices.Sorted(maps.Keys(applied)), db.Explain(err)
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// tables lists our tables, those that others refer to first.
func (db *DB) tables(ctx context.Context, q querier) ([]string, error) {
	all := "SELECT name, '' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name"
	refs := `SELECT m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	if db.Postgres() {
		all = "SELECT table_name, '' FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version' ORDER BY table_name"
		refs = "SELECT c.relname, r.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"
	}
	names, err := pairs(ctx, q, all)
	if err != nil {
		return nil, err
	}
	edges, err := pairs(ctx, q, refs)
	if err != nil {
		return nil, err
	}
	var out []string
	var add func(name string)
	add = func(name string) {
		if slices.Contains(out, name) {
			return
		}
		for _, e := range edges {
			if e[0] == name && e[1] != name {
				add(e[1])
			}
		}
		out = append(out, name)
	}
	for _, n := range names {
		add(n[0])
	}
	return out, nil
}

func pairs(ctx context.Context, q querier, query string) (out [][2]string, err error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p [2]string
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func columnsOf(rows *sql.Rows) ([]column, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	out := make([]column, len(types))
	for i, t := range types {
		kind := "text"
		switch name := strings.ToUpper(t.DatabaseTypeName()); {
		case strings.HasPrefix(name, "BOOL"):
			kind = "boolean"
		case strings.Contains(name, "INT"):
			kind = "integer"
		case strings.HasPrefix(name, "DOUBLE"), strings.HasPrefix(name, "FLOAT"), name == "REAL":
			kind = "real"
		case name == "BLOB", name == "BYTEA":
			kind = "bytes"
		}
		out[i] = column{t.Name(), kind}
	}
	return out, nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func dumpTable(ctx context.Context, q querier, table string, w io.Writer) (n int64, err error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+quoted(table))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := columnsOf(rows)
	if err != nil {
		return 0, err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(columns); err != nil {
		return 0, err
	}
	for ; rows.Next(); n++ {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			switch columns[i].Kind {
			case "boolean":
				into[i] = new(sql.Null[bool])
			case "integer":
				into[i] = new(sql.Null[int64])
			case "real":
				into[i] = new(sql.Null[float64])
			case "bytes":
				into[i] = new([]byte)
			default:
				into[i] = new(sql.Null[string])
			}
		}
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		for i, p := range into {
			row[i] = plain(p)
		}
		if err := enc.Encode(row); err != nil {
			return n, err
		}
	}
	return n, errors.Join(rows.Err(), rows.Close())
}

// plain is what JSON gets of a scanned value, nil for NULL.
func plain(p any) any {
	switch v := p.(type) {
	case *sql.Null[bool]:
		if v.Valid {
			return v.V
		}
	case *sql.Null[int64]:
		if v.Valid {
			return v.V
		}
	case *sql.Null[float64]:
		if v.Valid {
			return v.V
		}
	case *sql.Null[string]:
		if v.Valid {
			return v.V
		}
	case *[]byte:
		if *v != nil {
			return base64.StdEncoding.EncodeToString(*v)
		}
	}
	return nil
}

// ErrNotEmpty is returned when a dump is loaded over data.
var ErrNotEmpty = errors.New("store: the instance is not empty")

// Load fills an instance that is empty (a fresh database, just opened) with what Dump wrote, in one transaction. Errors: ErrNotEmpty,
// ErrNewerSchema or ErrOlderSchema when the dump was made by another version of the program.
func (db *DB) Load(ctx context.Context, tables []TableFile, schema []int64, open func(name string) (io.ReadCloser, error)) error {
	here, err := db.schema(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(here, schema) {
		kind := ErrOlderSchema
		if len(schema) > 0 && len(here) > 0 && schema[len(schema)-1] > here[len(here)-1] {
			kind = ErrNewerSchema
		}
		return fmt.Errorf("%w: the dump was made by another version: load it with that one (its migrations: %v), then start this one on the result", kind, schema)
	}
	return db.Tx(ctx, func(tx *sql.Tx) error {
		known, err := db.tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range []string{"calls", "facts", "sms_outbox", "workshops", "ledger"} {
			var n int64
			if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quoted(name)).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return fmt.Errorf("%w: %s has %d rows in %s: load into a fresh data folder or database", ErrNotEmpty, db.path, n, name)
			}
		}
		for _, name := range slices.Backward(known) { // what migrations have put there
			if name != "ledger" {
				if _, err := tx.ExecContext(ctx, "DELETE FROM "+quoted(name)); err != nil {
					return err
				}
			}
		}
		for _, t := range tables {
			if !slices.Contains(known, t.Table) {
				return fmt.Errorf("store: the dump has a table %q, which this program does not know", t.Table)
			}
			if err := db.loadTable(ctx, tx, t, open); err != nil {
				return fmt.Errorf("store: loading %s: %w", t.Table, err)
			}
		}
		return nil
	})
}

func (db *DB) loadTable(ctx context.Context, tx *sql.Tx, t TableFile, open func(name string) (io.ReadCloser, error)) error {
	f, err := open(t.File)
	if err != nil {
		return err
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	var columns []column
	if err := dec.Decode(&columns); err != nil {
		return err
	}
	names, marks := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], marks[i] = quoted(c.Name), fmt.Sprintf("$%d", i+1)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+quoted(t.Table)+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	var n int64
	for ; ; n++ {
		var row []any
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if len(row) != len(columns) {
			return fmt.Errorf("row %d has %d values, not %d", n+1, len(row), len(columns))
		}
		for i := range row {
			if row[i], err = columns[i].value(row[i]); err != nil {
				return fmt.Errorf("row %d: %s: %w", n+1, columns[i].Name, err)
			}
		}
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	if n != t.Rows {
		return fmt.Errorf("%d rows, and there should be %d", n, t.Rows)
	}
	return db.advanceSequences(ctx, tx, t.Table, columns)
}

func (c column) value(v any) (any, error) {
	switch x := v.(type) {
	case json.Number:
		if c.Kind == "integer" {
			return x.Int64()
		}
		return x.Float64()
	case string:
		if c.Kind == "bytes" {
			return base64.StdEncoding.DecodeString(x)
		}
	}
	return v, nil
}

// advanceSequences lets PostgreSQL number new rows after those loaded.
func (db *DB) advanceSequences(ctx context.Context, tx *sql.Tx, table string, columns []column) error {
	if !db.Postgres() {
		return nil
	}
	for _, c := range columns {
		var sequence sql.NullString
		if c.Kind != "integer" {
			continue
		}
		if err := tx.QueryRowContext(ctx, "SELECT pg_get_serial_sequence($1, $2)", quoted(table), c.Name).Scan(&sequence); err != nil {
			return err
		}
		if sequence.Valid {
			if _, err := tx.ExecContext(ctx, "SELECT setval($1::regclass, (SELECT COALESCE(MAX("+quoted(c.Name)+"), 1) FROM "+quoted(table)+"))", sequence.String); err != nil {
				return err
			}
		}
	}
	return nil
}

// OpenIn gives the opener of a ZIP archive's entries, for Load.
func OpenIn(z *zip.Reader) func(name string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) { return z.Open(name) }
}
