package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
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
	body, err := sdpBody(req)
	if err != nil {
		c.e.respond(req, tx, 415, "", c.e.contentHeaders(errContent)...)
		return
	}
	if body == nil && !req.IsInvite() {
		c.refresh(req)
		c.e.send(tx, c.ok(req, nil)) // UPDATE without an offer only refreshes
		return
	}
	if status := c.claim(); status != 0 {
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
func (c *Call) claim() (refuse int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.isOver || c.state == ended:
		return 481
	case c.offering:
		return 491
	case c.state == proceeding || c.state == answering || c.state == calling || c.working:
		return 500
	case c.unacked != nil:
		return 491 // our 200 is not acknowledged yet: the exchange is not over
	}
	c.working = true
	return 0
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
	c.e.send(tx, res)
}

// refresh follows a new Contact of the peer (§12.2.2).
func (c *Call) refresh(req *sip.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dlg.retarget(req)
}

// Reinvite offers the peer our sound again with another direction: SendOnly holds it, SendRecv takes it back. Agreed hears
// the outcome. A peer that refuses gives a *StatusError, with 491 when its own offer crossed ours: try again later. The call stays as it was
// then, unless the peer does not know it any more (481) or does not answer at all.
func (c *Call) Reinvite(ctx context.Context, dir media.Direction) error {
	req, to, err := c.beginOffer(dir)
	if err != nil {
		return err
	}
	defer c.endOffer()
	tx, err := c.e.begin(ctx, req, to)
	if err != nil {
		return err
	}
	for {
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsProvisional():
			case res.IsSuccess():
				return c.reinvited(req, res, tx)
			default:
				return c.reofferRefused(res)
			}
		case <-tx.Done():
			_ = c.Hangup(c.e.ctx, "no answer to a re-INVITE") // §12.2.1.2
			return transactionError(tx.Err())
		case <-ctx.Done():
			tx.Terminate()
			return ctx.Err()
		case <-c.done:
			tx.Terminate()
			return ErrEnded
		}
	}
}

func (c *Call) beginOffer(dir media.Direction) (*sip.Request, netip.AddrPort, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == ended:
		return nil, netip.AddrPort{}, ErrEnded
	case c.state != confirmed:
		return nil, netip.AddrPort{}, fmt.Errorf("%w: re-INVITE before the call is up", ErrState)
	case c.offering || c.working || c.unacked != nil:
		return nil, netip.AddrPort{}, &StatusError{Code: 491, Reason: reasonPhrase(491)}
	}
	at := c.mediaAddr(c.local.Addr)
	body, err := c.session.render(at.Addr(), c.session.offer(at.Port(), c.local, dir))
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	req := c.dlg.request(sip.INVITE)
	req.AppendHeader(c.dlg.contact())
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	req.AppendHeader(sip.NewHeader("Content-Type", typeSDP))
	req.SetBody(body)
	c.offering = true
	return req, c.nextHop(), nil
}

func (c *Call) endOffer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offering = false
}

// reinvited acknowledges the 200 and agrees on what it says.
func (c *Call) reinvited(req *sip.Request, res *sip.Response, tx *sip.ClientTx) error {
	c.acknowledge(req.CSeq().SeqNo, res)
	tx.OnRetransmission(func(*sip.Response) {
		if c.e.enter() {
			defer c.e.work.Done()
			c.acknowledgeAgain(req.CSeq().SeqNo)
		}
	})
	return c.takeAnswer(res)
}

func (c *Call) reofferRefused(res *sip.Response) error {
	err := statusError(res)
	if err.Code == 481 || err.Code == 408 { // §12.2.1.2: the peer has no such call
		c.mu.Lock()
		c.finishLocked(End{By: "none", Reason: "the peer lost the call", Status: 200, Cause: causeTimer})
		c.mu.Unlock()
		return errors.Join(err, c.sayGoodbye(c.e.ctx, nil))
	}
	return err
}
