package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Check reads the whole database and verifies its structure and its references (minutes on a large one). It returns
// nil or an error that matches ErrDamaged and lists what was found first. PostgreSQL keeps its own house: there the tables are only read.
func (db *DB) Check(ctx context.Context) error {
	if db.dialect == postgresDialect {
		return db.readAll(ctx)
	}
	found, err := Strings(ctx, db, "PRAGMA integrity_check(20)")
	if err != nil {
		return db.Explain(err)
	}
	if len(found) == 1 && found[0] == "ok" {
		found = nil
	}
	broken, err := Strings(ctx, db, "SELECT \"table\" || ' row ' || COALESCE(rowid, 0) || ' refers to a missing row of ' || parent FROM pragma_foreign_key_check LIMIT 20")
	if err != nil {
		return db.Explain(err)
	}
	if found = append(found, broken...); len(found) > 0 {
		return fmt.Errorf("%w: %s: stop the service, keep a copy of the file and bring back the last backup; found: %s", ErrDamaged, db.path, strings.Join(found, "; "))
	}
	return nil
}

// readAll reads every row that matters once.
func (db *DB) readAll(ctx context.Context) error {
	for _, table := range []string{"calls", "facts", "sms_outbox", "workshops"} {
		if _, err := Strings(ctx, db, "SELECT COUNT(t::text)::text FROM "+table+" AS t"); err != nil {
			return db.Explain(err)
		}
	}
	return nil
}

// Queryer is a database or a transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Strings are the rows of a query for one column of text.
func Strings(ctx context.Context, q Queryer, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
