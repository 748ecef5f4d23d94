package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
)

// FileName is the database's name inside the data folder.
const FileName = "acotel.db"

// Config says where the database is: the file FileName in Dir, or the PostgreSQL server of URL.
type Config struct {
	Dir string // data folder; made when absent
	URL string // postgres://user:password@host:port/database?options; "" for SQLite

	// ReadOnly opens an existing database for reports: nothing is created, migrated or written.
	ReadOnly bool

	BusyTimeout time.Duration // how long a writer waits for another process; default 10 s
	Log         *slog.Logger  // default: silent
}

// DB is the open database. The embedded *sql.DB is the pool of reading connections (queries only); whatever changes
// data goes through the single writing connection: Exec, ExecContext, Begin, BeginTx and Tx. QueryContext therefore
// never waits behind a writer, and INSERT … RETURNING belongs inside Tx.
type DB struct {
	*sql.DB

	writer  *sql.DB
	path    string // the file, or the server's address without its secrets
	dir     string
	dialect goose.Dialect
	log     *slog.Logger

	closing sync.Once
	closed  error
}

// Open opens the database, brings its schema up to date and returns it ready for use. Errors name the file, say what
// is wrong and what to do, and match ErrFolder, ErrNoDatabase, ErrNotDatabase, ErrDamaged, ErrNewerSchema,
// ErrOlderSchema, ErrDiskFull, ErrBusy or ErrUnreachable.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.BusyTimeout <= 0 {
		c.BusyTimeout = 10 * time.Second
	}
	if c.URL != "" {
		return openPostgres(ctx, c)
	}
	if c.Dir == "" {
		return nil, fmt.Errorf("%w: no data folder was named: set data.dir or use --data DIR", ErrFolder)
	}
	path := filepath.Join(c.Dir, FileName)
	db, err := openSQLite(ctx, path, c)
	if err != nil {
		return nil, explain(path, err)
	}
	return db, nil
}

// The databases that SQL here and above is written for.
const (
	sqliteDialect   = goose.DialectSQLite3
	postgresDialect = goose.DialectPostgres
)

// Path is the database file, or the address of the PostgreSQL server without user and password.
func (db *DB) Path() string { return db.path }

// Dir is the data folder, where other files of the service live, too.
func (db *DB) Dir() string { return db.dir }

// Postgres tells whether the database is PostgreSQL, for the few statements that differ.
func (db *DB) Postgres() bool { return db.dialect == postgresDialect }

// Writer is the writing connection, for a library that wants a *sql.DB.
func (db *DB) Writer() *sql.DB { return db.writer }

// Exec runs a statement that changes data, on the writing connection.
func (db *DB) Exec(query string, args ...any) (sql.Result, error) {
	return db.ExecContext(context.Background(), query, args...)
}

// ExecContext runs a statement that changes data, on the writing connection.
func (db *DB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := db.writer.ExecContext(ctx, query, args...)
	return res, db.Explain(err)
}

// Begin starts a transaction that may write.
func (db *DB) Begin() (*sql.Tx, error) { return db.BeginTx(context.Background(), nil) }

// BeginTx starts a transaction: on the writing connection, or on a reading one when opts.ReadOnly is set.
func (db *DB) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	pool := db.writer
	if opts != nil && opts.ReadOnly {
		pool = db.DB
	}
	tx, err := pool.BeginTx(ctx, opts)
	return tx, db.Explain(err)
}

// Tx runs f in a transaction on the writing connection: all of it is committed, or, when f or the commit fails, none.
// f must use tx alone: db.Exec inside it would wait for itself.
func (db *DB) Tx(ctx context.Context, f func(tx *sql.Tx) error) (err error) {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return db.Explain(err)
	}
	committed := false
	defer func() { // also when f panics: the one writing connection must come back
		if !committed {
			_ = tx.Rollback()
		}
	}()
	if err := f(tx); err != nil {
		return db.Explain(err)
	}
	if err := tx.Commit(); err != nil {
		return db.Explain(err)
	}
	committed = true
	return nil
}

// Close waits for the transaction under way (10 s at most), folds the write-ahead log into the database file and
// closes every connection. Closing twice is harmless.
func (db *DB) Close() error {
	db.closing.Do(func() { db.closed = db.close() })
	return db.closed
}

func (db *DB) close() error {
	var checkpoint error
	if db.dialect == sqliteDialect && db.writer != db.DB {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		// A reader in another process may hold the log back: the next opening folds it in, nothing is lost.
		if checkpoint = db.Explain(err); errors.Is(checkpoint, ErrBusy) {
			checkpoint = nil
		}
	}
	return errors.Join(checkpoint, db.Explain(db.writer.Close()), db.Explain(db.DB.Close()))
}

// timeLayout has one width, so that text order is time order.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// FormatTime gives the form in which times are stored: UTC, microseconds, fixed width, sortable as text.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// ParseTime reads what FormatTime wrote.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeLayout, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("store: time %q in the database is not of the form %s: %w", s, timeLayout, err)
	}
	return t, nil
}
