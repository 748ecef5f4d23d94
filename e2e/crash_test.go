package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// kill -9 in the middle of a call, then a restart: the earlier facts of the call
// are there, it is closed as interrupted, the database is sound.
func TestKilledInMidCall(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = s.tryCall("--from", "0639980001", "--dtmf", "84000#", "--max", "40s")
	}()
	eventually(t, 40*time.Second, func() string {
		for _, tr := range traces(t, data) {
			if tr.PostalCode != nil {
				return ""
			}
		}
		return "the place was never found"
	})
	time.Sleep(time.Second)
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.done

	again := serve(t, data)
	list := traces(t, data)
	if len(list) != 1 {
		t.Fatalf("%d traces", len(list))
	}
	if tr := list[0]; !tr.has("interrompu") || tr.PostalCode == nil || *tr.PostalCode != "84000" || tr.EndedBy == nil {
		t.Errorf("trace %+v", tr)
	}
	if r := again.call("--max", "3s"); r.Status != 200 {
		t.Errorf("the restarted service does not answer: %+v", r)
	}
	<-done
}

// SIGTERM: no new calls, the one in progress goes on to its end, then exit 0.
func TestSIGTERMDrains(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	first := make(chan callReport, 1)
	go func() { r, _ := s.tryCall("--max", "12s"); first <- r }()
	s.talking(1)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, func() string {
		if !strings.Contains(s.logText(), "sip: draining") {
			return "no drain\n" + s.logText()
		}
		return ""
	})
	if r, err := s.tryCall(); err == nil || r.Status != 503 {
		t.Errorf("a new call during the drain: %+v, %v", r, err)
	}
	if r := <-first; r.Status != 200 || r.EndedBy != "local" || r.Heard.Seconds < 8 {
		t.Errorf("the call in progress: %+v", r)
	}
	select {
	case <-s.done:
		if s.err != nil {
			t.Errorf("exit: %v\n%s", s.err, s.logText())
		}
	case <-time.After(30 * time.Second):
		t.Error("serve does not end after its last call")
	}
}
