package e2e

import (
	"strings"
	"testing"
	"time"
)

type checkReport struct {
	OK    bool
	Links []struct{ Name, State, Reason, Owner, Since string }
}

func (s *service) check(extra ...string) (checkReport, int) {
	out, errOut, code := program(s.t, "", append([]string{"check", "--data", s.data, "--json", "--max-age", "10s"}, extra...)...)
	if code != 0 && code != 1 {
		s.t.Fatalf("check: status %d\n%s", code, errOut)
	}
	var r checkReport
	decode(s.t, out, &r)
	return r, code
}

func (r checkReport) state(name string) (state, reason string) {
	for _, l := range r.Links {
		if l.Name == name {
			return l.State, l.Reason
		}
	}
	return "", ""
}

// TestCheckMakesItsOwnCall: the whole chain is tested through the SIP socket, understood, and counted nowhere (T1, T7).
func TestCheckMakesItsOwnCall(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	r, code := s.check()
	for name, want := range map[string]string{"call": "ok", "database": "ok", "disk": "ok", "workshops": "ok", "voice": "ok", "sms": "ok", "recogniser": "unknown", "certificate": "unknown"} {
		if state, reason := r.state(name); state != want {
			t.Errorf("%s is %q (%s), want %s", name, state, reason, want)
		}
	}
	if _, reason := r.state("call"); !strings.Contains(reason, "clavier") || code != 0 || !r.OK {
		t.Errorf("status %d, ok %v, call: %s", code, r.OK, reason)
	}
	if list := traces(t, s.data); len(list) != 0 {
		t.Errorf("our own call is in the traces: %+v", list)
	}
}

// TestBrokenLinkIsTold: with a disk that is full callers hear the incident message at once (T3); it is traced (T8).
func TestBrokenLinkIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "check.seconds=1", "--set", "check.free_mb=1000000000", "--set", "check.close=[disk]", "--set", "check.call_minutes=0")
	eventually(t, 20*time.Second, func() string {
		if r, _ := s.check(); !r.OK {
			return ""
		}
		return "the disk is not broken"
	})
	r := s.call("--max", "30s")
	if r.EndedBy != "remote" || r.Heard.SpeechSeconds < 2 {
		t.Errorf("heard %.1f s of speech, ended by %s", r.Heard.SpeechSeconds, r.EndedBy)
	}
	if out := s.outText(); !strings.Contains(out, "souci technique") {
		t.Errorf("the service said: %s", out)
	}
	eventually(t, 10*time.Second, func() string {
		out, _, _ := program(t, "", "traces", "--json", "--data", s.data)
		var list []struct {
			Incident *struct{ Link string }
		}
		decode(t, out, &list)
		if len(list) == 1 && list[0].Incident != nil && list[0].Incident.Link == "disk" {
			return ""
		}
		return "the incident is not traced: " + out
	})
	if code := s.status("/readyz"); code != 503 {
		t.Errorf("readyz %d", code)
	}
}

// The service's own call hangs up when the service is told to stop: nobody waits for it.
func TestOwnCallDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "check.call_after_seconds=1", "--set", "calls.drain_seconds=60")
	eventually(t, 30*time.Second, func() string {
		if !strings.Contains(s.logText(), `"called":"check-`) {
			return "no call of its own"
		}
		return ""
	})
	s.stop() // fails when it takes 20 s; the call itself takes longer
}
