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

// maxOffers bounds how often an offer of ours that another exchange was in the way of is made again.
const maxOffers = 5

// Reinvite offers the peer our sound again with another direction: SendOnly holds it, SendRecv takes it back. Agreed hears
// the outcome. When the peer's own offer is in the way (491 or 500 with Retry-After, or it is being answered), it waits as
// RFC 3261 §14.1 says and tries again until ctx ends. A peer that refuses for another reason gives a *StatusError, and the call
// stays as it was then, unless the peer does not know it any more (481, 408) or does not answer at all. When ctx ends while
// the offer is out, it is brought to its end in the background.
func (c *Call) Reinvite(ctx context.Context, dir media.Direction) error {
	streams := func() []*sdp.MediaDescription {
		return c.session.offer(c.mediaAddr(c.local.Addr).Port(), c.local, dir)
	}
	for attempt := 1; ; attempt++ {
		err := c.offerOnce(ctx, streams)
		wait, again := c.retryIn(err)
		if !again || attempt == maxOffers {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		case <-c.done:
			timer.Stop()
			return ErrEnded
		}
	}
}

// described gives the streams of our description that counts now. c.mu is held.
func (c *Call) described() []*sdp.MediaDescription { return c.streams }

// retryIn tells whether a request that failed within the call is worth another try, and when.
func (c *Call) retryIn(err error) (wait time.Duration, again bool) {
	var status *StatusError
	if !errors.As(err, &status) {
		return 0, false
	}
	switch {
	case status.Code == 491:
		return c.glareWait(), true
	case status.Code == 500 && status.RetryAfter > 0: // RFC 3311 §5.3
		return status.RetryAfter, true
	case status.Code == 422 && errors.Is(err, errRaised):
		return 0, true
	}
	return 0, false
}

// errRaised marks a 422 after which our next request asks for a longer session interval.
var errRaised = errors.New("sip: a longer session interval is asked for")

// glareWait is how long to wait after a 491: 2.1 to 4 s on the side that owns the Call-ID, 0 to 2 s on the other, so that the
// offers do not meet again (RFC 3261 §14.1; the times are for the T1 of 500 ms).
func (c *Call) glareWait() time.Duration {
	t1 := c.e.cfg.T1
	if c.outgoing {
		return t1*42/10 + rand.N(t1*38/10)
	}
	return rand.N(4 * t1)
}

// offerOnce sends one re-INVITE with an offer of streams.
func (c *Call) offerOnce(ctx context.Context, streams func() []*sdp.MediaDescription) error {
	req, to, err := c.beginOffer(streams)
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	if !c.e.spawn(func() {
		defer c.endOffer()
		result <- c.finishOffer(req, to)
	}) {
		c.endOffer()
		return ErrClosed
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finishOffer follows a re-INVITE to its end, past the operator's challenges.
func (c *Call) finishOffer(req *sip.Request, to netip.AddrPort) error {
	c.sign(req)
	for range maxChallenges {
		again, err := c.tryOffer(req, to)
		if again == nil {
			return err
		}
		req = again
	}
	return errRefused
}

// tryOffer follows the transaction of a re-INVITE to its end. It gives the request to send instead when that is a challenge.
func (c *Call) tryOffer(req *sip.Request, to netip.AddrPort) (again *sip.Request, err error) {
	tx, err := c.e.begin(c.e.ctx, req, to)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsProvisional():
			case res.IsSuccess():
				return nil, c.reinvited(req, res, tx)
			default:
				if again = c.challenged(req, res); again != nil {
					return again, nil
				}
				return nil, c.refusedInCall(res)
			}
		case <-tx.Done():
			c.vanished("no answer to a re-INVITE")
			return nil, transactionError(tx.Err())
		case <-c.done:
			tx.Terminate()
			return nil, ErrEnded
		}
	}
}

func (c *Call) beginOffer(streams func() []*sdp.MediaDescription) (*sip.Request, netip.AddrPort, error) {
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
	c.offered = streams()
	body, err := c.session.render(c.mediaAddr(c.local.Addr).Addr(), c.offered)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	req := c.dlg.request(sip.INVITE)
	req.AppendHeader(c.dlg.contact())
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	c.askTimer(req)
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
	c.mu.Lock()
	c.learn(res)
	c.heedTimer(res)
	c.streams = c.offered
	c.mu.Unlock()
	body, err := sdpBody(res)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	return c.agreeOnAnswer(body, c.local.Codecs)
}

// refusedInCall makes an error of a refusal, and ends the call when the peer does not have it any more (§12.2.1.2).
func (c *Call) refusedInCall(res *sip.Response) error {
	err := statusError(res)
	switch err.Code {
	case 422:
		if c.raiseMinSE(res) {
			return errors.Join(err, errRaised)
		}
	case 408, 481:
		c.vanished("the peer lost the call")
	}
	return err
}

// vanished ends a call whose peer is gone, with a BYE that nobody may answer (§12.2.1.2).
func (c *Call) vanished(why string) {
	c.mu.Lock()
	first := c.finishLocked(End{By: "none", Reason: why, Status: 200, Cause: causeTimer})
	c.mu.Unlock()
	if first {
		_ = c.sayGoodbye(c.e.ctx, nil)
	}
}
