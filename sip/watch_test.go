package sip

import (
	"strings"
	"testing"
	"time"
)

// TestPingOfOurs: a trunk by address is asked by OPTIONS, and its state follows.
func TestPingOfOurs(t *testing.T) {
	t.Parallel()
	first, second := newOperator(t, "127.0.0.1", "udp", rules{}, nil), newOperator(t, "127.0.0.1", "udp", rules{status: 503}, nil)
	e := listen(t, newService(), func(c *Config) {
		c.Trunks = []Trunk{{Name: "operator", Servers: []string{second.addr.String(), first.addr.String()}, Ping: 60 * time.Millisecond}}
	})
	st := trunkIs(t, e, "up", up)
	if st.Registered || !st.Watched || st.Server != first.addr || st.RoundTrip <= 0 || st.PingFailures == 0 || st.SeenAs.Port() != e.Addr().Port() {
		t.Errorf("state %+v", st)
	}
	first.set(func(r *rules) { r.status = 404 }) // some answer so to OPTIONS: someone is there
	trunkIs(t, e, "asked again", func(s TrunkState) bool { return s.Pings > st.Pings+2 && s.Up })
	first.set(func(r *rules) { r.silent = true })
	st = trunkIs(t, e, "down", func(s TrunkState) bool { return !s.Up })
	if !strings.Contains(st.Reason, "503") && !strings.Contains(st.Reason, "answer") {
		t.Errorf("reason %q", st.Reason)
	}
	second.set(func(r *rules) { r.status = 0 })
	if st = trunkIs(t, e, "up by the other server", up); st.Server != second.addr || st.FailOvers != 1 {
		t.Errorf("state %+v", st)
	}
}

// TestPingOfTheirs: who only calls us is watched by its own OPTIONS, once there were some.
func TestPingOfTheirs(t *testing.T) {
	w := newWatch(nil, 0, Trunk{Name: "operator"})
	start := time.Now()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	if s := w.now(at(3600)); s.Watched || !s.Up || s.Reason != "not watched" {
		t.Errorf("nothing is known, and yet %+v", s)
	}
	for i := range 3 {
		w.heard("OPTIONS", at(30*i))
	}
	if s := w.now(at(120)); !s.Watched || !s.Up || s.Reason != "" {
		t.Errorf("one is missing: %+v", s)
	}
	if s := w.now(at(151)); s.Up || !strings.Contains(s.Reason, "no OPTIONS") || !s.Since.Equal(at(150)) {
		t.Errorf("three are missing: %+v", s)
	}
	w.heard("INVITE", at(200)) // whoever calls is there
	if s := w.now(at(201)); !s.Up {
		t.Errorf("a call came: %+v", s)
	}
	w.heard("OPTIONS", at(210))
	if s := w.now(at(240)); !s.Up {
		t.Errorf("they are back: %+v", s)
	}
}
