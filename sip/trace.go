package sip

import (
	"bytes"
	"net"
	"net/netip"
	"time"
)

// Trace is one SIP message as it came from a known peer or went out, for a capture of a call.
type Trace struct {
	At            time.Time
	Sent          bool
	Network       string // UDP, TCP or TLS
	Local, Remote netip.AddrPort
	CallID        string
	Message       []byte // in clear; it belongs to who is told
}

// Trace tells f of every message from now on; nil: of none. f is called on the goroutines that read and write, several at once, and must
// not wait.
func (e *Endpoint) Trace(f func(Trace)) {
	if f == nil {
		e.udp.edge.traced.Store(nil)
		return
	}
	e.udp.edge.traced.Store(&f)
}

// trace tells of a message if somebody wants to know.
func (g *edge) trace(sent bool, network string, local net.Addr, remote netip.AddrPort, message []byte) {
	f := g.traced.Load()
	if f == nil || !sent && g.peers.standing(remote.Addr()) == stranger {
		return
	}
	if id := callIDOf(message); id != "" {
		(*f)(Trace{At: time.Now(), Sent: sent, Network: network, Local: netAddrPort(local), Remote: remote, CallID: id, Message: bytes.Clone(message)})
	}
}

func netAddrPort(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		p = a.AddrPort()
	case *net.TCPAddr:
		p = a.AddrPort()
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// callIDOf finds the Call-ID, or its short form i, in the headers of a message; "" when there is none.
func callIDOf(message []byte) string {
	for line := range bytes.SplitSeq(message, []byte("\n")) {
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return ""
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if name = bytes.TrimSpace(name); ok && (bytes.EqualFold(name, []byte("Call-ID")) || bytes.EqualFold(name, []byte("i"))) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
