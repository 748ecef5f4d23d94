package sip

import (
	"context"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestCausesOf(t *testing.T) {
	for name, tt := range map[string]struct {
		headers []string
		want    string
	}{
		"none":              {nil, ""},
		"one":               {[]string{`Q.850 ;cause=16 ;text="Normal; call, clearing"`}, "Q.850;cause=16"},
		"two on a line":     {[]string{`SIP;cause=200;text="Call completed elsewhere", Q.850;cause=26`}, "SIP;cause=200, Q.850;cause=26"},
		"two lines":         {[]string{"SIP;cause=487", "Q.850;text=x;CAUSE=31"}, "SIP;cause=487, Q.850;cause=31"},
		"no cause":          {[]string{`SIP;text="0612345678"`}, ""},
		"no number":         {[]string{"SIP;cause=x", "SIP;cause=-1", "SIP;cause=12345"}, ""},
		"protocol of words": {[]string{"a b;cause=1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := sip.NewRequest(sip.BYE, sip.Uri{})
			for _, h := range tt.headers {
				req.AppendHeader(sip.NewHeader("Reason", h))
			}
			if got := causesOf(req); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestReasonHeard: what BYE and CANCEL say why is kept with the end of the call.
func TestReasonHeard(t *testing.T) {
	t.Run("BYE", func(t *testing.T) {
		s := newService()
		p := newPhone(t, listen(t, s))
		p.call()
		p.request("BYE", "", `Reason: Q.850;cause=31;text="0612345678"`)
		p.expect(200)
		c := next(t, s.calls, "call")
		next(t, c.Done(), "end")
		if end := c.End(); end.Cause != "Q.850;cause=31" {
			t.Errorf("end %+v", end)
		}
	})
	t.Run("CANCEL", func(t *testing.T) {
		calls := make(chan *Call, 1)
		p := newPhone(t, listen(t, ringing(calls)))
		p.request("INVITE", offerText)
		p.expect(180)
		p.remote = ""
		p.send(p.message("CANCEL", p.branch, p.seq, "", "Reason: SIP;cause=200"))
		p.expect(200)
		p.expectRefusal(487)
		c := next(t, calls, "call")
		next(t, c.Done(), "end")
		if end := c.End(); end.Cause != "SIP;cause=200" || !end.Cancelled {
			t.Errorf("end %+v", end)
		}
	})
	t.Run("refusal of a call of ours", func(t *testing.T) {
		caller := listen(t, newService())
		p := newPhone(t, caller)
		dialled := make(chan error, 1)
		go func() {
			_, err := caller.Dial(context.Background(), DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: (&line{}).local()})
			dialled <- err
		}()
		invite := p.expectRequest(sip.INVITE)
		c := caller.table.all()[0]
		refusal := sip.NewResponseFromRequest(invite, 486, "Busy Here", nil)
		refusal.AppendHeader(sip.NewHeader("Reason", "Q.850;cause=17"))
		p.send(refusal.String())
		if next(t, dialled, "refusal") == nil || c.End().Cause != "Q.850;cause=17" {
			t.Errorf("end %+v", c.End())
		}
	})
}

// TestReasonTold: our BYE and CANCEL say why.
func TestReasonTold(t *testing.T) {
	t.Run("hung up", func(t *testing.T) {
		s := newService()
		p := newPhone(t, listen(t, s))
		p.call()
		c := next(t, s.calls, "call")
		go func() { _ = c.Hangup(context.Background(), "goodbye") }()
		bye := p.expectRequest(sip.BYE)
		p.answer(bye, 200, "")
		if got := causesOf(bye); got != causeNormal || c.End().Cause != causeNormal {
			t.Errorf("%q, end %+v", got, c.End())
		}
	})
	t.Run("no ACK", func(t *testing.T) {
		s := newService()
		p := newPhone(t, listen(t, s))
		p.request("INVITE", offerText)
		p.expect(200)
		bye := p.expectRequest(sip.BYE)
		p.answer(bye, 200, "")
		if got := causesOf(bye); got != causeTimer {
			t.Errorf("%q", got)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		caller := listen(t, newService())
		p := newPhone(t, caller)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			_, _ = caller.Dial(ctx, DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: (&line{}).local(), Progress: func(Progress) { cancel() }})
		}()
		invite := p.expectRequest(sip.INVITE)
		p.answer(invite, 180, "")
		c := p.expectRequest(sip.CANCEL)
		p.answer(c, 200, "")
		p.answer(invite, 487, "")
		p.expectRequest(sip.ACK)
		if got := causesOf(c); got != causeNormal {
			t.Errorf("%q", got)
		}
	})
}
