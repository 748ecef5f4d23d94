package call

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/workshop"
)

// stuck is a voice that says one word and then nothing, and does not return.
type stuck struct{ buzzer }

func (s *stuck) Say(ctx context.Context, _ string, _ tts.Options, emit func([]int16) error) (tts.Info, error) {
	if err := emit(buzz(100 * time.Millisecond)); err != nil {
		return tts.Info{}, err
	}
	<-ctx.Done()
	return tts.Info{}, ctx.Err()
}

// closedEars is a recogniser that can't listen.
type closedEars struct{ none.Recognizer }

func (*closedEars) Open(context.Context, asr.Format) (asr.Stream, error) {
	return nil, errors.New("no ears")
}

// A call may end at any moment. Whenever it does, its end is recorded and counted, and nothing of it stays: no session, and no goroutine
// (TestMain).
func TestCallsEndAtAnyMoment(t *testing.T) {
	t.Parallel()
	gone := func(ctx context.Context, _ workshop.Query, _ workshop.Settings) (workshop.Result, error) {
		<-ctx.Done()
		return workshop.Result{}, ctx.Err()
	}
	for name, c := range map[string]struct {
		change func(*Config)
		until  func(x *exchange, p *phone) // when the caller hangs up
	}{
		"at once":       {nil, func(*exchange, *phone) {}},
		"in the notice": {nil, func(x *exchange, p *phone) { until(x.t, "sound", func() bool { return p.heard(0) > 10 }) }},
		"while the voice is stuck": {func(c *Config) { c.Voice = &stuck{} }, func(x *exchange, p *phone) {
			until(x.t, "sound", func() bool { return p.heard(0) > 3 })
		}},
		"while the search runs": {func(c *Config) { c.Search = gone }, func(x *exchange, p *phone) {
			p.key("84000#")
			until(x.t, "the search", func() bool { return x.said("Avignon") > 0 })
		}},
		"while the recogniser thinks": {func(c *Config) { c.Recognizer = &deaf{} }, func(x *exchange, p *phone) {
			x.afterNotice(p)
			p.say(500 * time.Millisecond)
			time.Sleep(time.Second)
		}},
		"while keys are pressed": {nil, func(x *exchange, p *phone) { x.afterNotice(p); p.key("840") }},
		"when there is no recogniser": {func(c *Config) { c.Recognizer = &closedEars{} }, func(x *exchange, p *phone) {
			until(x.t, "the incident", func() bool { _, ok := x.fact(record.Incident); return ok })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := serving(t, c.change)
			p := x.ring("0970000000")
			c.until(x, p)
			if !p.over() {
				p.hangUp()
			}
			x.nothingLeft(t)
			if f, ok := x.fact(record.Ended); !ok || f.Data["by"] == "none" {
				t.Errorf("ended %v", f.Data)
			}
		})
	}
}

// nothingLeft waits until the service has no call and no session.
func (x *exchange) nothingLeft(t *testing.T) {
	t.Helper()
	until(t, "the end of the call's record", func() bool { _, ok := x.fact(record.Ended); return ok })
	until(t, "no session", func() bool { return x.service.Sound().Sessions == 0 })
	until(t, "no slot taken", func() bool { talking, waiting := x.service.InCall(); return talking+waiting == 0 })
}

// The caller gives up while it rings: CANCEL and our 200 may cross, the call ends all the same.
func TestCallGivenUpWhileItRings(t *testing.T) {
	t.Parallel()
	x := serving(t, nil)
	ep, err := sip.Listen(context.Background(), sip.Config{Listen: "127.0.0.1:0", Trunks: []sip.Trunk{{Name: "called", Peers: []netip.Prefix{loopback}}}},
		sip.HandlerFunc(func(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ep.Close() })
	for range 5 {
		session, err := media.NewSession(media.SessionConfig{IP: netip.MustParseAddr("127.0.0.1")})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var once sync.Once
		call, err := ep.Dial(ctx, sip.DialRequest{URI: "sip:0970000000@" + x.addr, From: "0639980001", Local: sip.LocalMedia{Addr: session.Addr(), Agreed: session.Configure},
			Progress: func(p sip.Progress) {
				if p.Status == 180 {
					once.Do(cancel)
				}
			}})
		if err == nil { // the 200 came first
			_ = call.Hangup(context.Background(), "given up")
		}
		cancel()
		_ = session.Close()
	}
	x.nothingLeft(t)
	if f, yes := x.fact(record.Incident); yes {
		t.Errorf("an incident: %v", f.Data)
	}
}

// A phone that sends no sound is told apart in the log and the figures: one-way audio is a classic.
func TestCallWithoutSoundIsCounted(t *testing.T) {
	t.Parallel()
	m := &meter{}
	x := serving(t, func(c *Config) { c.Meter = m })
	ep, err := sip.Listen(context.Background(), sip.Config{Listen: "127.0.0.1:0", Trunks: []sip.Trunk{{Name: "called", Peers: []netip.Prefix{loopback}}}},
		sip.HandlerFunc(func(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ep.Close() })
	session, err := media.NewSession(media.SessionConfig{IP: netip.MustParseAddr("127.0.0.1")}) // it never runs
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	call, err := ep.Dial(context.Background(), sip.DialRequest{URI: "sip:0970000000@" + x.addr, From: "0639980001",
		Local: sip.LocalMedia{Addr: session.Addr(), Agreed: session.Configure}})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the welcome", func() bool { return x.said(notice) == 1 }) // the call is up, by the service's clock too
	time.Sleep(deafAfter)
	if err := call.Hangup(context.Background(), "test"); err != nil {
		t.Error(err)
	}
	x.nothingLeft(t)
	until(t, "the count", func() bool { return m.deaf.Load() == 1 })
}
