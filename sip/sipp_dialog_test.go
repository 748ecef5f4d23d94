package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// opening opens early media, waits and answers.
func opening(wait time.Duration) Handler {
	return HandlerFunc(func(ctx context.Context, c *Call) {
		l := &line{}
		if c.Early(ctx, l.local()) != nil {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		if c.Answer(ctx, l.local()) == nil {
			<-c.Done()
		}
	})
}

// holding answers and puts the caller on hold at once.
func holding(held chan<- error) Handler {
	return HandlerFunc(func(ctx context.Context, c *Call) {
		if c.Answer(ctx, (&line{}).local()) != nil {
			return
		}
		<-c.Confirmed()
		held <- c.Reinvite(context.WithoutCancel(ctx), media.SendOnly)
		<-c.Done()
	})
}

// delayed is a service that rings for a while.
func delayed(d time.Duration) *service {
	s := newService()
	s.delay.Store(int64(d))
	return s
}

// TestSIPpDialog: a caller that is not ours goes through everything that may happen within a call and around its beginning and
// end.
func TestSIPpDialog(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	held := make(chan error, 1)
	ended := newService()
	for _, tt := range []struct {
		scenario string
		handler  Handler
		change   func(*Config)
		check    func(*testing.T, *Endpoint)
	}{
		{scenario: "update_hold"}, {scenario: "moved"}, {scenario: "reinvite_late_offer"}, {scenario: "refused_offer"},
		{scenario: "glare", handler: holding(held), check: func(t *testing.T, _ *Endpoint) {
			if err := next(t, held, "outcome of the hold"); err != nil {
				t.Error(err)
			}
		}},
		{scenario: "too_fast", handler: delayed(15 * testT1)},
		{scenario: "timer_422"},
		{scenario: "timer_refresh", change: timed(nil)}, {scenario: "timer_refresh_invite", change: timed(nil)},
		{scenario: "timer_expires", change: timed(nil), check: func(t *testing.T, e *Endpoint) {
			if n := e.Stats().Expired; n != 1 {
				t.Errorf("%d calls expired", n)
			}
		}},
		{scenario: "prack", handler: delayed(40 * testT1)},
		{scenario: "prack_missing", handler: ringing(make(chan *Call, 1)), check: func(t *testing.T, e *Endpoint) {
			if n := e.Stats().Unacknowledged; n != 1 {
				t.Errorf("%d calls without PRACK", n)
			}
		}},
		{scenario: "prack_offer", handler: opening(30 * testT1)}, {scenario: "prack_late_offer", handler: opening(0)}, {scenario: "early_media", handler: opening(0)},
		{scenario: "cancel_too_late"}, {scenario: "stray"}, {scenario: "merged", handler: delayed(20 * testT1)},
		{scenario: "reason", handler: ended, check: func(t *testing.T, _ *Endpoint) {
			c := next(t, ended.calls, "call")
			next(t, c.Done(), "end")
			if end := c.End(); end.Cause != "Q.850;cause=31, SIP;cause=480" {
				t.Errorf("end %+v", end)
			}
		}},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			handler, change := tt.handler, tt.change
			if handler == nil {
				handler = newService()
			}
			if change == nil {
				change = func(*Config) {}
			}
			e := listen(t, handler, change)
			runSIPp(t, sipp, e, tt.scenario, "u1", 1)
			if tt.check != nil {
				tt.check(t, e)
			}
			eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
		})
	}
}

// udpTaken tells whether somebody has a UDP port, without trying to take it.
func udpTaken(t *testing.T, port uint16) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(table), fmt.Sprintf(":%04X 00000000:0000", port))
}

// TestSIPpCalled: we ring a peer that is not ours.
func TestSIPpCalled(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	// hangUp lets the call last as long as the scenario has something in mind for it.
	hangUp := func(t *testing.T, e *Endpoint, r DialRequest) {
		c, err := e.Dial(context.Background(), r)
		if err != nil {
			t.Error(err)
			return
		}
		wait := 30 * testT1
		if e.cfg.SessionTimer.Expires > 0 {
			wait = 4 * time.Second // well past the refresh
		}
		time.Sleep(wait)
		if err := c.Hangup(context.Background(), "enough"); err != nil {
			t.Error(err)
		}
	}
	giveUp := func(t *testing.T, e *Endpoint, r DialRequest) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*testT1)
		defer cancel()
		if _, err := e.Dial(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
	for _, tt := range []struct {
		scenario string
		change   func(*Config)
		call     func(*testing.T, *Endpoint, DialRequest)
	}{
		{"called_forks", nil, hangUp}, {"called_prack", nil, hangUp},
		{"called_timer", timed(func(s *SessionTimer) { s.Expires = 2 * time.Second }), hangUp},
		{"called_cancel", nil, giveUp}, {"called_cancel_crossing", nil, giveUp},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			at := netip.AddrPortFrom(ipOf("127.0.0.1"), freePort(t))
			done := make(chan struct{})
			go func() {
				defer close(done)
				startSIPp(t, sipp, tt.scenario, "-i", "127.0.0.1", "-p", strconv.Itoa(int(at.Port())), "-m", "1")
			}()
			change := tt.change
			if change == nil {
				change = func(*Config) {}
			}
			e := listen(t, newService(), change)
			eventually(t, "SIPp listens", func() bool { return udpTaken(t, at.Port()) })
			tt.call(t, e, DialRequest{URI: "sip:0199000001@" + at.String(), From: "0639981234", Local: (&line{}).local()})
			<-done
			eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
		})
	}
}
