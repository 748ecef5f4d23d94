package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, c Config) *DB {
	t.Helper()
	db, err := Open(context.Background(), c)
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

const insertCall = "INSERT INTO calls (id, started_at) VALUES ($1, $2)"

func count(t *testing.T, db *DB) int {
	t.Helper()
	var n int
	if err := db.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM calls").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpen(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "a folder", "50% ? #1 é")
	db := open(t, Config{Dir: dir})
	if _, err := db.ExecContext(ctx, insertCall, "a", FormatTime(time.Now())); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if db.Path() != filepath.Join(dir, FileName) || db.Dir() != dir {
		t.Errorf("path %s, folder %s", db.Path(), db.Dir())
	}
	info, err := os.Stat(db.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: the database must be readable by its owner alone", info.Mode(), err)
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := db.Writer().QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", pragma, got, err, want)
		}
	}
	again := open(t, Config{Dir: dir}) // as another program would, while this one runs
	if count(t, again) != 1 {
		t.Error("a second opening does not see what the first wrote")
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
	if err := db.Tx(ctx, func(*sql.Tx) error { return nil }); err == nil {
		t.Error("a closed database takes transactions")
	}
}

// Every way in which the database can't be used, and what the user is told.
func TestOpenErrors(t *testing.T) {
	ctx := context.Background()
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exec := func(dir string, statements ...string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	made := func(dir string) {
		t.Helper()
		db, err := Open(ctx, Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(dir string) Config
		want    error
		tells   string
	}{
		{"no folder named", func(string) Config { return Config{} }, ErrFolder, "--data"},
		{"folder is a file", func(dir string) Config {
			write(filepath.Join(dir, "f"), "x")
			return Config{Dir: filepath.Join(dir, "f")}
		}, ErrFolder, "data.dir"},
		{"folder can't be made", func(dir string) Config { return Config{Dir: "/proc/acotel"} }, ErrFolder, "/proc/acotel"},
		{"database is a folder", func(dir string) Config {
			if err := os.Mkdir(filepath.Join(dir, FileName), 0o700); err != nil {
				t.Fatal(err)
			}
			return Config{Dir: dir}
		}, ErrFolder, FileName},
		{"not a database", func(dir string) Config {
			write(filepath.Join(dir, FileName), strings.Repeat("no database at all. ", 100))
			return Config{Dir: dir}
		}, ErrNotDatabase, "move the file away"},
		{"another program's database", func(dir string) Config {
			exec(dir, "CREATE TABLE recipes (id INTEGER)")
			return Config{Dir: dir}
		}, ErrNotDatabase, "another program"},
		{"newer schema", func(dir string) Config {
			made(dir)
			exec(dir, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, 1)")
			return Config{Dir: dir}
		}, ErrNewerSchema, "9001"},
		{"newer schema, reading", func(dir string) Config {
			made(dir)
			exec(dir, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, 1)")
			return Config{Dir: dir, ReadOnly: true}
		}, ErrNewerSchema, "9001"},
		{"older schema, reading", func(dir string) Config {
			made(dir)
			exec(dir, "DELETE FROM goose_db_version WHERE version_id = 20")
			return Config{Dir: dir, ReadOnly: true}
		}, ErrOlderSchema, "migration 20"},
		{"nothing to read", func(dir string) Config { return Config{Dir: dir, ReadOnly: true} }, ErrNoDatabase, "--data"},
		{"empty file to read", func(dir string) Config {
			write(filepath.Join(dir, FileName), "")
			return Config{Dir: dir, ReadOnly: true}
		}, ErrNoDatabase, "empty"},
		{"folder to read", func(dir string) Config {
			if err := os.Mkdir(filepath.Join(dir, FileName), 0o700); err != nil {
				t.Fatal(err)
			}
			return Config{Dir: dir, ReadOnly: true}
		}, ErrNotDatabase, "folder"},
		{"no address of a server", func(dir string) Config { return Config{Dir: dir, URL: "postgres://u:secret@:x/y"} }, ErrFolder, "data.database"},
		{"no server there", func(dir string) Config { return Config{Dir: dir, URL: "postgres://u:secret@127.0.0.1:1/y"} }, ErrUnreachable, "127.0.0.1:1/y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db, err := Open(ctx, c.prepare(dir))
			if err == nil {
				_ = db.Close()
				t.Fatal("opened")
			}
			if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.tells) || !strings.HasPrefix(err.Error(), "store: ") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v; want %v with %q", err, c.want, c.tells)
			}
			if entries, _ := os.ReadDir(dir); c.name == "nothing to read" && len(entries) > 0 {
				t.Errorf("reading made %v", entries)
			}
		})
	}
}

func TestReadOnly(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db := open(t, Config{Dir: dir})
	reader := open(t, Config{Dir: dir, ReadOnly: true})
	if _, err := db.ExecContext(ctx, insertCall, "a", FormatTime(time.Now())); err != nil {
		t.Fatal(err)
	}
	if count(t, reader) != 1 {
		t.Error("the reader does not see a commit of the writer")
	}
	if _, err := reader.ExecContext(ctx, insertCall, "b", FormatTime(time.Now())); !errors.Is(err, ErrReadOnly) {
		t.Errorf("writing: %v", err)
	}
	if _, err := db.QueryContext(ctx, "DELETE FROM calls RETURNING id"); err == nil {
		t.Error("a query may not write")
	}
}

func TestTx(t *testing.T) {
	ctx := context.Background()
	db := open(t, Config{Dir: t.TempDir()})
	insert := func(tx *sql.Tx, id string) error {
		_, err := tx.ExecContext(ctx, insertCall, id, FormatTime(time.Now()))
		return err
	}
	if err := db.Tx(ctx, func(tx *sql.Tx) error { return insert(tx, "a") }); err != nil {
		t.Fatal(err)
	}
	trouble := errors.New("no")
	err := db.Tx(ctx, func(tx *sql.Tx) error { return errors.Join(insert(tx, "b"), trouble) })
	if !errors.Is(err, trouble) {
		t.Errorf("%v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Tx(ctx, func(tx *sql.Tx) error { _ = insert(tx, "c"); panic("in the middle") })
	}()
	if n := count(t, db); n != 1 {
		t.Errorf("%d calls after one commit, one error and one panic", n)
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := db.Tx(ctx, func(tx *sql.Tx) error { return insert(tx, "d") }); err != nil {
		t.Errorf("a reading transaction holds the writer up: %v", err)
	}
	_, err = db.Exec("INSERT INTO facts (call_id, seq, at, kind) VALUES ('nobody', 1, '', '')")
	if err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
		t.Errorf("a fact of no call: %v", err)
	}
}

// Two programs write, many goroutines read: nobody fails, nothing is lost.
func TestConcurrency(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	dbs := []*DB{open(t, Config{Dir: dir}), open(t, Config{Dir: dir})}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				id := string(rune('a'+w)) + FormatTime(time.Now().Add(time.Duration(i)))
				err := dbs[w%2].Tx(ctx, func(tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, "INSERT INTO calls (id, started_at) VALUES ($1, $1) ON CONFLICT (id) DO NOTHING", id+string(rune('a'+i)))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 8 {
		wg.Go(func() {
			for range 50 {
				var n int
				if err := dbs[0].QueryRowContext(ctx, "SELECT COUNT(*) FROM calls").Scan(&n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count(t, dbs[1]); n != 100 {
		t.Errorf("%d of 100 calls", n)
	}
}

// Programs that start on a fresh folder at the same time must not trip over each other's migrations.
func TestOpenTogether(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := Open(context.Background(), Config{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestBusy(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	a, b := open(t, Config{Dir: dir}), open(t, Config{Dir: dir, BusyTimeout: 20 * time.Millisecond})
	tx, err := a.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.ExecContext(ctx, insertCall, "a", "")
	if !errors.Is(err, ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err = b.ExecContext(ctx, insertCall, "a", ""); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Tx(ctx, func(tx *sql.Tx) error {
		for i := range 5000 {
			if _, err := tx.ExecContext(ctx, insertCall, FormatTime(time.Unix(int64(i), 0)), FormatTime(time.Unix(int64(i), 0))); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(db.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	for at := int64(40 * 4096); at < info.Size(); at += 5 * 4096 { // the schema's pages stay whole
		if _, err := f.WriteAt(slices.Repeat([]byte{0xA5}, 4096), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	damaged := open(t, Config{Dir: dir})
	if err := damaged.Check(ctx); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("%v", err)
	}
}

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	release, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockDir(dir); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second service: %v", err)
	}
	release()
	release, err = LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := LockDir("/proc/acotel"); !errors.Is(err, ErrFolder) {
		t.Errorf("%v", err)
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 5, 14, 9, 30, 0, 123456789, time.FixedZone("", 7200))
	s := FormatTime(at)
	if s != "2026-05-14T07:30:00.123456Z" {
		t.Error(s)
	}
	back, err := ParseTime(s)
	if err != nil || !back.Equal(at.Truncate(time.Microsecond)) {
		t.Error(back, err)
	}
	if _, err := ParseTime("yesterday"); err == nil {
		t.Error("yesterday was read")
	}
}

// A disk that is full: the error says so, and with space again the same database works on. With root rights the disk is
// a small one in memory; else SQLite's own limit stands in for it.
func TestDiskFull(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	free := mountSmallDisk(t, dir)
	db := open(t, Config{Dir: dir})
	if free == nil {
		if _, err := db.Writer().ExecContext(ctx, "PRAGMA max_page_count = 60"); err != nil {
			t.Fatal(err)
		}
		free = func() {
			if _, err := db.Writer().ExecContext(ctx, "PRAGMA max_page_count = 1000000"); err != nil {
				t.Fatal(err)
			}
		}
	}
	var err error
	written := 0
	for ; err == nil && written < 10_000; written++ {
		_, err = db.ExecContext(ctx, "INSERT INTO calls (id, started_at, called) VALUES ($1, '', $2)", FormatTime(time.Unix(int64(written), 0)), strings.Repeat("x", 2000))
	}
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "free some space") {
		t.Fatalf("after %d calls: %v", written, err)
	}
	if n := count(t, db); n != written-1 {
		t.Errorf("%d calls are there, %d were committed", n, written-1)
	}
	free()
	if _, err := db.ExecContext(ctx, insertCall, "after", ""); err != nil {
		t.Error(err)
	}
	if err := db.Check(ctx); err != nil {
		t.Error(err)
	}
}
