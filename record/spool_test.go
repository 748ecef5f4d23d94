package record

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// locked keeps the writing connection of db until release.
func locked(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// spoolOf waits until the spool has n lines and gives them.
func spoolOf(t *testing.T, dir string, n int) []byte {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(dir, SpoolName))
		if err == nil && bytes.Count(text, []byte("\n")) == n {
			return text
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %d facts in the spool: %v\n%s", n, err, text)
		}
	}
}

// Facts that the database does not take are on the disk all the same, without anybody's number or words, until they are in the database.
func TestFactsAreKeptWhileTheDatabaseIsAway(t *testing.T) {
	dir := t.TempDir()
	db := database(t, t.TempDir())
	r := NewRecorder(db, nil, WithSpool(dir))
	release := locked(t, db)
	facts := wholeCall("a", noon, "production")
	facts = append(facts, Fact{CallID: "a", At: noon, Kind: Turn, Data: map[string]any{"who": "caller", "text": "je m'appelle Jeanne Martin, au 06 39 98 00 01"}})
	for _, f := range facts[:4] {
		r.Add(f)
	}
	spoolOf(t, dir, 4)
	for _, f := range facts[4:] { // they come after the first
		r.Add(f)
	}
	text := spoolOf(t, dir, len(facts))
	for _, secret := range []string{"Martin", "39 98 00 01"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the spool holds %q", secret)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, SpoolName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	release()
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, SpoolName)); !os.IsNotExist(err) {
		t.Errorf("the spool is still there: %v", err)
	}
	if got := listed(t, db, Filter{}); len(got) != 1 || got[0].EndedBy == nil {
		t.Errorf("%+v", got)
	}
}

// A recorder that has to stop without its database leaves its facts for the next start.
func TestFactsOfAStopWithoutDatabase(t *testing.T) {
	dir := t.TempDir()
	db := database(t, t.TempDir())
	r := NewRecorder(db, nil, WithSpool(dir))
	release := locked(t, db)
	for _, f := range wholeCall("a", noon, "production") {
		r.Add(f)
	}
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "for the next start") {
		t.Errorf("closed: %v", err)
	}
	release()
	if n, broken, err := Recover(t.Context(), db, dir); err != nil || n != 9 || broken != 0 {
		t.Errorf("%d facts, %d broken, %v", n, broken, err)
	}
	if got := listed(t, db, Filter{}); len(got) != 1 || got[0].EndedBy == nil || *got[0].EndedBy != "local" {
		t.Errorf("%+v", got)
	}
}

func TestRecover(t *testing.T) {
	facts := wholeCall("a", noon, "production")
	var whole bytes.Buffer
	s := spool{path: filepath.Join(t.TempDir(), SpoolName)}
	for _, f := range facts {
		e, err := newEntry(f, strings.ToLower)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.add([]*entry{&e}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	whole.Write(text)
	for _, c := range []struct {
		name          string
		text          string
		known         int // facts that are in the database already
		facts, broken int
		ended         bool
	}{
		{"nothing known", whole.String(), 0, 9, 0, true},
		{"half is known", whole.String(), 5, 4, 0, true},
		{"killed before the file was removed", whole.String(), 9, 0, 0, true},
		{"killed while it was written", whole.String()[:whole.Len()-12], 0, 8, 1, false},
		{"a line of something else", "{}\nrubbish\n" + whole.String(), 0, 9, 2, true},
		{"empty", "", 0, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := database(t, t.TempDir())
			kept(t, db, facts[:c.known]...)
			if err := os.WriteFile(filepath.Join(dir, SpoolName), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			n, broken, err := Recover(t.Context(), db, dir)
			if n != c.facts || broken != c.broken || err != nil {
				t.Errorf("%d facts, %d broken, %v; want %d and %d", n, broken, err, c.facts, c.broken)
			}
			if n, broken, err := Recover(t.Context(), db, dir); n != 0 || broken != 0 || err != nil {
				t.Errorf("again: %d facts, %d broken, %v", n, broken, err)
			}
			got := listed(t, db, Filter{})
			if ended := len(got) == 1 && got[0].EndedBy != nil; ended != c.ended {
				t.Errorf("%+v", got)
			}
			if stored, err := Facts(t.Context(), db, "a"); err != nil || len(stored) != c.known+c.facts {
				t.Errorf("%d facts, %v", len(stored), err)
			}
		})
	}
}

// Where the data folder takes nothing either, facts wait in memory; that is told once.
func TestNoRoomForTheSpool(t *testing.T) {
	var log bytes.Buffer
	db := database(t, t.TempDir())
	r := NewRecorder(db, slog.New(slog.NewTextHandler(&log, nil)), WithSpool(filepath.Join(t.TempDir(), "gone")))
	release := locked(t, db)
	for _, f := range wholeCall("a", noon, "production") {
		r.Add(f)
	}
	r.keepOld(0)
	r.keepOld(0)
	release()
	if err := r.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "in memory alone"); n != 1 {
		t.Errorf("told %d times\n%s", n, log.String())
	}
}

// A spool whose facts could not be written stays.
func TestRecoverGivesUpWithItsContext(t *testing.T) {
	dir := t.TempDir()
	db := database(t, t.TempDir())
	if err := os.WriteFile(filepath.Join(dir, SpoolName), []byte(`{"call":"a","at":"2026-05-04T10:00:00Z","kind":"presented","data":"{}"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Recover(ctx, db, dir); err == nil {
		t.Error("written after the end")
	}
	if n, _, err := Recover(t.Context(), db, dir); n != 1 || err != nil {
		t.Errorf("%d facts, %v: the file must stay until its facts are written", n, err)
	}
}
