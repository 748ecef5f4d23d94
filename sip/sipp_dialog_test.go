package sip

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// once opens early media or rings, and answers when the endpoint has got as far as a test says.
func once(begin func(context.Context, *Call) error, reached func(sent map[int]uint64) bool) Handler {
	return HandlerFunc(func(ctx context.Context, c *Call) {
		if begin(ctx, c) != nil {
			return
		}
		for look := time.NewTicker(testT1); !reached(c.e.Stats().Responses); {
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
		if c.Answer(ctx, (&line{}).local()) == nil {
			<-c.Done()
		}
	})
}

func rings(_ context.Context, c *Call) error   { return c.Ring() }
func opens(ctx context.Context, c *Call) error { return c.Early(ctx, (&line{}).local()) }

// sent is how far the endpoint is when it has sent n answers of a status.
func sent(n uint64, status int) func(map[int]uint64) bool {
	return func(s map[int]uint64) bool { return s[status] >= n }
}

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
		{scenario: "too_fast", handler: once(rings, sent(1, 500))},
		{scenario: "timer_422"},
		{scenario: "timer_refresh", change: timed(nil)}, {scenario: "timer_refresh_invite", change: timed(nil)},
		{scenario: "timer_expires", change: timed(nil), check: func(t *testing.T, e *Endpoint) {
			if n := e.Stats().Expired; n != 1 {
				t.Errorf("%d calls expired", n)
			}
		}},
		{scenario: "prack", handler: once(rings, sent(2, 481))},
		{scenario: "prack_missing", handler: ringing(make(chan *Call, 1)), check: func(t *testing.T, e *Endpoint) {
			if n := e.Stats().Unacknowledged; n != 1 {
				t.Errorf("%d calls without PRACK", n)
			}
		}},
		{scenario: "prack_offer", handler: once(opens, sent(2, 200))}, {scenario: "prack_late_offer", handler: opening(0)}, {scenario: "early_media", handler: opening(0)},
		{scenario: "cancel_too_late"}, {scenario: "stray"}, {scenario: "merged", handler: once(rings, sent(1, 482))},
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

// udpTaken tells whether somebody has a UDP address, without trying to take it.
func udpTaken(t *testing.T, at netip.AddrPort) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	ip := at.Addr().As4()
	return strings.Contains(string(table), fmt.Sprintf(" %08X:%04X 00000000:0000", binary.NativeEndian.Uint32(ip[:]), at.Port()))
}

// TestSIPpCalled: we ring a peer that is not ours.
func TestSIPpCalled(t *testing.T) {
	t.Parallel()
	sipp := findSIPp(t)
	// hangUp lets the call last until the peer has answered a request of ours, "" for not at all.
	hangUp := func(after string) func(*testing.T, *Endpoint, DialRequest) {
		return func(t *testing.T, e *Endpoint, r DialRequest) {
			var answered atomic.Bool
			e.Trace(func(m Trace) {
				if answer, err := sip.ParseMessage(m.Message); err == nil && !m.Sent && answer.CSeq().MethodName == sip.RequestMethod(after) {
					answered.Store(true)
				}
			})
			c, err := e.Dial(context.Background(), r)
			if err != nil {
				t.Error(err)
				return
			}
			if after != "" {
				eventually(t, "the answer to "+after, answered.Load)
			}
			if err := c.Hangup(context.Background(), "enough"); err != nil {
				t.Error(err)
			}
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
		{"called_forks", nil, hangUp("BYE")}, {"called_prack", nil, hangUp("")},
		{"called_timer", timed(func(s *SessionTimer) { s.Expires = 2 * time.Second }), hangUp("UPDATE")},
		{"called_cancel", nil, giveUp}, {"called_cancel_crossing", nil, giveUp},
	} {
		t.Run(tt.scenario, func(t *testing.T) {
			t.Parallel()
			at := apart()
			done := make(chan struct{})
			go func() {
				defer close(done)
				startSIPp(t, sipp, tt.scenario, "-i", at.Addr().String(), "-p", strconv.Itoa(int(at.Port())), "-m", "1")
			}()
			change := tt.change
			if change == nil {
				change = func(*Config) {}
			}
			e := listen(t, newService(), change)
			eventually(t, "SIPp listens", func() bool { return udpTaken(t, at) })
			tt.call(t, e, DialRequest{URI: "sip:0199000001@" + at.String(), From: "0639981234", Local: (&line{}).local()})
			<-done
			eventually(t, "no call left", func() bool { return e.Stats().Active == 0 })
		})
	}
}
