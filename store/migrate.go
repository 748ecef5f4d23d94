package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate applies the migrations that the file does not have yet. Numbers belong to packages, so a low number may
// come after a higher one has been applied.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	// Two programs that start on a fresh folder at once would both create the tables.
	unlock, err := lockFile(ctx, path+".migrate", wait)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := provider(db)
	if err != nil {
		return err
	}
	fresh, err := isFresh(ctx, db, path)
	if err != nil {
		return err
	}
	if !fresh {
		if err := refuseNewer(ctx, db, p, path); err != nil {
			return err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: bringing the schema of %s up to date: %w", path, err)
	}
	return nil
}

// checkSchema is migrate's check without its hand: the schema must be exactly what this program knows.
func checkSchema(ctx context.Context, db *sql.DB, path string) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	fresh, err := isFresh(ctx, db, path)
	if err != nil {
		return err
	}
	if fresh {
		return fmt.Errorf("%w: %s is empty: start the service on this folder first", ErrNoDatabase, path)
	}
	if err := refuseNewer(ctx, db, p, path); err != nil {
		return err
	}
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return err
	}
	for _, s := range p.ListSources() {
		if !applied[s.Version] {
			return fmt.Errorf("%w: %s lacks migration %d: start the service on it once with this version", ErrOlderSchema, path, s.Version)
		}
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store: embedded migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithAllowOutofOrder(true), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("store: embedded migrations: %w", err)
	}
	return p, nil
}

// isFresh tells an empty file from a database of ours, and refuses a database of somebody else.
func isFresh(ctx context.Context, db *sql.DB, path string) (bool, error) {
	var tables, ours int
	err := db.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN name = 'goose_db_version' THEN 1 ELSE 0 END), 0)
		FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours)
	if err != nil {
		return false, err
	}
	if tables > 0 && ours == 0 {
		return false, fmt.Errorf("%w: %s is a database of another program: name another folder with data.dir or --data", ErrNotDatabase, path)
	}
	return tables == 0, nil
}

// refuseNewer keeps an old program away from a schema that it does not understand.
func refuseNewer(ctx context.Context, db *sql.DB, p *goose.Provider, path string) error {
	knownVersions := map[int64]bool{0: true} // goose's own first row
	for _, s := range p.ListSources() {
		knownVersions[s.Version] = true
	}
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return err
	}
	for v := range applied {
		if !knownVersions[v] {
			return fmt.Errorf("%w: %s has migration %d, which this program does not know: install the newer program, or bring back a backup made before the upgrade", ErrNewerSchema, path, v)
		}
	}
	return nil
}

func appliedVersions(ctx context.Context, db *sql.DB) (map[int64]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	applied := map[int64]bool{}
	for rows.Next() {
		var v int64
		var on bool
		if err := rows.Scan(&v, &on); err != nil {
			return nil, err
		}
		if on {
			applied[v] = true
		} else {
			delete(applied, v)
		}
	}
	return applied, errors.Join(rows.Err(), rows.Close())
}
