package sip

import (
	"net/netip"
	"slices"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// fork is one of the dialogs that an INVITE of ours leads to: a proxy on the way may ring several telephones, and each answers
// with a To tag of its own (RFC 3261 §12.1.2, §13.2.2.4). The call speaks in one of them at a time, that of the newest answer;
// a 200 decides.
type fork struct {
	far    farEnd
	rseq   uint32       // of its last reliable provisional answer, 0: none yet
	agreed bool         // it described its sound
	params media.Params // and what that came to
}

// enter makes the dialog of a message's remote tag the one that the call speaks in; a new one when it is the first of its tag.
// c.mu is held.
func (c *Call) enter(tag string) *fork {
	if c.forks == nil {
		c.forks = map[string]*fork{}
	}
	f := c.forks[tag]
	switch {
	case f == nil:
		f = &fork{far: c.dlg.farEnd}
		f.far.remoteTag, f.far.localSeq, f.far.remoteSeq = tag, c.inviteSeq, -1
		c.forks[tag] = f
	case tag == c.dlg.remoteTag:
		return f
	}
	if old := c.forks[c.dlg.remoteTag]; old != nil {
		old.far = c.dlg.farEnd
	}
	from := c.dlg.key()
	c.dlg.farEnd = f.far
	if !c.isOver {
		if from.remoteTag == "" {
			c.e.table.remove(from) // of the INVITE before any answer
		}
		c.e.table.add(c.dlg.key(), c)
	}
	return f
}

// join takes what an answer to our INVITE says of its sender (§12.1.2). It gives the fork, nil when the answer belongs to none.
func (c *Call) join(res *sip.Response) *fork {
	tag := tagOf(res.To())
	if tag == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.enter(tag)
	if a, err := parseAddr(res.To().Value()); err == nil {
		c.dlg.remote = a
	}
	c.learn(res)
	c.dlg.retarget(res)
	c.dlg.routes = nil
	for _, h := range res.GetHeaders("Record-Route") {
		c.dlg.routes = append(c.dlg.routes, h.Value())
	}
	slices.Reverse(c.dlg.routes)
	if peer, err := netip.ParseAddrPort(res.Source()); err == nil {
		c.dlg.peer = peer
	}
	return f
}

// choose ends all early dialogs but the one that was answered, or that one as well. c.mu is held.
func (c *Call) choose(keep bool) {
	for tag := range c.forks {
		if !keep || tag != c.dlg.remoteTag {
			c.e.table.remove(dialogKey{c.dlg.callID, c.dlg.localTag, tag})
		}
	}
}

// currentFork is the fork that the call speaks in, nil when there is none. c.mu is held.
func (c *Call) currentFork() *fork { return c.forks[c.dlg.remoteTag] }
