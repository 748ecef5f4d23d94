package sip

import (
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// maxRetry bounds the Retry-After of an offer that came too early (RFC 3261 §14.2).
const maxRetry = 10 * time.Second

// reoffered takes a re-INVITE or an UPDATE (RFC 3311): hold and its end, sound moved elsewhere, another codec, a new
// Contact. It is answered at once; what cannot be agreed leaves the call as it was.
func (c *Call) reoffered(req *sip.Request, tx *sip.ServerTx) {
	if f, headers := c.e.timerFault(req); f != nil {
		c.e.respond(req, tx, f.status, f.reason, headers...)
		return
	}
	body, err := sdpBody(req)
	if err != nil {
		c.e.respond(req, tx, 415, "", c.e.contentHeaders(errContent)...)
		return
	}
	if body == nil && !req.IsInvite() {
		c.refresh(req)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.keepAlive(req)
		c.e.send(tx, c.ok(req, nil)) // UPDATE without an offer only refreshes
		return
	}
	if status := c.claim(req.IsInvite()); status != 0 {
		var headers []sip.Header
		if status == 500 {
			headers = retryHeader(rand.N(maxRetry) + 1)
		}
		c.e.respond(req, tx, status, "", headers...)
		return
	}
	res, offered, status := c.counter(req, body)
	if status != 0 {
		c.unclaim()
		c.e.respond(req, tx, status, "")
		return
	}
	c.accept(req, tx, res, offered)
}

// counter writes the 200 that an offer, or the want of one, is answered with. status tells what refuses it instead.
func (c *Call) counter(req *sip.Request, body []byte) (res *sip.Response, offered []media.Codec, status int) {
	c.mu.Lock()
	local, params := c.local, c.params
	c.mu.Unlock()
	at := c.mediaAddr(local.Addr)
	var streams []*sdp.MediaDescription
	if body == nil {
		// A re-INVITE without an offer gets ours: everything we can do, whatever was agreed before (§14.2).
		offered, streams = local.Codecs, c.session.offer(at.Port(), local, media.SendRecv)
	} else {
		d, err := readDescription(body)
		if err != nil {
			return nil, nil, 400
		}
		a, err := c.session.answer(d, at, local)
		if err != nil {
			return nil, nil, 488
		}
		if a.removed {
			params.Direction = media.Inactive
			a.params = params
		}
		if err := c.agree(a.params, local.Agreed); err != nil {
			c.log.Warn("sip: new offer refused", "error", err)
			return nil, nil, 488
		}
		c.mu.Lock()
		if f := c.currentFork(); f != nil {
			f.params = a.params
		}
		c.mu.Unlock()
		streams = a.streams
	}
	ours, err := c.describe(at.Addr(), streams)
	if err != nil {
		return nil, nil, 500
	}
	return c.ok(req, ours), offered, 0
}

// claim begins the answering of an offer, unless another exchange is on its way: 491 when it is ours (glare), 500 when the
// peer itself is too fast (§14.2, RFC 3311 §5.2).
func (c *Call) claim(invite bool) (refuse int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.isOver || c.state == ended:
		return 481
	case c.offering || c.state == calling && !c.earlyOver() || c.reliable != nil && c.reliable.offered != nil:
		return 491
	case c.working || c.state != accepted && c.state != confirmed && (invite || !c.earlyOver()):
		return 500
	case c.unacked != nil:
		return 491 // our 200 is not acknowledged yet: the exchange is not over
	}
	c.working = true
	return 0
}

// earlyOver tells whether the first exchange was over before the call is answered: then UPDATE may begin the next (RFC 3311
// §5.1). c.mu is held.
func (c *Call) earlyOver() bool {
	if c.state == calling {
		f := c.currentFork()
		return f != nil && f.agreed
	}
	return c.early && c.reliably() && c.reliable == nil
}

func (c *Call) unclaim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working = false
}

// accept sends the 200; that of an INVITE waits for its ACK. The exchange is over before the 200 is out: the peer's next
// offer may follow at once.
func (c *Call) accept(req *sip.Request, tx *sip.ServerTx, res *sip.Response, offered []media.Codec) {
	c.refresh(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working = false
	if !req.IsInvite() {
		c.keepAlive(req)
		c.e.send(tx, res)
		return
	}
	p := newPendingAnswer(req, tx)
	p.res, p.offered = res, offered
	if c.isOver || !c.e.spawn(func() { c.awaitACK(p) }) {
		c.e.send(tx, c.answer(req, 481))
		return
	}
	forget := c.e.table.invite(req, c) // so that a late CANCEL finds it, and is told 200
	if !tx.OnTerminate(func(string, error) { forget() }) {
		forget()
	}
	c.unacked = p
	c.keepAlive(req)
	c.e.send(tx, res)
}

// keepAlive begins the session's time anew with the 2xx to a request of the peer's (RFC 4028 §10). c.mu is held.
func (c *Call) keepAlive(req *sip.Request) {
	timer, _ := c.e.timerOf(req)
	c.runTimer(timer)
}

// refresh follows a new Contact of the peer (§12.2.2).
func (c *Call) refresh(req *sip.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learn(req)
	c.dlg.retarget(req)
}

// learn keeps what a message of the peer says that it can do. c.mu is held, or nobody else knows the call yet.
func (c *Call) learn(msg sip.Message) {
	if len(msg.GetHeaders("Allow")) > 0 {
		c.peerUpdates = lists(msg, "Allow", string(sip.UPDATE))
	}
}
