package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ring sends the INVITE and follows its transaction to the end. One that was refused because its session interval is too short
// is sent again with a longer one (RFC 4028 §7.3), one that was challenged with the answer.
func (c *Call) ring(req *sip.Request, to netip.AddrPort, progress func(Progress), started time.Time) error {
	c.sign(req)
	for attempt := 1; ; attempt++ {
		again, err := c.ringOnce(req, to, progress, started)
		if again == nil {
			return err
		}
		if attempt == maxInvites {
			end := End{By: "remote", Reason: "refused"}
			var status *StatusError
			if errors.As(err, &status) {
				end.Status = status.Code
			}
			c.lost(end)
			return err
		}
		req = again
		c.mu.Lock()
		c.inviteSeq = req.CSeq().SeqNo // what follows in each dialog is numbered from here
		c.mu.Unlock()
	}
}

// maxInvites bounds how often one INVITE is sent: challenges of a proxy and of the server behind it, and longer intervals.
const maxInvites = maxChallenges + maxOffers

// ringAgain is the INVITE once more, as a new request of the same call.
func (c *Call) ringAgain(req *sip.Request) *sip.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := req.Clone()
	c.dlg.localSeq++
	again.CSeq().SeqNo = c.dlg.localSeq
	again.ReplaceHeader(newVia(c.dlg.network, c.dlg.self))
	for _, name := range []string{"Supported", "Session-Expires", "Min-SE"} {
		again.RemoveHeader(name)
	}
	c.askTimer(again)
	return again
}

// ringOnce follows one INVITE. It gives the one to send instead when it was refused for a reason that can be mended.
func (c *Call) ringOnce(req *sip.Request, to netip.AddrPort, progress func(Progress), started time.Time) (again *sip.Request, err error) {
	tx, err := c.e.begin(c.ctx, req, to)
	if err != nil {
		c.lost(End{By: "none", Reason: "not sent"})
		return nil, err
	}
	seq := req.CSeq().SeqNo
	tx.OnRetransmission(func(res *sip.Response) { c.repeated(seq, res) })
	provisional := false
	for {
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsProvisional():
				provisional = true
				c.progress(res, progress, started)
			case res.IsSuccess():
				return nil, c.established(seq, res)
			default:
				err := statusError(res)
				if err.Code == 422 && c.raiseMinSE(res) {
					again = c.ringAgain(req)
					c.sign(again) // a nonce is counted, the same answer twice would be a replay
					return again, err
				}
				if again = c.challenged(req, res); again != nil {
					return again, err
				}
				c.lost(End{By: "remote", Reason: "refused", Status: err.Code, Cause: causesOf(res)})
				return nil, err
			}
		case <-tx.Done():
			c.lost(End{By: "none", Reason: "no answer", Status: 408})
			return nil, transactionError(tx.Err())
		case <-c.done:
			c.abandon(req, to, tx, provisional)
			return nil, ErrEnded
		}
	}
}

// lost ends a call that never came up.
func (c *Call) lost(end End) {
	c.mu.Lock()
	c.finishLocked(end)
	c.mu.Unlock()
	c.leave()
	c.letGo()
}

// progress tells of a provisional answer, and agrees on early media.
func (c *Call) progress(res *sip.Response, heard func(Progress), started time.Time) {
	if res.StatusCode == 100 {
		return
	}
	f := c.join(res)
	take, reliable := c.takeReliable(f, res)
	if !take {
		return
	}
	early := false
	if body, err := sdpBody(res); err == nil && body != nil {
		early = c.firstAnswer(res) == nil
	}
	if reliable {
		c.prack(res)
	}
	c.mu.Lock()
	live := c.state == calling
	c.mu.Unlock()
	if live && heard != nil {
		heard(Progress{Status: res.StatusCode, Reason: res.Reason, After: time.Since(started), EarlyMedia: early})
	}
}

// established takes the 200: ACK first, then the answer it brought.
func (c *Call) established(seq uint32, res *sip.Response) error {
	c.join(res)
	c.acknowledge(seq, res)
	c.mu.Lock()
	gone := c.state != calling
	c.mu.Unlock()
	if gone { // given up while the 200 was on its way
		_ = c.sayGoodbye(c.e.ctx, nil)
		return ErrEnded
	}
	if err := c.firstAnswer(res); err != nil {
		c.mu.Lock()
		c.finishLocked(End{By: "local", Reason: "media", Status: res.StatusCode, Cause: causeIncompatible})
		c.mu.Unlock()
		_ = c.sayGoodbye(c.e.ctx, nil)
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != calling {
		c.e.work.Go(func() { _ = c.sayGoodbye(c.e.ctx, nil) })
		return ErrEnded
	}
	c.state = confirmed
	c.choose(true)
	c.heedTimer(res)
	close(c.confirmed)
	c.log.Info("sip: call answered")
	return nil
}

// firstAnswer agrees on the description in an answer to our INVITE, of the fork that it comes from.
func (c *Call) firstAnswer(res *sip.Response) error {
	body, err := sdpBody(res)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	c.mu.Lock()
	local, f := c.local, c.currentFork()
	c.mu.Unlock()
	if body == nil && f != nil && f.agreed {
		return c.agree(f.params, local.Agreed) // it came in a reliable 18x before (RFC 3262 §5)
	}
	if err := c.agreeOnAnswer(body, local.Codecs); err != nil {
		return err
	}
	if f != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		f.params, f.agreed = c.params, true
	}
	return nil
}

// acknowledge sends the ACK of a 200 (§13.2.2.4).
func (c *Call) acknowledge(seq uint32, res *sip.Response) {
	c.mu.Lock()
	c.dlg.retarget(res)
	ack := c.dlg.build(sip.ACK, seq)
	c.lastACK = ack
	to := c.nextHop()
	c.mu.Unlock()
	if err := c.e.write(c.e.ctx, ack, to); err != nil {
		c.log.Warn("sip: ACK not sent", "error", err)
	}
}

// acknowledgeAgain repeats the ACK when the 200 comes once more.
func (c *Call) acknowledgeAgain(seq uint32) {
	c.mu.Lock()
	ack, to := c.lastACK, c.nextHop()
	c.mu.Unlock()
	if ack == nil || ack.CSeq().SeqNo != seq {
		return
	}
	if err := c.e.write(c.e.ctx, ack.Clone(), to); err != nil {
		c.log.Warn("sip: ACK not sent", "error", err)
	}
}

// repeated is a 200 after the first: the same once more, or one of a second telephone that was rung by a proxy on the way and
// answered too. That one is acknowledged and hung up (§13.2.2.4).
func (c *Call) repeated(seq uint32, res *sip.Response) {
	if !c.e.enter() {
		return
	}
	defer c.e.work.Done()
	tag := tagOf(res.To())
	c.mu.Lock()
	same := tag == c.dlg.remoteTag
	other := &Call{e: c.e, dlg: c.dlg, inviteSeq: c.inviteSeq, log: c.log, over: make(chan struct{}), isOver: true}
	if f := c.forks[tag]; f != nil {
		known := *f
		other.forks = map[string]*fork{tag: &known}
	}
	c.mu.Unlock()
	if same {
		c.acknowledgeAgain(seq)
		return
	}
	c.e.work.Go(func() {
		other.join(res)
		other.acknowledge(seq, res)
		_ = other.bye(c.e.ctx)
	})
}

// stray is an answer without a transaction: a 200 so late that sipgo has forgotten the INVITE still wants its ACK.
func (e *Endpoint) stray(res *sip.Response) {
	seq := res.CSeq()
	if seq == nil || !res.IsSuccess() || seq.MethodName != sip.INVITE || !e.enter() {
		return
	}
	defer e.work.Done()
	if c := e.table.find(dialogKey{res.CallID().Value(), tagOf(res.From()), tagOf(res.To())}); c != nil {
		c.acknowledgeAgain(seq.SeqNo)
	}
}

// abandon cancels the INVITE of a call that was given up, and ends it properly if the peer answered all the same.
func (c *Call) abandon(req *sip.Request, to netip.AddrPort, tx *sip.ClientTx, provisional bool) {
	defer c.letGo()
	defer c.leave()
	patience := time.NewTimer(64 * c.e.cfg.T1)
	defer patience.Stop()
	sent := false
	for {
		if provisional && !sent { // not before: the CANCEL could overtake the INVITE (§9.1)
			sent = true
			cancel := cancelOf(req)
			addReason(cancel, c.End().Cause)
			c.e.work.Go(func() { _, _ = c.e.exchange(c.e.ctx, cancel, to) }) // we are work ourselves, Close waits
		}
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsProvisional():
				provisional = true
			case res.IsSuccess():
				c.join(res)
				c.acknowledge(req.CSeq().SeqNo, res)
				_ = c.sayGoodbye(c.e.ctx, nil)
				return
			default:
				return
			}
		case <-tx.Done():
			return
		case <-patience.C:
			tx.Terminate()
			return
		case <-c.e.ctx.Done():
			tx.Terminate()
			return
		}
	}
}

// cancelOf builds the CANCEL of an INVITE: its top Via, its number, no tag in To (§9.1).
func cancelOf(invite *sip.Request) *sip.Request {
	req := sip.NewRequest(sip.CANCEL, invite.Recipient)
	req.AppendHeader(sip.HeaderClone(invite.Via()))
	for _, name := range []string{"Route", "Max-Forwards", "From", "To", "Call-ID"} {
		sip.CopyHeaders(name, invite, req)
	}
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	return req
}

func statusError(res *sip.Response) *StatusError {
	err := &StatusError{Code: res.StatusCode, Reason: res.Reason}
	value, _, _ := strings.Cut(headerValue(res, "Retry-After"), ";")
	value, _, _ = strings.Cut(value, "(")
	if s, convErr := strconv.Atoi(strings.TrimSpace(value)); convErr == nil && s > 0 {
		err.RetryAfter = time.Duration(s) * time.Second
	}
	return err
}
