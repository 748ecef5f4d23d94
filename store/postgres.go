package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// connectTimeout is how long a server of the database may take to answer.
const connectTimeout = 5 * time.Second

// Keys of PostgreSQL's advisory locks: one for the migrations, one for the running service.
const (
	migrateLock = 0x61636f74 // "acot"
	serveLock   = migrateLock + 1
)

// openPostgres connects, migrates, and opens both pools. As with SQLite there is one writing connection: what the service writes is little,
// and the packages above rely on transactions that follow one another.
func openPostgres(ctx context.Context, c Config) (*DB, error) {
	cfg, err := pgx.ParseConfig(c.URL)
	if err != nil { // pgx leaves the password out of its message
		return nil, fmt.Errorf("%w: data.database is no address such as postgres://user@host:5432/database: %w", ErrFolder, err)
	}
	cfg.ConnectTimeout = connectTimeout
	cfg.RuntimeParams["application_name"] = "acotel-sbc"
	cfg.RuntimeParams["lock_timeout"] = strconv.FormatInt(c.BusyTimeout.Milliseconds(), 10)
	name := "postgres://" + net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))) + "/" + cfg.Database
	db := &DB{path: name, dir: c.Dir, dialect: postgresDialect, log: c.Log}
	pool := func(n int, readOnly bool) *sql.DB {
		own := cfg.Copy()
		if readOnly {
			own.RuntimeParams["default_transaction_read_only"] = "on"
		}
		p := stdlib.OpenDB(*own)
		p.SetMaxOpenConns(n)
		p.SetMaxIdleConns(n)
		return p
	}
	db.DB = pool(max(4, runtime.NumCPU()), true)
	db.writer = db.DB
	if c.ReadOnly {
		err = checkSchema(ctx, db)
	} else {
		db.writer = pool(1, false)
		err = migrate(ctx, db)
	}
	if err != nil {
		return nil, errors.Join(db.Explain(err), db.Close())
	}
	return db, nil
}

// migrationPatience is how long a program waits for another one that brings the schema up to date.
const migrationPatience = time.Minute

// advisory takes an advisory lock of PostgreSQL, held by the connection that is returned, until unlock.
func (db *DB) advisory(ctx context.Context, key int, p patience) (*sql.Conn, error) {
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return nil, db.Explain(err)
	}
	got := true
	if p == wait {
		// Another program's migrations may take longer than a statement may wait for a row; RESET gives the connection's own limit back.
		if _, err = conn.ExecContext(ctx, "SET lock_timeout = "+strconv.FormatInt(migrationPatience.Milliseconds(), 10)); err == nil {
			_, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", key)
			_, reset := conn.ExecContext(ctx, "RESET lock_timeout")
			err = errors.Join(err, reset)
		}
	} else {
		err = conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&got)
	}
	if err == nil && !got {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(db.Explain(err), conn.Close())
	}
	return conn, nil
}

// unlock gives back an advisory lock and the connection that holds it.
func unlock(conn *sql.Conn, key int) {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", key) // a lost connection has lost it already
	_ = conn.Close()
}

// explainPostgres is explain for what PostgreSQL and its connections say (appendix A of its manual lists the codes).
func explainPostgres(name string, err error) error {
	var connect *pgconn.ConnectError
	var e *pgconn.PgError
	var network net.Error
	switch {
	case errors.As(err, &e):
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %s: check that the server runs and that data.database names it: %w", ErrUnreachable, name, err)
	default:
		return err
	}
	switch class := e.Code[:2]; {
	case e.Code == "53100": // disk_full
		return fmt.Errorf("%w: the disk of %s: free some space there: %w", ErrDiskFull, name, err)
	case e.Code == "25006": // read_only_sql_transaction
		return fmt.Errorf("%w: %s: the server or this command only reads: %w", ErrReadOnly, name, err)
	case e.Code == "55P03": // lock_not_available
		return fmt.Errorf("%w: another process has been writing to %s for too long: wait for it or stop it: %w", ErrBusy, name, err)
	case class == "28", e.Code == "3D000": // invalid authorization, no such database
		return fmt.Errorf("%w: %s: check the user, the password and the database's name in data.database: %w", ErrUnreachable, name, err)
	case class == "08", class == "57", class == "53": // connection, operator's intervention, resources
		return fmt.Errorf("%w: %s: check the server: %w", ErrUnreachable, name, err)
	case e.Code == "42501": // insufficient_privilege
		return fmt.Errorf("%w: %s: the user of data.database needs the right to make and change tables: %w", ErrReadOnly, name, err)
	}
	return err
}
