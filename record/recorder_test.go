package record

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func database(t *testing.T, dir string) *store.DB {
	t.Helper()
	return storetest.OpenIn(t, dir)
}

// kept adds facts and waits until they are on disk.
func kept(t *testing.T, db *store.DB, facts ...Fact) {
	t.Helper()
	r := NewRecorder(db, nil)
	for _, f := range facts {
		r.Add(f)
	}
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// call gives the facts of one whole call.
func wholeCall(id string, at time.Time, line string) []Fact {
	facts := lived("presented line="+line+" caller_masked=063998•••• origin=mobile", "answered", "welcome_started", "welcomed",
		"understood", "place_found postal_code=84000 region=sud-est", "search found=2", "goodbye", "ended by=local")
	for i := range facts {
		facts[i].CallID = id
		facts[i].At = at.Add(time.Duration(i) * time.Second)
	}
	return facts
}

func listed(t *testing.T, db *store.DB, f Filter) (out []Trace) {
	t.Helper()
	for tr, err := range Traces(t.Context(), db, f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tr)
	}
	return out
}

func TestFactsBecomeTraces(t *testing.T) {
	db := database(t, t.TempDir())
	kept(t, db, wholeCall("a", noon, "production")...)
	kept(t, db, wholeCall("b", noon.Add(time.Hour), "test")...)
	all := listed(t, db, Filter{})
	if len(all) != 2 || all[0].ID != "a" || all[1].ID != "b" {
		t.Fatalf("%+v", all)
	}
	a := all[0]
	if a.Line != "production" || a.Caller != "063998••••" || *a.Origin != "mobile" || *a.DurationS != 7 || *a.PostalCode != "84000" || *a.EndedBy != "local" {
		t.Errorf("%+v", a)
	}
	if !slices.Equal(a.Statuses, []Status{Requete, Efficace, Traite, Abouti}) {
		t.Errorf("%v", a.Statuses)
	}
	if a.StartedAt.Format(time.RFC3339) != "2026-05-04T12:00:00+02:00" {
		t.Errorf("started at %s", a.StartedAt)
	}
	for name, f := range map[string]Filter{
		"line": {Line: "test"}, "id": {ID: "b"}, "from": {From: noon.Add(time.Minute)},
		"status of nobody": {Status: NonEfficace, ID: "b"}, "region of nobody": {Region: "autre"}, "origin of nobody": {Origin: "fixe"},
		"all together": {Region: "sud-est", Origin: "mobile", Status: Efficace, Line: "test"},
	} {
		got := listed(t, db, f)
		if strings.HasSuffix(name, "nobody") {
			if len(got) != 0 {
				t.Errorf("%s: %+v", name, got)
			}
		} else if len(got) != 1 || got[0].ID != "b" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := listed(t, db, Filter{To: noon}); len(got) != 0 {
		t.Errorf("before the first call: %+v", got)
	}
}

// A call's row is there while it goes on, with what is known so far.
func TestCallInProgress(t *testing.T) {
	db := database(t, t.TempDir())
	kept(t, db, wholeCall("a", noon, "production")[:6]...)
	got := listed(t, db, Filter{})
	if len(got) != 1 || got[0].EndedBy != nil || got[0].DurationS != nil || got[0].PostalCode == nil || !slices.Equal(got[0].Statuses, []Status{Traite}) {
		t.Errorf("%+v", got)
	}
}

func TestCrashIsClosedAsInterrupted(t *testing.T) {
	dir := t.TempDir()
	db := database(t, dir)
	kept(t, db, wholeCall("a", noon, "production")[:7]...)
	kept(t, db, wholeCall("b", noon, "production")...)
	n, err := CloseInterrupted(t.Context(), db, noon.Add(24*time.Hour))
	if err != nil || n != 1 {
		t.Fatalf("%d closed, %v", n, err)
	}
	got := listed(t, db, Filter{ID: "a"})[0]
	if *got.EndedBy != "interrupted" || !slices.Contains(got.Statuses, Interrompu) || *got.DurationS != 5 {
		t.Errorf("%+v: it must end at its last sign of life", got)
	}
	if n, err := CloseInterrupted(t.Context(), db, noon.Add(48*time.Hour)); err != nil || n != 0 {
		t.Errorf("again: %d closed, %v", n, err)
	}
}

// Facts that come while the database can't be written wait and are not lost.
func TestRecorderWaitsForTheDatabase(t *testing.T) {
	db := database(t, t.TempDir())
	r := NewRecorder(db, nil)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `CREATE TABLE holds_the_lock (x BIGINT)`); err != nil {
		t.Fatal(err)
	}
	for _, f := range wholeCall("a", noon, "production") {
		r.Add(f)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := r.Flush(short); err == nil {
		t.Error("facts are on a disk that can't be written")
	}
	if r.Pending() == 0 {
		t.Error("nothing waits")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Healthy(); err != nil || r.Dropped() != 0 {
		t.Errorf("%v, %d dropped", err, r.Dropped())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := listed(t, db, Filter{}); len(got) != 1 || got[0].EndedBy == nil {
		t.Errorf("%+v", got)
	}
	r.Add(Fact{CallID: "late", Kind: Presented})
	if r.Dropped() != 1 {
		t.Error("a fact after the end is not counted")
	}
}

func TestWordsAreStoredAnonymised(t *testing.T) {
	dir := t.TempDir()
	db := database(t, dir)
	kept(t, db, Fact{CallID: "a", At: noon, Kind: Presented, Data: map[string]any{"line": "production"}},
		Fact{CallID: "a", At: noon, Kind: Turn, Data: map[string]any{"who": "caller", "text": "je m'appelle Jeanne Martin, au 06 39 98 00 01"}})
	db.Close()
	for _, e := range []string{"acotel.db", "acotel.db-wal"} {
		data, err := os.ReadFile(filepath.Join(dir, e))
		if err != nil {
			continue // the write-ahead log is folded in at the end
		}
		for _, secret := range []string{"Jeanne", "Martin", "39 98 00 01"} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %q", e, secret)
			}
		}
	}
}

func TestReports(t *testing.T) {
	db := database(t, t.TempDir())
	var empty bytes.Buffer
	if err := WriteJSON(&empty, Traces(t.Context(), db, Filter{})); err != nil || strings.TrimSpace(empty.String()) != "[]" {
		t.Errorf("no calls: %q, %v", empty.String(), err)
	}
	const n = tracePage + 5 // more than a page
	var facts []Fact
	for i := range n {
		facts = append(facts, Fact{CallID: fmt.Sprintf("call-%05d", i), At: noon.Add(time.Duration(i/2) * time.Second), Kind: Presented,
			Data: map[string]any{"line": "production", "caller_masked": "=1+1"}})
	}
	kept(t, db, facts...)
	var j, c bytes.Buffer
	if err := WriteJSON(&j, Traces(t.Context(), db, Filter{})); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(j.Bytes(), &rows); err != nil || len(rows) != n {
		t.Fatalf("%d calls, %v", len(rows), err)
	}
	for _, key := range []string{"id", "line", "started_at", "caller", "origin", "duration_s", "steps", "statuses", "region", "postal_code",
		"place_asked", "place_tries", "sms_sent", "mos", "ended_by", "reason", "cause", "wait_s", "incident", "quality"} {
		if _, ok := rows[0][key]; !ok {
			t.Errorf("no %q", key)
		}
	}
	if err := WriteCSV(&c, Traces(t.Context(), db, Filter{})); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(&c).ReadAll()
	if err != nil || len(table) != n+1 || !strings.HasPrefix(table[1][3], "'=") {
		t.Fatalf("%d lines, %v", len(table), err)
	}
}
