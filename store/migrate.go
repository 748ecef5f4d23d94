package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate applies the migrations that the database does not have yet. Numbers belong to packages, so a low number may
// come after a higher one has been applied.
func migrate(ctx context.Context, db *DB) error {
	// Two programs that start on a fresh database at once would both create the tables.
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := db.provider()
	if err != nil {
		return err
	}
	fresh, err := db.isFresh(ctx)
	if err != nil {
		return err
	}
	if !fresh {
		if err := db.refuseNewer(ctx, p); err != nil {
			return err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: bringing the schema of %s up to date: %w", db.path, err)
	}
	return nil
}

// checkSchema is migrate's check without its hand: the schema must be exactly what this program knows.
func checkSchema(ctx context.Context, db *DB) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	fresh, err := db.isFresh(ctx)
	if err != nil {
		return err
	}
	if fresh {
		return fmt.Errorf("%w: %s is empty: start the service on it first", ErrNoDatabase, db.path)
	}
	if err := db.refuseNewer(ctx, p); err != nil {
		return err
	}
	applied, err := db.appliedVersions(ctx)
	if err != nil {
		return err
	}
	for _, s := range p.ListSources() {
		if !applied[s.Version] {
			return fmt.Errorf("%w: %s lacks migration %d: start the service on it once with this version", ErrOlderSchema, db.path, s.Version)
		}
	}
	return nil
}

func (db *DB) lockMigrations(ctx context.Context) (release func(), err error) {
	if db.dialect == postgresDialect {
		conn, err := db.advisory(ctx, migrateLock, wait)
		if err != nil {
			return nil, err
		}
		return func() { unlock(conn, migrateLock) }, nil
	}
	return lockFile(ctx, db.path+".migrate", wait)
}

func (db *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store: embedded migrations: %w", err)
	}
	p, err := goose.NewProvider(db.dialect, db.writer, files, goose.WithGoMigrations(ledgerGuards(db.dialect)...), goose.WithAllowOutofOrder(true), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("store: embedded migrations: %w", err)
	}
	return p, nil
}

// isFresh tells an empty file from a database of ours, and refuses a database of somebody else.
func (db *DB) isFresh(ctx context.Context) (bool, error) {
	list := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if db.dialect == postgresDialect {
		list = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var tables, ours int
	err := db.DB.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN name = 'goose_db_version' THEN 1 ELSE 0 END), 0) FROM ("+list+") AS t").Scan(&tables, &ours)
	if err != nil {
		return false, err
	}
	if tables > 0 && ours == 0 {
		return false, fmt.Errorf("%w: %s is a database of another program: name another one with data.dir, --data or data.database", ErrNotDatabase, db.path)
	}
	return tables == 0, nil
}

// refuseNewer keeps an old program away from a schema that it does not understand.
func (db *DB) refuseNewer(ctx context.Context, p *goose.Provider) error {
	knownVersions := map[int64]bool{0: true} // goose's own first row
	for _, s := range p.ListSources() {
		knownVersions[s.Version] = true
	}
	applied, err := db.appliedVersions(ctx)
	if err != nil {
		return err
	}
	for v := range applied {
		if !knownVersions[v] {
			return fmt.Errorf("%w: %s has migration %d, which this program does not know: install the newer program, or bring back a backup made before the upgrade", ErrNewerSchema, db.path, v)
		}
	}
	return nil
}

func (db *DB) appliedVersions(ctx context.Context) (map[int64]bool, error) {
	rows, err := db.DB.QueryContext(ctx, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id")
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
