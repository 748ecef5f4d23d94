package privacy

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/capture"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	today = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	whole = personal.NewPhone("+33639981234")
)

// campaign stores a complete call for each of the days before today, with a message, all of one caller, and gives the database and its key.
func campaign(t *testing.T, dir string, ages ...int) (*store.DB, *personal.NumberKey) {
	t.Helper()
	db := storetest.OpenIn(t, dir)
	key, err := personal.OpenNumberKey(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rec := record.NewRecorder(db, nil)
	for i, age := range ages {
		id, at := "call-"+string(rune('a'+i)), today.AddDate(0, 0, -age).Add(7*time.Minute+13*time.Second)
		for j, f := range []record.Fact{
			{Kind: record.Presented, Data: map[string]any{"line": "production", "called": "0970000000", "trunk": "operateur", "caller_masked": whole.String(), "caller_hash": key.Hash(whole), "origin": "mobile"}},
			{Kind: record.Answered, Data: map[string]any{"codec": "PCMA"}}, {Kind: record.WelcomeStarted}, {Kind: record.Welcomed},
			{Kind: record.Turn, Data: map[string]any{"who": "caller", "text": "je cherche la mémoire à Avignon, 06 39 98 12 34"}}, {Kind: record.Understood},
			{Kind: record.PlaceAsked}, {Kind: record.PlaceHeard, Data: map[string]any{"try": 1, "text": "Avignon"}},
			{Kind: record.PlaceFound, Data: map[string]any{"insee": "84007", "postal_code": "84000", "region": "sud-est"}},
			{Kind: record.Search, Data: map[string]any{"found": 2}}, {Kind: record.SMSConsent, Data: map[string]any{"words": "oui c'est Jeanne Martin"}},
			{Kind: record.SMSSent, Data: map[string]any{"key": id}}, {Kind: record.Goodbye}, {Kind: record.RatingAsked, Data: map[string]any{"question": "1"}},
			{Kind: record.Rated, Data: map[string]any{"question": "1", "mark": 4}}, {Kind: record.Ended, Data: map[string]any{"by": "remote"}},
		} {
			f.CallID, f.At = id, at.Add(time.Duration(j)*5*time.Second)
			rec.Add(f)
		}
		_, err := db.ExecContext(t.Context(), `INSERT INTO sms_outbox (key, call_id, recipient, recipient_masked, body, segments, encoding, consent, consent_at, state, created_at, next_attempt,
			expires_at, reported, recipient_hash) VALUES ($1, $1, '', $2, 'Votre atelier', 1, 'GSM-7', 'oui', $3, 'sent', $3, $3, $3, TRUE, $4)`, id, whole.String(), store.FormatTime(at), key.Hash(whole))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return db, key
}

func figures(t *testing.T, db *store.DB) (all string) {
	t.Helper()
	var out strings.Builder
	for _, q := range []record.Query{{By: record.By("half-hour")}, {By: record.By("month"), Group: []record.Group{record.GroupStatus}}, {Group: []record.Group{record.GroupRegion, record.GroupOrigin}}} {
		q.From, q.To, q.Now = today.AddDate(0, 0, -450), today.AddDate(0, 0, 1), today
		s, err := record.ComputeStats(t.Context(), db, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.WriteJSON(&out); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func number(t *testing.T, db *store.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPurgeDestroysByKindAndKeepsTheFigures(t *testing.T) {
	dir := t.TempDir()
	db, _ := campaign(t, dir, 1, 95, 200, 420)
	before := figures(t, db)
	p := &Purger{DB: db, Ledger: OpenLedger(db, dir), Dir: dir, Keep: config.Default().Privacy.Retention, Capture: 24 * time.Hour, Now: func() time.Time { return today }}
	if err := os.MkdirAll(filepath.Join(dir, Backups), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]int{BackupPrefix + "old.zip": 40, BackupPrefix + "new.zip": 3, "mine.txt": 400} {
		file := filepath.Join(dir, Backups, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, today, today.AddDate(0, 0, -age)); err != nil {
			t.Fatal(err)
		}
	}
	told, err := p.Run(t.Context(), "test", true)
	if err != nil {
		t.Fatal(err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM calls WHERE anonymous") + number(t, db, "SELECT COUNT(*) FROM ledger"); n != 0 {
		t.Fatalf("a dry run changed %d rows", n)
	}
	done, err := p.Run(t.Context(), "test", false)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"transcripts": 6, "numbers": 3, "calls": 1, "sms": 3, "blocked": 0, "audit": 0, "captures": 0, "backups": 1}
	for i, d := range done.Destroyed {
		if d.Count != want[d.Kind] || told.Destroyed[i].Count != d.Count || (d.Count > 0) != (d.From != nil) {
			t.Errorf("%s: %d, told %d, want %d", d.Kind, d.Count, told.Destroyed[i].Count, want[d.Kind])
		}
	}
	if after := figures(t, db); before != after {
		t.Error("the purge changed figures")
	}
	for what, q := range map[string]string{
		"words of 200 days":  "SELECT COUNT(*) FROM facts WHERE at < '2026-06-01' AND (data LIKE '%\"text\"%' OR data LIKE '%\"words\"%')",
		"numbers of 95 days": "SELECT COUNT(*) FROM calls WHERE started_at < '2026-08-30' AND (caller_masked <> '' OR caller_hash <> '')",
		"numbers in facts":   "SELECT COUNT(*) FROM facts WHERE at < '2026-08-30' AND (data LIKE '%caller_hash%' OR data LIKE '%caller_masked%')",
		"facts of 420 days":  "SELECT COUNT(*) FROM facts WHERE at < '2025-10-20'",
		"identity of a call": "SELECT COUNT(*) FROM calls WHERE anonymous AND (id LIKE 'call-%' OR postal_code IS NOT NULL OR trunk <> '' OR started_at NOT LIKE '%:00:00.000000Z')",
	} {
		if n := number(t, db, q); n != 0 {
			t.Errorf("%s: %d left", what, n)
		}
	}
	if n := number(t, db, "SELECT COUNT(*) FROM facts WHERE call_id = 'call-a' AND data LIKE '%\"text\"%'"); n != 2 {
		t.Errorf("the call of yesterday has %d texts", n)
	}
	if left, err := os.ReadDir(filepath.Join(dir, Backups)); err != nil || len(left) != 2 || left[0].Name() != BackupPrefix+"new.zip" {
		t.Errorf("backups left: %v, %v", left, err)
	}
	// What is summed again from the facts left is the same.
	for _, id := range []string{"call-b", "call-c"} {
		if _, err := record.Recompute(t.Context(), db, id); err != nil {
			t.Fatal(err)
		}
	}
	if after := figures(t, db); before != after {
		t.Error("figures differ once computed again")
	}
	again, err := p.Run(t.Context(), "test", false)
	if err != nil || again.Count() != 0 {
		t.Errorf("a second purge destroys %d: %v", again.Count(), err)
	}
	certificates, err := p.Ledger.Entries(t.Context(), Certificate)
	if err != nil || len(certificates) != 1 {
		t.Fatalf("%d certificates, %v", len(certificates), err)
	}
	kept, ok, err := ContentOf[Purge](certificates[0])
	var text strings.Builder
	if err != nil || !ok || kept.Count() != done.Count() || kept.WriteText(&text) != nil || !strings.Contains(text.String(), "Transcriptions") {
		t.Errorf("%v: %s", err, text.String())
	}
	if _, _, err := p.Ledger.Verify(t.Context(), certificates[0].Hash); err != nil {
		t.Error(err)
	}
}

// What is deleted minutes after its time, not at the hourly purge, has its certificate too.
func TestDeletedSoundHasItsCertificate(t *testing.T) {
	dir := t.TempDir()
	db := storetest.OpenIn(t, dir)
	p := &Purger{DB: db, Ledger: OpenLedger(db, dir), Dir: dir, Capture: 48 * time.Hour, Now: func() time.Time { return today }}
	if err := p.CapturesGone(t.Context(), "serve", []capture.File{{Call: "a", At: today.Add(-50 * time.Hour)}, {Call: "b", At: today.Add(-49 * time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	if err := p.RecordingsGone(t.Context(), "serve", 3, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	list, err := p.Ledger.Entries(t.Context(), Certificate)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d certificates, %v", len(list), err)
	}
	var text strings.Builder
	for _, e := range list {
		c, ok, err := ContentOf[Purge](e)
		if err != nil || !ok || c.WriteText(&text) != nil {
			t.Errorf("%+v, %v", c, err)
		}
	}
	for _, want := range []string{"2  Captures de diagnostic (signalisation et son), du 26/11/2026 au 26/11/2026 (conservation : 2 jours)", "3  Enregistrements du téléphone d'essai (son) (conservation : 1 jour)", "par serve"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
}

func TestAccessAndErasureOfOneNumber(t *testing.T) {
	dir := t.TempDir()
	db, _ := campaign(t, dir, 1, 2)
	if err := personal.Rotate(dir, rand.Reader); err != nil { // calls of before stay findable
		t.Fatal(err)
	}
	key, err := personal.OpenNumberKey(dir, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	n := &Numbers{DB: db, Dir: dir, Key: key, Now: func() time.Time { return today }}
	before := figures(t, db)
	captures := map[string]bool{"20261127T120713Z_call-a.pcapng": false, "20261126T120713Z_call-b.pcapng": false, "20261126T120713Z_call-of-another.pcapng": true}
	for name := range captures {
		if err := os.MkdirAll(filepath.Join(dir, "captures"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "captures", name), []byte("From: <tel:+33639981234>"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := n.Access(t.Context(), whole)
	if err != nil || len(d.Calls) != 2 || len(d.SMS) != 2 || len(d.Calls[0].Facts) < 10 || len(d.Captures) != 2 {
		t.Fatalf("%d calls, %d messages, %d captures, %v", len(d.Calls), len(d.SMS), len(d.Captures), err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range append(personal.Written(whole.Reveal()), "Jeanne", key.Hash(whole)) {
		if strings.Contains(string(text), form) {
			t.Errorf("the dossier shows %q", form)
		}
	}
	if other, err := n.Access(t.Context(), personal.NewPhone("+33639985678")); err != nil || len(other.Calls)+len(other.SMS) != 0 {
		t.Errorf("another number has calls: %v", err)
	}
	e, err := n.Erase(t.Context(), whole)
	if err != nil || e.Calls != 2 || e.SMS != 2 || e.Captures != 2 || e.InProgress != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	for name, stays := range captures {
		if _, err := os.Stat(filepath.Join(dir, "captures", name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d, err = n.Access(t.Context(), whole); err != nil || len(d.Calls)+len(d.SMS)+len(d.Captures) != 0 {
		t.Errorf("left: %d calls, %v", len(d.Calls), err)
	}
	if left := number(t, db, "SELECT COUNT(*) FROM facts"); left != 0 {
		t.Errorf("%d facts left", left)
	}
	if before != figures(t, db) {
		t.Error("the erasure changed figures")
	}
}

func TestLedgerShowsTampering(t *testing.T) {
	// guarded says whether triggers must refuse the change by themselves; then they are taken away, as somebody with all rights could.
	for _, c := range []struct{ name, change string }{
		{"content changed", `UPDATE ledger SET content = '{"actor":"nobody"}' WHERE seq = 2`},
		{"content and its hash changed", `UPDATE ledger SET content = '{}', content_hash = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' WHERE seq = 2`},
		{"moment changed", `UPDATE ledger SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 2`},
		{"first removed", `DELETE FROM ledger WHERE seq = 1`},
		{"middle removed", `DELETE FROM ledger WHERE seq = 2`},
		{"end cut off", `DELETE FROM ledger WHERE seq = 3`},
		{"all removed", `DELETE FROM ledger`},
		{"replaced", `INSERT INTO ledger (seq, at, kind, content, content_hash, prev, hash) SELECT seq, at, kind, '{}', content_hash, prev, hash FROM ledger WHERE seq = 2
			ON CONFLICT (seq) DO UPDATE SET content = excluded.content`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := storetest.OpenIn(t, dir)
			l := OpenLedger(db, dir)
			for _, action := range []string{"access", "erase", "export"} {
				if err := l.Act(t.Context(), "test", action, map[string]any{"number": whole}); err != nil {
					t.Fatal(err)
				}
			}
			if !db.Postgres() { // its REPLACE is none of its DELETEs
				if _, err := db.ExecContext(t.Context(), "REPLACE INTO ledger SELECT seq, at, kind, '{}', content_hash, prev, hash FROM ledger WHERE seq = 2"); err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Fatalf("the database lets an entry be replaced: %v", err)
				}
			}
			if n, head, err := l.Verify(t.Context(), ""); err != nil || n != 3 || len(head) != 64 {
				t.Fatalf("%d, %q, %v", n, head, err)
			}
			if _, err := db.ExecContext(t.Context(), c.change); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Fatalf("the database lets it be changed: %v", err)
			}
			disarm(t, db)
			if _, err := db.ExecContext(t.Context(), c.change); err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.Verify(t.Context(), ""); !errors.Is(err, ErrTampered) {
				t.Errorf("not noticed: %v", err)
			}
		})
	}
}

// disarm takes the triggers away.
func disarm(t *testing.T, db *store.DB) {
	t.Helper()
	statements := []string{"DROP TRIGGER ledger_no_update", "DROP TRIGGER ledger_no_delete", "DROP TRIGGER ledger_no_replace"}
	if db.Postgres() {
		statements = []string{"DROP TRIGGER ledger_no_change ON ledger"}
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLedgerLetsContentGoAndKeepsTheChain(t *testing.T) {
	dir := t.TempDir()
	db := storetest.OpenIn(t, dir)
	l := OpenLedger(db, dir)
	l.now = func() time.Time { return today.AddDate(-4, 0, 0) }
	if err := l.Act(t.Context(), "test", "access", nil); err != nil {
		t.Fatal(err)
	}
	l.now = func() time.Time { return today }
	p := &Purger{DB: db, Ledger: l, Dir: dir, Keep: config.Default().Privacy.Retention, Capture: time.Hour, Now: l.now}
	if done, err := p.Run(t.Context(), "test", false); err != nil || done.Count() != 1 {
		t.Fatalf("%d, %v", done.Count(), err)
	}
	if n, _, err := l.Verify(t.Context(), ""); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	list, err := l.Entries(t.Context(), Audit)
	if err != nil || len(list) != 1 || string(list[0].Content) != "null" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestManyWritersOneChain(t *testing.T) {
	dir := t.TempDir()
	db := storetest.OpenIn(t, dir)
	done := make(chan error)
	for range 4 {
		go func() {
			var err error
			for range 5 {
				err = errors.Join(err, OpenLedger(db, dir).Act(context.Background(), "test", "access", nil))
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := number(t, db, "SELECT COUNT(*) FROM ledger"); n != 20 {
		t.Errorf("%d entries", n)
	}
	var prev sql.NullString
	if err := db.QueryRowContext(t.Context(), "SELECT a.hash FROM ledger a LEFT JOIN ledger b ON b.prev = a.hash WHERE b.seq IS NULL").Scan(&prev); err != nil {
		t.Error(err)
	}
}

func TestRegisterNamesEveryOutsideService(t *testing.T) {
	c := config.Default()
	var quiet strings.Builder
	if err := WriteRegister(&quiet, c); err != nil || !strings.Contains(quiet.String(), "rien ne sort de la machine") {
		t.Errorf("%v\n%s", err, quiet.String())
	}
	c.SMS.Provider, c.SMS.HTTP.URL = "http", "https://sms.example.org/send?password=swordfish"
	c.ASR.Backends, c.ASR.OpenAI.URL = []string{"openai"}, "https://user:swordfish@asr.example.org/v1"
	c.Dialog.NLU.Model.URL = "https://llm.example.org/v1"
	c.Data.Database = "postgres://u:swordfish@db/x"
	c.Privacy.Retention.SMSDays = 77
	var out strings.Builder
	if err := WriteRegister(&out, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sms.example.org", "asr.example.org", "llm.example.org", "PostgreSQL", "77 jours"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(out.String(), "swordfish") {
		t.Error("the register shows a secret")
	}
}
