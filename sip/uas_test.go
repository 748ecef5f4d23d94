package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

func TestBasicCall(t *testing.T) {
	s := newService()
	e := listen(t, s, func(c *Config) { c.UserAgent = "test-ua" })
	p := newPhone(t, e)
	p.request("INVITE", offerText, "P-Asserted-Identity: <tel:+33639985678>", "Diversion: <sip:0199000009@x>")
	if p.expect(100); p.remote != "" {
		t.Error("a tag in 100")
	}
	ring := p.expect(180)
	ok := p.expect(200)
	if tagOf(ring.To()) == "" || tagOf(ring.To()) != tagOf(ok.To()) {
		t.Errorf("tags %q and %q", tagOf(ring.To()), tagOf(ok.To()))
	}
	for name, want := range map[string]string{"Server": "test-ua", "Allow": allowed, "Content-Type": "application/sdp", "Contact": "<sip:0199000001@" + e.Addr().String() + ">"} {
		if got := headerValue(ok, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(string(ok.Body()), "m=audio 20000 RTP/AVP 8 101") || !strings.Contains(string(ok.Body()), "c=IN IP4 127.0.0.1") {
		t.Errorf("answer\n%s", ok.Body())
	}
	c := next(t, s.calls, "call")
	select {
	case <-c.Confirmed():
		t.Error("confirmed before the ACK")
	default:
	}
	p.ack(true, "")
	next(t, c.Confirmed(), "confirmation")
	if c.Caller().E164.Reveal() != "+33639985678" || c.Called() != "0199000001" || c.CalledNumber().E164.Reveal() != "+33199000001" || c.Dialled() != "0199000009" ||
		c.Trunk() != "loopback" || c.CallID() != p.callID || len(c.ID()) != 36 || c.LocalIP().String() != "127.0.0.1" || c.Outgoing() {
		t.Errorf("call %v %s %s %s %s %s %s", c.Caller(), c.Called(), c.Dialled(), c.Trunk(), c.CallID(), c.ID(), c.LocalIP())
	}
	if m := c.Media(); m.Codec.Name != "PCMA" || m.DTMF != 101 || m.Remote.String() != "127.0.0.1:30000" {
		t.Errorf("media %+v", m)
	}
	if st := e.Stats(); st.Active != 1 || st.Invites != 1 || st.Answered != 1 {
		t.Errorf("stats %+v", st)
	}
	p.hangup()
	next(t, c.Done(), "end")
	if end := c.End(); end != (End{By: "remote", Reason: "bye", Status: 200}) {
		t.Errorf("end %+v", end)
	}
	p.silent(3 * testT1) // the 200 is not repeated
	if st := e.Stats(); st.Active != 0 {
		t.Errorf("stats %+v", st)
	}
	p.request("BYE", "")
	p.expectRefusal(481)
}

// expectRefusal waits for a final refusal.
func (p *phone) expectRefusal(status int) *sip.Response {
	p.t.Helper()
	for {
		switch m := p.fresh().(type) {
		case nil:
			p.t.Fatalf("no %d came", status)
		case *sip.Response:
			if m.StatusCode == status {
				return m
			}
			if m.StatusCode >= 200 {
				p.t.Fatalf("waiting for %d: %s", status, m.StartLine())
			}
		}
	}
}

func TestNoServerHeader(t *testing.T) {
	p := newPhone(t, listen(t, newService()))
	p.request("OPTIONS", "")
	text := strings.ToLower(p.expect(200).String())
	if strings.Contains(text, "server:") || strings.Contains(text, "sipgo") || strings.Contains(text, "acotel") {
		t.Errorf("tells about us\n%s", text)
	}
}

func TestNoACK(t *testing.T) {
	t.Parallel()
	s := newService()
	e := listen(t, s)
	p := newPhone(t, e)
	asked := time.Now()
	p.request("INVITE", offerText)
	first := p.expect(200)
	c := next(t, s.calls, "call")
	again := 0
	for {
		m := p.receive(patience)
		if m == nil {
			t.Fatal("neither 200 nor BYE")
		}
		if bye, ok := m.(*sip.Request); ok {
			if bye.Method != sip.BYE || tagOf(bye.From()) != p.remote || tagOf(bye.To()) != p.tag {
				t.Errorf("not our BYE\n%s", bye)
			}
			p.answer(bye, 200, "")
			break
		}
		if m.String() != first.String() {
			t.Errorf("another 200\n%s\n%s", m, first)
		}
		if d := time.Since(asked); d < due(again) {
			t.Errorf("repetition %d came %s after the INVITE, due after %s", again+1, d, due(again))
		}
		again++
	}
	if d := time.Since(asked); d < 64*testT1 || again < 5 { // on time it is 17
		t.Errorf("%d repetitions in %s", again, d)
	}
	next(t, c.Done(), "end")
	if end := c.End(); end.By != "none" || end.Reason != "no ack" {
		t.Errorf("end %+v", end)
	}
	if st := e.Stats(); st.NoACK != 1 || st.Retransmissions != uint64(again) {
		t.Errorf("stats %+v after %d repetitions", st, again)
	}
}

// due is when repetition n of an answer goes out at the soonest: each interval is twice the one before, up to T2 (RFC 3261 §13.3.1.4).
func due(n int) (d time.Duration) {
	for interval := testT1; n >= 0; n-- {
		d += interval
		interval = min(2*interval, testT2)
	}
	return d
}

func TestHangupWaitsForTheACK(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s))
	p.request("INVITE", offerText)
	p.expect(200)
	c := next(t, s.calls, "call")
	hung := make(chan error, 1)
	go func() { hung <- c.Hangup(context.Background(), "test") }()
	next(t, c.Done(), "end")
	if m, ok := p.receive(patience).(*sip.Response); !ok || m.StatusCode != 200 {
		t.Fatal("BYE before the ACK") // RFC 3261 §15
	}
	p.ack(true, "")
	p.answer(p.expectRequest(sip.BYE), 200, "")
	if err := next(t, hung, "end of Hangup"); err != nil {
		t.Error(err)
	}
	if end := c.End(); end != (End{By: "local", Reason: "test", Status: 200, Cause: causeNormal}) {
		t.Errorf("end %+v", end)
	}
}

func TestRetransmittedInvite(t *testing.T) {
	t.Parallel()
	s := newService()
	s.hold = make(chan struct{})
	e := listen(t, s)
	p := newPhone(t, e)
	raw := p.request("INVITE", offerText)
	ring := p.expect(180)
	p.send(raw)
	p.again(ring)
	close(s.hold)
	ok := p.expect(200)
	p.send(raw)
	p.again(ok)
	p.ack(true, "")
	next(t, next(t, s.calls, "call").Confirmed(), "confirmation")
	p.silent(2 * testT2) // the last copy may have crossed the ACK
	p.send(raw)          // late on the way: nothing may come of it
	p.mute(5 * testT1)
	if st := e.Stats(); st.Invites != 1 {
		t.Errorf("stats %+v", st)
	}
	p.ack(true, "") // twice does no harm
	p.hangup()
}

func TestCancel(t *testing.T) {
	calls := make(chan *Call, 1)
	e := listen(t, ringing(calls))
	p := newPhone(t, e)
	p.request("INVITE", offerText)
	p.expect(180)
	c := next(t, calls, "call")
	ringTag := p.remote
	p.remote = "" // a CANCEL repeats the To of its INVITE
	p.cancel()
	ok, refused := p.final(), p.final()
	if ok.StatusCode != 200 || ok.CSeq().MethodName != sip.CANCEL || refused.StatusCode != 487 || refused.CSeq().MethodName != sip.INVITE {
		t.Fatalf("came\n%s\n%s", ok, refused)
	}
	if tagOf(refused.To()) != ringTag || tagOf(ok.To()) != ringTag {
		t.Errorf("tags: 180 %q, 487 %q, 200 %q", ringTag, tagOf(refused.To()), tagOf(ok.To()))
	}
	p.remote = ringTag
	p.ack(false, "")
	p.silent(5 * testT1)
	next(t, c.Done(), "end")
	if end := c.End(); end != (End{By: "remote", Reason: "cancelled", Status: 487, Cancelled: true}) {
		t.Errorf("end %+v", end)
	}
	if err := c.Answer(context.Background(), (&line{}).local()); !errors.Is(err, ErrCancelled) {
		t.Errorf("answering a cancelled call: %v", err)
	}
	if st := e.Stats(); st.Cancelled != 1 || st.Active != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestCancelTooLateOrForNothing(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.branch, p.seq = "z9hG4bKnothing", 1
	p.cancel()
	p.expectRefusal(481)
	p.call()
	p.cancel()
	if res := p.expect(200); res.CSeq().MethodName != sip.CANCEL {
		t.Errorf("came\n%s", res)
	}
	p.silent(3 * testT1)
	c := next(t, s.calls, "call")
	select {
	case <-c.Done():
		t.Error("a CANCEL ended a call that was up")
	default:
	}
	p.hangup()
}

// TestCancelRace lets CANCEL and 200 cross, over and over: one of them wins on both sides, never both.
func TestCancelRace(t *testing.T) {
	s := newService()
	e := listen(t, s)
	won := map[int]int{}
	for i := range 60 {
		s.delay.Store(int64(time.Duration(i%6) * 100 * time.Microsecond))
		p := newPhone(t, e)
		p.request("INVITE", offerText)
		p.expect(180)
		p.remote = ""
		p.cancel()
		final := 0
		for final == 0 {
			switch m := p.fresh().(type) {
			case nil:
				t.Fatal("no final answer")
			case *sip.Response:
				if m.CSeq().MethodName == sip.INVITE && m.StatusCode >= 200 {
					final, p.remote = m.StatusCode, tagOf(m.To())
				}
			}
		}
		won[final]++
		c := next(t, s.calls, "call")
		if final == 200 {
			p.ack(true, "")
			next(t, c.Confirmed(), "confirmation")
			p.hangup()
		} else {
			p.ack(false, "")
		}
		next(t, c.Done(), "end")
		if end := c.End(); end.Cancelled != (final == 487) {
			t.Fatalf("final answer %d, end %+v", final, end)
		}
	}
	t.Log(won)
	eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
}

// TestCancelOvertakes sends CANCEL right behind the INVITE, before anything came back: whichever is handled first, the CANCEL
// finds its call.
func TestCancelOvertakes(t *testing.T) {
	calls := make(chan *Call, 64)
	e := listen(t, ringing(calls))
	for range 40 {
		p := newPhone(t, e)
		p.request("INVITE", offerText)
		p.cancel()
		got := map[string]bool{}
		for !got["200 CANCEL"] || !got["487 INVITE"] {
			m, ok := p.fresh().(*sip.Response)
			if !ok {
				t.Fatalf("came only %v", got)
			}
			got[fmt.Sprintf("%d %s", m.StatusCode, m.CSeq().MethodName)] = true
			if m.StatusCode == 487 {
				p.remote = tagOf(m.To())
			}
		}
		p.ack(false, "")
	}
	eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
	eventually(t, "no INVITE on its way", func() bool {
		e.table.mu.Lock()
		defer e.table.mu.Unlock()
		return len(e.table.coming) == 0
	})
}

// TestCancelBeforeHandOver: the CANCEL of an INVITE that is still inside the transaction layer waits for it.
func TestCancelBeforeHandOver(t *testing.T) {
	e := listen(t, newService())
	p := newPhone(t, e)
	parse := func(raw string) *sip.Request {
		msg, err := sip.ParseMessage([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return msg.(*sip.Request)
	}
	invite, cancel := parse(p.message("INVITE", "z9hG4bK-a", 1, offerText)), parse(p.message("CANCEL", "z9hG4bK-a", 1, ""))
	var statuses []int
	reply := func(res *sip.Response) { statuses = append(statuses, res.StatusCode) }
	if e.early(invite, reply) || !e.early(cancel, reply) || len(statuses) != 0 {
		t.Fatalf("answered %v", statuses)
	}
	e.table.arrived(invite) // refused meanwhile: nothing is left to cancel, the CANCEL is answered all the same (RFC 3261 §9.2)
	if len(statuses) != 1 || statuses[0] != 200 {
		t.Errorf("answered %v", statuses)
	}
	if e.early(cancel, reply); len(statuses) != 2 || statuses[1] != 481 {
		t.Errorf("answered %v", statuses)
	}
}

func TestByeWhileRinging(t *testing.T) {
	calls := make(chan *Call, 1)
	p := newPhone(t, listen(t, ringing(calls)))
	p.request("INVITE", offerText)
	p.expect(180)
	inviteSeq := p.seq
	p.request("BYE", "")
	got := map[string]bool{}
	for range 2 {
		m := p.final()
		got[fmt.Sprintf("%d %s", m.StatusCode, m.CSeq().MethodName)] = true
	}
	if !got["200 BYE"] || !got["487 INVITE"] {
		t.Errorf("came %v", got)
	}
	p.seq = inviteSeq
	p.ack(false, "")
	if end := next(t, calls, "call").End(); !end.Cancelled {
		t.Errorf("end %+v", end)
	}
}

func TestUnknownPeer(t *testing.T) {
	s := newService()
	e := listen(t, s, func(c *Config) {
		c.Trunks = []Trunk{{Name: "elsewhere", Peers: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}}
	})
	p := newPhone(t, e)
	p.request("INVITE", offerText)
	p.request("OPTIONS", "")
	p.send("garbage")
	p.silent(5 * testT1)
	if conn, err := net.Dial("tcp", e.Addr().String()); err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		var late net.Error
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.As(err, &late) && late.Timeout() {
			t.Errorf("an unknown peer was heard over TCP: %d bytes, %v", n, err)
		}
		conn.Close()
	}
	eventually(t, "all four to be dropped", func() bool { return e.Stats().Dropped == 4 })
	if st := e.Stats(); st.Invites != 0 || st.Received != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestLateOffer(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.request("INVITE", "")
	ok := p.expect(200)
	if !strings.Contains(string(ok.Body()), "m=audio 20000 RTP/AVP 8 0 9 111 101 110") {
		t.Errorf("offer\n%s", ok.Body())
	}
	if _, n := s.last(); n != 0 {
		t.Error("agreed before the answer")
	}
	p.ack(true, strings.Replace(offerText, "8 0 101\r\na=rtpmap:101", "0 96\r\na=rtpmap:96", 1))
	next(t, next(t, s.calls, "call").Confirmed(), "confirmation")
	if m, n := s.last(); n != 1 || m.Codec.Name != "PCMU" || m.DTMF != 96 || m.DTMFReceive != 101 {
		t.Errorf("agreed %d times, %+v", n, m)
	}
	p.hangup()
}

func TestLateOfferWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"none": "", "no codec": strings.Replace(offerText, "8 0 101", "18", 1), "garbage": "x"} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			p := newPhone(t, listen(t, s))
			p.request("INVITE", "")
			p.expect(200)
			p.ack(true, body)
			p.answer(p.expectRequest(sip.BYE), 200, "")
			c := next(t, s.calls, "call")
			next(t, c.Done(), "end")
			if end := c.End(); end.By != "local" || !strings.Contains(end.Reason, "ACK") {
				t.Errorf("end %+v", end)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, body string
		headers            []string
		status             int
		want               map[string]string
	}{
		{"method", "MESSAGE", "", nil, 405, map[string]string{"Allow": allowed}},
		{"method nobody knows", "FLY", "", nil, 405, map[string]string{"Allow": allowed}},
		{"extension", "INVITE", offerText, []string{"Require: precondition, timer, x"}, 420, map[string]string{"Unsupported": "precondition, x"}},
		{"extension in OPTIONS", "OPTIONS", "", []string{"Require: x"}, 420, map[string]string{"Unsupported": "x"}},
		{"content", "INVITE", "x", []string{"Content-Type: text/plain"}, 415, map[string]string{"Accept": acceptedTypes}},
		{"content compressed", "INVITE", "x", []string{"Content-Type: application/sdp", "Content-Encoding: gzip"}, 415, map[string]string{"Accept-Encoding": "identity"}},
		{"our answer would not be read", "INVITE", offerText, []string{"Accept: text/plain"}, 406, nil},
		{"description", "INVITE", "x", nil, 400, nil},
		{"no codec in common", "INVITE", strings.Replace(offerText, "8 0 101", "18", 1), nil, 488, nil},
		{"encrypted", "INVITE", strings.Replace(offerText, "RTP/AVP", "RTP/SAVP", 1), nil, 488, nil},
		{"BYE outside of a call", "BYE", "", nil, 481, nil},
		{"INFO outside of a call", "INFO", "", nil, 481, nil},
		{"malformed", "OPTIONS", "", []string{"Max-Forwards: 70"}, 400, nil},
	}
	s := newService()
	e := listen(t, s)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPhone(t, e)
			p.request(tt.method, tt.body, tt.headers...)
			res := p.expectRefusal(tt.status)
			for name, want := range tt.want {
				if got := headerValue(res, name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if tt.method == "INVITE" {
				p.remote = tagOf(res.To())
				p.ack(false, "")
				p.silent(3 * testT1)
			}
		})
	}
	eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
	if st := e.Stats(); st.Rejected[488] != 2 || st.Rejected[400] != 2 || st.Malformed != 1 {
		t.Errorf("stats %+v", st)
	}
	t.Run("in a dialog nobody has", func(t *testing.T) {
		p := newPhone(t, e)
		p.remote = "gone"
		for _, m := range []string{"INVITE", "BYE", "UPDATE", "OPTIONS"} {
			p.request(m, "")
			p.expectRefusal(481)
			if m == "INVITE" {
				p.ack(false, "")
			}
		}
	})
}

func TestMergedInvite(t *testing.T) {
	calls := make(chan *Call, 2)
	p := newPhone(t, listen(t, ringing(calls)))
	raw := p.request("INVITE", offerText)
	p.expect(180)
	p.send(strings.Replace(raw, p.branch, p.branch+"-other", 1))
	p.remote = ""
	p.expectRefusal(482)
	if len(calls) != 1 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestDrain(t *testing.T) {
	s := newService()
	e := listen(t, s)
	up := newPhone(t, e)
	up.call()
	e.Drain(90 * time.Second)
	p := newPhone(t, e)
	for _, method := range []string{"OPTIONS", "INVITE"} {
		p.request(method, "")
		if res := p.expectRefusal(503); headerValue(res, "Retry-After") != "90" {
			t.Errorf("%s: Retry-After %q", method, headerValue(res, "Retry-After"))
		}
	}
	p.ack(false, "")
	up.request("INVITE", offerText) // calls that are up go on
	up.expect(200)
	up.ack(true, "")
	up.hangup()
}

func TestReject(t *testing.T) {
	var rejected error
	done := make(chan struct{})
	p := newPhone(t, listen(t, HandlerFunc(func(_ context.Context, c *Call) {
		defer close(done)
		if err := c.Reject(200, 0); !errors.Is(err, ErrState) {
			t.Errorf("a 200 refuses: %v", err)
		}
		rejected = c.Reject(503, 1500*time.Millisecond)
		if err := c.Reject(486, 0); !errors.Is(err, ErrEnded) {
			t.Errorf("refused twice: %v", err)
		}
	})))
	p.request("INVITE", offerText)
	if res := p.expectRefusal(503); headerValue(res, "Retry-After") != "2" {
		t.Errorf("Retry-After %q", headerValue(res, "Retry-After"))
	}
	next(t, done, "end of the handler")
	if rejected != nil {
		t.Error(rejected)
	}
}

func TestHandlerThatReturns(t *testing.T) {
	t.Run("while ringing", func(t *testing.T) {
		p := newPhone(t, listen(t, HandlerFunc(func(_ context.Context, c *Call) { _ = c.Ring() })))
		p.request("INVITE", offerText)
		p.expectRefusal(480)
	})
	t.Run("when up", func(t *testing.T) {
		p := newPhone(t, listen(t, HandlerFunc(func(ctx context.Context, c *Call) {
			if err := c.Answer(ctx, (&line{}).local()); err != nil {
				t.Error(err)
			}
			<-c.Confirmed()
		})))
		p.call()
		p.answer(p.expectRequest(sip.BYE), 200, "")
	})
	t.Run("media fails", func(t *testing.T) {
		failure := errors.New("no port")
		p := newPhone(t, listen(t, HandlerFunc(func(ctx context.Context, c *Call) {
			if err := c.Answer(ctx, (&line{fail: failure}).local()); !errors.Is(err, failure) {
				t.Error(err)
			}
		})))
		p.request("INVITE", offerText)
		p.expectRefusal(500)
	})
}

func TestLargeInvite(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	// RFC 8224 tokens of the MAN make such messages; the answer repeats two long Record-Routes.
	route := "Record-Route: <sip:127.0.0.1;lr;x=" + strings.Repeat("y", 1500) + ">"
	ok := p.call("Identity: "+strings.Repeat("a", 6000)+";info=<https://x>", route, route)
	if n := len(ok.String()); n < 3000 {
		t.Errorf("the answer has %d bytes", n)
	}
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	p.hangup()
}

func TestViaWithoutRport(t *testing.T) {
	e := listen(t, newService())
	p, other := newPhone(t, e), newPhone(t, e)
	raw := p.message("OPTIONS", "z9hG4bK1", 1, "")
	p.send(strings.Replace(raw, fmt.Sprintf("127.0.0.1:%d;branch", p.port()), fmt.Sprintf("127.0.0.1:%d;branch", other.port()), 1))
	other.expect(200) // RFC 3261 §18.2.2
	p.send(strings.Replace(p.message("OPTIONS", "z9hG4bK2;rport", 2, ""), fmt.Sprintf("127.0.0.1:%d;branch", p.port()), "10.0.0.1:5060;branch", 1))
	via := p.expect(200).Via()
	if via.Params.GetOr("rport", "") != fmt.Sprint(p.port()) || via.Params.GetOr("received", "") != "127.0.0.1" {
		t.Errorf("Via %s", via.Value())
	}
}

func TestReinvite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method string
		offer        string
		answer       string
		direction    media.Direction
		remote       string
		codec        string
	}{
		{"hold", "INVITE", offerText + "a=sendonly\r\n", "a=recvonly", media.RecvOnly, "127.0.0.1:30000", "PCMA"},
		{"resume", "INVITE", offerText + "a=sendrecv\r\n", "a=sendrecv", media.SendRecv, "127.0.0.1:30000", "PCMA"},
		{"inactive", "INVITE", offerText + "a=inactive\r\n", "a=inactive", media.Inactive, "127.0.0.1:30000", "PCMA"},
		{"hold of old", "INVITE", strings.Replace(offerText, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 1), "a=recvonly", media.RecvOnly, "0.0.0.0:30000", "PCMA"},
		{"elsewhere", "INVITE", strings.Replace(strings.Replace(offerText, "30000", "30010", 1), "c=IN IP4 127.0.0.1", "c=IN IP4 127.0.0.2", 1), "a=sendrecv", media.SendRecv, "127.0.0.2:30010", "PCMA"},
		{"another codec", "INVITE", strings.Replace(offerText, "8 0 101", "0 101", 1), "m=audio 20000 RTP/AVP 0 101", media.SendRecv, "127.0.0.1:30000", "PCMU"},
		{"sound taken away", "INVITE", strings.Replace(offerText, "m=audio 30000", "m=audio 0", 1), "m=audio 0 RTP/AVP", media.Inactive, "127.0.0.1:30000", "PCMU"},
		{"hold by UPDATE", "UPDATE", offerText + "a=sendonly\r\n", "a=recvonly", media.RecvOnly, "127.0.0.1:30000", "PCMA"},
		{"resume by UPDATE", "UPDATE", offerText, "a=sendrecv", media.SendRecv, "127.0.0.1:30000", "PCMA"},
	}
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.t = t
			p.request(tt.method, tt.offer)
			res := p.expect(200)
			if !strings.Contains(string(res.Body()), tt.answer) {
				t.Errorf("answer\n%s", res.Body())
			}
			if m, _ := s.last(); m.Direction != tt.direction || m.Remote.String() != tt.remote || m.Codec.Name != tt.codec {
				t.Errorf("agreed %+v", m)
			}
			if tt.method == "INVITE" {
				p.ack(true, "")
				p.silent(2 * testT1)
			}
		})
	}
	p.t = t
	_, before := s.last()
	t.Run("nothing in common", func(t *testing.T) {
		p.t = t
		p.request("INVITE", strings.Replace(offerText, "8 0 101", "18", 1))
		p.expectRefusal(488)
		p.ack(false, "")
		if _, n := s.last(); n != before {
			t.Error("agreed all the same")
		}
	})
	t.Run("late offer", func(t *testing.T) {
		p.t = t
		p.request("INVITE", "")
		if res := p.expect(200); !strings.Contains(string(res.Body()), "m=audio 20000 RTP/AVP 8 0 9 111 101 110") {
			t.Errorf("offer\n%s", res.Body())
		}
		p.ack(true, strings.Replace(offerText, "30000", "30020", 1))
		eventually(t, "new address", func() bool { m, _ := s.last(); return m.Remote.Port() == 30020 })
	})
	t.Run("UPDATE without offer", func(t *testing.T) {
		p.t = t
		p.request("UPDATE", "")
		if res := p.expect(200); len(res.Body()) != 0 {
			t.Errorf("body\n%s", res.Body())
		}
	})
	t.Run("wrong content", func(t *testing.T) {
		p.t = t
		p.request("UPDATE", "x", "Content-Type: text/plain")
		p.expectRefusal(415)
	})
	t.Run("too early", func(t *testing.T) {
		p.t = t
		p.request("INVITE", offerText)
		p.expect(200)
		seq, branch := p.seq, p.branch
		p.request("UPDATE", offerText) // our 200 is not acknowledged yet
		p.expectRefusal(491)
		p.seq, p.branch = seq, branch
		p.ack(true, "")
		p.seq++
		p.silent(2 * testT1)
	})
	t.Run("out of order", func(t *testing.T) {
		p.t = t
		p.seq -= 2
		p.request("OPTIONS", "")
		p.expectRefusal(500)
		p.seq += 10
	})
	p.t = t
	p.hangup()
}

func TestReinviteWithoutACK(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	p.request("INVITE", offerText)
	p.expect(200)
	p.answer(p.expectRequest(sip.BYE), 200, "")
	c := next(t, s.calls, "call")
	next(t, c.Done(), "end")
	if end := c.End(); end.Reason != "no ack" {
		t.Errorf("end %+v", end)
	}
}

func TestInfo(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	for _, body := range []string{"Signal=8\r\nDuration=160\r\n", "Signal=4", "Signal=#"} {
		p.request("INFO", body, "Content-Type: application/dtmf-relay")
		p.expect(200)
	}
	p.request("INFO", "*", "Content-Type: application/dtmf")
	p.expect(200)
	p.request("INFO", "")
	p.expect(200)
	p.request("INFO", "x", "Content-Type: application/broadsoft")
	p.expectRefusal(415)
	p.request("INFO", "Signal=", "Content-Type: application/dtmf-relay")
	p.expectRefusal(400)
	eventually(t, "84#*", func() bool { return s.keys() == "84#*" })
	p.hangup()
}

// TestKeysInARow: a gateway that does not wait for the answer to one INFO before it sends the next loses no key, and none
// overtakes another.
func TestKeysInARow(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	const keys = "0123456789*#"
	for range 10 {
		for _, k := range keys {
			p.request("INFO", "Signal="+string(k), "Content-Type: application/dtmf-relay")
		}
		for range keys {
			p.expect(200)
		}
		p.request("MESSAGE", "") // refused before anyone of the call sees it: it holds up nobody
		p.expectRefusal(405)
	}
	eventually(t, "all keys in their order", func() bool { return s.keys() == strings.Repeat(keys, 10) })
	p.hangup()
}

// TestTurns: a request that is never handed over does not hold up those behind it for long, nor take up room for ever.
func TestTurns(t *testing.T) {
	calls := make(chan *Call, 1)
	p := newPhone(t, listen(t, ringing(calls)))
	p.request("INVITE", offerText)
	p.expect(180)
	c := next(t, calls, "a call")
	parse := func(seq int) *sip.Request {
		msg, err := sip.ParseMessage([]byte(p.message("INFO", "z9hG4bK-x", seq, "")))
		if err != nil {
			t.Fatal(err)
		}
		return msg.(*sip.Request)
	}
	for seq := range 3 * turnMax {
		c.expect(parse(2 + seq))
	}
	if n := len(c.turns.waiting); n != turnMax {
		t.Errorf("%d requests are waited for", n)
	}
	behind := parse(1 + turnMax) // the last one noted
	c.expect(behind)
	c.takeTurn(behind)()
	if n := len(c.turns.waiting); n != 0 {
		t.Errorf("%d requests are waited for", n)
	}
}

func TestOptionsInCall(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	p.request("OPTIONS", "")
	if res := p.expect(200); headerValue(res, "Allow") != allowed || headerValue(res, "Accept") != acceptedTypes {
		t.Errorf("came\n%s", res)
	}
	p.hangup()
}

func TestCloseHangsUp(t *testing.T) {
	calls := make(chan *Call, 1)
	var up *service = newService()
	e := listen(t, HandlerFunc(func(ctx context.Context, c *Call) {
		if c.Called() == "0199000001" && len(up.calls) == 0 {
			up.Invite(ctx, c)
			return
		}
		ringing(calls).Invite(ctx, c)
	}))
	p, q := newPhone(t, e), newPhone(t, e)
	p.call()
	q.request("INVITE", offerText)
	q.expect(180)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	q.expectRefusal(503)
	p.answer(p.expectRequest(sip.BYE), 200, "")
	wg.Wait()
	if end := next(t, up.calls, "call").End(); end.By != "local" || end.Reason != "closing" {
		t.Errorf("end %+v", end)
	}
	if _, err := e.Dial(context.Background(), DialRequest{URI: "sip:x@127.0.0.1"}); !errors.Is(err, ErrClosed) {
		t.Errorf("dialling from a closed endpoint: %v", err)
	}
}

func TestContextEndsEndpoint(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	e, err := Listen(ctx, Config{Listen: "127.0.0.1:0", T1: testT1, T2: testT2, T4: testT4}, newService())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	next(t, e.closed, "end of the endpoint")
}

func TestListenRefuses(t *testing.T) {
	taken := listen(t, newService())
	good := Config{Listen: "127.0.0.1:0", T1: testT1, T2: testT2, T4: testT4}
	for name, change := range map[string]func(*Config){
		"no port":           func(c *Config) { c.Listen = "127.0.0.1" },
		"port taken":        func(c *Config) { c.Listen = taken.Addr().String() },
		"other timers":      func(c *Config) { c.T1 = 2 * testT1 },
		"negative timer":    func(c *Config) { c.ACKTimeout = -1 },
		"wildcard as ours":  func(c *Config) { c.Advertise = netip.IPv4Unspecified() },
		"trunk of no name":  func(c *Config) { c.Trunks = []Trunk{{}} },
		"trunk of no range": func(c *Config) { c.Trunks = []Trunk{{Name: "x", Peers: []netip.Prefix{{}}}} },
		"user agent":        func(c *Config) { c.UserAgent = "a\r\nb" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			change(&cfg)
			e, err := Listen(context.Background(), cfg, newService())
			if err == nil {
				e.Close()
				t.Error("taken")
			} else if !strings.HasPrefix(err.Error(), "sip: ") {
				t.Errorf("%q does not name the package", err)
			}
		})
	}
}
