package sip

import (
	"net"
	"net/netip"

	"github.com/emiago/sipgo/sip"
)

// lastSources is how many sources of the newest datagrams are remembered: more than sipgo ever has under way at once.
const lastSources = 1024

// gone is what sipgo finds in place of our UDP socket once that is closed.
//
// It handles each message on a goroutine that nobody can wait for. One that comes to run after the socket has left sipgo's pool
// would open a socket of its own to answer with, and a reader for it, which nobody knows of and nobody closes. In the pool, under
// the addresses that the newest messages came from, stands this instead: an answer can't be sent any more, and nothing is opened.
type gone struct{ at net.Addr }

var _ sip.Connection = gone{}

func (g gone) LocalAddr() net.Addr        { return g.at }
func (g gone) WriteMsg(sip.Message) error { return net.ErrClosed }
func (g gone) Ref(int) int                { return 1 } // it always is in use
func (g gone) TryClose() (int, error)     { return 1, nil }
func (g gone) Close() error               { return nil }

// sources remembers where the newest datagrams came from, for one goroutine: the one that reads.
type sources struct {
	list [lastSources]netip.AddrPort
	n    int
}

// note takes the source of a datagram that sipgo is given.
func (s *sources) note(from netip.AddrPort) {
	if s.n > 0 && s.list[(s.n-1)%lastSources] == from {
		return
	}
	s.list[s.n%lastSources] = from
	s.n++
}

// leave puts gone in the place of a socket that is closed. It belongs right before sipgo hears of the closing, since it then takes
// out of its pool what stands for the socket itself.
func (s *sources) leave(pool *sip.ConnectionPool, at net.Addr) {
	pool.Add(at.String(), gone{at})
	for _, from := range s.list[:min(s.n, lastSources)] {
		pool.Add(from.String(), gone{at})
	}
}
