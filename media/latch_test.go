package media

import (
	"net/netip"
	"testing"
	"time"
)

func TestLatch(t *testing.T) {
	var (
		promised = netip.MustParseAddrPort("192.168.1.20:4000")
		real     = netip.MustParseAddrPort("198.51.100.7:31000")
		moved    = netip.MustParseAddrPort("198.51.100.7:31002")
		stranger = netip.MustParseAddrPort("203.0.113.9:9999")
		other    = netip.MustParseAddrPort("203.0.113.10:9999")
	)
	const ms = time.Millisecond
	// step sends count packets from addr, 20 ms apart, and says how many pass.
	type step struct {
		wait  time.Duration
		addr  netip.AddrPort
		ssrc  uint32
		seq   uint16
		count int
		pass  int
	}
	tests := []struct {
		name  string
		steps []step
		at    netip.AddrPort
		moves uint64
	}{
		{"as promised", []step{{0, promised, 1, 100, 5, 5}}, promised, 0},
		{"behind a NAT", []step{{0, real, 1, 100, 10, 7}}, real, 0},
		{"a stranger cannot break in", []step{{0, promised, 1, 100, 50, 50}, {0, stranger, 7, 1, 1, 0}, {0, promised, 1, 150, 5, 5}}, promised, 0},
		{"a stranger's flood beside the peer", []step{
			{0, promised, 1, 100, 5, 5}, {0, stranger, 7, 1, 5, 0}, {0, promised, 1, 110, 5, 5}, {0, stranger, 7, 6, 20, 0}, {0, promised, 1, 140, 5, 5},
		}, promised, 0},
		{"random packets never latch", []step{{0, real, 1, 100, 1, 0}, {0, real, 1, 5000, 1, 0}, {0, real, 2, 5001, 1, 0}, {0, real, 3, 5002, 1, 0}}, promised, 0},
		{"a stranger first, then the promised one", []step{{0, stranger, 7, 1, 6, 3}, {0, promised, 1, 100, 5, 4}}, promised, 1},
		{"two strangers cannot disturb each other's trial", []step{{0, real, 1, 100, 2, 0}, {0, other, 5, 7, 1, 0}, {0, real, 1, 102, 2, 1}}, real, 0},
		{"NAT mapping changes in the stream", []step{{0, real, 1, 100, 20, 17}, {300 * ms, moved, 1, 136, 10, 7}}, moved, 1},
		{"same port scan right after", []step{{0, real, 1, 100, 20, 17}, {40 * ms, moved, 9, 136, 10, 0}}, real, 0},
		{"peer begins anew at another port of its host", []step{{0, real, 1, 100, 80, 77}, {3000 * ms, moved, 9, 5, 15, 6}}, moved, 1},
		{"a stranger while the peer is silent for ten seconds", []step{{0, promised, 1, 100, 20, 20}, {10000 * ms, stranger, 9, 5, 200, 0}, {0, promised, 1, 130, 5, 5}}, promised, 0},
		{"a stranger while a peer behind a NAT is silent", []step{{0, real, 1, 100, 80, 77}, {10000 * ms, stranger, 9, 5, 200, 0}, {0, real, 1, 190, 5, 5}}, real, 0},
		{"a stranger's burst before the peer behind a NAT", []step{{0, stranger, 7, 1, 5, 2}, {3000 * ms, real, 1, 100, 30, 21}}, real, 1},
		{"a stranger who hears the stream cannot push a living peer out", []step{
			{0, promised, 1, 100, 50, 50}, {0, stranger, 1, 150, 2, 0}, {0, promised, 1, 152, 5, 5}, {0, stranger, 1, 157, 3, 0}, {0, promised, 1, 160, 5, 5},
		}, promised, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l latch
			l.signal(promised)
			now := time.Duration(0)
			for i, s := range tt.steps {
				now += s.wait
				pass := 0
				for n := range s.count {
					now += 20 * ms
					if l.accept(s.addr, s.ssrc, s.seq+uint16(n), false, now) {
						pass++
					}
				}
				if pass != s.pass {
					t.Errorf("step %d: %d of %d packets passed, want %d", i, pass, s.count, s.pass)
				}
			}
			if l.destination() != tt.at || l.moves != tt.moves {
				t.Errorf("sends to %v after %d moves, want %v, %d", l.destination(), l.moves, tt.at, tt.moves)
			}
		})
	}
}

func TestLatchFollowsTheOffer(t *testing.T) {
	a, b := netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("192.0.2.2:5000")
	var l latch
	l.signal(a)
	l.accept(a, 1, 1, false, 0)
	l.signal(a) // session refresh
	if l.current != a {
		t.Error("a refresh with the same address lost the latch")
	}
	l.signal(b)
	if l.destination() != b {
		t.Errorf("after the re-INVITE we still send to %v", l.destination())
	}
	if l.accept(a, 1, 2, false, time.Millisecond) {
		t.Error("a last packet of the old source was taken")
	}
	if !l.accept(b, 2, 9, false, 2*time.Millisecond) || l.current != b {
		t.Error("the new source was not latched at once")
	}
}

// A stranger who was first, and goes on, has to give way to the host that signals.
func TestLatchKnowsTheHostThatSignals(t *testing.T) {
	var (
		promised = netip.MustParseAddrPort("192.168.1.20:4000") // of a telephone behind a NAT
		stranger = netip.MustParseAddrPort("203.0.113.9:9999")
		real     = netip.MustParseAddrPort("198.51.100.7:31000")
	)
	l := latch{near: real.Addr()}
	l.signal(promised)
	now := time.Duration(0)
	for i := range uint16(100) {
		now += FrameDuration
		l.accept(stranger, 7, i, false, now)
	}
	if l.destination() != stranger {
		t.Fatalf("a first source was not taken: %v", l.destination())
	}
	passed := 0
	for i := range uint16(50) {
		now += FrameDuration
		if l.accept(real, 1, 500+i, false, now) {
			passed++
		}
		l.accept(stranger, 7, 100+i, false, now)
	}
	if l.destination() != real || passed != 49 {
		t.Errorf("sends to %v, %d of 50 packets passed", l.destination(), passed)
	}
}

// Packets with the peer's key are the peer's wherever they come from, at once.
func TestLatchFollowsTheKey(t *testing.T) {
	a, b := netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("203.0.113.2:5000")
	var l latch
	l.signal(a)
	for i := range uint16(60) {
		l.accept(a, 1, i, true, time.Duration(i)*FrameDuration)
	}
	if l.accept(b, 2, 1, true, 1220*time.Millisecond) || !l.accept(b, 2, 2, true, 1240*time.Millisecond) || l.destination() != b {
		t.Errorf("sends to %v", l.destination())
	}
}
