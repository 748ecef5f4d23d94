package sip

import (
	"fmt"
	"strconv"

	"github.com/emiago/sipgo/sip"
)

// takeReliable tells whether a provisional answer is to be looked at: a reliable one only once and in its turn (RFC 3262 §4).
// prack says that it wants its PRACK.
func (c *Call) takeReliable(f *fork, res *sip.Response) (take, prack bool) {
	if f == nil || !c.e.speaks(tagReliable) || !lists(res, "Require", tagReliable) {
		return true, false
	}
	rseq, err := strconv.ParseUint(headerValue(res, "RSeq"), 10, 32)
	if err != nil || rseq == 0 {
		return true, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.rseq != 0 && uint32(rseq) != f.rseq+1 {
		return false, false // once more, or one that overtook another: it comes again
	}
	f.rseq = uint32(rseq)
	return true, true
}

// prack acknowledges a reliable provisional answer, within the dialog that it began (§4).
func (c *Call) prack(res *sip.Response) {
	c.mu.Lock()
	if c.state != calling || tagOf(res.To()) != c.dlg.remoteTag {
		c.mu.Unlock()
		return
	}
	req := c.dlg.request(sip.PRACK)
	req.AppendHeader(sip.NewHeader("RAck", fmt.Sprintf("%s %d %s", headerValue(res, "RSeq"), res.CSeq().SeqNo, sip.INVITE)))
	to := c.nextHop()
	c.mu.Unlock()
	c.e.work.Go(func() { // the caller is work itself, Close waits
		ack, err := c.e.exchange(c.ctx, req, to)
		switch {
		case c.ctx.Err() != nil:
		case err != nil:
			c.log.Warn("sip: no answer to a PRACK", "error", err)
		case !ack.IsSuccess():
			c.log.Warn("sip: PRACK refused", "status", ack.StatusCode)
		}
	})
}
