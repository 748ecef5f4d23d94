package sip

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestSIPp lets a peer that is not ours go through the scenarios of testdata/sipp. Without SIPp (Debian: sip-tester) it is
// skipped, unless CI=true: there it must be installed.
func TestSIPp(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	calling := newService()
	calling.delay.Store(int64(2 * testT1))
	rung := make(chan *Call, 64)
	tests := []struct {
		name, scenario, transport string
		handler                   Handler
		calls                     int
		check                     func(*testing.T, *Endpoint)
	}{
		{"basic call", "basic", "u1", calling, 20, func(t *testing.T, e *Endpoint) {
			if st := e.Stats(); st.Answered != 20 || st.Invites != 20 {
				t.Errorf("stats %+v", st)
			}
		}},
		{"basic call over TCP", "basic", "t1", calling, 20, nil},
		{"a connection for each call", "basic", "tn", calling, 5, nil},
		{"late offer", "late_offer", "u1", calling, 3, nil},
		{"late offer over TCP", "late_offer", "t1", calling, 3, nil},
		{"cancel", "cancel", "u1", ringing(rung), 3, func(t *testing.T, e *Endpoint) {
			if st := e.Stats(); st.Cancelled != 3 {
				t.Errorf("stats %+v", st)
			}
		}},
		{"cancel over TCP", "cancel", "t1", ringing(rung), 3, nil},
		{"no ACK", "no_ack", "u1", calling, 1, func(t *testing.T, e *Endpoint) {
			if st := e.Stats(); st.NoACK != 1 || st.Retransmissions < 3 {
				t.Errorf("stats %+v", st)
			}
		}},
		{"hold and resume", "hold", "u1", calling, 3, nil},
		{"hold and resume over TCP", "hold", "t1", calling, 3, nil},
		{"OPTIONS", "options", "u1", calling, 3, nil},
		{"OPTIONS over TCP", "options", "t1", calling, 3, nil},
		{"keys by INFO", "info", "u1", newService(), 1, nil},
		{"busy", "busy", "u1", HandlerFunc(func(_ context.Context, c *Call) { _ = c.Reject(503, 30*time.Second) }), 3, func(t *testing.T, e *Endpoint) {
			if st := e.Stats(); st.Rejected[503] != 3 || st.Answered != 0 {
				t.Errorf("stats %+v", st)
			}
		}},
		{"busy over TCP", "busy", "t1", HandlerFunc(func(_ context.Context, c *Call) { _ = c.Reject(503, 30*time.Second) }), 3, nil},
		{"too large", "too_large", "u1", calling, 2, func(t *testing.T, e *Endpoint) {
			if st := e.Stats(); st.Rejected[513] != 2 {
				t.Errorf("stats %+v", st)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := listen(t, tt.handler, func(c *Config) { c.Limits.MessageBytes = leastMessage })
			runSIPp(t, sipp, e, tt.scenario, tt.transport, tt.calls)
			if s, ok := tt.handler.(*service); ok && tt.scenario == "info" && s.keys() != "84000#" {
				t.Errorf("keys %q", s.keys())
			}
			if tt.check != nil {
				tt.check(t, e)
			}
			eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
		})
	}
}

// findSIPp finds the program; without it the test is skipped, unless CI=true.
func findSIPp(t *testing.T) string {
	t.Helper()
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("sipp is not installed, and CI=true: apt-get install sip-tester")
		}
		t.Skip("sipp is not installed: apt-get install sip-tester")
	}
	return sipp
}

func TestSIPpStranger(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	e := listen(t, newService(), func(c *Config) {
		c.Trunks = []Trunk{{Name: "elsewhere", Peers: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}}
	})
	runSIPp(t, sipp, e, "stranger", "u1", 1)
	if st := e.Stats(); st.Dropped != 3 || st.Received != 0 {
		t.Errorf("stats %+v", st)
	}
}

// TestSIPpRegistrar lets SIPp be the registrar: challenge, 423, a nonce that is stale, and the end.
func TestSIPpRegistrar(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	at := apart()
	var e *Endpoint
	done := make(chan struct{})
	go func() {
		defer close(done)
		startSIPp(t, sipp, "registrar", "-i", at.Addr().String(), "-p", strconv.Itoa(int(at.Port())), "-m", "1")
	}()
	e = listen(t, newService(), func(c *Config) {
		c.Trunks = []Trunk{{Name: "operator", Servers: []string{at.String()},
			Register: &Registration{User: operatorUser, Domain: operatorRealm, Password: "secret", Expires: 10 * time.Minute}}}
	})
	trunkIs(t, e, "registered twice", func(s TrunkState) bool { return s.Registrations == 2 && s.Up })
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	<-done
}

func runSIPp(t *testing.T, sipp string, e *Endpoint, scenario, transport string, calls int) {
	t.Helper()
	startSIPp(t, sipp, scenario, e.Addr().String(), "-s", "0199000001", "-i", "127.0.0.1", "-t", transport, "-m", strconv.Itoa(calls), "-l", "10", "-r", "50", "-max_socket", "100")
}

// startSIPp runs a scenario to its end.
func startSIPp(t *testing.T, sipp, scenario string, args ...string) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", "testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, sipp, append(args, "-sf", file, "-timeout", "30s", "-timeout_error", "-recv_timeout", "20000", "-nostdin", "-trace_err", "-error_file", "errors.log")...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		faults, _ := os.ReadFile(filepath.Join(cmd.Dir, "errors.log"))
		t.Errorf("sipp: %v\n%s\n%s", err, faults, tail(out, 3000))
	}
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }
