package sip

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/personal"
)

// DialRequest says whom our own test caller rings, and as whom.
type DialRequest struct {
	URI         string            // "sip:0199000001@192.0.2.1:5060"; ";transport=tcp" is understood
	From        string            // the caller's number; "" withholds it
	FromDisplay string            // display name, may be empty
	Transport   string            // "udp", "tcp" or "tls"; "" for what the URI says, else UDP
	Local       LocalMedia        // our end of the sound; Addr is needed
	Headers     map[string]string // further headers, such as P-Asserted-Identity or Diversion
	CallID      string            // Call-ID by which the called side shall know the call; "": a random one
	Progress    func(Progress)    // hears of every 18x, if not nil
}

// Progress is a provisional answer.
type Progress struct {
	Status     int
	Reason     string
	After      time.Duration // since the INVITE was sent
	EarlyMedia bool          // it brought a description: sound may flow before the answer
}

// Dial rings someone and returns when the call is up: 200 received, ACK sent, media agreed. When ctx ends before, the call is cancelled
// and ctx's error returned at once; CANCEL and what follows go on in the background. A refusal is a *StatusError, silence
// is ErrTimeout, an answer we can do nothing with is ErrNoCodec or ErrSDP (after ACK and BYE).
//
// The peer may answer and send requests within the call although it belongs to no trunk.
func (e *Endpoint) Dial(ctx context.Context, r DialRequest) (*Call, error) {
	if !e.enter() {
		return nil, ErrClosed
	}
	defer e.work.Done()
	t, err := e.locate(ctx, r)
	if err != nil {
		return nil, err
	}
	c, req, err := e.outgoing(r, t)
	if err != nil {
		return nil, err
	}
	e.stats.dialled.Add(1)
	result := make(chan error, 1)
	started := time.Now()
	if !e.spawn(func() { result <- c.ring(req, t.addr, r.Progress, started) }) {
		c.lost(End{By: "none", Reason: "closing"})
		return nil, ErrClosed
	}
	select {
	case err = <-result:
	case <-ctx.Done():
		c.mu.Lock()
		gaveUp := c.state == calling && c.finishLocked(End{By: "local", Reason: "cancelled", Status: 487, Cancelled: true})
		c.mu.Unlock()
		if gaveUp {
			return nil, fmt.Errorf("sip: call cancelled: %w", ctx.Err())
		}
		err = <-result // the answer was faster
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// target is whom a DialRequest means.
type target struct {
	uri     string // Request-URI
	user    string
	host    string // as To names it
	network string
	addr    netip.AddrPort
	name    string // that was looked up; "" for an address
}

// locate reads the URI and finds its address.
func (e *Endpoint) locate(ctx context.Context, r DialRequest) (target, error) {
	raw := strings.TrimSpace(r.URI)
	if scheme, _, _ := strings.Cut(strings.ToLower(raw), ":"); scheme != "sip" && scheme != "sips" {
		raw = "sip:" + raw // number@host is enough; another scheme does not parse as a host
	}
	u, err := parseURI(raw)
	if err != nil || u.scheme != "sip" && u.scheme != "sips" || u.header != "" {
		return target{}, fmt.Errorf("%w: %q is no SIP URI, use sip:number@host:port", ErrConfig, r.URI)
	}
	t := target{uri: raw, user: u.user, host: hostPort(u.host, u.port), network: strings.ToUpper(r.Transport)}
	if u.scheme == "sips" {
		t.network = tlsNetwork // §26.2.2
	}
	if t.network == "" {
		p, _ := findParam(u.params, "transport")
		t.network = strings.ToUpper(p)
	}
	switch t.network {
	case "":
		t.network = udp
	case udp, tcp, tlsNetwork:
	default:
		return t, fmt.Errorf("%w: transport %q is not spoken here, use udp, tcp or tls", ErrConfig, t.network)
	}
	hops, err := e.addressesOf(ctx, u.host, u.host, portOf(t.network))
	if err != nil {
		return t, err
	}
	ip := hops[0].addr.Addr()
	t.name = hops[0].name
	if u.port == 0 {
		u.port = portOf(t.network)
	}
	t.addr = netip.AddrPortFrom(ip, uint16(u.port))
	return t, nil
}

// outgoing makes the call and its INVITE.
func (e *Endpoint) outgoing(r DialRequest, t target) (*Call, *sip.Request, error) {
	self, local := e.selfFor(t.addr.Addr(), t.network)
	if r.CallID == "" {
		r.CallID = newTag() + newTag()
	} else if !isToken(r.CallID) {
		return nil, nil, fmt.Errorf("%w: %q is no Call-ID", ErrConfig, r.CallID)
	}
	d := dialog{
		callID: r.CallID, localTag: newTag(), network: t.network, self: self, user: cleanNumber(r.From),
		farEnd: farEnd{remoteSeq: -1, peer: t.addr, target: t.uri},
	}
	d.local = nameAddr{display: strings.Map(dropControl, r.FromDisplay), uri: contactURI(d.user, self, udp)}
	if d.user == "" {
		d.local = nameAddr{display: "Anonymous", uri: "sip:anonymous@anonymous.invalid"}
	}
	if _, err := parseURI(d.local.uri); err != nil {
		return nil, nil, fmt.Errorf("%w: %q is no number to call from", ErrConfig, personal.MaskTail(r.From))
	}
	d.local.params = []string{"tag=" + d.localTag}
	d.remote = nameAddr{uri: "sip:" + t.host}
	if t.user != "" {
		d.remote.uri = "sip:" + t.user + "@" + t.host
	}
	c, err := e.newCall(d, local)
	if err != nil {
		return nil, nil, err
	}
	trunk, _ := e.peers.trunk(t.addr.Addr())
	c.outgoing, c.state, c.local, c.trunk = true, calling, r.Local.withDefaults(), trunk.Name
	c.caller, c.called, c.creds = ParseNumber(r.From), cleanNumber(t.user), trunk.credentials()
	req, err := c.firstInvite(r)
	if err != nil {
		c.cancel()
		return nil, nil, err
	}
	e.guard.unban(t.addr.Addr()) // as a stranger it may have knocked too often
	c.release = e.peers.admit(t.addr.Addr(), t.name)
	e.table.add(c.dlg.key(), c)
	c.log.Info("sip: calling", "caller", c.caller, "called", c.called, "peer", t.addr, "transport", t.network)
	return c, req, nil
}

// ours are the headers that Dial writes itself.
var ours = []string{"via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "content-type", "content-length", "record-route", "allow", "supported", "require", "session-expires", "min-se", "k", "x", "v", "f", "t", "i", "m", "c", "l"}

func (c *Call) firstInvite(r DialRequest) (*sip.Request, error) {
	at := c.mediaAddr(c.local.Addr)
	if at.Port() == 0 {
		return nil, fmt.Errorf("%w: DialRequest.Local.Addr has no port", ErrConfig)
	}
	c.streams = c.session.offer(at.Port(), c.local, media.SendRecv)
	body, err := c.session.render(at.Addr(), c.streams)
	if err != nil {
		return nil, err
	}
	req := c.dlg.request(sip.INVITE)
	c.inviteSeq = c.dlg.localSeq
	req.AppendHeader(c.dlg.contact())
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	c.askTimer(req)
	if r.From == "" {
		req.AppendHeader(sip.NewHeader("Privacy", "id"))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		value := r.Headers[name]
		if !isToken(name) || strings.ContainsFunc(value, isControl) || slices.Contains(ours, strings.ToLower(name)) {
			return nil, fmt.Errorf("%w: header %q cannot be given", ErrConfig, name)
		}
		req.AppendHeader(sip.NewHeader(name, value))
	}
	req.AppendHeader(sip.NewHeader("Content-Type", typeSDP))
	req.SetBody(body)
	return req, nil
}
