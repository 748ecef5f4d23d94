package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/google/uuid"
	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// receive is where the transaction layer hands over requests, each on a goroutine of sipgo's.
func (e *Endpoint) receive(req *sip.Request, tx *sip.ServerTx) {
	if !e.enter() {
		tx.Terminate()
		return
	}
	defer e.work.Done()
	if req.IsAck() {
		tx.Terminate() // of something long gone: an ACK is never answered
		return
	}
	var within *Call
	inside := tagOf(req.To()) != ""
	switch {
	case inside:
		if within = e.table.find(keyOf(req)); within != nil {
			defer within.takeTurn(req)()
		}
	case req.IsInvite():
		defer e.table.arrived(req)
	}
	if f, headers := e.examine(req); f != nil {
		e.respond(req, tx, f.status, f.reason, headers...)
		return
	}
	switch {
	case within != nil:
		within.inDialog(req, tx)
	case inside:
		e.respond(req, tx, 481, "")
	case req.IsInvite():
		e.presented(req, tx)
	case req.Method == sip.OPTIONS:
		e.options(req, tx)
	default:
		e.respond(req, tx, 481, "") // BYE, INFO, UPDATE live only within a dialog
	}
}

// examine goes through RFC 3261 §8.2.1 and §8.2.2: method, then extensions asked for.
func (e *Endpoint) examine(req *sip.Request) (*fault, []sip.Header) {
	switch req.Method {
	case sip.INVITE, sip.BYE, sip.OPTIONS, sip.INFO, sip.UPDATE, sip.PRACK:
	default:
		return &fault{405, ""}, []sip.Header{sip.NewHeader("Allow", allowed)}
	}
	if unknown := e.unsupported(req); len(unknown) > 0 {
		return &fault{420, ""}, []sip.Header{sip.NewHeader("Unsupported", strings.Join(unknown, ", "))}
	}
	return nil, nil
}

// options answers the pings by which operators tell whether we are there (§11.2).
func (e *Endpoint) options(req *sip.Request, tx *sip.ServerTx) {
	if retry, yes := e.draining(); yes {
		e.respond(req, tx, 503, "", retryHeader(retry)...)
		return
	}
	e.respond(req, tx, 200, "", e.abilities()...)
}

// presented takes a new call, or refuses it before anyone hears of it.
func (e *Endpoint) presented(req *sip.Request, tx *sip.ServerTx) {
	if e.table.merged(req) {
		e.respond(req, tx, 482, "")
		return
	}
	e.stats.invites.Add(1)
	if retry, yes := e.draining(); yes {
		e.respond(req, tx, 503, "", retryHeader(retry)...)
		return
	}
	if !e.affordable(req) {
		e.respond(req, tx, 503, "", retryHeader(floodRetry)...)
		return
	}
	if f, headers := e.timerFault(req); f != nil {
		e.respond(req, tx, f.status, f.reason, headers...)
		return
	}
	offer, f := e.offerOf(req)
	if f != nil {
		e.respond(req, tx, f.status, f.reason, e.contentHeaders(f)...)
		return
	}
	c, err := e.incoming(req, tx, offer)
	if err != nil {
		e.log.Error("sip: call refused", "error", err)
		e.respond(req, tx, 500, "")
		return
	}
	forget := e.table.invite(req, c)
	if !tx.OnTerminate(func(string, error) { forget() }) {
		forget()
	}
	e.table.add(c.dlg.key(), c)
	c.opened = e.opening(c.ctx)
	e.send(tx, e.response(req, 100, ""))
	c.log.Info("sip: call presented", "caller", c.caller, "called", c.called, "trunk", c.trunk, "transport", req.Transport(), "late_offer", offer == nil)
	if !e.spawn(func() { c.serve() }) {
		_ = c.refuse(503, 0, End{By: "local", Reason: "closing", Status: 503})
	}
}

// offerOf reads the offer of an INVITE, nil when it brings none.
func (e *Endpoint) offerOf(req *sip.Request) (*description, *fault) {
	if !acceptsSDP(req) {
		return nil, &fault{406, ""}
	}
	body, err := sdpBody(req)
	if err != nil {
		return nil, errContent
	}
	if body == nil {
		return nil, nil
	}
	d, err := readDescription(body)
	if err != nil {
		return nil, &fault{400, "Malformed Session Description"}
	}
	return d, nil
}

// acceptsSDP: a caller that does not accept SDP could not read our answer (§20.1; without the header SDP is meant).
func acceptsSDP(req *sip.Request) bool {
	accept := headerList(req, "Accept")
	for _, a := range accept {
		kind, _, err := mime.ParseMediaType(a)
		if err == nil && (kind == typeSDP || kind == "application/*" || kind == "*/*") {
			return true
		}
	}
	return len(accept) == 0
}

// contentHeaders tell what we would have understood (§21.4.13).
func (e *Endpoint) contentHeaders(f *fault) []sip.Header {
	if f.status != 415 {
		return nil
	}
	return []sip.Header{sip.NewHeader("Accept", acceptedTypes), sip.NewHeader("Accept-Encoding", "identity")}
}

// incoming makes the Call of an INVITE.
func (e *Endpoint) incoming(req *sip.Request, tx *sip.ServerTx, offer *description) (*Call, error) {
	peer, err := netip.ParseAddrPort(req.Source())
	if err != nil {
		return nil, fmt.Errorf("sip: source %q: %w", req.Source(), err)
	}
	trunk, _ := e.peers.trunk(peer.Addr())
	self, local := e.selfFor(peer.Addr(), req.Transport())
	c, err := e.newCall(dialogOf(req, peer, self), local)
	if err != nil {
		return nil, err
	}
	c.state, c.trunk, c.invite, c.tx, c.offer = proceeding, trunk.Name, req, tx, offer
	c.learn(req)
	c.creds = trunk.credentials()
	c.caller, c.called, c.dialled = callerOf(req, !trunk.IgnoreIdentity), calledOf(req, trunk.account()), dialledOf(req, trunk.account())
	return c, nil
}

func (e *Endpoint) newCall(d dialog, local netip.Addr) (*Call, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("sip: no name for the call: %w", err)
	}
	c := &Call{
		e: e, id: id.String(), dlg: d, localIP: local, log: e.log.With("call", id.String()),
		confirmed: make(chan struct{}), done: make(chan struct{}), over: make(chan struct{}),
		ackedSeq: -1,
		session:  localSession{id: rand.Uint64() >> 2, secure: d.network == tlsNetwork}, // fits the signed 64 bits that some parsers use
	}
	c.ctx, c.cancel = context.WithCancel(e.calls)
	return c, nil
}

// serve lets the handler have the call and tidies up after it.
func (c *Call) serve() {
	c.e.handler.Invite(c.ctx, c)
	_ = c.Hangup(c.e.ctx, "handler done")
}

// Ring sends 180, reliably when the caller requires that (RFC 3262). Ringing twice is no error. An INVITE that requires reliable
// answers and has no offer is not rung: the first of them would have to bring ours (RFC 3262 §5), which only Early has.
func (c *Call) Ring() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == ended:
		return c.endedError()
	case c.outgoing || c.state != proceeding:
		return fmt.Errorf("%w: ringing", ErrState)
	case c.rang || c.offer == nil && c.reliably():
		return nil
	}
	c.rang = true
	c.sendProvisional(c.answer(c.invite, 180, c.dlg.contact(), sip.NewHeader("Allow", allowed)), nil)
	return nil
}

// answer builds an answer within the dialog: with our tag.
func (c *Call) answer(req *sip.Request, status int, headers ...sip.Header) *sip.Response {
	res := c.e.response(req, status, "", headers...)
	if to := res.To(); to != nil && status > 100 {
		to.Params.Add("tag", c.dlg.localTag)
	}
	return res
}

// Answer sends 200 and returns. The answer to the caller's offer is agreed on before (LocalMedia.Agreed); when the INVITE
// brought no offer, ours goes out with the 200 and is agreed on when the ACK brings the answer. The 200 is repeated until its ACK comes; when none
// comes within Config.ACKTimeout we hang up (RFC 3261 §13.3.1.4). Confirmed tells of the ACK.
//
// Errors: ErrNoCodec after a 488 was sent, ErrCancelled or ErrEnded when the caller was faster, ErrState, or what Agreed said
// (a 500 was sent). ctx is not waited for, only looked at.
func (c *Call) Answer(ctx context.Context, l LocalMedia) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l = l.withDefaults()
	if err := c.settled(ctx, func(p *provisional) bool { return p.told }); err != nil {
		return err
	}
	if err := c.beginAnswer(l); err != nil {
		return err
	}
	res, pending, err := c.firstExchange(l)
	if err != nil {
		return c.unanswerable(err)
	}
	return c.sendAnswer(res, pending)
}

// unanswerable refuses a call whose sound cannot be agreed on.
func (c *Call) unanswerable(err error) error {
	status := 500
	if errors.Is(err, ErrNoCodec) {
		status = 488
	}
	if refused := c.refuse(status, 0, End{By: "local", Reason: "media", Status: status}); refused != nil {
		return refused
	}
	return err
}

func (c *Call) beginAnswer(l LocalMedia) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == ended:
		return c.endedError()
	case c.state != proceeding:
		return fmt.Errorf("%w: answering", ErrState)
	}
	c.state, c.local = answering, l
	return nil
}

// firstExchange writes the 200. A description that was in an unreliable 183 is repeated (RFC 3261 §13.2.1); one in a reliable 183
// is settled, and not said again (RFC 3262 §5).
func (c *Call) firstExchange(l LocalMedia) (*sip.Response, *pendingAnswer, error) {
	pending := newPendingAnswer(c.invite, c.tx)
	c.mu.Lock()
	early, told := c.early, c.earlyBody
	c.mu.Unlock()
	if early {
		if c.reliably() {
			told = nil
		}
		return c.ok(c.invite, told), pending, nil
	}
	body, offered, err := c.firstDescription(l)
	if err != nil {
		return nil, nil, err
	}
	pending.offered = offered
	return c.ok(c.invite, body), pending, nil
}

// firstDescription writes our side: the answer to the INVITE's offer, or else an offer of what it says.
func (c *Call) firstDescription(l LocalMedia) (body []byte, offered []media.Codec, err error) {
	at := c.mediaAddr(l.Addr)
	streams := c.session.offer(at.Port(), l, media.SendRecv)
	if c.offer != nil {
		a, err := c.session.answer(c.offer, at, l)
		if err == nil && a.removed {
			err = ErrNoCodec // a first offer without any sound
		}
		if err != nil {
			return nil, nil, err
		}
		if err := c.agree(a.params, l.Agreed); err != nil {
			return nil, nil, err
		}
		streams = a.streams
	} else {
		offered = l.Codecs
	}
	body, err = c.describe(at.Addr(), streams)
	return body, offered, err
}

// describe renders our side of the session.
func (c *Call) describe(ip netip.Addr, streams []*sdp.MediaDescription) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = streams
	return c.session.render(ip, streams)
}

// ok is a 200 to INVITE or UPDATE, with a description if there is one.
func (c *Call) ok(req *sip.Request, body []byte) *sip.Response {
	res := c.answer(req, 200, c.dlg.contact(), sip.NewHeader("Allow", allowed), sip.NewHeader("Supported", c.e.supported()))
	_, timer := c.e.timerOf(req)
	for _, h := range timer {
		res.AppendHeader(h)
	}
	if body != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", typeSDP))
		res.SetBody(body)
	}
	return res
}

// sendAnswer sends the first 200, unless the caller gave up meanwhile.
func (c *Call) sendAnswer(res *sip.Response, pending *pendingAnswer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != answering {
		return c.endedError()
	}
	pending.res = res
	if !c.e.spawn(func() { c.awaitACK(pending) }) {
		return ErrClosed // Close refuses the call
	}
	c.state, c.unacked = accepted, pending
	timer, _ := c.e.timerOf(c.invite)
	c.runTimer(timer)
	c.e.stats.answered.Add(1)
	c.e.send(c.tx, res)
	c.log.Info("sip: call answered")
	return nil
}

// endedError tells how the call ended. c.mu is held.
func (c *Call) endedError() error {
	if c.end.Cancelled && c.end.By == "remote" {
		return ErrCancelled
	}
	return ErrEnded
}

// Reject refuses the call with a final status of 300 to 699. retryAfter, if positive, tells when it is worth to try again.
func (c *Call) Reject(status int, retryAfter time.Duration) error {
	if status < 300 || status > 699 {
		return fmt.Errorf("%w: %d refuses nothing; use 300 to 699", ErrState, status)
	}
	return c.refuse(status, retryAfter, End{By: "local", Reason: "rejected", Status: status})
}

// refuse ends a call that was not answered yet with a final answer to its INVITE.
func (c *Call) refuse(status int, retryAfter time.Duration, end End) error {
	c.mu.Lock()
	switch {
	case c.state == ended:
		defer c.mu.Unlock()
		return c.endedError()
	case c.state != proceeding && c.state != answering:
		c.mu.Unlock()
		return fmt.Errorf("%w: refusing", ErrState)
	}
	c.finishLocked(end)
	c.e.stats.reject(status)
	c.e.send(c.tx, c.answer(c.invite, status, retryHeader(retryAfter)...))
	c.mu.Unlock()
	c.leave()
	return nil
}

// abandoned ends a call that the caller gave up before the answer: 487 (§9.2). False when the 200 was faster.
func (c *Call) abandoned(reason, causes string) bool {
	c.mu.Lock()
	if c.outgoing || (c.state != proceeding && c.state != answering) {
		c.mu.Unlock()
		return false
	}
	c.finishLocked(End{By: "remote", Reason: reason, Status: 487, Cancelled: true, Cause: causes})
	c.e.stats.cancelled.Add(1)
	c.e.send(c.tx, c.answer(c.invite, 487))
	c.mu.Unlock()
	c.leave()
	return true
}

// shutdown ends the call because the endpoint closes.
func (c *Call) shutdown(ctx context.Context) {
	c.mu.Lock()
	state, pending := c.state, c.unacked
	c.mu.Unlock()
	switch state {
	case proceeding, answering:
		_ = c.refuse(503, 0, End{By: "local", Reason: "closing", Status: 503})
	case accepted, confirmed, ended: // of an ended one the BYE may still be due
		c.mu.Lock()
		c.finishLocked(End{By: "local", Reason: "closing", Status: 200, Cause: causeFailure})
		c.mu.Unlock()
		_ = c.sayGoodbye(ctx, pending)
	case calling:
		c.mu.Lock()
		c.finishLocked(End{By: "local", Reason: "closing", Status: 487, Cancelled: true, Cause: causeFailure})
		c.mu.Unlock()
		select { // the goroutine that rings sends the CANCEL
		case <-c.over:
		case <-ctx.Done():
		}
	}
}
