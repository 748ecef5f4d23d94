package sip

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// TestPeerBehindNAT: what Via and Contact name can't be reached; everything goes back to where the call came from (RFC 3581, and
// the habit of every border).
func TestPeerBehindNAT(t *testing.T) {
	s := newService()
	e := listen(t, s)
	p := newPhone(t, e)
	const inside = "10.20.30.40:5060"
	p.seq++
	p.branch = "z9hG4bK-nat-1;rport"
	p.send(p.messageFrom(inside, "INVITE", p.branch, p.seq, strings.ReplaceAll(offerText, "127.0.0.1", "10.20.30.40")))
	via := p.expect(200).Via()
	if via.Host != "10.20.30.40" || via.Params.GetOr("received", "") != "127.0.0.1" || via.Params.GetOr("rport", "") != strconv.Itoa(p.port()) {
		t.Errorf("Via %s", via.Value())
	}
	p.send(p.messageFrom(inside, "ACK", "z9hG4bK-nat-2;rport", p.seq, ""))
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "ACK")
	done := make(chan error, 1)
	go func() { done <- c.Hangup(t.Context(), "") }()
	bye := p.expectRequest("BYE")
	if uri := bye.Recipient.String(); !strings.Contains(uri, "10.20.30.40") {
		t.Errorf("the Request-URI is the peer's Contact whatever the way there, not %s", uri)
	}
	p.answer(bye, 200, "")
	if err := next(t, done, "end"); err != nil {
		t.Error(err)
	}
}

// TestContactIsNoOrder: a Contact that names a third party does not make us send there.
func TestContactIsNoOrder(t *testing.T) {
	s := newService()
	e := listen(t, s, func(c *Config) { c.Trunks = []Trunk{{Name: "operator", Servers: []string{"127.0.0.1"}}} }) // one address alone is known
	e.peers.learn(0, []hop{{addr: e.Addr()}})
	p, victim := newPhone(t, e), newPhoneAt(t, e, "127.0.0.66")
	p.seq++
	p.branch = "z9hG4bK-third-1"
	target := victim.conn.LocalAddr().String()
	m := p.message("INVITE", p.branch, p.seq, offerText)
	p.send(strings.Replace(m, "Contact: <sip:0639981234@127.0.0.1:"+strconv.Itoa(p.port())+">", "Contact: <sip:x@"+target+">", 1))
	p.expect(200)
	p.ack(true, "")
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "ACK")
	done := make(chan error, 1)
	go func() { done <- c.Hangup(t.Context(), "") }()
	p.answer(p.expectRequest("BYE"), 200, "")
	if err := next(t, done, "end"); err != nil {
		t.Error(err)
	}
	victim.silent(testT1)
}

func TestIPv6(t *testing.T) {
	calls := make(chan *Call, 2)
	local := LocalMedia{Addr: netip.MustParseAddrPort("[::1]:20000")}
	e := listen(t, HandlerFunc(func(ctx context.Context, c *Call) {
		if c.Answer(ctx, local) == nil {
			calls <- c
			<-c.Done()
		}
	}), func(c *Config) { c.Listen = "[::1]:0" })
	caller := listen(t, newService(), func(c *Config) { c.Listen = "[::1]:0" })
	for _, transport := range []string{"udp", "tcp"} {
		c, err := caller.Dial(t.Context(), DialRequest{URI: "sip:0199000001@" + e.Addr().String(), From: "0639981234", Transport: transport, Local: local})
		if err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		rung := next(t, calls, "call")
		next(t, rung.Confirmed(), "ACK")
		if rung.Trunk() != "loopback" || !rung.LocalIP().Is6() {
			t.Errorf("%s: trunk %s, local %v", transport, rung.Trunk(), rung.LocalIP())
		}
		if err := rung.Hangup(t.Context(), ""); err != nil {
			t.Error(err)
		}
		next(t, c.Done(), "end")
	}
}
