package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// pendingAnswer is a 200 of ours to an INVITE that waits for its ACK.
type pendingAnswer struct {
	seq     uint32
	tx      *sip.ServerTx
	res     *sip.Response
	offered []media.Codec     // our offer was in the 200, the answer to it comes with the ACK; nil otherwise
	ack     chan *sip.Request // holds the first ACK
	settled chan struct{}     // closed when the ACK came, or will not come any more
}

func newPendingAnswer(req *sip.Request, tx *sip.ServerTx) *pendingAnswer {
	return &pendingAnswer{seq: req.CSeq().SeqNo, tx: tx, ack: make(chan *sip.Request, 1), settled: make(chan struct{})}
}

// early takes CANCEL and the ACK of a 200 from the edge, and notes INVITEs and what belongs to a call, in the order in which they arrived.
func (e *Endpoint) early(req *sip.Request, reply func(*sip.Response)) bool {
	switch req.Method {
	case sip.ACK:
		c := e.table.find(keyOf(req))
		return c != nil && c.acked(req)
	case sip.CANCEL:
		return e.cancels(req, reply)
	}
	if tagOf(req.To()) == "" {
		e.table.expect(req)
	} else if c := e.table.find(keyOf(req)); c != nil {
		c.expect(req)
	}
	return false
}

// cancels takes a CANCEL.
func (e *Endpoint) cancels(req *sip.Request, reply func(*sip.Response)) bool {
	if c, known := e.table.cancelled(req, func(c *Call) { e.cancel(c, req, reply) }); known {
		if c != nil {
			e.cancel(c, req, reply)
		}
		return true
	}
	e.stats.reject(481)
	reply(e.response(req, 481, ""))
	return true
}

// cancel answers a CANCEL and ends what it is for: c, or nothing when its INVITE was refused meanwhile (RFC 3261 §9.2).
func (e *Endpoint) cancel(c *Call, req *sip.Request, reply func(*sip.Response)) {
	if c == nil {
		reply(e.response(req, 200, ""))
		return
	}
	// With the tag of the INVITE's answers, and before the INVITE's: the repetition of the CANCEL stops.
	reply(c.answer(req, 200))
	c.abandoned("cancelled", causesOf(req))
}

// acked takes the ACK of a 200, or its repetition. False: it belongs to a refusal, and so to sipgo's transaction.
func (c *Call) acked(req *sip.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := req.CSeq().SeqNo
	p := c.unacked
	if p == nil || p.seq != seq {
		return c.ackedSeq == int64(seq)
	}
	select {
	case p.ack <- req:
	default:
	}
	if p.offered == nil {
		c.settle(p) // here and now: a re-INVITE may be right behind
	}
	return true
}

// settle makes the call one that is up. c.mu is held.
func (c *Call) settle(p *pendingAnswer) {
	c.unacked, c.ackedSeq = nil, int64(p.seq)
	if c.state == accepted {
		c.state = confirmed
		close(c.confirmed)
		c.opened()
	}
}

// awaitACK repeats a 200 until its ACK comes: after T1, then after twice as long up to T2, over TCP too since there may be UDP
// further on (RFC 3261 §13.3.1.4).
func (c *Call) awaitACK(p *pendingAnswer) {
	defer close(p.settled)
	interval := c.e.cfg.T1
	again, deadline := time.NewTimer(interval), time.NewTimer(c.e.cfg.ACKTimeout)
	defer again.Stop()
	defer deadline.Stop()
	for {
		select {
		case ack := <-p.ack:
			c.acknowledged(p, ack)
			return
		case <-c.over:
			return
		case <-c.e.ctx.Done():
			return
		case <-deadline.C:
			c.unacknowledged(p)
			return
		case <-again.C:
			c.e.stats.retransmissions.Add(1)
			c.e.send(p.tx, p.res)
			interval = min(2*interval, c.e.cfg.T2)
			again.Reset(interval)
		}
	}
}

// acknowledged ends the exchange of a late offer.
func (c *Call) acknowledged(p *pendingAnswer, ack *sip.Request) {
	if p.offered == nil {
		return
	}
	err := c.lateAnswer(p, ack)
	c.mu.Lock()
	c.settle(p)
	c.mu.Unlock()
	if err != nil {
		c.log.Warn("sip: no usable answer in the ACK", "error", err)
		_ = c.Hangup(c.e.ctx, "no usable answer in the ACK")
	}
}

// lateAnswer reads the answer to our offer.
func (c *Call) lateAnswer(p *pendingAnswer, ack *sip.Request) error {
	body, err := sdpBody(ack)
	if err != nil {
		return err
	}
	return c.agreeOnAnswer(body, p.offered)
}

// agreeOnAnswer reads a description of the peer's that answers our offer of codecs.
func (c *Call) agreeOnAnswer(body []byte, offered []media.Codec) error {
	d, err := readDescription(body)
	if err != nil {
		return err
	}
	c.mu.Lock()
	local := c.local
	c.mu.Unlock()
	local.Codecs = offered
	params, err := c.session.read(d, local, c.mediaAddr(local.Addr).Addr())
	if err != nil {
		return err
	}
	return c.agree(params, local.Agreed)
}

// unacknowledged gives up: the caller never heard our 200, or we never its ACK. A BYE tells it that we are gone.
func (c *Call) unacknowledged(p *pendingAnswer) {
	c.e.stats.noACK.Add(1)
	c.mu.Lock()
	c.unacked = nil
	c.finishLocked(End{By: "none", Reason: "no ack", Status: p.res.StatusCode, Cause: causeTimer})
	c.mu.Unlock()
	if c.leave() {
		_ = c.bye(c.e.ctx)
	}
}
