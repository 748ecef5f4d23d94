package e2e

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the tables are read past the program

	"github.com/acotel/acotel-sbc/store"
)

// secrets finds what must not be anywhere: telephone numbers in all the ways they are written, and what callers said of themselves.
type secrets struct{ numbers, words []string }

// number is a French number in national form.
func (s *secrets) number(national string) { s.numbers = append(s.numbers, national) }

func (s *secrets) word(text string) { s.words = append(s.words, strings.ToLower(text)) }

// in gives what of b should not be there.
func (s secrets) in(b []byte) (found []string) {
	low := bytes.ToLower(b)
	for _, w := range s.words {
		if at := bytes.Index(low, []byte(w)); at >= 0 {
			found = append(found, fmt.Sprintf("%q", b[max(0, at-40):min(len(b), at+len(w)+20)]))
		}
	}
	for run, at := range digits(b) {
		for _, n := range s.numbers {
			// With its zero or the country's code anywhere in the run; without either the run is the number.
			if strings.Contains(run, n) || strings.Contains(run, "33"+n[1:]) || run == n[1:] || strings.Contains(run, "33"+n) {
				found = append(found, fmt.Sprintf("%q", b[max(0, at-40):min(len(b), at+40)]))
			}
		}
	}
	return found
}

// digits are the runs of nine digits and more, with one space, dot, dash or bracket at most between two, and where they begin.
func digits(b []byte) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		var run []byte
		from, apart := 0, 0
		for i := 0; i <= len(b); i++ {
			var c byte
			if i < len(b) {
				c = b[i]
			}
			switch {
			case c >= '0' && c <= '9':
				if len(run) == 0 {
					from = i
				}
				run, apart = append(run, c), 0
			case len(run) > 0 && apart < 2 && strings.IndexByte(" .-()", c) >= 0:
				apart++
			default:
				if len(run) >= 9 && !yield(string(run), from) {
					return
				}
				run, apart = run[:0], 0
			}
		}
	}
}

// The search for what leaks is worth something only when it finds what is there.
func TestSecretsAreFound(t *testing.T) {
	t.Parallel()
	var s secrets
	s.number("0639980001")
	s.word("Jeanne Martin")
	for _, text := range []string{"tel:0639980001", "06 39 98 00 01", "06.39.98.00.01.", "+33639980001", "sip:+33639980001@x", "0033 6 39 98 00 01", "33639980001", "+33 (0)6 39 98 00 01", "639980001", "je m'appelle jeanne martin"} {
		if len(s.in([]byte(text))) == 0 {
			t.Errorf("%q was not found", text)
		}
	}
	for _, text := range []string{"063998••••", "0639980002", "06 39 98 00", "5639980001", "Jeanne"} {
		if found := s.in([]byte(text)); len(found) > 0 {
			t.Errorf("%q: %v", text, found)
		}
	}
}

// Callers who say who they are, by words and from numbers of all kinds, leave neither behind: not in the log, in a table, in a file of
// the data folder, in an export or a figure (G2, G3).
func TestNothingOfCallersIsKeptInClear(t *testing.T) {
	long(t)
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "check.seconds=0", "--set", "asr.backends=[scripted]", "--set",
		`asr.script=["@open je m'appelle Jeanne Martin mon numéro est le 06 39 98 77 55", "@place j'habite 12 rue du Chat qui Pêche à Avignon mon mail est jeanne@exemple.fr"]`)
	var never secrets
	never.word("Jeanne Martin")
	never.word("rue du Chat qui Pêche")
	never.word("jeanne@exemple.fr")
	never.number("0639980755")
	never.number("0639987755")
	callers := []string{"0639980001", "+33639980002", "0490123456", "0033262123456", "0970123456"}
	var calls sync.WaitGroup
	for _, c := range callers {
		national := strings.NewReplacer("+33", "0", "0033", "0").Replace(c)
		never.number(national)
		args := []string{"--from", c, "--say", "Je m'appelle.", "--say", "J'habite.", "--max", "45s"}
		if c == callers[0] {
			args = completeCall() // and gets its SMS
		}
		calls.Go(func() {
			if _, err := s.tryCall(args...); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	eventually(t, 20*time.Second, func() string {
		list := traces(t, s.data)
		if len(list) != len(callers) {
			return fmt.Sprintf("%d traces", len(list))
		}
		for _, tr := range list {
			if tr.Caller == "063998••••" && tr.SMSSent == 1 {
				return ""
			}
		}
		return "the SMS is not delivered"
	})
	clean := func(where string, b []byte) {
		t.Helper()
		for _, f := range never.in(b) {
			t.Errorf("%s: %s", where, f)
		}
	}
	res, err := http.Get("http://" + s.http + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err = firstOf(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	clean("/metrics", body)
	exports := map[string][]string{
		"traces": {"traces"}, "traces --csv": {"traces", "--csv"}, "traces --xlsx": {"traces", "--xlsx", "x.xlsx"}, "stats": {"stats", "--json", "--group", "origin"},
		"stats --xlsx": {"stats", "--xlsx", "s.xlsx"}, "verbatims": {"verbatims", "--json"}, "report": {"report", "--month", time.Now().Format("2006-01"), "-o", "r.html"}, "export": {"export", "-o", "e.zip"},
		"backup": {"backup", "-o", "b.zip"}, "privacy audit": {"privacy", "audit", "list", "--json"}, "privacy register": {"privacy", "register"},
		"stats --csv": {"stats", "--csv", "--by", "half-hour"}, "privacy certificates": {"privacy", "certificates"}, "privacy breach list": {"privacy", "breach", "list"},
		"privacy access": {"privacy", "access", callers[0], "--json"}, "messages history": {"messages", "history"}, "lines list": {"lines", "list"}, "workshops export": {"workshops", "export"},
		"capture list": {"capture", "list"}, "sms list": {"sms", "list"},
	}
	for name, args := range exports {
		written := ""
		for i, a := range args {
			if strings.Contains(a, ".") {
				written = filepath.Join(t.TempDir(), a)
				args[i] = written
			}
		}
		out, errOut, code := program(t, "", append(args, "--data", s.data)...)
		if code != 0 && !strings.HasPrefix(name, "sms") {
			t.Errorf("%s: status %d, %s", name, code, errOut)
		}
		clean(name, []byte(out+errOut))
		if written != "" {
			b, err := os.ReadFile(written)
			if err != nil {
				t.Fatal(err)
			}
			clean(name, b)
			everyEntry(t, written, func(entry string, b []byte) { clean(name+", "+entry, b) })
		}
	}
	s.stop()
	clean("the log", []byte(s.logText()))
	everyCell(t, filepath.Join(s.data, store.FileName), func(where string, b []byte) { clean(where, b) })
	err = filepath.WalkDir(s.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		clean("file "+d.Name(), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// everyEntry reads the files of a ZIP (or XLSX) file; another file has none.
func everyEntry(t *testing.T, path string, do func(name string, b []byte)) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		return
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err = firstOf(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		do(f.Name, b)
	}
}

// everyCell reads all tables of a SQLite database, columns of bytes as they are and as base64.
func everyCell(t *testing.T, path string, do func(where string, b []byte)) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables, err := store.Strings(t.Context(), db, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil || len(tables) < 5 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	cells := 0
	for _, table := range tables {
		rows, err := db.Query(`SELECT * FROM "` + table + `"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				cells++
				b, isBytes := v.([]byte)
				if !isBytes {
					b = []byte(fmt.Sprint(v))
				}
				do("table "+table+"."+columns[i], b)
				if plain, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(b))); err == nil {
					do("table "+table+"."+columns[i]+" (base64)", plain)
				}
			}
		}
		if err := firstOf(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if cells < 1000 {
		t.Errorf("only %d cells were looked at", cells)
	}
}
