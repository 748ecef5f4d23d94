package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

// fresh opens an empty instance on SQLite, whatever the tests run on.
func fresh(t *testing.T, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestBackupComesBackTheSame(t *testing.T) {
	for _, c := range []struct {
		name string
		into func(t *testing.T, dir string) store.Config
	}{
		{"same database", func(t *testing.T, dir string) store.Config { return storetest.In(t, dir) }},
		{"into SQLite", func(_ *testing.T, dir string) store.Config { return store.Config{Dir: dir} }},
		{"into PostgreSQL", func(t *testing.T, dir string) store.Config { return store.Config{Dir: dir, URL: storetest.Schema(t)} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db, key := campaign(t, dir, 1, 200)
			if err := OpenLedger(db, dir).Act(t.Context(), "test", `with "quotes"`, map[string]any{"odd": "a\r\nb\\N\x00é"}); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "b.zip")
			made, err := Backup(t.Context(), db, dir, file, today)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			other := t.TempDir()
			back := fresh(t, c.into(t, other))
			if _, err := Restore(t.Context(), back, other, file); err != nil {
				t.Fatal(err)
			}
			if figures(t, db) != figures(t, back) {
				t.Error("the figures differ")
			}
			var one, two bytes.Buffer
			for db, w := range map[*store.DB]*bytes.Buffer{db: &one, back: &two} {
				if err := record.WriteJSON(w, record.Traces(t.Context(), db, record.Filter{})); err != nil {
					t.Fatal(err)
				}
			}
			if one.String() != two.String() || one.Len() < 100 {
				t.Error("the traces differ")
			}
			again, err := personal.OpenNumberKey(other, strings.NewReader(""))
			if err != nil || again.Hash(whole) != key.Hash(whole) {
				t.Errorf("the key: %v", err)
			}
			if n, _, err := OpenLedger(back, other).Verify(t.Context(), ""); err != nil || n != 1 {
				t.Errorf("the ledger: %d, %v", n, err)
			}
			// A second backup, of what came back, has the same rows.
			twice, err := Backup(t.Context(), back, other, filepath.Join(t.TempDir(), "c.zip"), today)
			if err != nil || !reflect.DeepEqual(made.Tables, twice.Tables) || !reflect.DeepEqual(made.Schema, twice.Schema) {
				t.Errorf("%+v\n%+v\n%v", made.Tables, twice.Tables, err)
			}
			if _, err := Restore(t.Context(), back, other, file); !errors.Is(err, store.ErrNotEmpty) {
				t.Errorf("over data: %v", err)
			}
		})
	}
}

// A backup made while facts are written holds whole transactions: each call in it has its facts.
func TestBackupWhileTheServiceWrites(t *testing.T) {
	dir := t.TempDir()
	db, _ := campaign(t, dir, 1)
	rec := record.NewRecorder(db, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			id := "busy-" + time.Duration(i).String()
			for _, k := range []record.Kind{record.Presented, record.Answered, record.Ended} {
				rec.Add(record.Fact{CallID: id, Kind: k})
			}
			_ = rec.Flush(ctx) // an end of the test is no error
		}
	}()
	file := filepath.Join(t.TempDir(), "b.zip")
	_, err := Backup(t.Context(), db, dir, file, today)
	stop()
	<-done
	if err = errors.Join(err, rec.Close()); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	back := fresh(t, store.Config{Dir: other})
	if _, err := Restore(t.Context(), back, other, file); err != nil {
		t.Fatal(err)
	}
	if err := back.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if n := number(t, back, "SELECT COUNT(*) FROM calls c WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.call_id = c.id)"); n != 0 {
		t.Errorf("%d calls without facts", n)
	}
}

func TestDamagedBackupIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, _ := campaign(t, dir, 1)
	file := filepath.Join(t.TempDir(), "b.zip")
	if _, err := Backup(t.Context(), db, dir, file, today); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(name string, content []byte) (string, []byte)
	}{
		{"a row changed", func(n string, b []byte) (string, []byte) {
			if n == "tables/calls.jsonl" {
				b = bytes.Replace(b, []byte("sud-est"), []byte("ailleur"), 1)
			}
			return n, b
		}},
		{"a file missing", func(n string, b []byte) (string, []byte) { return strings.Replace(n, "facts", "other", 1), b }},
		{"a name that leads out", func(n string, b []byte) (string, []byte) {
			if n == manifestName {
				b = bytes.Replace(b, []byte(filesFolder+personal.KeyFile), []byte(filesFolder+"../escaped"), 1)
			}
			return n, b
		}},
		{"another format", func(n string, b []byte) (string, []byte) {
			return n, bytes.Replace(b, []byte(`"format": 1`), []byte(`"format": 9`), 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.zip")
			rewrite(t, file, bad, c.change)
			other := t.TempDir()
			back := fresh(t, store.Config{Dir: other})
			if _, err := Restore(t.Context(), back, other, bad); !errors.Is(err, ErrArchive) {
				t.Errorf("%v", err)
			}
			if n := number(t, back, "SELECT COUNT(*) FROM calls"); n != 0 {
				t.Errorf("%d calls of it were taken", n)
			}
		})
	}
}

// rewrite copies an archive with changes.
func rewrite(t *testing.T, from, to string, change func(string, []byte) (string, []byte)) {
	t.Helper()
	z, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name, content := change(f.Name, content)
		e, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), os.WriteFile(to, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}
