package sip

import (
	"strconv"
	"testing"
	"time"
)

// TestSIPpBorder: what the border makes of callers that are not ours. Debian's SIPp speaks no TLS.
func TestSIPpBorder(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	for _, tt := range []struct {
		scenario string
		check    func(*testing.T, *Call) // of the call, after its end; nil: there is none
	}{
		{scenario: "unknown_extension"},
		{scenario: "behind_nat", check: func(t *testing.T, c *Call) {
			if c.Peer().Addr() != ipOf("127.0.0.1") {
				t.Errorf("the peer is %v", c.Peer())
			}
		}},
		{scenario: "large_invite", check: func(t *testing.T, c *Call) {
			if n := c.Caller(); n.Kind != Mobile {
				t.Errorf("a caller of the kind %s", n.Kind)
			}
		}},
		{scenario: "withheld", check: func(t *testing.T, c *Call) {
			if n := c.Caller(); !n.Withheld || n.Raw.Reveal()+n.E164.Reveal()+n.Display.Reveal() != "" {
				t.Errorf("withheld: %t, known: %d letters", n.Withheld, len(n.Raw.Reveal()+n.E164.Reveal()+n.Display.Reveal()))
			}
		}},
		{scenario: "asserted", check: func(t *testing.T, c *Call) {
			if n := c.Caller(); n.E164.Reveal() != "+33639981234" || n.Kind != Mobile || c.CalledNumber().E164.Reveal() != "+33199000001" || c.Dialled() != "+33199000002" {
				t.Errorf("from %s (%s) to %q, first dialled %q", n.E164.Reveal(), n.Kind, c.Called(), c.Dialled())
			}
		}},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			s := newService()
			e := listen(t, s)
			runSIPp(t, sipp, e, tt.scenario, "u1", 1)
			if tt.check != nil {
				c := next(t, s.calls, "call")
				next(t, c.Done(), "end")
				tt.check(t, c)
			}
			eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
		})
	}
}

// TestSIPpHalfOpen: while as many calls ring as may, one more is told to come back.
func TestSIPpHalfOpen(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	e := listen(t, ringing(make(chan *Call, 1)), func(c *Config) { c.Limits.HalfOpen = 1 })
	p := newPhone(t, e)
	p.request("INVITE", offerText)
	p.expect(180)
	runSIPp(t, sipp, e, "busy", "u1", 1)
	if n := e.Stats().CallsLimited; n != 1 {
		t.Errorf("%d calls turned away", n)
	}
}

// TestSIPpAsked: SIPp is the server of a trunk that we ask by OPTIONS.
func TestSIPpAsked(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	at := apart()
	done := make(chan struct{})
	go func() {
		defer close(done)
		startSIPp(t, sipp, "asked", "-i", at.Addr().String(), "-p", strconv.Itoa(int(at.Port())), "-m", "3")
	}()
	e := listen(t, newService(), func(c *Config) {
		c.Trunks = []Trunk{{Name: "operator", Servers: []string{at.String()}, Ping: 500 * time.Millisecond}}
	})
	trunkIs(t, e, "asked twice", func(s TrunkState) bool { return s.Up && s.Pings >= 2 && s.Server == at })
	<-done
}
