package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// maxFirstRSeq bounds the number of the first reliable provisional answer (RFC 3262 §3).
const maxFirstRSeq = 1<<31 - 1

// provisional is a reliable provisional answer of ours, from its sending to its PRACK.
type provisional struct {
	rseq    uint32
	res     *sip.Response
	offered []media.Codec // it brought our offer, the answer comes with the PRACK; nil otherwise
	told    bool          // it brought a description: the 200 has to wait for its PRACK
	acked   chan struct{} // closed by its PRACK
}

// reliably tells whether our provisional answers are sent reliably in this call.
func (c *Call) reliably() bool {
	return c.e.speaks(tagReliable) && (lists(c.invite, "Require", tagReliable) || c.e.cfg.Reliable == ReliableSupported && supports(c.invite, tagReliable))
}

// Early sends 183 with our description: from then on sound flows both ways although the call is not answered yet (early media).
// The caller's offer is agreed on before, as with Answer. An INVITE without an offer gets ours when the peer takes it in a
// reliable answer (RFC 3262 §5), and is agreed on with the PRACK; else it is only told that it rings. The 183 is repeated until
// its PRACK comes when it is reliable; none within 64*T1 refuses the call with 504.
//
// It waits for the PRACK of an earlier reliable answer, until ctx ends. Errors are those of Answer.
func (c *Call) Early(ctx context.Context, l LocalMedia) error {
	if c.offer == nil && !c.reliably() {
		return c.Ring()
	}
	if err := c.settled(ctx, func(*provisional) bool { return true }); err != nil {
		return err
	}
	l = l.withDefaults()
	c.mu.Lock()
	switch {
	case c.state == ended:
		defer c.mu.Unlock()
		return c.endedError()
	case c.outgoing || c.state != proceeding || c.early:
		c.mu.Unlock()
		return fmt.Errorf("%w: early media", ErrState)
	}
	c.local = l
	c.mu.Unlock()
	body, offered, err := c.firstDescription(l)
	if err != nil {
		return c.unanswerable(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != proceeding {
		return c.endedError()
	}
	c.early, c.rang = true, true
	c.earlyBody = body
	res := c.answer(c.invite, 183, c.dlg.contact(), sip.NewHeader("Allow", allowed))
	res.AppendHeader(sip.NewHeader("Content-Type", typeSDP))
	res.SetBody(body)
	c.sendProvisional(res, offered)
	return nil
}

// sendProvisional sends 180 or 183, reliably if that was agreed on. Only one may wait for its PRACK (§3). c.mu is held.
func (c *Call) sendProvisional(res *sip.Response, offered []media.Codec) {
	if !c.reliably() {
		c.e.send(c.tx, res)
		return
	}
	if c.rseq == 0 {
		c.rseq = rand.Uint32N(maxFirstRSeq)
	}
	c.rseq++
	res.AppendHeader(sip.NewHeader("Require", tagReliable))
	res.AppendHeader(sip.NewHeader("RSeq", strconv.FormatUint(uint64(c.rseq), 10)))
	p := &provisional{rseq: c.rseq, res: res, offered: offered, told: len(res.Body()) > 0, acked: make(chan struct{})}
	if !c.e.spawn(func() { c.awaitPRACK(p) }) {
		return // Close refuses the call
	}
	c.reliable = p
	c.e.send(c.tx, res)
}

// awaitPRACK repeats a reliable answer until its PRACK comes: after T1, then each time after twice as long; after 64*T1 the
// call is refused (§3). A final answer ends the repetition too.
func (c *Call) awaitPRACK(p *provisional) {
	interval := c.e.cfg.T1
	again, deadline := time.NewTimer(interval), time.NewTimer(64*c.e.cfg.T1)
	defer again.Stop()
	defer deadline.Stop()
	for {
		select {
		case <-p.acked:
			return
		case <-c.done:
			return
		case <-c.confirmed:
			return
		case <-deadline.C:
			c.e.stats.noPRACK.Add(1)
			_ = c.refuse(504, 0, End{By: "none", Reason: "no prack", Status: 504})
			return
		case <-again.C:
			if !c.repeatProvisional(p) {
				return
			}
			interval *= 2
			again.Reset(interval)
		}
	}
}

// repeatProvisional sends a reliable answer once more, unless the final one is out.
func (c *Call) repeatProvisional(p *provisional) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != proceeding && c.state != answering {
		return false
	}
	c.e.stats.retransmissions.Add(1)
	c.e.send(c.tx, p.res)
	return true
}

// settled waits for the PRACK of the reliable answer that is out, if it is one that matters.
func (c *Call) settled(ctx context.Context, matters func(*provisional) bool) error {
	c.mu.Lock()
	p := c.reliable
	c.mu.Unlock()
	if p == nil || !matters(p) {
		return nil
	}
	select {
	case <-p.acked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.endedError()
	}
}

// pracked takes the PRACK of a reliable answer of ours, with the answer to our offer or with a new offer if there is one
// (§3, §5). One that matches nothing gets 481.
func (c *Call) pracked(req *sip.Request, tx *sip.ServerTx) {
	body, err := sdpBody(req)
	if err != nil {
		c.e.respond(req, tx, 415, "", c.e.contentHeaders(errContent)...)
		return
	}
	rseq, ok := c.readRAck(req)
	if !ok {
		c.e.respond(req, tx, 400, "Malformed RAck")
		return
	}
	c.mu.Lock()
	p := c.reliable
	if p == nil || p.rseq != rseq {
		c.mu.Unlock()
		c.e.respond(req, tx, 481, "")
		return
	}
	c.reliable = nil
	c.mu.Unlock()
	switch {
	case p.offered != nil:
		c.earlyAnswer(req, tx, p, body)
	case body != nil:
		c.earlyOffer(req, tx, p, body)
	default:
		c.e.respond(req, tx, 200, "")
		close(p.acked)
	}
}

// earlyAnswer takes the answer to the offer of a reliable answer. Without one that can be used there is no call.
func (c *Call) earlyAnswer(req *sip.Request, tx *sip.ServerTx, p *provisional, body []byte) {
	err := c.agreeOnAnswer(body, p.offered)
	if err != nil {
		c.log.Warn("sip: no usable answer in the PRACK", "error", err)
		c.e.respond(req, tx, 488, "")
		_ = c.refuse(488, 0, End{By: "local", Reason: "no usable answer in the PRACK", Status: 488})
		return
	}
	c.e.respond(req, tx, 200, "")
	close(p.acked)
}

// earlyOffer answers an offer that came with the PRACK, when the first exchange is over (§5).
func (c *Call) earlyOffer(req *sip.Request, tx *sip.ServerTx, p *provisional, body []byte) {
	defer close(p.acked)
	if status := c.claim(false); status != 0 {
		c.e.respond(req, tx, status, "")
		return
	}
	defer c.unclaim()
	res, _, status := c.counter(req, body)
	if status != 0 {
		c.e.respond(req, tx, status, "")
		return
	}
	c.e.send(tx, res)
}

// readRAck reads which answer a PRACK is for (§7.2); false when that can't be read, or when it is for another INVITE, which
// leaves the number 0 that no answer has.
func (c *Call) readRAck(req *sip.Request) (rseq uint32, ok bool) {
	f := strings.Fields(headerValue(req, "RAck"))
	if len(f) != 3 {
		return 0, false
	}
	n, err1 := strconv.ParseUint(f[0], 10, 32)
	seq, err2 := strconv.ParseUint(f[1], 10, 32)
	if err1 != nil || err2 != nil {
		return 0, false
	}
	if c.invite == nil || f[2] != string(sip.INVITE) || uint32(seq) != c.invite.CSeq().SeqNo {
		return 0, true
	}
	return uint32(n), true
}
