package bench

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tone is a second of 440 Hz.
func tone() []int16 {
	pcm := make([]int16, media.LineRate)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i)/media.LineRate))
	}
	return pcm
}

// answering is a service that says a tone, waits for the wanted keys, says
// another and hangs up.
type answering struct {
	t     *testing.T
	want  string
	mu    sync.Mutex
	keys  string
	heard int // loud frames
	done  chan struct{}
}

func (a *answering) Frame(pcm []int16, _ time.Duration, _ bool) {
	if media.LevelDBov(pcm) > -40 {
		a.mu.Lock()
		a.heard++
		a.mu.Unlock()
	}
}

func (a *answering) Digit(d rune) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys += string(d)
	if a.keys == a.want {
		close(a.done)
	}
}

func (a *answering) Invite(ctx context.Context, c *sip.Call) {
	session, err := media.NewSession(media.SessionConfig{IP: netip.MustParseAddr("127.0.0.1"), Listener: a})
	if err != nil {
		a.t.Error(err)
		return
	}
	defer session.Close()
	run, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { _ = session.Run(run) })
	if err := c.Ring(); err != nil {
		a.t.Error(err)
	}
	time.Sleep(50 * time.Millisecond)
	if err := c.Answer(ctx, sip.LocalMedia{Addr: session.Addr(), Agreed: session.Configure}); err != nil {
		a.t.Error(err)
		return
	}
	say := func() {
		u := session.Playout().Begin("tone", true)
		_ = u.Write(tone())
		u.End()
		for !session.Playout().Idle() {
			time.Sleep(10 * time.Millisecond)
		}
	}
	say()
	select {
	case <-a.done:
	case <-ctx.Done():
		return
	}
	say()
	_ = c.Hangup(context.Background(), "done")
}

func endpoint(t *testing.T, h sip.Handler) *sip.Endpoint {
	t.Helper()
	ep, err := sip.Listen(t.Context(), sip.Config{Listen: "127.0.0.1:0", Trunks: []sip.Trunk{{Name: "test", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}}, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ep.Close() })
	return ep
}

func nobody(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }

func TestCallerSpeaksAndKeysWhenTheOtherSideFallsSilent(t *testing.T) {
	a := &answering{t: t, want: "84000#", done: make(chan struct{})}
	service, caller := endpoint(t, a), endpoint(t, sip.HandlerFunc(nobody))
	r, heard, err := Caller{
		URI: "sip:0970000000@" + service.Addr().String(), From: "0639980001", Record: true, Max: 30 * time.Second,
		Steps: []Step{{Keys: "84000#"}, {PCM: tone(), Name: "tone.wav"}},
	}.Call(t.Context(), caller)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 200 || r.EndedBy != "remote" || r.Codec != "PCMA" || r.Heard.Lost != 0 {
		t.Errorf("report %+v", r)
	}
	var last int64
	for _, kind := range []EventKind{Ringing, Answered, FirstAudio, Quiet, Keyed, Ended} {
		e, ok := r.Find(kind)
		if !ok || e.TMS < last {
			t.Errorf("%s at %d ms, after %d: %+v", kind, e.TMS, last, r.Timeline)
		}
		last = e.TMS
	}
	if s := r.Heard.SpeechSeconds; s < 1.8 || s > 2.2 {
		t.Errorf("%.2f s of sound, want 2", s)
	}
	if len(heard) < 3*media.LineRate {
		t.Errorf("%d samples recorded", len(heard))
	}
}

// What the other side says may last longer than silentPeer: that it falls silent then is one sign for the next step, not two.
func TestALongAnswerIsNoSilence(t *testing.T) {
	hears := newLine(false, usualQuiet)
	k := talk{line: hears, time: timeline{start: time.Now().Add(-time.Hour), events: []Event{{Kind: Keyed}}}}
	if hears.since = k.time.start; !k.idle(silentPeer) {
		t.Error("an hour without a sound is not idle")
	}
	for range 2 {
		hears.Frame(tone()[:media.LineRate/50], 0, true)
		if k.idle(0) {
			t.Error("idle while the other side speaks")
		}
		for range int(usualQuiet / media.FrameDuration) {
			hears.Frame(make([]int16, media.LineRate/50), 0, true)
		}
		if k.idle(0) {
			t.Error("idle before it was taken that the other side fell silent")
		}
		for len(hears.sounds) > 0 {
			<-hears.sounds
		}
		if !k.idle(usualQuiet) || k.idle(silentPeer) {
			t.Error("the silence lasts since the other side spoke")
		}
	}
}

func TestCallerIsTurnedAway(t *testing.T) {
	service, caller := endpoint(t, sip.HandlerFunc(nobody)), endpoint(t, sip.HandlerFunc(nobody))
	r, _, err := Caller{URI: "sip:1@" + service.Addr().String()}.Call(t.Context(), caller)
	if !errors.Is(err, ErrNotAnswered) || r.Status != 486 {
		t.Errorf("report %+v, error %v", r, err)
	}
}
