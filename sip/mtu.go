package sip

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// RFC 3261 §18.1.1: a request of more than 1300 bytes whose way is not known goes over a transport that does not break it up.
const (
	largestOverUDP = 1300             // bytes
	tcpRefusedFor  = 10 * time.Minute // until a peer without TCP is tried again
	switchPatience = 4                // in T1: how long a request waits for the connection
)

// deaf are the peers that took no TCP connection lately: to those large requests go in fragments, as the RFC has it.
type deaf struct {
	mu    sync.Mutex
	until map[netip.AddrPort]time.Time
}

func (d *deaf) is(to netip.AddrPort) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	until, ok := d.until[to]
	if ok && time.Now().After(until) {
		delete(d.until, to)
		return false
	}
	return ok
}

func (d *deaf) add(to netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until == nil {
		d.until = map[netip.AddrPort]time.Time{}
	}
	d.until[to] = time.Now().Add(tcpRefusedFor) // bounded: requests go to trunks and to whom we ring alone
}

// fit gives the transport for a request that would go over UDP: TCP when it is too large and the peer takes a connection.
// Answers follow their request whatever their size; the ACK of a refused INVITE and CANCEL repeat the Via of theirs, and
// so its transport.
func (e *Endpoint) fit(ctx context.Context, req *sip.Request, to netip.AddrPort) string {
	if len(req.String()) <= largestOverUDP || e.deaf.is(to) {
		return udp
	}
	ctx, cancel := context.WithTimeout(ctx, switchPatience*e.cfg.T1)
	defer cancel()
	if !e.connected(tcp, to) {
		if err := e.tcp.dial(ctx, to); err != nil {
			if ctx.Err() == nil || context.Cause(ctx) == context.DeadlineExceeded {
				e.deaf.add(to)
			}
			e.log.Debug("sip: a large request goes in fragments, the peer takes no TCP connection", "method", req.Method, "peer", to, "error", err)
			return udp
		}
	}
	e.stats.overTCP.Add(1)
	return tcp
}
