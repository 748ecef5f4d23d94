package sip

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// TestTimerAgreement goes through table 2 of RFC 4028 §9.
func TestTimerAgreement(t *testing.T) {
	ask := SessionTimer{Expires: 1800 * time.Second, MinSE: 90 * time.Second}
	we := ask
	we.Refresher = WeRefresh
	none := SessionTimer{MinSE: 90 * time.Second}
	for name, tt := range map[string]struct {
		ours    SessionTimer
		headers []string
		want    sessionTimer
		answer  string // Session-Expires of the 2xx
		require bool
		refused bool
	}{
		"peer knows nothing of it":         {ours: ask},
		"a proxy asks, the peer can't":     {ours: ask, headers: []string{"Session-Expires: 600"}, want: sessionTimer{600 * time.Second, true}, answer: "600;refresher=uas"},
		"a proxy asks for too little":      {ours: ask, headers: []string{"Session-Expires: 60"}, want: sessionTimer{60 * time.Second, true}, answer: "60;refresher=uas"},
		"peer can, we ask":                 {ours: ask, headers: []string{"Supported: x, timer"}, want: sessionTimer{1800 * time.Second, false}, answer: "1800;refresher=uac", require: true},
		"peer can, wants long ones":        {ours: ask, headers: []string{"Supported: timer", "Min-SE: 3600"}, want: sessionTimer{3600 * time.Second, false}, answer: "3600;refresher=uac", require: true},
		"peer can, we do not ask":          {ours: none, headers: []string{"Supported: timer"}},
		"peer asks":                        {ours: ask, headers: []string{"Supported: timer", "Session-Expires: 600"}, want: sessionTimer{600 * time.Second, false}, answer: "600;refresher=uac", require: true},
		"peer asks, we like to refresh":    {ours: we, headers: []string{"Supported: timer", "Session-Expires: 600"}, want: sessionTimer{600 * time.Second, true}, answer: "600;refresher=uas", require: true},
		"peer wants to refresh":            {ours: we, headers: []string{"Supported: timer", "Session-Expires: 600;refresher=uac"}, want: sessionTimer{600 * time.Second, false}, answer: "600;refresher=uac", require: true},
		"peer wants us to refresh":         {ours: none, headers: []string{"Require: timer", "Session-Expires: 600 ; refresher=UAS"}, want: sessionTimer{600 * time.Second, true}, answer: "600;refresher=uas", require: true},
		"peer asks for too little":         {ours: ask, headers: []string{"Supported: timer", "Session-Expires: 89"}, refused: true},
		"peer asks for the least there is": {ours: ask, headers: []string{"Supported: timer", "Session-Expires: 90"}, want: sessionTimer{90 * time.Second, false}, answer: "90;refresher=uac", require: true},
	} {
		t.Run(name, func(t *testing.T) {
			req := sip.NewRequest(sip.INVITE, sip.Uri{})
			for _, h := range tt.headers {
				n, v, _ := strings.Cut(h, ": ")
				req.AppendHeader(sip.NewHeader(n, v))
			}
			w, err := readTimer(req)
			if err != nil {
				t.Fatal(err)
			}
			if refused := tt.ours.tooShort(w); refused != tt.refused {
				t.Fatalf("refused %v", refused)
			} else if refused {
				return
			}
			got := tt.ours.accept(w)
			res := sip.NewResponse(200, "OK")
			for _, h := range got.headers(w) {
				res.AppendHeader(h)
			}
			if got != tt.want || headerValue(res, "Session-Expires") != tt.answer || lists(res, "Require", tagTimer) != tt.require {
				t.Errorf("%+v\n%s", got, res)
			}
		})
	}
	for _, wrong := range []string{"x", "0", "-1", "600;refresher=me", "99999999999"} {
		req := sip.NewRequest(sip.INVITE, sip.Uri{})
		req.AppendHeader(sip.NewHeader("Session-Expires", wrong))
		if _, err := readTimer(req); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// timed is an endpoint that accepts intervals of a second.
func timed(change func(*SessionTimer)) func(*Config) {
	return func(c *Config) {
		c.SessionTimer.MinSE = time.Second
		if change != nil {
			change(&c.SessionTimer)
		}
	}
}

// refreshed answers a refresh of the endpoint's.
func (p *phone) refreshed(req *sip.Request, body string, headers ...string) {
	p.t.Helper()
	res := sip.NewResponseFromRequest(req, 200, "OK", nil)
	for _, h := range headers {
		n, v, _ := strings.Cut(h, ": ")
		res.AppendHeader(sip.NewHeader(n, v))
	}
	if body != "" {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.AppendHeader(sip.NewHeader("Contact", "<sip:x@"+p.conn.LocalAddr().String()+">"))
		res.SetBody([]byte(body))
	}
	p.send(res.String())
}

func TestTimerRefusals(t *testing.T) {
	t.Parallel()
	s := newService()
	e := listen(t, s, func(c *Config) { c.SessionTimer.MinSE = 120 * time.Second })
	p := newPhone(t, e)
	p.request("INVITE", offerText, "Supported: timer", "Session-Expires: 119")
	if res := p.expectRefusal(422); headerValue(res, "Min-SE") != "120" {
		t.Errorf("came\n%s", res)
	}
	p.ack(false, "")
	p.request("INVITE", offerText, "Supported: timer", "Session-Expires: soon")
	p.expectRefusal(400)
	p.ack(false, "")
	ok := p.call("k: timer", "x: 120", "Allow: INVITE, UPDATE")
	if headerValue(ok, "Session-Expires") != "120;refresher=uac" || !lists(ok, "Require", "timer") || !lists(ok, "Supported", "timer") {
		t.Errorf("came\n%s", ok)
	}
	for _, method := range []string{"UPDATE", "INVITE"} { // a refresh may be too short as well; the session goes on
		body := ""
		if method == "INVITE" {
			body = offerText
		}
		p.request(method, body, "Supported: timer", "Session-Expires: 60")
		p.expectRefusal(422)
		if method == "INVITE" {
			p.ack(false, "")
		}
	}
	p.request("UPDATE", "", "Supported: timer", "Session-Expires: 200;refresher=uac")
	if res := p.expect(200); headerValue(res, "Session-Expires") != "200;refresher=uac" {
		t.Errorf("came\n%s", res)
	}
	p.hangup()
}

// TestWeRefreshByUpdate: half way through the interval an UPDATE comes, again and again.
func TestWeRefreshByUpdate(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s, timed(nil)))
	p.call("Supported: timer", "Session-Expires: 3;refresher=uas", "Allow: INVITE, ACK, BYE, UPDATE")
	for range 2 {
		update := p.expectRequest(sip.UPDATE)
		if headerValue(update, "Session-Expires") != "3;refresher=uac" || len(update.Body()) != 0 || !lists(update, "Supported", "timer") || update.Contact() == nil {
			t.Errorf("came\n%s", update)
		}
		p.refreshed(update, "", "Session-Expires: 3;refresher=uac", "Require: timer")
	}
	update := p.expectRequest(sip.UPDATE)
	p.refreshed(update, "", "Session-Expires: 600;refresher=uas") // now it is the peer's turn
	p.silent(2 * time.Second)
	p.hangup()
}

// TestWeRefreshByInvite: a peer without UPDATE gets a re-INVITE that changes nothing, the version of our description included.
func TestWeRefreshByInvite(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s, timed(nil)))
	ok := p.call("Supported: timer", "Session-Expires: 3;refresher=uas", "Allow: INVITE, ACK, BYE")
	for range 2 {
		invite := p.expectRequest(sip.INVITE)
		if headerValue(invite, "Session-Expires") != "3;refresher=uac" || string(invite.Body()) != string(ok.Body()) {
			t.Errorf("came\n%s\nafter\n%s", invite, ok.Body())
		}
		p.refreshed(invite, offerText, "Session-Expires: 3;refresher=uac", "Require: timer")
		p.expectRequest(sip.ACK)
	}
	if _, n := s.last(); n != 1 {
		t.Errorf("agreed %d times: %+v", n, s.agreed)
	}
	p.answer(p.expectRequest(sip.INVITE), 481, "") // the peer has lost the call
	p.expectRequest(sip.ACK)
	p.answer(p.expectRequest(sip.BYE), 481, "")
	c := next(t, s.calls, "call")
	next(t, c.Done(), "end")
	if end := c.End(); end.By != "none" || end.Cause != causeTimer {
		t.Errorf("end %+v", end)
	}
}

// TestRefreshRefused: a 422 raises the interval, a 405 leads to re-INVITE, and other refusals are tried again.
func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s, timed(nil)))
	p.call("Supported: timer", "Session-Expires: 4;refresher=uas", "Allow: INVITE, ACK, BYE, UPDATE")
	p.answer(p.expectRequest(sip.UPDATE), 503, "")
	refuse := p.expectRequest(sip.UPDATE)
	res := sip.NewResponseFromRequest(refuse, 422, "Session Interval Too Small", nil)
	res.AppendHeader(sip.NewHeader("Min-SE", "6"))
	p.send(res.String())
	longer := p.expectRequest(sip.UPDATE)
	if headerValue(longer, "Session-Expires") != "6;refresher=uac" || headerValue(longer, "Min-SE") != "6" {
		t.Errorf("came\n%s", longer)
	}
	p.answer(longer, 405, "")
	invite := p.expectRequest(sip.INVITE)
	p.refreshed(invite, offerText, "Session-Expires: 600;refresher=uac")
	p.expectRequest(sip.ACK)
	p.hangup()
}

// TestRefreshUnanswered: nobody is there any more.
func TestRefreshUnanswered(t *testing.T) {
	t.Parallel()
	s := newService()
	e := listen(t, s, timed(nil))
	p := newPhone(t, e)
	p.call("Supported: timer", "Session-Expires: 1;refresher=uas", "Allow: UPDATE")
	c := next(t, s.calls, "call")
	p.expectRequest(sip.UPDATE)
	next(t, c.Done(), "end")
	if end := c.End(); end.By != "none" || !strings.Contains(end.Reason, "session timer") && !strings.Contains(end.Reason, "no answer") {
		t.Errorf("end %+v", end)
	}
	for bye := false; !bye; {
		m, ok := p.fresh().(*sip.Request)
		if !ok {
			t.Fatal("no BYE")
		}
		if bye = m.Method == sip.BYE; bye {
			p.answer(m, 200, "")
		}
	}
}

// TestPeerRefreshes: as long as it does the call lives; then it is hung up before its time is over.
func TestPeerRefreshes(t *testing.T) {
	t.Parallel()
	s := newService()
	e := listen(t, s, timed(nil))
	p := newPhone(t, e)
	p.call("Supported: timer", "Session-Expires: 3;refresher=uac")
	c := next(t, s.calls, "call")
	for i := range 4 {
		p.silent(300 * time.Millisecond) // the BYE is due after 2 s
		if i%2 == 0 {
			p.request("UPDATE", "", "Supported: timer", "Session-Expires: 3;refresher=uac")
			p.expect(200)
		} else {
			p.request("INVITE", offerText, "Supported: timer", "Session-Expires: 3;refresher=uac")
			p.expect(200)
			p.ack(true, "")
		}
	}
	bye := p.expectRequest(sip.BYE)
	p.answer(bye, 200, "")
	next(t, c.Done(), "end")
	if end := c.End(); end.Reason != "session timer expired" || end.By != "none" || causesOf(bye) != causeTimer || e.Stats().Expired != 1 {
		t.Errorf("end %+v, BYE\n%s", end, bye)
	}
}

// TestTimerOfOurCalls: the wish in our INVITE, its refusal, and what comes of the 200.
func TestTimerOfOurCalls(t *testing.T) {
	t.Parallel()
	caller := listen(t, newService(), timed(func(s *SessionTimer) { s.Expires = 2 * time.Second }))
	p := newPhone(t, caller)
	dialled := make(chan *Call, 1)
	go func() {
		c, err := caller.Dial(context.Background(), DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: (&line{}).local()})
		if err != nil {
			t.Error(err)
		}
		dialled <- c
	}()
	first := p.expectRequest(sip.INVITE)
	if headerValue(first, "Session-Expires") != "2" || !lists(first, "Supported", "timer") || first.GetHeader("Min-SE") != nil {
		t.Errorf("INVITE\n%s", first)
	}
	res := sip.NewResponseFromRequest(first, 422, "Session Interval Too Small", nil)
	res.AppendHeader(sip.NewHeader("Min-SE", "3"))
	p.send(res.String())
	p.expectRequest(sip.ACK)
	second := p.expectRequest(sip.INVITE)
	if headerValue(second, "Session-Expires") != "3" || headerValue(second, "Min-SE") != "3" || second.CSeq().SeqNo != first.CSeq().SeqNo+1 ||
		second.CallID().Value() != first.CallID().Value() || second.Via().Value() == first.Via().Value() || string(second.Body()) != string(first.Body()) {
		t.Errorf("INVITE\n%s\nafter\n%s", second, first)
	}
	p.refreshed(second, offerText, "Session-Expires: 3;refresher=uac", "Require: timer", "Allow: INVITE, UPDATE")
	p.expectRequest(sip.ACK)
	c := next(t, dialled, "call")
	p.refreshed(p.expectRequest(sip.UPDATE), "") // without Session-Expires: no timer any more (RFC 4028 §7.2)
	p.silent(2 * time.Second)
	go func() { _ = c.Hangup(context.Background(), "") }()
	p.answer(p.expectRequest(sip.BYE), 200, "")
}
