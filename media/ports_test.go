package media

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestPortRange(t *testing.T) {
	tests := []struct {
		name  string
		r     PortRange
		pairs int
		ok    bool
	}{
		{"default", PortRange{}, 8192, true},
		{"one pair", PortRange{20000, 20001}, 1, true},
		{"odd start", PortRange{20001, 20004}, 1, true},
		{"odd start, nothing left", PortRange{20001, 20002}, 0, false},
		{"single port", PortRange{20000, 20000}, 0, false},
		{"backwards", PortRange{20010, 20000}, 0, false},
		{"zero", PortRange{0, 10}, 5, false},
		{"to the end", PortRange{65534, 65535}, 1, true},
		{"last port alone", PortRange{65535, 65535}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.r.Validate()
			if (err == nil) != tt.ok {
				t.Fatalf("Validate: %v", err)
			}
			if err != nil && !errors.Is(err, ErrPortRange) {
				t.Errorf("%v is no ErrPortRange", err)
			}
			if tt.ok && tt.r.Pairs() != tt.pairs {
				t.Errorf("%d pairs, want %d", tt.r.Pairs(), tt.pairs)
			}
		})
	}
}

func TestSessionsShareARange(t *testing.T) {
	ports := PortRange{Min: 23001, Max: 23041} // 23002..23041: twenty pairs
	pid := os.Getpid()                         // on an address of 127.0.0.0/8 that no other process takes ports of
	ip := netip.AddrFrom4([4]byte{127, byte(128 + pid>>8%64), byte(pid), 255})
	var (
		mu       sync.Mutex
		sessions []*Session
		wg       sync.WaitGroup
	)
	for range ports.Pairs() {
		wg.Go(func() {
			s, err := NewSession(SessionConfig{IP: ip, Ports: ports})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			sessions = append(sessions, s)
			mu.Unlock()
		})
	}
	wg.Wait()
	seen := map[uint16]bool{}
	for _, s := range sessions {
		port := s.Addr().Port()
		if port%2 != 0 || port < 23002 || port > 23040 || seen[port] {
			t.Errorf("port %d", port)
		}
		seen[port] = true
	}
	_, err := NewSession(SessionConfig{IP: ip, Ports: ports})
	if !errors.Is(err, ErrNoPorts) || !strings.Contains(err.Error(), "23001-23041") {
		t.Errorf("a full range gives %v", err)
	}
	for _, s := range sessions[1:] {
		s.Close()
	}
	again, err := NewSession(SessionConfig{IP: ip, Ports: ports})
	if err != nil {
		t.Fatalf("ports were not given back: %v", err)
	}
	again.Close()
	sessions[0].Close()
}

func TestSessionNeedsAUsableAddress(t *testing.T) {
	if _, err := NewSession(SessionConfig{}); err == nil {
		t.Error("no address was accepted")
	}
	if _, err := NewSession(SessionConfig{IP: netip.MustParseAddr("192.0.2.1")}); err == nil {
		t.Error("an address of another machine was accepted")
	}
	if _, err := NewSession(SessionConfig{IP: loopback, JitterMin: 100, JitterMax: 50}); err == nil {
		t.Error("jitter bounds the wrong way round were accepted")
	}
}
