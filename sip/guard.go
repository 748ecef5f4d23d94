package sip

import (
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Bounds of the guard's own memory and patience.
const (
	offenceWindow = time.Minute // in which offences are counted, and after which a quiet source is forgotten
	maxSources    = 8192
	ipv6Source    = 64 // bits: who has one IPv6 address has the other 2^64
)

// guard counts what each source sends and shuts out those that do not behave, for a while.
//
// An address of a trunk is never banned for what came over UDP: anyone can write such an address on a datagram, and a ban would
// let a stranger cut the operator off. What exceeds its rate is dropped, no more.
type guard struct {
	limits Limits
	stats  *counters
	log    *slog.Logger
	clock  func() time.Time

	mu      sync.Mutex
	sources map[netip.Addr]*source
}

// source is what is known of one address.
type source struct {
	messages, calls bucket
	last            time.Time // seen
	offences        int
	since           time.Time // of the first of these offences
	until           time.Time // banned until then
	why             string
}

// Ban is a source that is shut out.
type Ban struct {
	Source netip.Prefix
	Until  time.Time
	Reason string // its last offence
}

func newGuard(l Limits, stats *counters, log *slog.Logger) *guard {
	return &guard{limits: l, stats: stats, log: log, clock: time.Now, sources: map[netip.Addr]*source{}}
}

// key is what counts as one source.
func key(ip netip.Addr) netip.Addr {
	ip = ip.Unmap()
	if ip.Is6() {
		return netip.PrefixFrom(ip.WithZone(""), ipv6Source).Masked().Addr()
	}
	return ip
}

// of finds or makes the entry of a source. The lock is held.
func (g *guard) of(ip netip.Addr, now time.Time) *source {
	k := key(ip)
	s := g.sources[k]
	if s == nil {
		if len(g.sources) >= maxSources {
			g.forget(now)
		}
		s = &source{}
		g.sources[k] = s
	}
	s.last = now
	return s
}

// forget makes room: first of what is quiet and not banned, then of what is not banned, and if that is nothing, of any.
func (g *guard) forget(now time.Time) {
	for k, s := range g.sources {
		if now.Sub(s.last) > offenceWindow && !now.Before(s.until) {
			delete(g.sources, k)
		}
	}
	for _, all := range [...]bool{false, true} {
		for k, s := range g.sources {
			if len(g.sources) < maxSources*3/4 {
				return
			}
			if all || !now.Before(s.until) {
				delete(g.sources, k)
			}
		}
	}
}

// banned tells whether a source is shut out.
func (g *guard) banned(ip netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sources[key(ip)]
	return s != nil && g.clock().Before(s.until)
}

// message tells whether one more message of a source may be read.
func (g *guard) message(ip netip.Addr) bool {
	if g.limits.MessagesPerSecond <= 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	return g.of(ip, now).messages.take(now, g.limits.MessagesPerSecond)
}

// call tells whether one more call of a source may be presented.
func (g *guard) call(ip netip.Addr) bool {
	if g.limits.CallsPerSecond <= 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	return g.of(ip, now).calls.take(now, g.limits.CallsPerSecond)
}

// offence counts something that a source should not have done, and bans it when that was once too often.
func (g *guard) offence(ip netip.Addr, why string) {
	if g.limits.BanAfter <= 0 || g.limits.Ban <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	s := g.of(ip, now)
	if now.Sub(s.since) > offenceWindow {
		s.offences, s.since = 0, now
	}
	s.offences++
	s.why = why
	if s.offences < g.limits.BanAfter || now.Before(s.until) {
		return
	}
	s.offences, s.until = 0, now.Add(g.limits.Ban)
	g.stats.bans.Add(1)
	g.log.Warn("sip: source banned", "source", key(ip), "seconds", g.limits.Ban.Seconds(), "reason", why)
}

// bans lists who is shut out, the longest first.
func (g *guard) bans() []Ban {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	var list []Ban
	for k, s := range g.sources {
		if now.Before(s.until) {
			bits := k.BitLen()
			if k.Is6() {
				bits = ipv6Source
			}
			list = append(list, Ban{Source: netip.PrefixFrom(k, bits), Until: s.until, Reason: s.why})
		}
	}
	slices.SortFunc(list, func(a, b Ban) int { return b.Until.Compare(a.Until) })
	return list
}

// unban lets a source in again; false when it was not banned.
func (g *guard) unban(ip netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sources[key(ip)]
	if s == nil || !g.clock().Before(s.until) {
		return false
	}
	delete(g.sources, key(ip))
	return true
}

// Bans lists the sources that are shut out now.
func (e *Endpoint) Bans() []Ban { return e.guard.bans() }

// Unban lets a source in again before its time; false when it was not banned.
func (e *Endpoint) Unban(ip netip.Addr) bool { return e.guard.unban(ip) }
