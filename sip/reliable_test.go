package sip

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// early is a handler that opens early media, waits for the test, and answers.
type early struct {
	line
	calls  chan *Call
	answer chan struct{}
	opened chan error
}

func newEarly() *early {
	return &early{calls: make(chan *Call, 1), answer: make(chan struct{}), opened: make(chan error, 1)}
}

func (h *early) Invite(ctx context.Context, c *Call) {
	h.calls <- c
	h.opened <- c.Early(ctx, h.local())
	select {
	case <-h.answer:
	case <-ctx.Done():
		return
	}
	if c.Answer(ctx, h.local()) == nil {
		<-c.Done()
	}
}

// rack is the RAck that a reliable answer wants.
func rack(res *sip.Response) string {
	return fmt.Sprintf("RAck: %s %d INVITE", headerValue(res, "RSeq"), res.CSeq().SeqNo)
}

// inDialog sends a request within the INVITE's early dialog without making its branch that of the INVITE.
func (p *phone) inDialog(method, body string, headers ...string) {
	p.t.Helper()
	branch, seq := p.branch, p.seq
	p.request(method, body, headers...)
	p.branch, p.seq = branch, seq
}

// expectFor waits for the answer to a method, past others.
func (p *phone) expectFor(method sip.RequestMethod, status int) *sip.Response {
	p.t.Helper()
	for {
		m, ok := p.fresh().(*sip.Response)
		if !ok {
			p.t.Fatalf("no %d to %s", status, method)
		}
		if m.CSeq().MethodName != method || m.StatusCode < 200 {
			continue
		}
		if m.StatusCode != status {
			p.t.Fatalf("%s instead of %d to %s", m.StartLine(), status, method)
		}
		return m
	}
}

func TestReliableRinging(t *testing.T) {
	t.Parallel()
	s := newService()
	s.hold = make(chan struct{})
	p := newPhone(t, listen(t, s))
	p.request("INVITE", offerText, "Require: 100rel")
	ringing := p.expect(180)
	if !lists(ringing, "Require", "100rel") || headerValue(ringing, "RSeq") == "" || ringing.Contact() == nil {
		t.Fatalf("came\n%s", ringing)
	}
	p.again(ringing)
	for raw, status := range map[string]int{"RAck: 1 2": 400, "RAck: x 1 INVITE": 400, "RAck: 4000000000 1 INVITE": 481, strings.Replace(rack(ringing), " INVITE", " OPTIONS", 1): 481} {
		p.inDialog("PRACK", "", raw)
		p.seq++
		p.expectFor(sip.PRACK, status)
	}
	p.inDialog("PRACK", "", rack(ringing))
	p.expectFor(sip.PRACK, 200)
	p.seq++
	p.inDialog("PRACK", "", rack(ringing)) // it is settled
	p.expectFor(sip.PRACK, 481)
	p.silent(2 * testT2) // a copy may have crossed the PRACK
	p.mute(20 * testT1)
	close(s.hold)
	p.expectFor(sip.INVITE, 200)
	p.seq = 1
	p.ack(true, "")
	p.seq = 20
	p.hangup()
}

// TestReliableWithoutPRACK: the caller never hears that it rings, or we never hear of it.
func TestReliableWithoutPRACK(t *testing.T) {
	t.Parallel()
	calls := make(chan *Call, 1)
	e := listen(t, ringing(calls))
	p := newPhone(t, e)
	p.request("INVITE", offerText, "Require: 100rel")
	p.expectRefusal(504)
	p.ack(false, "")
	c := next(t, calls, "call")
	next(t, c.Done(), "end")
	if end := c.End(); end.Reason != "no prack" || e.Stats().Unacknowledged != 1 || e.Stats().Active != 0 {
		t.Errorf("end %+v, stats %+v", end, e.Stats())
	}
}

func TestReliableOrNot(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mode   Reliable
		header string
		want   bool
	}{
		"supported": {ReliableRequired, "Supported: 100rel", false}, "supported and wanted": {ReliableSupported, "k: timer, 100rel", true},
		"not supported": {ReliableSupported, "Supported: timer", false}, "required": {ReliableRequired, "Require: 100rel", true},
	} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan *Call, 1)
			p := newPhone(t, listen(t, ringing(calls), func(c *Config) { c.Reliable = tt.mode }))
			p.request("INVITE", offerText, tt.header)
			if res := p.expect(180); (headerValue(res, "RSeq") != "") != tt.want {
				t.Errorf("came\n%s", res)
			}
			p.remote = ""
			p.cancel() // a CANCEL ends the repetition
			p.expectFor(sip.INVITE, 487)
			p.ack(false, "")
			p.silent(4 * testT1)
		})
	}
	t.Run("off", func(t *testing.T) {
		p := newPhone(t, listen(t, newService(), func(c *Config) { c.Reliable = ReliableOff }))
		p.request("INVITE", offerText, "Require: 100rel")
		if res := p.expectRefusal(420); headerValue(res, "Unsupported") != "100rel" {
			t.Errorf("came\n%s", res)
		}
		p.ack(false, "")
	})
}

// TestReliableAnsweredAtOnce: a 180 without description does not hold up the 200, and its PRACK may come after.
func TestReliableAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	p := newPhone(t, listen(t, newService()))
	p.request("INVITE", offerText, "Require: 100rel")
	ringing := p.expect(180)
	p.expect(200)
	p.ack(true, "")
	p.inDialog("PRACK", "", rack(ringing))
	p.expectFor(sip.PRACK, 200)
	p.silent(4 * testT1)
	p.seq = 5
	p.hangup()
}

func TestEarlyMediaOfOurs(t *testing.T) {
	t.Parallel()
	h := newEarly()
	p := newPhone(t, listen(t, h))
	p.request("INVITE", offerText)
	progress := p.expect(183)
	if err := next(t, h.opened, "183"); err != nil {
		t.Error(err)
	}
	if m, n := h.last(); n != 1 || m.Codec.Name != "PCMA" || headerValue(progress, "RSeq") != "" {
		t.Errorf("agreed %d times, %+v", n, m)
	}
	p.request("UPDATE", offerText) // our answer is not safe with the caller yet
	if res := p.expectRefusal(500); headerValue(res, "Retry-After") == "" {
		t.Errorf("came\n%s", res)
	}
	close(h.answer)
	ok := p.expect(200)
	if string(ok.Body()) != string(progress.Body()) || len(ok.Body()) == 0 {
		t.Errorf("200 with\n%s\nafter\n%s", ok.Body(), progress.Body())
	}
	p.seq = 1
	p.ack(true, "")
	p.seq = 5
	p.hangup()
	if _, n := h.last(); n != 1 {
		t.Errorf("agreed %d times", n)
	}
}

// TestReliableEarlyMedia: the 200 waits for the PRACK and repeats no description; offers may follow in PRACK and UPDATE.
func TestReliableEarlyMedia(t *testing.T) {
	t.Parallel()
	h := newEarly()
	p := newPhone(t, listen(t, h))
	close(h.answer)
	p.request("INVITE", offerText, "Require: 100rel")
	progress := p.expect(183)
	if !strings.Contains(string(progress.Body()), "m=audio 20000 RTP/AVP 8 101") {
		t.Errorf("answer\n%s", progress.Body())
	}
	p.again(progress) // and no 200 before the PRACK
	p.inDialog("PRACK", strings.Replace(offerText, "30000", "30010", 1), rack(progress))
	taken := p.expectFor(sip.PRACK, 200)
	if !strings.Contains(string(taken.Body()), "m=audio 20000 RTP/AVP 8") || taken.GetHeader("Session-Expires") != nil {
		t.Errorf("answer\n%s", taken)
	}
	if ok := p.expectFor(sip.INVITE, 200); len(ok.Body()) != 0 {
		t.Errorf("200 with\n%s", ok.Body())
	}
	p.ack(true, "")
	if m, n := h.last(); n != 2 || m.Remote.Port() != 30010 {
		t.Errorf("agreed %d times, %+v", n, m)
	}
	p.seq = 5
	p.hangup()
}

func TestUpdateWhileRinging(t *testing.T) {
	t.Parallel()
	h := newEarly()
	p := newPhone(t, listen(t, h))
	p.request("INVITE", offerText, "Require: 100rel")
	progress := p.expect(183)
	p.inDialog("UPDATE", offerText)
	p.expectFor(sip.UPDATE, 500)
	p.seq++
	p.inDialog("PRACK", "", rack(progress))
	p.expectFor(sip.PRACK, 200)
	p.seq++
	p.inDialog("UPDATE", strings.Replace(offerText, "30000", "30010", 1)+"a=sendonly\r\n")
	if res := p.expectFor(sip.UPDATE, 200); !strings.Contains(string(res.Body()), "a=recvonly") {
		t.Errorf("answer\n%s", res.Body())
	}
	if m, _ := h.last(); m.Direction != media.RecvOnly || m.Remote.Port() != 30010 {
		t.Errorf("agreed %+v", m)
	}
	close(h.answer)
	p.expectFor(sip.INVITE, 200)
	p.seq = 1
	p.ack(true, "")
	p.seq = 9
	p.hangup()
}

// TestReliableLateOffer: our offer is in the 183, the answer in the PRACK.
func TestReliableLateOffer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"answered": strings.Replace(offerText, "8 0 101", "0 101", 1), "nothing in common": strings.Replace(offerText, "8 0 101", "18", 1), "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			h := newEarly()
			close(h.answer)
			p := newPhone(t, listen(t, h))
			p.request("INVITE", "", "Require: 100rel")
			progress := p.expect(183)
			if !strings.Contains(string(progress.Body()), "m=audio 20000 RTP/AVP 8 0") {
				t.Errorf("offer\n%s", progress.Body())
			}
			p.inDialog("UPDATE", offerText)
			p.expectFor(sip.UPDATE, 491)
			p.seq++
			p.inDialog("PRACK", answer, rack(progress))
			if name != "answered" {
				p.expectFor(sip.PRACK, 488)
				p.expectFor(sip.INVITE, 488)
				p.seq = 1
				p.ack(false, "")
				return
			}
			p.expectFor(sip.PRACK, 200)
			if ok := p.expectFor(sip.INVITE, 200); len(ok.Body()) != 0 {
				t.Errorf("200 with\n%s", ok.Body())
			}
			p.seq = 1
			p.ack(true, "")
			next(t, next(t, h.calls, "call").Confirmed(), "confirmation")
			if m, n := h.last(); n != 1 || m.Codec.Name != "PCMU" {
				t.Errorf("agreed %d times, %+v", n, m)
			}
			p.seq = 9
			p.hangup()
		})
	}
	t.Run("not rung, answered with our offer", func(t *testing.T) {
		p := newPhone(t, listen(t, newService()))
		p.request("INVITE", "", "Require: 100rel")
		for {
			m, ok := p.fresh().(*sip.Response)
			if !ok || m.StatusCode > 100 && m.StatusCode < 200 {
				t.Fatalf("came %v", m)
			}
			if m.StatusCode == 200 {
				p.remote = tagOf(m.To())
				break
			}
		}
		p.ack(true, offerText)
		p.hangup()
	})
	t.Run("not reliable: rung without description", func(t *testing.T) {
		h := newEarly()
		p := newPhone(t, listen(t, h))
		p.request("INVITE", "")
		if res := p.expect(180); len(res.Body()) != 0 {
			t.Errorf("came\n%s", res)
		}
		close(h.answer)
		p.expect(200)
		p.ack(true, offerText)
		p.hangup()
	})
}

// TestReliableBothWays: an endpoint calls another that opens early media reliably.
func TestReliableBothWays(t *testing.T) {
	t.Parallel()
	h := newEarly()
	e := listen(t, h, func(c *Config) { c.Reliable = ReliableSupported })
	caller := listen(t, newService())
	l := &line{}
	progress := make(chan Progress, 4)
	dialled := make(chan *Call, 1)
	go func() {
		c, err := caller.Dial(context.Background(), DialRequest{URI: "sip:0199000001@" + e.Addr().String(), From: "0639981234", Local: l.local(), Progress: func(p Progress) { progress <- p }})
		if err != nil {
			t.Error(err)
		}
		dialled <- c
	}()
	if p := next(t, progress, "183"); p.Status != 183 || !p.EarlyMedia {
		t.Errorf("progress %+v", p)
	}
	close(h.answer)
	c := next(t, dialled, "call")
	if _, n := l.last(); n != 1 {
		t.Errorf("agreed %d times", n)
	}
	if err := c.Hangup(context.Background(), ""); err != nil {
		t.Error(err)
	}
	if n := e.Stats().Unacknowledged; n != 0 {
		t.Errorf("%d calls without PRACK", n)
	}
}
