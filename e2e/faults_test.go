package e2e

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"

	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/store"
)

// In each test of this file a link of the chain is broken for real while a caller talks; docs/diagnosis.md lists what the caller hears
// and what the operator sees.

// serveQuickly lets the voice speak fast: what is said counts here, not how long it takes.
func serveQuickly(t *testing.T, data string, args ...string) *service {
	t.Helper()
	return serve(t, data, append(args, "--set", "tts.words_per_minute=380", "--set", "check.call_minutes=0")...)
}

// searched is what the service says, whatever it has found, when the search is over.
const searched = "[touches 84000]"

// duringCall makes a call and runs breakIt as soon as the service's side of the conversation holds text.
func (s *service) duringCall(text string, breakIt func(), steps ...string) callReport {
	s.t.Helper()
	type ended struct {
		r   callReport
		err error
	}
	over := make(chan ended, 1)
	go func() {
		r, err := s.tryCall(steps...)
		over <- ended{r, err}
	}()
	eventually(s.t, time.Minute, func() string {
		if !strings.Contains(s.outText(), text) {
			return "nobody said " + text + "\n" + s.outText() + s.logText()
		}
		return ""
	})
	breakIt()
	e := <-over
	s.t.Logf("conversation\n%s", s.outText())
	if e.err != nil {
		s.t.Fatal(e.err)
	}
	return e.r
}

// wentOn tells whether a call with a fault was led to its end by the service, and the caller never heard silence for long.
func (s *service) wentOn(r callReport) {
	s.t.Helper()
	if r.Status != 200 || r.EndedBy != "remote" || r.Heard.SpeechSeconds < 15 {
		s.t.Errorf("ended by %s, status %d, %.1f s of speech heard", r.EndedBy, r.Status, r.Heard.SpeechSeconds)
	}
	if out := s.outText(); strings.Contains(out, "souci technique") || !strings.Contains(out, "(goodbye)") {
		s.t.Errorf("the call was not led to its end\n%s", out)
	}
}

// complete waits for the one trace of a call that reached its end.
func (s *service) complete(args ...string) trace {
	s.t.Helper()
	var found trace
	eventually(s.t, 30*time.Second, func() string {
		list := traces(s.t, s.data, args...)
		if len(list) != 1 {
			return fmt.Sprintf("%d traces", len(list))
		}
		if found = list[0]; found.EndedBy == nil {
			return "the call has no end"
		}
		for _, want := range []string{"requete", "efficace", "traite", "abouti", "evalue"} {
			if !found.has(want) {
				return "the call is " + strings.Join(found.Statuses, ", ") + ", not " + want
			}
		}
		return ""
	})
	if *found.EndedBy != "local" || found.PostalCode == nil || *found.PostalCode != "84000" {
		s.t.Errorf("trace %+v", found)
	}
	return found
}

// spool is the file of facts that wait for the database.
func (s *service) spool() string {
	text, err := os.ReadFile(filepath.Join(s.data, record.SpoolName))
	if err != nil {
		return ""
	}
	return string(text)
}

// TestDatabaseStoppedInMidCall: PostgreSQL is stopped while a caller talks and comes back after the call. The caller hears everything,
// and the numbers in place of an SMS that can't be kept; the trace is complete.
func TestDatabaseStoppedInMidCall(t *testing.T) {
	long(t)
	t.Parallel()
	pg := postgresServer(t)
	s := serveQuickly(t, t.TempDir(), "--set", "data.database="+pg.url)
	r := s.duringCall(searched, pg.stop, completeCall()...)
	s.wentOn(r)
	if !strings.Contains(s.outText(), "n'est pas parti") {
		t.Error("the caller was not told that no SMS is sent")
	}
	if code := s.status("/readyz"); code != http.StatusOK {
		t.Errorf("readyz %d: calls go on without the database", code)
	}
	eventually(t, 10*time.Second, func() string {
		if !strings.Contains(s.spool(), `"ended"`) {
			return "the facts are not kept: " + s.spool()
		}
		return ""
	})
	if n := strings.Count(s.logText(), "facts do not reach the disk"); n != 1 {
		t.Errorf("the log says so %d times\n%s", n, s.logText())
	}
	pg.start()
	if tr := s.complete("--set", "data.database="+pg.url); tr.SMSSent != 0 {
		t.Errorf("trace %+v", tr)
	}
	eventually(t, 10*time.Second, func() string { return s.spool() })
	eventually(t, 20*time.Second, func() string {
		if !strings.Contains(s.logText(), "the database's lock is held again") {
			return "another service could take the database"
		}
		return ""
	})
	if r := s.call("--max", "3s"); r.Status != 200 {
		t.Errorf("the next call: %+v", r)
	}
}

// TestKilledWithoutItsDatabase: PostgreSQL is stopped, then the service is killed, both in mid-call; what happened is known after the
// restart of both.
func TestKilledWithoutItsDatabase(t *testing.T) {
	long(t)
	t.Parallel()
	pg := postgresServer(t)
	data := t.TempDir()
	s := serveQuickly(t, data, "--set", "data.database="+pg.url)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = s.tryCall("--from", "0639980001", "--dtmf", "84000#", "--max", "50s")
	}()
	eventually(t, time.Minute, func() string {
		if !strings.Contains(s.outText(), "service ") {
			return "no call"
		}
		return ""
	})
	pg.stop()
	eventually(t, time.Minute, func() string {
		if !strings.Contains(s.spool(), `"search"`) {
			return "the search is not kept\n" + s.spool() + s.logText()
		}
		return ""
	})
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.done
	pg.start()
	again := serveQuickly(t, data, "--set", "data.database="+pg.url)
	list := traces(t, data, "--set", "data.database="+pg.url)
	if len(list) != 1 || !list[0].has("interrompu") || !list[0].has("efficace") || list[0].PostalCode == nil || *list[0].PostalCode != "84000" {
		t.Errorf("traces %+v", list)
	}
	if again.spool() != "" {
		t.Error("the spool is still there")
	}
	<-over
}

// TestDatabaseLockedInMidCall: another program writes to the SQLite file for the whole rest of the call.
func TestDatabaseLockedInMidCall(t *testing.T) {
	long(t)
	t.Parallel()
	s := serveQuickly(t, t.TempDir())
	var tx *sql.Tx
	r := s.duringCall(searched, func() {
		db, err := store.Open(t.Context(), store.Config{Dir: s.data})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if tx, err = db.BeginTx(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}, completeCall()...)
	s.wentOn(r)
	if !strings.Contains(s.outText(), "n'est pas parti") {
		t.Error("the caller was not told that no SMS is sent")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.complete()
	if strings.Contains(s.outText(), "SMS       ") {
		t.Error("the message was kept after all")
	}
}

// smallDisk mounts a file system of its own of that size.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fold cuts the write-ahead log back to nothing, so that it has no room of its own any more.
func fold(t *testing.T, data string) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	eventually(t, 20*time.Second, func() string {
		var busy, log, done int
		if err := db.Writer().QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil || busy != 0 {
			return fmt.Sprintf("the log can't be folded in: %d %v", busy, err)
		}
		return ""
	})
}

// fill writes to a disk until nothing more goes on it; free takes that away again.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<16); ; {
		if _, err = f.Write(block); err != nil {
			if len(block) == 1 {
				break
			}
			block = block[:len(block)/2]
		}
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}

// TestDiskFullInMidCall: the disk of the data folder takes no byte more. The caller hears everything; when there is room again the
// trace is complete.
func TestDiskFullInMidCall(t *testing.T) {
	long(t)
	t.Parallel()
	s := serveQuickly(t, smallDisk(t, "64m"), "--set", "check.free_mb=1")
	var free func()
	r := s.duringCall(searched, func() {
		fold(t, s.data)
		free = fill(t, s.data)
	}, completeCall()...)
	s.wentOn(r)
	if report, code := s.check(); code != 1 {
		t.Errorf("check: status %d, %+v", code, report)
	} else if state, reason := report.state("disk"); state != "broken" {
		t.Errorf("the disk is %s: %s", state, reason)
	}
	if !strings.Contains(s.logText(), "the disk is full") {
		t.Errorf("the log says nothing of the disk\n%s", s.logText())
	}
	free()
	s.complete()
}

// TestBrokenLinkIsToldInMidCall: where lines are closed for the disk, who talks is told as soon as it is full, and who rings next at once.
func TestBrokenLinkIsToldInMidCall(t *testing.T) {
	t.Parallel()
	s := serveQuickly(t, smallDisk(t, "64m"), "--set", "check.free_mb=1", "--set", "check.seconds=1", "--set", "check.fails=1",
		"--set", "check.close=[disk]")
	var free func()
	r := s.duringCall(searched, func() {
		fold(t, s.data)
		free = fill(t, s.data)
	}, "--from", "0639980001", "--dtmf", "84000#", "--linger", "40s")
	if r.EndedBy != "remote" || strings.Count(s.outText(), "souci technique") != 1 {
		t.Errorf("ended by %s", r.EndedBy)
	}
	if r := s.call("--max", "30s"); r.EndedBy != "remote" || r.Heard.SpeechSeconds < 2 || strings.Count(s.outText(), "souci technique") != 2 {
		t.Errorf("the next caller: ended by %s, %.1f s of speech", r.EndedBy, r.Heard.SpeechSeconds)
	}
	free()
	eventually(t, 20*time.Second, func() string {
		out, _, _ := program(t, "", "traces", "--json", "--data", s.data)
		if n := strings.Count(out, `"link":"disk"`) + strings.Count(out, `"link": "disk"`); n != 2 {
			return fmt.Sprintf("%d of 2 calls have the disk as incident\n%s", n, out)
		}
		return ""
	})
	eventually(t, 20*time.Second, func() string {
		if code := s.status("/readyz"); code != http.StatusOK {
			return fmt.Sprintf("readyz %d after there is room again", code)
		}
		return ""
	})
}

// smsServer takes text messages by HTTP; its listener can be closed and opened again on the same port.
type smsServer struct {
	t    *testing.T
	addr string
	srv  *http.Server
	took atomic.Int32
}

func newSMSServer(t *testing.T) *smsServer {
	s := &smsServer{t: t, addr: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *smsServer) open() {
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.srv = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.took.Add(1)
	})}
	go func() { _ = s.srv.Serve(ln) }()
}

func (s *smsServer) close() { _ = s.srv.Close() }

// TestSMSProviderGoneInMidCall: the provider's socket is closed while a caller talks. The message waits in the outbox and is sent, once,
// when the provider is back.
func TestSMSProviderGoneInMidCall(t *testing.T) {
	long(t)
	t.Parallel()
	provider := newSMSServer(t)
	s := serveQuickly(t, t.TempDir(), "--set", "sms.provider=http", "--set", "sms.http.url=http://"+provider.addr+"/send?to={{query .To}}&text={{query .Text}}")
	r := s.duringCall(searched, provider.close, completeCall()...)
	s.wentOn(r)
	if tr := s.complete(); tr.SMSSent != 0 || provider.took.Load() != 0 {
		t.Errorf("%d messages were sent, trace %+v", provider.took.Load(), tr)
	}
	// Once the check has seen it, no message is promised to who rings next.
	if r, _ := s.check(); r.OK {
		t.Error("the check does not see it")
	}
	before := strings.Count(s.outText(), "par SMS")
	s.call("--from", "0639980002", "--dtmf", "84000#", "--dtmf", "1", "--dtmf", "1", "--dtmf", "3", "--dtmf", "2", "--linger", "1s")
	if out := s.outText(); strings.Count(out, "par SMS") != before || !strings.Contains(out, "répète le numéro") {
		t.Errorf("a message was offered that can't be sent\n%s", out)
	}
	provider.open()
	eventually(t, time.Minute, func() string {
		sent := 0
		for _, tr := range traces(t, s.data) {
			sent += tr.SMSSent
		}
		if sent != 1 {
			s.check() // who sees that the provider is back lets the message go at once
			return fmt.Sprintf("%d messages left\n%s", sent, s.logText())
		}
		return ""
	})
	if n := provider.took.Load(); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestDataGoneInMidCall: the source of the workshops falls silent in the middle of an answer, and the stored copy is torn out of the
// database, while a caller waits for the search: the copy in memory serves.
func TestDataGoneInMidCall(t *testing.T) {
	long(t)
	t.Parallel()
	var silent atomic.Bool
	site, n := townSite(t)
	n.Store(12)
	answer := site.Config.Handler
	site.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write([]byte(`{"ateliers": [{"ref"`))
			panic(http.ErrAbortHandler) // the connection is cut
		}
		answer.ServeHTTP(w, r)
	})
	config := file(t, "acotel.yaml", `
workshops:
  source:
    kind: json
    url: `+site.URL+`/api
    items: ateliers
    retries: 0
    fields: {id: ref, title: nom, theme: theme, date: jour, start: heure, postal_code: cp, city: ville, phone: tel}
`)
	s := serveQuickly(t, t.TempDir(), "-c", config)
	r := s.duringCall("service ", func() {
		silent.Store(true)
		if out, errOut, code := program(t, "", "workshops", "refresh", "-c", config, "--data", s.data); code != 1 {
			t.Errorf("refresh from a source that breaks off: %s%s", out, errOut)
		}
		db, err := store.Open(t.Context(), store.Config{Dir: s.data})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, table := range []string{"workshops", "workshop_meta"} {
			if _, err := db.ExecContext(t.Context(), "DROP TABLE "+table); err != nil {
				t.Fatal(err)
			}
		}
	}, "--from", "0639980001", "--dtmf", "84000#", "--linger", "12s")
	if r.Status != 200 || strings.Contains(s.outText(), "souci technique") || !strings.Contains(s.outText(), "Atelier mémoire") {
		t.Errorf("report %+v\n%s", r, s.logText())
	}
	eventually(t, 10*time.Second, func() string {
		if list := traces(t, s.data); len(list) == 1 && list[0].has("efficace") {
			return ""
		}
		return "the search had no result"
	})
	eventually(t, 10*time.Second, func() string {
		if !strings.Contains(s.logText(), "the stored workshops can't be read again, the loaded ones serve") {
			return "the log says nothing of the copy\n" + s.logText()
		}
		return ""
	})
}
