package sip

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats are the counters of an Endpoint since Listen.
type Stats struct {
	Received        uint64         // messages that came in from known peers
	Invites         uint64         // calls presented to us: INVITEs outside of a dialog, retransmissions not counted
	Dialled         uint64         // calls that we placed
	Answered        uint64         // calls presented to us and answered with 200
	Cancelled       uint64         // calls presented to us and given up before the answer
	Rejected        map[int]uint64 // requests refused, by status code
	Responses       map[int]uint64 // answers sent, by status code; those that the transport repeats count once
	Dropped         uint64         // requests and connections of unknown peers, not answered
	Limited         uint64         // messages dropped because their source sent too many
	CallsLimited    uint64         // calls refused with 503 because their source was too fast or too many were half open
	Bans            uint64         // sources banned
	DroppedBanned   uint64         // messages and connections of banned sources, not answered
	SocketsRefused  uint64         // connections of known peers past the limits
	Handshakes      uint64         // TLS handshakes that failed
	Malformed       uint64         // messages that could not be read; those that could be answered are in Rejected too
	Retransmissions uint64         // answers to INVITE and INVITEs that we had to send again
	LargeOverTCP    uint64         // requests of ours that were too large for UDP
	NoACK           uint64         // calls hung up because the ACK never came
	Expired         uint64         // calls hung up because their session was not refreshed
	Unacknowledged  uint64         // calls refused because a reliable provisional answer got no PRACK
	Active          int            // dialogs now, early ones included
	HalfOpen        int            // of these, calls to us that are not answered yet or wait for their ACK
	Connections     int            // TCP and TLS connections now
	Banned          int            // sources banned now
}

// counters is the live form of Stats.
type counters struct {
	received, invites, dialled, answered, cancelled, dropped, limited, callsLimited, bans, banned, socketsRefused, handshakesFailed, malformed, retransmissions, overTCP, noACK atomic.Uint64
	expired, noPRACK                                                                                                                                                            atomic.Uint64

	// INVITEs as written to UDP and as asked for: sipgo repeats them by itself, the difference is what it repeated.
	inviteWrites, inviteRequests atomic.Uint64

	responses [700]atomic.Uint64 // by status code

	mu       sync.Mutex
	rejected map[int]uint64
}

func newCounters() *counters { return &counters{rejected: map[int]uint64{}} }

func (c *counters) reject(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rejected[status]++
}

// responded counts an answer that was sent.
func (c *counters) responded(status int) {
	if status >= 100 && status < len(c.responses) {
		c.responses[status].Add(1)
	}
}

func (c *counters) sentResponses() map[int]uint64 {
	out := map[int]uint64{}
	for status := range c.responses {
		if n := c.responses[status].Load(); n > 0 {
			out[status] = n
		}
	}
	return out
}

func (c *counters) snapshot(active int) Stats {
	c.mu.Lock()
	rejected := maps.Clone(c.rejected)
	c.mu.Unlock()
	requests, writes := c.inviteRequests.Load(), c.inviteWrites.Load()
	return Stats{
		Received: c.received.Load(), Invites: c.invites.Load(), Dialled: c.dialled.Load(), Answered: c.answered.Load(),
		Cancelled: c.cancelled.Load(), Rejected: rejected, Responses: c.sentResponses(), Dropped: c.dropped.Load(), Malformed: c.malformed.Load(),
		Limited: c.limited.Load(), CallsLimited: c.callsLimited.Load(), Bans: c.bans.Load(), DroppedBanned: c.banned.Load(),
		SocketsRefused: c.socketsRefused.Load(), Handshakes: c.handshakesFailed.Load(),
		Retransmissions: c.retransmissions.Load() + max(writes, requests) - requests,
		LargeOverTCP:    c.overTCP.Load(),
		Expired:         c.expired.Load(),
		Unacknowledged:  c.noPRACK.Load(),
		NoACK:           c.noACK.Load(), Active: active,
	}
}
