package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"reflect"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// MediaOptions are what we allow and want of the sound, the same for many calls. The zero value fits a trunk.
type MediaOptions struct {
	// Codecs are what we speak, preferred first; media.Codecs() if empty.
	Codecs []media.Codec

	// PreferOurs makes our order of the codecs count in an answer, not the peer's (RFC 3264 §6.1 leaves it to us).
	PreferOurs bool

	// PTime is how long we want the peer's packets when we offer, 20 ms if 0. In an answer it is what the peer asked of us.
	PTime time.Duration

	SRTP SRTPPolicy

	// ComfortNoise is offered and taken (RFC 3389): where we say nothing, two packets a second go out instead of fifty.
	ComfortNoise bool
}

func (o MediaOptions) ptime() time.Duration {
	if o.PTime == 0 {
		return defaultPTime
	}
	return o.PTime
}

// LocalMedia is our end of the sound, and what wants to know about it. The functions are called on goroutines of the endpoint,
// never two of Agreed at once, and must not wait for the call.
type LocalMedia struct {
	// Addr is where we receive RTP. An unspecified IP is replaced by the address that the peer reaches us at.
	Addr netip.AddrPort

	MediaOptions

	// Agreed hears what each exchange of offer and answer came to: before our 200 or after the peer's, on the ACK of a
	// late offer, on every re-INVITE and UPDATE. An error refuses the exchange (and ends the call, if it was the first).
	Agreed func(media.Params) error

	// Digit hears keys that came by SIP INFO: 0 to 9, *, #, A to D.
	Digit func(rune)
}

// End tells how a call came to its end.
type End struct {
	By        string // who ended it: "local", "remote", or "none" when it broke (no ACK, no answer, lost peer)
	Reason    string // for logs, in English: "bye", "cancelled", "no ack", or what Hangup was given
	Status    int    // final status of the INVITE: 200 once answered, 487 when cancelled, 486 …; 0 when there was none
	Cancelled bool   // given up by the calling side before the answer

	// Cause is what the Reason header fields of the last BYE, CANCEL or refusal said, the peer's or ours (RFC 3326):
	// "Q.850;cause=16", several joined by ", "; "" when there was none.
	Cause string
}

type callState uint8

const (
	calling    callState = iota // we rang, no final answer yet
	proceeding                  // we are rung, not answered
	answering                   // Answer is at work
	accepted                    // our 200 waits for its ACK
	confirmed                   // up
	ended
)

// Call is one call, presented to us or placed by us. Its methods may be called from any goroutine.
type Call struct {
	e        *Endpoint
	id       string
	trunk    string
	caller   Number
	called   string
	dialled  string
	outgoing bool
	localIP  netip.Addr
	log      *slog.Logger
	opened   func() // it is half open no more; nil for calls that we place
	release  func() // lets go of the peer that we dialled; nil for incoming calls

	ctx       context.Context
	cancel    context.CancelFunc
	confirmed chan struct{} // closed on ACK, or on the 200 that we ACKed
	done      chan struct{} // closed when the call is over for its user
	over      chan struct{} // closed when the dialog is over: no more 200s, no BYE needed

	signing sync.Mutex   // of creds
	creds   *credentials // of the trunk's account; nil: the trunk knows us by address

	agreeing sync.Mutex // one exchange of offer and answer at a time reaches Agreed

	mu        sync.Mutex
	state     callState
	end       End
	isOver    bool
	dlg       dialog           // callID, localTag, network, self and user never change
	forks     map[string]*fork // of a call that we place, by their To tags
	inviteSeq uint32           // number of our first INVITE
	invite    *sip.Request     // that we were rung with
	tx        *sip.ServerTx    // its transaction
	offer     *description     // that it carried, nil for a late offer
	rang      bool
	local     LocalMedia
	session   localSession
	params    media.Params
	unacked   *pendingAnswer // our 200 that waits for its ACK
	ackedSeq  int64          // number of the last INVITE whose 200 was acknowledged: its ACK may come again
	lastACK   *sip.Request   // of ours, sent again whenever the peer's 200 comes again
	offering  bool           // an offer of ours is out (§14.1)

	streams     []*sdp.MediaDescription // of our description that counts now
	offered     []*sdp.MediaDescription // of our offer that is out
	peerUpdates bool                    // the peer takes UPDATE (RFC 3311)
	timer       sessionTimer            // agreed on
	timerTurn   uint64                  // counts its beginnings
	expiry      *time.Timer             // that acts on it
	minSE       time.Duration           // what the peer's side wants at least

	early     bool         // Early was called: the first exchange is in the 183
	earlyBody []byte       // the description in it
	rseq      uint32       // number of our last reliable provisional answer, 0: none yet
	reliable  *provisional // that waits for its PRACK

	working bool // an offer of the peer is being answered

	turns turns // of the peer's requests
}

// ID is our own name for the call, a UUID of version 7: it sorts by time and says nothing about the caller.
func (c *Call) ID() string { return c.id }

// CallID is the peer's Call-ID.
func (c *Call) CallID() string { return c.dlg.callID }

// Caller is who calls; of a call that we placed, who we said we were.
func (c *Call) Caller() Number { return c.caller }

// Called is the number that was rung, as it came but without separators: "+33199000001" or "0199000001". To compare it with
// a number of the configuration, compare the E164 of CalledNumber.
func (c *Call) Called() string { return c.called }

// CalledNumber is Called, understood.
func (c *Call) CalledNumber() Number { return ParseNumber(c.called) }

// Trunk is the name of the trunk it came by; "" for a call that we placed outside of the trunks.
func (c *Call) Trunk() string { return c.trunk }

// Dialled is the number first dialled when the call was diverted to us, "" otherwise.
func (c *Call) Dialled() string { return c.dialled }

// Outgoing tells a call that we placed.
func (c *Call) Outgoing() bool { return c.outgoing }

// LocalIP is the address of this host that the peer is reached from: where RTP sockets should be bound.
func (c *Call) LocalIP() netip.Addr { return c.localIP }

// Peer is where the call's signalling comes from.
func (c *Call) Peer() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dlg.peer
}

// Media is what was last agreed on; the zero value before.
func (c *Call) Media() media.Params {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.params
}

// Confirmed is closed when the call is up on both sides: the ACK came, or was sent.
func (c *Call) Confirmed() <-chan struct{} { return c.confirmed }

// Done is closed when the call is over.
func (c *Call) Done() <-chan struct{} { return c.done }

// End tells how the call ended; the zero value while it lasts.
func (c *Call) End() End {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Hangup ends the call from our side: BYE when it is up, CANCEL or a refusal (480) before. It returns when the peer has
// answered or ctx ends; the BYE is then still repeated in the background. A call that is over already is no error.
func (c *Call) Hangup(ctx context.Context, reason string) error {
	c.mu.Lock()
	switch c.state {
	case ended:
		c.mu.Unlock()
		return nil
	case proceeding, answering:
		c.mu.Unlock()
		return c.refuse(480, 0, End{By: "local", Reason: reason, Status: 480})
	case calling:
		c.finishLocked(End{By: "local", Reason: reason, Status: 487, Cancelled: true})
		c.mu.Unlock()
		return nil // the goroutine that rings sends the CANCEL
	}
	pending := c.unacked
	c.finishLocked(End{By: "local", Reason: reason, Status: 200})
	c.mu.Unlock()
	sent := make(chan error, 1)
	if !c.e.spawn(func() { sent <- c.sayGoodbye(c.e.ctx, pending) }) {
		return ErrClosed
	}
	select {
	case err := <-sent:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sayGoodbye sends BYE; when our 200 is not acknowledged yet, not before its ACK or its end (RFC 3261 §15).
func (c *Call) sayGoodbye(ctx context.Context, pending *pendingAnswer) error {
	if pending != nil {
		select {
		case <-pending.settled:
		case <-c.over:
		case <-ctx.Done():
		}
	}
	if !c.leave() {
		return nil // the peer's BYE crossed ours, or ours is on its way
	}
	return c.bye(ctx)
}

// bye sends BYE and waits for its answer, as long as the transaction or ctx lasts.
func (c *Call) bye(ctx context.Context) error {
	defer c.letGo()
	c.mu.Lock()
	req := c.dlg.request(sip.BYE)
	to, causes := c.nextHop(), c.end.Cause
	c.mu.Unlock()
	addReason(req, causes)
	_, err := c.exchange(ctx, req, to)
	return err
}

// nextHop is where our requests within the call go. A connection of the peer is used as long as it lives: the address of its
// Contact may not be one that can be dialled. c.mu is held.
func (c *Call) nextHop() netip.AddrPort {
	if c.dlg.network != udp && c.e.connected(c.dlg.network, c.dlg.peer) {
		return c.dlg.peer
	}
	return c.dlg.next(c.e.known)
}

// finishLocked ends the call for its user, once. The dialog may live on for a BYE or a late ACK. c.mu is held.
func (c *Call) finishLocked(end End) bool {
	if c.state == ended {
		return false
	}
	if end.Cause == "" && end.By != "remote" && (end.Status == 200 || end.Cancelled) {
		end.Cause = causeNormal // what our BYE or CANCEL will say
	}
	c.state, c.end = ended, end
	c.stopTimer()
	// Transactions remember the call for 32 s more (timers H, I and J): its sound must not be kept with it.
	c.local.Agreed, c.local.Digit = nil, nil
	close(c.done)
	c.cancel()
	c.log.Info("sip: call ended", "by", end.By, "reason", end.Reason, "status", end.Status, "cancelled", end.Cancelled, "cause", end.Cause)
	return true
}

// leave ends the dialog, once; it tells whether this was the time.
func (c *Call) leave() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isOver {
		return false
	}
	c.isOver = true
	c.stopTimer()
	close(c.over)
	c.e.table.remove(c.dlg.key())
	c.choose(false)
	return true
}

// letGo closes the door that Dial opened to the peer.
func (c *Call) letGo() {
	if c.release != nil {
		c.release()
	}
}

// agree tells the user of the call about an exchange, one at a time, and keeps what was agreed.
func (c *Call) agree(p media.Params, heard func(media.Params) error) error {
	c.agreeing.Lock()
	defer c.agreeing.Unlock()
	p.Near = c.Peer().Addr()
	if p.ReceiveType == p.Codec.PayloadType {
		p.ReceiveType = 0 // it means the same
	}
	if reflect.DeepEqual(p, c.Media()) {
		return nil // a refresh: nothing changed, and the sound goes on undisturbed
	}
	if heard != nil {
		if err := heard(p); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.params = p
	c.mu.Unlock()
	c.log.Debug("sip: media agreed", "codec", p.Codec.Name, "dtmf", p.DTMF, "direction", p.Direction.String(), "ptime", p.PTime, "srtp", string(p.Protection.Suite), "remote", p.Remote)
	return nil
}

// mediaAddr is the address that our descriptions name.
func (c *Call) mediaAddr(a netip.AddrPort) netip.AddrPort {
	ip := a.Addr().Unmap()
	if ip.IsUnspecified() || !ip.IsValid() {
		ip = c.localIP
	}
	if adv := c.e.cfg.Advertise; adv.IsValid() && adv.Unmap().Is4() == ip.Is4() {
		ip = adv.Unmap()
	}
	return netip.AddrPortFrom(ip, a.Port())
}

func (l LocalMedia) withDefaults() LocalMedia {
	if len(l.Codecs) == 0 {
		l.Codecs = media.Codecs()
	}
	return l
}
