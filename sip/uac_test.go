package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// dial rings e from caller.
func dial(t testing.TB, caller, e *Endpoint, transport string, l *line) (*Call, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return caller.Dial(ctx, DialRequest{URI: "sip:0199000001@" + e.Addr().String(), From: "0639981234", Transport: transport, Local: l.local()})
}

func TestDial(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			s := newService()
			s.delay.Store(int64(3 * testT1))
			e := listen(t, s)
			caller := listen(t, newService(), func(c *Config) { c.Trunks = nil }) // what it rings belongs to no trunk
			l := &line{}
			var progress []Progress
			c, err := caller.Dial(context.Background(), DialRequest{
				URI: "sip:0199000001@" + e.Addr().String(), From: "+33639981234", FromDisplay: `Mme "X"`, Transport: transport, Local: l.local(),
				Headers: map[string]string{"Diversion": "<sip:0199000009@x>"}, Progress: func(p Progress) { progress = append(progress, p) },
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(progress) == 0 || len(progress) > 1 && transport != "udp" {
				t.Errorf("progress %+v", progress)
			}
			for _, p := range progress { // over UDP a late answer is asked for again
				if p.Status != 180 || p.After <= 0 || p.EarlyMedia {
					t.Errorf("progress %+v", p)
				}
			}
			if m, n := l.last(); n != 1 || m.Codec.Name != "PCMA" || m.DTMF != 101 || m.Remote.String() != "127.0.0.1:20000" || m.Direction != media.SendRecv {
				t.Errorf("agreed %d times, %+v", n, m)
			}
			rung := next(t, s.calls, "call")
			next(t, rung.Confirmed(), "confirmation")
			if rung.Caller().E164.Reveal() != "+33639981234" || rung.Caller().Display.Reveal() != `Mme "X"` || rung.Dialled() != "0199000009" || rung.Called() != "0199000001" {
				t.Errorf("caller %+v, dialled %s", rung.Caller(), rung.Dialled())
			}
			if !c.Outgoing() || c.Caller().E164.Reveal() != "+33639981234" || c.Called() != "0199000001" || c.CallID() != rung.CallID() {
				t.Errorf("call %v %s", c.Caller(), c.Called())
			}
			if err := c.Hangup(context.Background(), "enough"); err != nil {
				t.Error(err)
			}
			next(t, rung.Done(), "end")
			if end := rung.End(); end.By != "remote" {
				t.Errorf("end %+v", end)
			}
			if end := c.End(); end != (End{By: "local", Reason: "enough", Status: 200, Cause: causeNormal}) {
				t.Errorf("end %+v", end)
			}
			if err := c.Hangup(context.Background(), "again"); err != nil {
				t.Error(err)
			}
			if a, b := e.Stats().Active, caller.Stats().Active; a != 0 || b != 0 {
				t.Errorf("%d and %d calls left", a, b)
			}
		})
		t.Run(transport+", hung up by the other side", func(t *testing.T) {
			s := newService()
			e, caller := listen(t, s), listen(t, newService(), func(c *Config) { c.Trunks = nil })
			c, err := dial(t, caller, e, transport, &line{})
			if err != nil {
				t.Fatal(err)
			}
			rung := next(t, s.calls, "call")
			if err := rung.Hangup(context.Background(), "goodbye"); err != nil {
				t.Error(err)
			}
			next(t, c.Done(), "end")
			if end := c.End(); end != (End{By: "remote", Reason: "bye", Status: 200, Cause: causeNormal}) {
				t.Errorf("end %+v", end)
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	e := listen(t, HandlerFunc(func(_ context.Context, c *Call) { _ = c.Reject(486, 30*time.Second) }))
	caller := listen(t, newService())
	for _, transport := range []string{"udp", "tcp"} {
		_, err := dial(t, caller, e, transport, &line{})
		var status *StatusError
		if !errors.As(err, &status) || status.Code != 486 || status.Reason != "Busy Here" || status.RetryAfter != 30*time.Second {
			t.Errorf("%s: %v", transport, err)
		}
	}
	if n := caller.Stats().Active; n != 0 {
		t.Errorf("%d calls left", n)
	}
}

func TestDialWithheld(t *testing.T) {
	s := newService()
	e, caller := listen(t, s), listen(t, newService())
	c, err := caller.Dial(context.Background(), DialRequest{URI: e.Addr().String(), Local: (&line{}).local()})
	if err != nil {
		t.Fatal(err)
	}
	if n := next(t, s.calls, "call").Caller(); n.Kind != Withheld || n.String() != "" {
		t.Errorf("caller %#v", n)
	}
	_ = c.Hangup(context.Background(), "")
}

func TestDialCancelled(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			calls := make(chan *Call, 1)
			e, caller := listen(t, ringing(calls)), listen(t, newService())
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			_, err := caller.Dial(ctx, DialRequest{
				URI: "sip:0199000001@" + e.Addr().String(), From: "0639981234", Transport: transport, Local: (&line{}).local(), Progress: func(Progress) { cancel() },
			})
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			c := next(t, calls, "call")
			next(t, c.Done(), "end")
			if end := c.End(); !end.Cancelled || end.By != "remote" || end.Status != 487 {
				t.Errorf("end %+v", end)
			}
			eventually(t, "no call left", func() bool { return caller.Stats().Active == 0 && e.Stats().Active == 0 })
		})
	}
}

// TestDialCancelCrossesAnswer: the 200 comes although we gave up; it gets its ACK and a BYE.
func TestDialCancelCrossesAnswer(t *testing.T) {
	caller := listen(t, newService())
	p := newPhone(t, caller)
	ctx, cancel := context.WithCancel(context.Background())
	dialled := make(chan error, 1)
	go func() {
		_, err := caller.Dial(ctx, DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: (&line{}).local()})
		dialled <- err
	}()
	invite := p.expectRequest(sip.INVITE)
	cancel()
	if err := next(t, dialled, "end of Dial"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.answer(invite, 180, "")
	if c := p.expectRequest(sip.CANCEL); c.Via().Value() != invite.Via().Value() || tagOf(c.To()) != "" || c.CSeq().SeqNo != invite.CSeq().SeqNo {
		t.Errorf("CANCEL\n%s\nof\n%s", c, invite)
	}
	ok := sip.NewResponseFromRequest(invite, 200, "OK", nil)
	ok.AppendHeader(sip.NewHeader("Contact", "<sip:x@"+p.conn.LocalAddr().String()+">"))
	ok.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	ok.SetBody([]byte(offerText))
	p.send(ok.String())
	for got := ""; !strings.Contains(got, "BYE"); {
		m, isRequest := p.fresh().(*sip.Request)
		if !isRequest {
			t.Fatalf("no BYE after %s", got)
		}
		got += string(m.Method) + " "
		if m.Method == sip.BYE {
			if !strings.Contains(got, "ACK") {
				t.Errorf("came %s", got)
			}
			p.answer(m, 200, "")
		}
	}
}

func TestDialNobody(t *testing.T) {
	t.Parallel()
	caller := listen(t, newService())
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, err = caller.Dial(context.Background(), DialRequest{URI: "sip:x@" + silent.LocalAddr().String(), From: "1", Local: (&line{}).local()})
	if !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
	if st := caller.Stats(); st.Retransmissions < 4 || st.Active != 0 {
		t.Errorf("stats %+v", st)
	}
	if _, err := caller.Dial(context.Background(), DialRequest{URI: "sip:x@" + silent.LocalAddr().String(), From: "1", Transport: "tcp", Local: (&line{}).local()}); err == nil {
		t.Error("a call over TCP to nobody")
	}
}

func TestDialAnswers(t *testing.T) {
	t.Parallel()
	caller := listen(t, newService(), func(c *Config) { c.Trunks = nil })
	for name, tt := range map[string]struct {
		body string
		want error
	}{
		"good": {offerText, nil}, "no codec": {strings.Replace(offerText, "8 0 101", "18", 1), ErrNoCodec}, "no description": {"", ErrSDP}, "garbage": {"x", ErrSDP},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, caller)
			type result struct {
				c   *Call
				err error
			}
			dialled := make(chan result, 1)
			l := &line{}
			go func() {
				c, err := caller.Dial(context.Background(), DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: l.local()})
				t.Log(err)
				dialled <- result{c, err}
			}()
			invite := p.expectRequest(sip.INVITE)
			if headerValue(invite, "Supported") != "100rel, timer" || invite.GetHeader("Session-Expires") != nil || headerValue(invite, "Allow") != allowed || invite.Contact() == nil {
				t.Errorf("INVITE\n%s", invite)
			}
			ok := sip.NewResponseFromRequest(invite, 200, "OK", nil)
			ok.AppendHeader(sip.NewHeader("Contact", "<sip:x@"+p.conn.LocalAddr().String()+">"))
			ok.AppendHeader(sip.NewHeader("Record-Route", "<sip:"+p.conn.LocalAddr().String()+";lr;a=1>"))
			ok.AppendHeader(sip.NewHeader("Record-Route", "<sip:"+p.conn.LocalAddr().String()+";lr;a=2>"))
			if tt.body != "" {
				ok.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
				ok.SetBody([]byte(tt.body))
			}
			p.send(ok.String())
			ack := p.expectRequest(sip.ACK)
			if ack.CSeq().SeqNo != invite.CSeq().SeqNo || ack.Via().Value() == invite.Via().Value() || tagOf(ack.To()) != tagOf(ok.To()) {
				t.Errorf("ACK\n%s\nof\n%s", ack, invite)
			}
			if r := ack.GetHeaders("Route"); len(r) != 2 || !strings.Contains(r[0].Value(), "a=2") {
				t.Errorf("routes %v", r)
			}
			if tt.want == nil {
				r := next(t, dialled, "call")
				if r.err != nil {
					t.Fatal(r.err)
				}
				p.send(ok.String())
				p.again(ack)
				// A second telephone answers too: it is told that it is not wanted.
				p.send(strings.Replace(ok.String(), tagOf(ok.To()), "fork", 1))
				if a, b := p.expectRequest(sip.ACK), p.expectRequest(sip.BYE); tagOf(a.To()) != "fork" || tagOf(b.To()) != "fork" {
					t.Errorf("fork\n%s\n%s", a, b)
				} else {
					p.answer(b, 200, "")
				}
				go func() { _ = r.c.Hangup(context.Background(), "") }()
			}
			p.answer(p.expectRequest(sip.BYE), 200, "")
			if tt.want != nil {
				if r := next(t, dialled, "error"); !errors.Is(r.err, tt.want) {
					t.Errorf("%v, want %v", r.err, tt.want)
				}
			}
		})
	}
	t.Run("a call from whom we rang", func(t *testing.T) {
		p := newPhone(t, caller)
		p.request("INVITE", offerText)
		p.silent(3 * testT1)
	})
}

func TestEarlyMedia(t *testing.T) {
	caller := listen(t, newService())
	p := newPhone(t, caller)
	l := &line{}
	var early bool
	dialled := make(chan *Call, 1)
	go func() {
		c, err := caller.Dial(context.Background(), DialRequest{
			URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: l.local(), Progress: func(p Progress) { early = p.EarlyMedia },
		})
		if err != nil {
			t.Error(err)
		}
		dialled <- c
	}()
	invite := p.expectRequest(sip.INVITE)
	progress := sip.NewResponseFromRequest(invite, 183, "Session Progress", nil)
	progress.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	progress.AppendHeader(sip.NewHeader("Contact", "<sip:x@"+p.conn.LocalAddr().String()+">"))
	progress.SetBody([]byte(offerText))
	p.send(progress.String())
	eventually(t, "early media", func() bool { _, n := l.last(); return n == 1 })
	p.send(strings.Replace(progress.String(), "183 Session Progress", "200 OK", 1))
	p.expectRequest(sip.ACK)
	c := next(t, dialled, "call")
	if _, n := l.last(); n != 1 || !early {
		t.Errorf("agreed %d times, early %v", n, early)
	}
	go func() { _ = c.Hangup(context.Background(), "") }()
	p.answer(p.expectRequest(sip.BYE), 200, "")
}

func TestDialRefusesToStart(t *testing.T) {
	caller := listen(t, newService())
	good := DialRequest{URI: "sip:x@127.0.0.1", From: "0639981234", Local: (&line{}).local()}
	for name, change := range map[string]func(*DialRequest){
		"no URI":             func(r *DialRequest) { r.URI = "" },
		"another scheme":     func(r *DialRequest) { r.URI = "http://127.0.0.1" },
		"sips":               func(r *DialRequest) { r.URI = "sips:x@127.0.0.1" },
		"a telephone number": func(r *DialRequest) { r.URI = "tel:+33199000001" },
		"bad port":           func(r *DialRequest) { r.URI = "sip:x@127.0.0.1:0" },
		"transport":          func(r *DialRequest) { r.Transport = "sctp" },
		"transport of URI":   func(r *DialRequest) { r.URI += ";transport=tls" },
		"no media":           func(r *DialRequest) { r.Local.Addr = netip.AddrPort{} },
		"from":               func(r *DialRequest) { r.From = "a b@" },
		"header of ours":     func(r *DialRequest) { r.Headers = map[string]string{"via": "x"} },
		"header on two":      func(r *DialRequest) { r.Headers = map[string]string{"X-A": "x\r\ny"} },
		"header of no name":  func(r *DialRequest) { r.Headers = map[string]string{"X A": "x"} },
		"a name without end": func(r *DialRequest) { r.URI = "sip:x@nowhere.invalid" },
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			change(&r)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if _, err := caller.Dial(ctx, r); err == nil || !strings.HasPrefix(err.Error(), "sip: ") {
				t.Error(err)
			}
		})
	}
	if n := caller.Stats().Active; n != 0 {
		t.Errorf("%d calls left", n)
	}
}

func TestReinviteOfOurs(t *testing.T) {
	s := newService()
	e, caller := listen(t, s), listen(t, newService())
	l := &line{}
	c, err := dial(t, caller, e, "udp", l)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, tt := range []struct{ ours, theirs media.Direction }{{media.SendOnly, media.RecvOnly}, {media.Inactive, media.Inactive}, {media.SendRecv, media.SendRecv}} {
		if err := c.Reinvite(ctx, tt.ours); err != nil {
			t.Fatal(err)
		}
		ours, _ := l.last()
		theirs, _ := s.last()
		if ours.Direction != tt.ours || theirs.Direction != tt.theirs {
			t.Errorf("directions %s and %s, want %s and %s", ours.Direction, theirs.Direction, tt.ours, tt.theirs)
		}
	}
	rung := next(t, s.calls, "call")
	// Until our last ACK has arrived the other side may not offer.
	eventually(t, "re-INVITE of the other side", func() bool { return rung.Reinvite(ctx, media.SendOnly) == nil })
	if err := c.Hangup(ctx, ""); err != nil {
		t.Error(err)
	}
	if err := c.Reinvite(ctx, media.SendRecv); !errors.Is(err, ErrEnded) {
		t.Error(err)
	}
}

// TestGlare: both sides offer at once.
func TestGlare(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	held := make(chan error, 1)
	go func() { held <- c.Reinvite(ctx, media.SendOnly) }()
	invite := p.expectRequest(sip.INVITE)
	for _, method := range []string{"INVITE", "UPDATE"} {
		p.request(method, offerText)
		p.expectRefusal(491)
		if method == "INVITE" {
			p.ack(false, "")
		}
	}
	p.request("UPDATE", "") // without an offer there is no glare
	p.expect(200)
	p.answer(invite, 491, "")
	p.expectRequest(sip.ACK)
	again := p.expectRequest(sip.INVITE) // after a while it is offered again
	if again.CSeq().SeqNo <= invite.CSeq().SeqNo || string(again.Body()) != string(invite.Body()) {
		t.Errorf("offered\n%s\nafter\n%s", again, invite)
	}
	p.answer(again, 200, offerText)
	p.expectRequest(sip.ACK)
	if err := next(t, held, "hold"); err != nil {
		t.Error(err)
	}
	p.request("INVITE", offerText) // now it is free
	p.expect(200)
	p.ack(true, "")
	p.hangup()
}

// TestGlareWithoutEnd: a peer that never lets us offer is asked a few times, as long as the caller of Reinvite wants.
func TestGlareWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	refused := make(chan error, 1)
	go func() { refused <- c.Reinvite(context.Background(), media.SendOnly) }()
	for range maxOffers {
		p.answer(p.expectRequest(sip.INVITE), 491, "")
		p.expectRequest(sip.ACK)
	}
	var status *StatusError
	if err := next(t, refused, "refusal"); !errors.As(err, &status) || status.Code != 491 {
		t.Error(err)
	}
	p.hangup()
}

// TestReinviteRefused: whatever else the peer says leaves the call as it was; a 500 with Retry-After is waited for.
func TestReinviteRefused(t *testing.T) {
	t.Parallel()
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	result := make(chan error, 1)
	go func() { result <- c.Reinvite(context.Background(), media.SendOnly) }()
	invite := p.expectRequest(sip.INVITE)
	busy := sip.NewResponseFromRequest(invite, 500, "Busy", nil)
	busy.AppendHeader(sip.NewHeader("Retry-After", "1"))
	sent := time.Now()
	p.send(busy.String())
	p.expectRequest(sip.ACK)
	p.answer(p.expectRequest(sip.INVITE), 488, "")
	p.expectRequest(sip.ACK)
	var status *StatusError
	if err := next(t, result, "refusal"); !errors.As(err, &status) || status.Code != 488 || time.Since(sent) < time.Second {
		t.Errorf("%v after %v", err, time.Since(sent))
	}
	if m, n := s.last(); n != 1 || m.Direction != media.SendRecv || c.End().By != "" {
		t.Errorf("agreed %d times, %+v, end %+v", n, m, c.End())
	}
	p.hangup()
}

// TestReinviteGivenUp: an offer that is out is brought to its end although nobody waits for it any more.
func TestReinviteGivenUp(t *testing.T) {
	s := newService()
	p := newPhone(t, listen(t, s))
	p.call()
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- c.Reinvite(ctx, media.SendOnly) }()
	invite := p.expectRequest(sip.INVITE)
	cancel()
	if err := next(t, result, "error"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.answer(invite, 200, strings.Replace(offerText, "30000", "30040", 1)+"a=recvonly\r\n")
	p.expectRequest(sip.ACK)
	eventually(t, "the answer", func() bool { m, _ := s.last(); return m.Remote.Port() == 30040 && m.Direction == media.SendOnly })
	p.hangup()
}

func TestReinviteToNobody(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"call unknown": 481, "silence": 0} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			p := newPhone(t, listen(t, s))
			p.call()
			c := next(t, s.calls, "call")
			next(t, c.Confirmed(), "confirmation")
			lost := make(chan error, 1)
			go func() { lost <- c.Reinvite(context.Background(), media.SendOnly) }()
			invite := p.expectRequest(sip.INVITE)
			if status != 0 {
				p.answer(invite, status, "")
				p.expectRequest(sip.ACK)
			}
			for {
				m, ok := p.fresh().(*sip.Request)
				if !ok {
					t.Fatal("no BYE")
				}
				if m.Method == sip.BYE {
					p.answer(m, 481, "")
					break
				}
			}
			if err := next(t, lost, "error"); err == nil {
				t.Error("no error")
			}
			next(t, c.Done(), "end")
		})
	}
}

func TestWildcardAndAdvertise(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		listen    string
		advertise netip.Addr
		want      string
	}{
		"wildcard":              {":0", netip.Addr{}, "127.0.0.1"},
		"wildcard of IPv4":      {"0.0.0.0:0", netip.Addr{}, "127.0.0.1"},
		"advertised":            {"127.0.0.1:0", netip.MustParseAddr("203.0.113.5"), "203.0.113.5"},
		"advertised, other kin": {"127.0.0.1:0", netip.MustParseAddr("2001:db8::5"), "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			e := listen(t, s, func(c *Config) { c.Listen, c.Advertise = tt.listen, tt.advertise })
			p := newPhone(t, e)
			p.to = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), e.Addr().Port())
			p.request("INVITE", strings.ReplaceAll(offerText, "127.0.0.1", "127.0.0.1"))
			ok := p.expect(200)
			p.ack(true, "")
			if !strings.Contains(headerValue(ok, "Contact"), "@"+tt.want+":") || !strings.Contains(string(ok.Body()), "c=IN IP4 "+tt.want) {
				t.Errorf("Contact %s\n%s", headerValue(ok, "Contact"), ok.Body())
			}
			if ip := next(t, s.calls, "call").LocalIP().String(); ip != "127.0.0.1" {
				t.Errorf("local address %s", ip)
			}
			p.hangup()
		})
	}
	t.Run("ringing from a wildcard", func(t *testing.T) {
		s := newService()
		e, caller := listen(t, s), listen(t, newService(), func(c *Config) { c.Listen = ":0" })
		for _, transport := range []string{"udp", "tcp"} {
			c, err := dial(t, caller, e, transport, &line{})
			if err != nil {
				t.Fatal(err)
			}
			if err := next(t, s.calls, "call").Hangup(context.Background(), ""); err != nil {
				t.Error(err)
			}
			next(t, c.Done(), "end")
		}
	})
	t.Run("IPv6", func(t *testing.T) {
		if conn, err := net.Listen("tcp", "[::1]:0"); err != nil {
			t.Skip("no IPv6 here")
		} else {
			conn.Close()
		}
		s := newService()
		six := func(c *Config) { c.Listen = "[::1]:0" }
		e, caller := listen(t, s, six), listen(t, newService(), six)
		for _, transport := range []string{"udp", "tcp"} {
			l := LocalMedia{Addr: netip.MustParseAddrPort("[::1]:20000")}
			c, err := caller.Dial(context.Background(), DialRequest{URI: "sip:0199000001@" + e.Addr().String(), From: "0639981234", Transport: transport, Local: l})
			if err == nil {
				t.Error("sound over two families")
				_ = c.Hangup(context.Background(), "")
			}
			var status *StatusError
			if !errors.As(err, &status) || status.Code != 488 { // the service's sound is on IPv4
				t.Error(err)
			}
		}
	})
}
