package sip

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"
)

// edge stands between the sockets and sipgo: nothing comes in that was not checked here (peers.go, malformed.go).
//
// It also takes two kinds of requests out of the stream before sipgo sees them. CANCEL, since sipgo would answer the INVITE
// itself with a To tag that is not the call's (RFC 3261 §8.2.6.2). And the ACK of a 200, which belongs to no transaction
// (§13.2.2.4) but would make sipgo build one, and which must not be overtaken by the re-INVITE that follows it.
type edge struct {
	peers   *peers
	guard   *guard
	stats   *counters
	log     *slog.Logger
	longest int // message, bytes

	// early takes such a request, and hears of each INVITE of a new call, since a CANCEL may be right behind it, and of each request
	// within a call (turns.go). reply sends an answer outside of any transaction. False: it is sipgo's after all.
	early func(req *sip.Request, reply func(*sip.Response)) bool

	// heard is told of every request of a trunk that may pass.
	heard func(from netip.Addr, method sip.RequestMethod)

	traced atomic.Pointer[func(Trace)] // nil: nobody wants to see messages

	shut atomic.Bool // the endpoint closes: nothing passes any more
}

// sender writes bytes towards a peer; over a connection the address is of no meaning.
type sender func(message []byte, to netip.AddrPort)

// pass gives the canonical form of a message for sipgo, nil when there is nothing for it.
func (g *edge) pass(raw []byte, src netip.AddrPort, network string, send sender) []byte {
	if g.shut.Load() {
		return nil
	}
	if !g.welcome(src.Addr()) {
		return nil
	}
	if len(bytes.Trim(raw, "\r\n\x00")) == 0 {
		return nil // keep-alive (RFC 5626 §4.4)
	}
	standing := g.peers.standing(src.Addr())
	if !g.guard.message(src.Addr()) {
		g.stats.limited.Add(1)
		g.offence(src.Addr(), network, standing, "too many messages")
		return nil
	}
	g.stats.received.Add(1)
	clean, msg, err := inspectWithin(g.longest, raw, src, network != udp)
	if err != nil {
		g.refuse(err, src, network, send)
		g.offence(src.Addr(), network, standing, "malformed messages")
		return nil
	}
	req, ok := msg.(*sip.Request)
	if !ok {
		return clean
	}
	if standing == rung && tagOf(req.To()) == "" {
		g.stats.dropped.Add(1) // we rang it, that does not make it a trunk
		return nil
	}
	if standing == trusted {
		g.heard(src.Addr(), req.Method)
	}
	if req.Method != sip.CANCEL && req.Method != sip.INVITE && tagOf(req.To()) == "" {
		return clean
	}
	req.SetTransport(network)
	req.SetSource(src.String())
	taken := g.early(req, func(res *sip.Response) {
		g.stats.responded(res.StatusCode)
		send([]byte(res.String()), g.returnPath(req, src))
	})
	if taken {
		return nil
	}
	return clean
}

// welcome tells whether anything of a source is looked at. Strangers and banned sources get no answer, not even a refusal.
func (g *edge) welcome(ip netip.Addr) bool {
	if g.guard.banned(ip) {
		g.stats.banned.Add(1)
		return false
	}
	if g.peers.standing(ip) == stranger {
		g.stats.dropped.Add(1)
		g.guard.offence(ip, "unknown peer")
		return false
	}
	return true
}

// offence counts against a source, unless what it did may be a forgery: over UDP anyone can send under a trunk's address.
func (g *edge) offence(ip netip.Addr, network string, s standing, why string) {
	if network == udp && s == trusted {
		return
	}
	g.guard.offence(ip, why)
}

// returnPath is where an answer to a well-formed request goes.
func (g *edge) returnPath(req *sip.Request, src netip.AddrPort) netip.AddrPort {
	v, err := parseVia(req.Via().Value())
	if err != nil {
		return src
	}
	return v.replyTo(src)
}

func (g *edge) refuse(err error, src netip.AddrPort, network string, send sender) {
	g.stats.malformed.Add(1)
	var r *refusal
	if !errors.As(err, &r) {
		g.log.Debug("sip: dropped what is no SIP message", "peer", src, "transport", network)
		return
	}
	g.log.Warn("sip: refused a malformed message", "peer", src, "transport", network, "status", r.status, "reason", r.reason, "answered", r.reply != nil)
	if r.reply != nil {
		g.stats.reject(r.status)
		g.stats.responded(r.status)
		send(r.reply, r.to)
	}
}
