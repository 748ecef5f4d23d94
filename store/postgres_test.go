package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

const insertCall = "INSERT INTO calls (id, started_at) VALUES ($1, $2)"

func openPostgres(t *testing.T, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Programs that start on an empty database at once make its tables once; writers follow one another and nothing is lost.
func TestPostgresIsSharedByPrograms(t *testing.T) {
	ctx := context.Background()
	url := storetest.Schema(t)
	dbs := make([]*store.DB, 4)
	var wg sync.WaitGroup
	for i := range dbs {
		wg.Go(func() {
			var err error
			if dbs[i], err = store.Open(ctx, store.Config{Dir: t.TempDir(), URL: url}); err != nil {
				t.Error(err)
				return
			}
			for n := range 10 {
				err := dbs[i].Tx(ctx, func(tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, insertCall, fmt.Sprintf("%d-%d", i, n), store.FormatTime(time.Now()))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	var n int
	if err := dbs[0].QueryRowContext(ctx, "SELECT COUNT(*) FROM calls").Scan(&n); err != nil || n != 40 {
		t.Errorf("%d calls, %v; want 40", n, err)
	}
	if err := dbs[0].Check(ctx); err != nil {
		t.Error(err)
	}
	release, err := dbs[0].LockService(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dbs[1].LockService(ctx); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second service on the same database: %v", err)
	}
	// The lock is gone with its connection, and taken again.
	holder := func() (pid int) {
		const held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
		if err := dbs[0].QueryRowContext(ctx, held, 0x61636f75).Scan(&pid); err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		return pid
	}
	before := holder()
	if _, err := dbs[0].ExecContext(ctx, "SELECT pg_terminate_backend($1)", before); err != nil || before == 0 {
		t.Fatalf("backend %d: %v", before, err)
	}
	for deadline := time.Now().Add(30 * time.Second); holder() == 0 || holder() == before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the lock is not taken again")
		}
	}
	if _, err := dbs[1].LockService(ctx); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second service on the same database, after it was away: %v", err)
	}
	release()
	if release, err = dbs[1].LockService(ctx); err != nil {
		t.Errorf("after the first: %v", err)
	} else {
		release()
	}
	for _, db := range dbs {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPostgresReadOnly(t *testing.T) {
	ctx := context.Background()
	url := storetest.Schema(t)
	if _, err := store.Open(ctx, store.Config{URL: url, ReadOnly: true}); !errors.Is(err, store.ErrNoDatabase) {
		t.Errorf("nothing to read: %v", err)
	}
	openPostgres(t, store.Config{URL: url})
	db := openPostgres(t, store.Config{URL: url, ReadOnly: true})
	if _, err := db.ExecContext(ctx, insertCall, "a", ""); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("writing: %v", err)
	}
}

func TestPostgresErrors(t *testing.T) {
	ctx := context.Background()
	url := storetest.Schema(t)
	db := openPostgres(t, store.Config{URL: url})
	impatient := openPostgres(t, store.Config{URL: url, BusyTimeout: 50 * time.Millisecond})
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, "LOCK TABLE calls IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	if _, err := impatient.ExecContext(ctx, insertCall, "a", ""); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a table that another program holds: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	other := storetest.Schema(t)
	elsewhere, err := sql.Open("pgx", other)
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	if _, err := elsewhere.Exec("CREATE TABLE mine (x BIGINT)"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, store.Config{URL: other}); !errors.Is(err, store.ErrNotDatabase) {
		t.Errorf("somebody else's tables: %v", err)
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, store.Config{URL: url}); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("a newer schema: %v", err)
	}
	if _, err := store.Open(ctx, store.Config{URL: strings.Replace(url, "/postgres", "/nowhere", 1)}); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("no such database: %v", err)
	}
}
