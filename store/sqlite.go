package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"modernc.org/sqlite" // the database/sql driver "sqlite", too
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite makes the folder and the file, migrates, and opens both pools.
func openSQLite(ctx context.Context, path string, c Config) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if c.ReadOnly {
		return openReadOnly(ctx, path, c)
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	writer, err := openPool(ctx, path, c.BusyTimeout, writing)
	if err != nil {
		return nil, err
	}
	db := &DB{DB: writer, writer: writer, path: path, dir: filepath.Dir(path), dialect: sqliteDialect, log: c.Log}
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	if db.DB, err = openPool(ctx, path, c.BusyTimeout, reading); err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return db, nil
}

// openReadOnly opens a database that must exist and have the schema this program knows.
func openReadOnly(ctx context.Context, path string, c Config) (*DB, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s does not exist: name the data folder of the service with --data DIR or -c FILE", ErrNoDatabase, path)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	case info.IsDir():
		return nil, fmt.Errorf("%w: %s is a folder", ErrNotDatabase, path)
	}
	readers, err := openPool(ctx, path, c.BusyTimeout, reading)
	if err != nil {
		return nil, err
	}
	// No writer: what tries to write meets SQLite's own query_only and is told so.
	db := &DB{DB: readers, writer: readers, path: path, dir: filepath.Dir(path), dialect: sqliteDialect, log: c.Log}
	if err := checkSchema(ctx, db); err != nil {
		return nil, errors.Join(err, readers.Close())
	}
	return db, nil
}

// prepareFile makes the data folder and an empty database file that only this user can read: it will hold personal
// data. SQLite gives its -wal and -shm files the same rights.
func prepareFile(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("%w: the data folder %s can't be made: choose another one with data.dir or --data, or give this user the right to make it: %w", ErrFolder, dir, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %s can't be opened for writing: give this user the right to write in the folder, or choose another one with data.dir or --data: %w", ErrFolder, path, err)
	}
	return f.Close()
}

type role uint8

const (
	writing role = iota
	reading
)

// openPool opens connections of one role and tries the first, so that a file that is no database is met here.
func openPool(ctx context.Context, path string, busy time.Duration, r role) (*sql.DB, error) {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout("+strconv.FormatInt(busy.Milliseconds(), 10)+")")
	if r == writing {
		// A write transaction takes its lock at once: one that starts as a reader can't be promoted without SQLITE_BUSY.
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "foreign_keys(1)")
		q.Add("_pragma", "secure_delete(1)")             // a number that was deleted is not left in a free page
		q.Add("_pragma", "journal_size_limit(67108864)") // a log that a long reader let grow is cut back to 64 MiB
	} else {
		q.Add("_pragma", "query_only(1)")
	}
	// The path is escaped, so that ? and % in a folder's name stay part of it.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	n := 1
	if r == reading {
		n = max(4, runtime.NumCPU())
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	if err := firstQuery(ctx, pool, busy); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// firstQuery tries the first connection, for as long as a statement may wait: SQLite does not wait by itself when another program just makes
// the file a WAL database, or closes it as the last one.
func firstQuery(ctx context.Context, pool *sql.DB, busy time.Duration) error {
	for until := time.Now().Add(busy); ; {
		var tables int
		err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master").Scan(&tables)
		var e *sqlite.Error
		if err == nil || !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
