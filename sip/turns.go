package sip

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Bounds of what is kept of requests that are never handed over: those that a transaction knows already.
const (
	turnWait = 500 * time.Millisecond
	turnMax  = 64
)

// turns keeps the requests of the peer within a call in the order in which they came in: the transaction layer hands each over on a
// goroutine of its own, and one that was overtaken there would be refused for its number (RFC 3261 §12.2.2). A gateway that sends a
// key by INFO without waiting for the answer to the one before would lose it. The call's lock guards it.
type turns struct {
	waiting []uint32      // numbers, in the order of their arrival
	next    chan struct{} // closed when the first of them is done with; nil when nobody waits
}

// expect notes a request within the call that the edge lets through.
func (c *Call) expect(req *sip.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := req.CSeq().SeqNo
	if tagOf(req.From()) != c.dlg.remoteTag || int64(seq) <= c.dlg.remoteSeq || len(c.turns.waiting) == turnMax || slices.Contains(c.turns.waiting, seq) {
		return // of another fork, repeated, or one that order refuses
	}
	c.turns.waiting = append(c.turns.waiting, seq)
}

// takeTurn waits until the requests that came before this one are done with. done says that this one is.
func (c *Call) takeTurn(req *sip.Request) (done func()) {
	seq := req.CSeq().SeqNo
	patience := time.NewTimer(turnWait)
	defer patience.Stop()
	for {
		c.mu.Lock()
		at := slices.Index(c.turns.waiting, seq)
		if at <= 0 {
			c.mu.Unlock()
			return func() { c.pass(seq) }
		}
		if c.turns.next == nil {
			c.turns.next = make(chan struct{})
		}
		next := c.turns.next
		c.mu.Unlock()
		select {
		case <-next:
		case <-patience.C:
			c.pass(seq)
			return func() {}
		}
	}
}

// pass forgets a request and those before it, and lets the next one take its turn.
func (c *Call) pass(seq uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turns.waiting = slices.Delete(c.turns.waiting, 0, slices.Index(c.turns.waiting, seq)+1)
	if c.turns.next != nil {
		close(c.turns.next)
		c.turns.next = nil
	}
}
