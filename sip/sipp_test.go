package sip

import (
	"context"
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
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("sipp is not installed, and CI=true: apt-get install sip-tester")
		}
		t.Skip("sipp is not installed: apt-get install sip-tester")
	}
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
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := listen(t, tt.handler)
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

func runSIPp(t *testing.T, sipp string, e *Endpoint, scenario, transport string, calls int) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", "testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, sipp, e.Addr().String(), "-sf", file, "-s", "0199000001", "-i", "127.0.0.1", "-t", transport,
		"-m", strconv.Itoa(calls), "-l", "10", "-r", "50", "-timeout", "15s", "-timeout_error", "-recv_timeout", "5000", "-max_socket", "100", "-nostdin", "-trace_err", "-error_file", "errors.log")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		faults, _ := os.ReadFile(filepath.Join(cmd.Dir, "errors.log"))
		t.Fatalf("sipp: %v\n%s\n%s", err, faults, tail(out, 3000))
	}
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }
