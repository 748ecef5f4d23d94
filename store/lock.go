package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockName is the file that the running service holds; the kernel lets go of it when the process dies, however it dies.
const lockName = "serve.lock"

// LockDir makes this process the only service on the data folder until release is called. A second one gets ErrInUse:
// it would take the first one's calls for calls that a crash left open.
func LockDir(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("%w: the data folder %s can't be made: choose another one with data.dir or --data: %w", ErrFolder, dir, err)
	}
	release, err = lockFile(context.Background(), filepath.Join(dir, lockName), noWait)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s: stop it, or give this one another folder with data.dir or --data", ErrInUse, dir)
	}
	return release, err
}

// LockService makes this process the only service on the database until release is called; a second one gets ErrInUse. An SQLite file is
// locked with its folder (LockDir), a PostgreSQL database may be reached from other folders and machines. There the lock goes with the
// connection: when the server was away it is taken again.
func (db *DB) LockService(ctx context.Context) (release func(), err error) {
	if db.dialect != postgresDialect {
		return func() {}, nil
	}
	conn, err := db.advisory(ctx, serveLock, noWait)
	if errors.Is(err, ErrInUse) {
		return nil, fmt.Errorf("%w: %s: stop it, or give this one another database with data.database", ErrInUse, db.path)
	}
	if err != nil {
		return nil, err
	}
	keeping, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		db.keepLock(keeping, conn)
	}()
	return func() { cancel(); <-done }, nil
}

// lockLook is how often it is looked whether the lock is still ours.
const lockLook = 2 * time.Second

// keepLock holds the lock of the running service until ctx ends, and takes it again when its connection broke.
func (db *DB) keepLock(ctx context.Context, conn *sql.Conn) {
	tick := time.NewTicker(lockLook)
	defer tick.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				unlock(conn, serveLock)
			}
			return
		case <-tick.C:
		}
		one, cancel := context.WithTimeout(ctx, connectTimeout)
		if conn != nil && conn.PingContext(one) != nil && ctx.Err() == nil {
			_ = conn.Close() // it is broken
			conn = nil
		}
		if conn == nil {
			var err error
			switch conn, err = db.advisory(one, serveLock, noWait); {
			case err == nil:
				db.log.Info("the database's lock is held again")
				told = false
			case errors.Is(err, ErrInUse) && !told:
				db.log.Error("another service has taken the database while it was away: stop one of them", "database", db.path)
				told = true
			}
		}
		cancel()
	}
}

type patience bool

const (
	wait   patience = true
	noWait patience = false
)

// lockFile takes an exclusive lock (flock) on a file that it makes when absent.
func lockFile(ctx context.Context, path string, p patience) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %s can't be written: give this user the right to write in the folder, or choose another one with data.dir or --data: %w", ErrFolder, path, err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // closing gives the lock back
		}
		if p == noWait || (!errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR)) {
			return nil, errors.Join(fmt.Errorf("store: locking %s: %w", path, err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("store: waiting for the lock on %s: %w", path, ctx.Err()), f.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
