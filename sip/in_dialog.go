package sip

import (
	"net/netip"

	"github.com/emiago/sipgo/sip"
)

// inDialog takes a request of the peer within the call.
func (c *Call) inDialog(req *sip.Request, tx *sip.ServerTx) {
	if status := c.order(req); status != 0 {
		c.e.respond(req, tx, status, "")
		return
	}
	switch req.Method {
	case sip.BYE:
		c.goodbye(req, tx)
	case sip.INVITE, sip.UPDATE:
		c.reoffered(req, tx)
	case sip.PRACK:
		c.pracked(req, tx)
	case sip.INFO:
		c.info(req, tx)
	case sip.OPTIONS:
		c.e.respond(req, tx, 200, "", c.e.abilities()...)
	default:
		c.e.respond(req, tx, 405, "", sip.NewHeader("Allow", allowed))
	}
}

// order keeps requests in the order of their numbers (RFC 3261 §12.2.2) and follows the peer to where it sends from.
// 0 when the request may be taken.
func (c *Call) order(req *sip.Request) (refuse int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == calling {
		c.enter(tagOf(req.From()))
	}
	seq := int64(req.CSeq().SeqNo)
	switch {
	case c.isOver:
		return 481
	case seq < c.dlg.remoteSeq:
		return 500
	case seq == c.dlg.remoteSeq:
		return 482 // the same request once more over another way
	}
	c.dlg.remoteSeq = seq
	if peer, err := netip.ParseAddrPort(req.Source()); err == nil {
		c.dlg.peer = peer
	}
	return 0
}

// goodbye is the peer's BYE. Before the answer it gives up the call like a CANCEL (§15.1.2).
func (c *Call) goodbye(req *sip.Request, tx *sip.ServerTx) {
	c.e.respond(req, tx, 200, "")
	if c.abandoned("bye before the answer", causesOf(req)) {
		return
	}
	c.mu.Lock()
	c.finishLocked(End{By: "remote", Reason: "bye", Status: 200, Cause: causesOf(req)})
	c.mu.Unlock()
	c.leave()
	c.letGo()
}
