package media

import (
	"net/netip"
	"time"
)

// How many packets in sequence make a source the peer (symmetric RTP, RFC 4961), and when it may move.
const (
	latchFirst  = 4                      // nobody heard yet, but not from where the SDP said: a NAT
	latchSignal = 2                      // the address of the SDP while another one is latched, or packets with the peer's own key
	latchSame   = 4                      // same SSRC and sequence from another address: a NAT changed its mapping
	latchMove   = 10                     // another stream, after the old source fell silent
	latchProven = 50                     // so many packets from a source that the SDP did not name make it the peer beyond doubt
	quietSame   = 250 * time.Millisecond // silence of the old source before latchSame counts
	quietMove   = 2 * time.Second        // and before latchMove counts

	latchSeqStep = 8 // sequence numbers this far apart still follow each other
)

// latch decides which address is the peer. The address in the SDP is a promise, the address that sends is a fact;
// but a stranger who sends to our port must not take the call over.
type latch struct {
	signalled netip.AddrPort // of the SDP
	near      netip.Addr     // where the peer signals from; zero: not known
	current   netip.AddrPort // zero: nobody latched yet
	lastHeard time.Duration
	heard     int    // packets from current
	ssrc      uint32 // of the stream at current
	seq       uint16

	candidate struct {
		addr  netip.AddrPort
		ssrc  uint32
		seq   uint16
		count int
		same  bool // continues the stream that we know
		last  time.Duration
	}

	moves   uint64 // after the first latch
	refused uint64
}

// signal takes the address of a new SDP. A changed one frees the latch; the same one, as in a session refresh, keeps it.
func (l *latch) signal(addr netip.AddrPort) {
	if addr == l.signalled {
		return
	}
	l.signalled = addr
	l.current = netip.AddrPort{}
	l.candidate.count = 0
}

// destination is where to send.
func (l *latch) destination() netip.AddrPort {
	if l.current.IsValid() {
		return l.current
	}
	return l.signalled
}

// accept tells whether a packet is the peer's. Packets of a candidate that is still on trial are refused too. authentic: SRTP says that
// whoever sent it has the peer's key.
func (l *latch) accept(from netip.AddrPort, ssrc uint32, seq uint16, authentic bool, now time.Duration) bool {
	if from == l.current {
		l.lastHeard, l.ssrc, l.seq = now, ssrc, seq
		l.heard++
		return true
	}
	if !l.current.IsValid() && from == l.signalled {
		l.take(from, ssrc, seq, now)
		return true
	}
	if l.trial(from, ssrc, seq, authentic, now) {
		if l.current.IsValid() {
			l.moves++
		}
		l.take(from, ssrc, seq, now)
		return true
	}
	l.refused++
	return false
}

func (l *latch) take(from netip.AddrPort, ssrc uint32, seq uint16, now time.Duration) {
	l.current, l.lastHeard, l.ssrc, l.seq, l.heard = from, now, ssrc, seq, 1
	l.candidate.count = 0
}

// trial counts the consistent packets of another source and tells when it has passed.
//
// Behind a NAT, sound mostly comes from the host that the signalling comes from: it takes the place of any other that only came first.
// A peer that was heard may move without a new SDP in three ways: its stream goes on from elsewhere (a NAT changed its mapping; who
// does not hear the stream cannot guess SSRC and sequence), another stream comes from the same host (it began anew), or its packets bear
// its key. A stream from another host is an intruder's, however long the peer is silent, unless nobody has proven to be the peer yet.
func (l *latch) trial(from netip.AddrPort, ssrc uint32, seq uint16, authentic bool, now time.Duration) bool {
	c := &l.candidate
	if step := seq - c.seq; c.count > 0 && from == c.addr && ssrc == c.ssrc && step > 0 && step <= latchSeqStep {
		c.count++
	} else if c.count == 0 || from == c.addr || now-c.last > quietSame {
		// Of several strangers the first one stays on trial while it sends, so that they cannot push each other out.
		c.addr, c.ssrc, c.count = from, ssrc, 1
		c.same = ssrc == l.ssrc && uint16(seq-l.seq) < maxDropout
	} else {
		return false
	}
	c.seq, c.last = seq, now
	quiet := now - l.lastHeard
	switch {
	case !l.current.IsValid():
		return c.count >= latchFirst
	case from == l.signalled, authentic:
		return c.count >= latchSignal
	case from.Addr() == l.near && l.current.Addr() != l.near && l.current != l.signalled:
		return c.count >= latchSignal
	case c.same && quiet >= quietSame:
		return c.count >= latchSame
	case quiet >= quietMove && (from.Addr() == l.current.Addr() || !l.proven()):
		return c.count >= latchMove
	}
	return false
}

func (l *latch) proven() bool { return l.current == l.signalled || l.heard >= latchProven }
