package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with the database; errors of this package wrap one of them.
var (
	ErrFolder      = errors.New("store: the data folder can't be used")
	ErrNoDatabase  = errors.New("store: there is no database")
	ErrNotDatabase = errors.New("store: the file is not a database of this service")
	ErrDamaged     = errors.New("store: the database is damaged")
	ErrNewerSchema = errors.New("store: the database was written by a newer version")
	ErrOlderSchema = errors.New("store: the database is of an older version")
	ErrDiskFull    = errors.New("store: the disk is full")
	ErrBusy        = errors.New("store: the database is in use")
	ErrReadOnly    = errors.New("store: the database can't be written")
	ErrUnreachable = errors.New("store: the database server can't be used")
	ErrInUse       = errors.New("store: another service runs on this data")
)

// Explain turns a driver's error into one that names the database, the trouble and the remedy; errors that it does not
// know, nil included, come back as they are.
func (db *DB) Explain(err error) error {
	if err == nil || known(err) {
		return err
	}
	if db.dialect == postgresDialect {
		return explainPostgres(db.path, err)
	}
	return explain(db.path, err)
}

func explain(path string, err error) error {
	var e *sqlite.Error
	if err == nil || known(err) || !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the low byte is the primary code, the rest details
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %s can't grow: free some space there, or move the data folder (data.dir): %w", ErrDiskFull, path, err)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s: move the file away, or name another folder with data.dir or --data: %w", ErrNotDatabase, path, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %s: stop the service, keep a copy of the file and bring back the last backup: %w", ErrDamaged, path, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w: %s or its -wal and -shm files can't be opened: check that this user may read and write there: %w", ErrFolder, path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w: %s: check the rights of the file and its folder, and that the disk is not mounted read-only: %w", ErrReadOnly, path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: %s can't be read or written: check the disk and its free space: %w", ErrFolder, path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: another process has been writing to %s for too long: wait for it or stop it: %w", ErrBusy, path, err)
	}
	return err
}

// known tells errors that were explained already.
func known(err error) bool {
	for _, k := range []error{ErrFolder, ErrNoDatabase, ErrNotDatabase, ErrDamaged, ErrNewerSchema, ErrOlderSchema, ErrDiskFull, ErrBusy, ErrReadOnly, ErrUnreachable, ErrInUse} {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}
