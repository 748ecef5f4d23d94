package sip

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

// watched is a guard whose clock the test sets.
type watched struct {
	*guard
	now time.Time
}

func newWatched(l Limits) *watched {
	w := &watched{guard: newGuard(l, newCounters(), slog.New(slog.DiscardHandler)), now: time.Unix(1e9, 0)}
	w.clock = func() time.Time { return w.now }
	return w
}

var (
	scanner = netip.MustParseAddr("198.51.100.7")
	other   = netip.MustParseAddr("198.51.100.8")
)

func TestRate(t *testing.T) {
	w := newWatched(Limits{MessagesPerSecond: 10, CallsPerSecond: 2})
	count := func(take func(netip.Addr) bool, ip netip.Addr, tries int) (n int) {
		for range tries {
			if take(ip) {
				n++
			}
		}
		return n
	}
	if n := count(w.message, scanner, 50); n != burst*10 {
		t.Errorf("%d messages at once, want %d", n, burst*10)
	}
	if n := count(w.message, other, 50); n != burst*10 {
		t.Errorf("another source pays for it: %d", n)
	}
	w.now = w.now.Add(500 * time.Millisecond)
	if n := count(w.message, scanner, 50); n != 5 {
		t.Errorf("%d messages half a second later, want 5", n)
	}
	if n := count(w.call, scanner, 10); n != burst*2 {
		t.Errorf("%d calls at once, want %d", n, burst*2)
	}
	w.now = w.now.Add(time.Hour)
	if n := count(w.message, scanner, 50); n != burst*10 {
		t.Errorf("%d messages an hour later: more than a burst was saved up", n)
	}
	if free := newWatched(Limits{}); count(free.message, scanner, 10000) != 10000 || count(free.call, scanner, 10000) != 10000 {
		t.Error("no limit, and yet one")
	}
}

func TestBan(t *testing.T) {
	w := newWatched(Limits{BanAfter: 3, Ban: 10 * time.Minute})
	for range 2 {
		w.offence(scanner, "unknown peer")
	}
	w.now = w.now.Add(offenceWindow + time.Second) // long enough ago
	for i := range 3 {
		if w.banned(scanner) {
			t.Fatalf("banned after %d offences", i)
		}
		w.offence(scanner, "malformed messages")
	}
	if !w.banned(scanner) || w.banned(other) || w.stats.bans.Load() != 1 {
		t.Fatal("not banned, or the wrong one")
	}
	if b := w.bans(); len(b) != 1 || b[0].Source != netip.MustParsePrefix("198.51.100.7/32") || b[0].Reason != "malformed messages" || !b[0].Until.Equal(w.now.Add(10*time.Minute)) {
		t.Errorf("bans %v", b)
	}
	w.now = w.now.Add(10*time.Minute - time.Second)
	if !w.banned(scanner) {
		t.Error("free too early")
	}
	w.now = w.now.Add(time.Second)
	if w.banned(scanner) || len(w.bans()) != 0 {
		t.Error("the ban does not end")
	}
	for range 3 {
		w.offence(scanner, "unknown peer")
	}
	if !w.banned(scanner) || !w.unban(scanner) || w.banned(scanner) || w.unban(scanner) {
		t.Error("a ban can't be lifted, or not once")
	}
}

func TestBanOfAnIPv6Network(t *testing.T) {
	w := newWatched(Limits{BanAfter: 2, Ban: time.Minute})
	w.offence(netip.MustParseAddr("2001:db8::1"), "x")
	w.offence(netip.MustParseAddr("2001:db8::ffff:1"), "x")
	if !w.banned(netip.MustParseAddr("2001:db8::2")) || w.banned(netip.MustParseAddr("2001:db8:0:1::2")) {
		t.Error("who has one address of a /64 has them all, and not those of the next")
	}
	if b := w.bans(); len(b) != 1 || b[0].Source != netip.MustParsePrefix("2001:db8::/64") {
		t.Errorf("bans %v", b)
	}
	w.offence(netip.MustParseAddr("::ffff:192.0.2.1"), "x")
	w.offence(netip.MustParseAddr("192.0.2.1"), "x")
	if !w.banned(netip.MustParseAddr("192.0.2.1")) {
		t.Error("an IPv4 address counts as two")
	}
}

// TestGuardForgets: a flood of forged addresses takes no more memory than a bound, and does not wash bans away while there is
// anything else to forget.
func TestGuardForgets(t *testing.T) {
	w := newWatched(Limits{MessagesPerSecond: 1, BanAfter: 1, Ban: time.Hour})
	w.offence(scanner, "x")
	w.now = w.now.Add(2 * offenceWindow)
	for i := range 3 * maxSources {
		if i%maxSources == 0 {
			w.now = w.now.Add(2 * offenceWindow)
		}
		w.message(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		if len(w.sources) > maxSources {
			t.Fatalf("%d sources are remembered", len(w.sources))
		}
	}
	if !w.banned(scanner) {
		t.Error("the ban was forgotten")
	}
}
