package sip

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

// TestNothingIsLeft lets calls end in rare ways, closes their endpoint, and then looks for goroutines and dialogs that outlived
// them. It runs beside no other test.
func TestNothingIsLeft(t *testing.T) {
	answering := func() Handler { return newService() }
	rung := func() Handler { return ringing(make(chan *Call, 8)) }
	early := func() Handler { return opening(time.Hour) }
	up := func(p *phone, headers ...string) { p.call(headers...) }
	cases := map[string]func(*testing.T){}
	for name, tt := range map[string]struct {
		handler func() Handler
		change  func(*Config)
		end     func(*phone, *Endpoint)
	}{
		"the caller cancels": {rung, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText)
			p.expect(180)
			p.remote = ""
			p.cancel()
			p.expectFor(sip.INVITE, 487)
		}},
		"CANCEL and no ACK for its 487": {rung, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText)
			p.cancel()
			p.expectFor(sip.INVITE, 487)
		}},
		"BYE while it rings": {rung, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText)
			p.expect(180)
			p.request("BYE", "")
			p.expectFor(sip.BYE, 200)
		}},
		"no ACK, and no answer to the BYE": {answering, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText)
			p.expect(200)
			p.expectRequest(sip.BYE)
		}},
		"no PRACK": {rung, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText, "Require: 100rel")
			p.expectRefusal(504)
		}},
		"closed while a PRACK is awaited": {rung, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText, "Require: 100rel")
			p.expect(180)
		}},
		"closed while the answer waits for a PRACK": {func() Handler { return opening(0) }, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText, "Require: 100rel")
			p.expect(183)
		}},
		"closed in early media": {early, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText)
			p.expect(183)
		}},
		"closed before the ACK": {answering, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", offerText)
			p.expect(200)
		}},
		"a late offer that is never answered": {answering, nil, func(p *phone, _ *Endpoint) {
			p.request("INVITE", "")
			p.expect(200)
			p.ack(true, "")
			p.expectRequest(sip.BYE)
		}},
		"a re-INVITE without ACK": {answering, nil, func(p *phone, _ *Endpoint) {
			up(p)
			p.request("INVITE", offerText)
			p.expect(200)
			p.expectRequest(sip.BYE)
		}},
		"BYE with an offer of ours out": {func() Handler { return holding(make(chan error, 1)) }, nil, func(p *phone, _ *Endpoint) {
			up(p)
			p.expectRequest(sip.INVITE)
			p.hangup()
		}},
		"closed with an offer of ours out": {func() Handler { return holding(make(chan error, 1)) }, nil, func(p *phone, _ *Endpoint) {
			up(p)
			p.expectRequest(sip.INVITE)
		}},
		"a session that was not refreshed": {answering, timed(nil), func(p *phone, _ *Endpoint) {
			up(p, "Supported: timer", "Session-Expires: 1;refresher=uac")
			p.expectRequest(sip.BYE)
		}},
		"closed while a session is refreshed": {answering, timed(nil), func(p *phone, _ *Endpoint) {
			up(p, "Supported: timer", "Session-Expires: 1;refresher=uas", "Allow: UPDATE")
			p.expectRequest(sip.UPDATE)
		}},
		"closed long before the refresh": {answering, nil, func(p *phone, _ *Endpoint) {
			up(p, "Supported: timer", "Session-Expires: 1800;refresher=uas")
		}},
		"we ring nobody": {answering, nil, func(p *phone, e *Endpoint) {
			_, _ = e.Dial(context.Background(), p.dialling())
			p.expectRequest(sip.INVITE)
		}},
		"we give up before any answer": {answering, nil, func(p *phone, e *Endpoint) {
			ctx, cancel := context.WithTimeout(context.Background(), testT1)
			defer cancel()
			_, _ = e.Dial(ctx, p.dialling())
		}},
		"closed while several telephones ring": {answering, nil, func(p *phone, e *Endpoint) {
			go func() { _, _ = e.Dial(context.Background(), p.dialling()) }()
			invite := p.expectRequest(sip.INVITE)
			p.provisionalOf(invite, "a", "1", "")
			p.provisionalOf(invite, "b", "1", offerText)
			p.expectRequest(sip.PRACK)
		}},
		"a second telephone answers and is not there for its BYE": {answering, nil, func(p *phone, e *Endpoint) {
			go func() { _, _ = e.Dial(context.Background(), p.dialling()) }()
			invite := p.expectRequest(sip.INVITE)
			for _, tag := range []string{"a", "b"} {
				ok := sip.NewResponseFromRequest(invite, 200, "OK", nil)
				ok.To().Params.Add("tag", tag)
				ok.AppendHeader(sip.NewHeader("Contact", "<sip:"+tag+"@"+p.conn.LocalAddr().String()+">"))
				ok.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
				ok.SetBody([]byte(offerText))
				p.send(ok.String())
				p.expectRequest(sip.ACK)
			}
		}},
		"the connection breaks in mid-call": {answering, nil, func(p *phone, e *Endpoint) {
			conn, err := net.Dial("tcp", e.Addr().String())
			if err != nil {
				p.t.Fatal(err)
			}
			raw := strings.Replace(p.message("INVITE", "z9hG4bK-tcp", 1, offerText), "SIP/2.0/UDP", "SIP/2.0/TCP", 1)
			if _, err := conn.Write([]byte(raw)); err != nil {
				p.t.Fatal(err)
			}
			_, _ = conn.Read(make([]byte, 2000))
			_ = conn.Close()
		}},
	} {
		cases[name] = func(t *testing.T) {
			t.Parallel()
			cfg := Config{Listen: "127.0.0.1:0", Trunks: loopback, T1: testT1, T2: testT2, T4: testT4}
			if tt.change != nil {
				tt.change(&cfg)
			}
			e, err := Listen(context.Background(), cfg, tt.handler())
			if err != nil {
				t.Fatal(err)
			}
			tt.end(newPhone(t, e), e)
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if n := e.Stats().Active; n != 0 {
				t.Errorf("%d dialogs", n)
			}
		}
	}
	before := goleak.IgnoreCurrent()
	t.Run("beside each other", func(t *testing.T) {
		for name, run := range cases {
			t.Run(name, run)
		}
	})
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestNothingIsOpenedAfterTheEnd: a message that sipgo comes to handle only when the endpoint is closed finds no socket to answer with, and
// opens none.
func TestNothingIsOpenedAfterTheEnd(t *testing.T) {
	before := goleak.IgnoreCurrent()
	e, err := Listen(context.Background(), Config{Listen: "127.0.0.1:0", Trunks: loopback, T1: testT1, T2: testT2, T4: testT4}, newService())
	if err != nil {
		t.Fatal(err)
	}
	p := newPhone(t, e)
	p.request("OPTIONS", "")
	p.expect(200)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	late := sip.NewRequest(sip.OPTIONS, sip.Uri{Host: "127.0.0.1", Port: p.port()}) // sent as an answer would be: to where the message came from
	late.AppendHeader(&sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: udp, Params: sip.NewParams()})
	late.SetTransport(udp)
	late.SetDestination(p.conn.LocalAddr().String())
	conn, err := e.ua.TransportLayer().ClientRequestConnection(t.Context(), late)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteMsg(late); !errors.Is(err, net.ErrClosed) {
		t.Errorf("sent after the end: %v", err)
	}
	p.silent(2 * testT2)
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// dialling is a call to the phone.
func (p *phone) dialling() DialRequest {
	return DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: (&line{}).local()}
}
