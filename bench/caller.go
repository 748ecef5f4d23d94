package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/sip"
)

// Step is one thing the caller does when the other side falls silent. One field
// is set.
type Step struct {
	Say  string  // text, spoken by Caller.Voice
	Keys string  // keys, sent as telephone events
	PCM  []int16 // sound at media.LineRate
	Name string  // of PCM, for the timeline
}

// Speak renders text at media.LineRate.
type Speak func(ctx context.Context, text string) ([]int16, error)

// Caller is one test call to make.
type Caller struct {
	URI    string // sip:0970000000@127.0.0.1:5060;transport=tcp
	From   string // the caller's number, "" withheld
	Steps  []Step
	Sound  sip.MediaOptions // what the caller offers
	Eager  bool             // begin the first step at once: the other side is no speaker, as an echo line
	Voice  Speak            // needed for Step.Say
	Record bool             // keep what is heard
	Max    time.Duration    // longest call; 0: 5 minutes
	Linger time.Duration    // silence after the last step before hanging up; 0: 4 s
	Quiet  time.Duration    // silence after which the other side has spoken to its end; 0: 1.1 s
	Ports  media.PortRange
	Watch  func(Event) // sees the timeline as it grows
	Log    *slog.Logger
}

// ErrNotAnswered is returned when the other side did not take the call; the
// Report has the status.
var ErrNotAnswered = errors.New("bench: the call was not answered")

// Call makes the call on ep and returns what it saw, and the sound heard when
// Record is set. The Report is filled as far as the call came, with an error too.
func (c Caller) Call(ctx context.Context, ep *sip.Endpoint) (Report, []int16, error) {
	c.Max = or(c.Max, 5*time.Minute)
	c.Linger = or(c.Linger, 4*time.Second)
	c.Quiet = or(c.Quiet, usualQuiet)
	ctx, cancel := context.WithTimeout(ctx, c.Max)
	defer cancel()
	sounds, err := c.render(ctx)
	if err != nil {
		return Report{}, nil, err
	}
	hears := newLine(c.Record, c.Quiet)
	leg, err := OpenLeg(LegConfig{URI: c.URI, Ports: c.Ports, Listener: hears, Log: c.Log})
	if err != nil {
		return Report{}, nil, err
	}
	defer leg.Close()
	session := leg.Session()

	k := &talk{Caller: c, leg: leg, session: session, line: hears, sounds: sounds, time: timeline{start: time.Now(), watch: c.Watch}}
	r, err := k.place(ctx, ep)
	r.Timeline = k.time.events
	heard, speech, pcm := hears.totals()
	st := session.Stats()
	r.Heard = Heard{Packets: st.PacketsReceived, Lost: st.Lost, Seconds: heard.Seconds(), SpeechSeconds: speech.Seconds()}
	return r, pcm, err
}

// render makes the sound of the spoken steps beforehand, so that speaking is
// not delayed by the voice.
func (c Caller) render(ctx context.Context) ([][]int16, error) {
	out := make([][]int16, len(c.Steps))
	for i, s := range c.Steps {
		out[i] = s.PCM
		if s.Say == "" {
			continue
		}
		if c.Voice == nil {
			return nil, errors.New("bench: a step speaks but the caller has no voice")
		}
		pcm, err := c.Voice(ctx, s.Say)
		if err != nil {
			return nil, fmt.Errorf("bench: %q can't be spoken: %w", s.Say, err)
		}
		out[i] = pcm
	}
	return out, nil
}

// talk is a call under way.
type talk struct {
	Caller
	leg     *Leg
	session *media.Session
	line    *line
	sounds  [][]int16
	time    timeline
	call    *sip.Call
}

func (k *talk) place(ctx context.Context, ep *sip.Endpoint) (Report, error) {
	var ringing sync.Once
	var mu sync.Mutex
	var rang time.Time
	call, err := k.leg.Dial(ctx, ep, sip.DialRequest{
		URI: k.URI, From: k.From,
		Local: sip.LocalMedia{MediaOptions: k.Sound},
		Progress: func(p sip.Progress) {
			if p.Status >= 180 {
				ringing.Do(func() { mu.Lock(); rang = time.Now(); mu.Unlock() })
			}
		},
	})
	now := time.Now()
	mu.Lock()
	if !rang.IsZero() {
		k.time.add(rang, Ringing, "")
	}
	mu.Unlock()
	if err != nil {
		r := Report{}
		var refused *sip.StatusError
		if errors.As(err, &refused) {
			r.Status, r.Reason = refused.Code, refused.Reason
		}
		k.time.add(now, Ended, err.Error())
		return r, fmt.Errorf("%w: %w", ErrNotAnswered, err)
	}
	k.call = call
	codec := call.Media().Codec.Name
	k.time.add(now, Answered, codec)
	why := k.converse(ctx)
	end := call.End()
	k.time.add(time.Now(), Ended, why)
	return Report{Status: 200, Reason: "OK", Codec: codec, SRTP: string(call.Media().Protection.Suite), CallID: call.CallID(), DurationMS: time.Since(now).Milliseconds(), EndedBy: end.By}, nil
}

// converse does the steps, one each time the other side falls silent, and
// returns why the call ended.
func (k *talk) converse(ctx context.Context) string {
	spoken := false // the other side has said something since our last step
	step := 0
	if k.Eager && len(k.Steps) > 0 {
		k.do(ctx, step)
		step++
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-k.call.Done():
			return "the other side hung up"
		case <-ctx.Done():
			k.hangup("time is up")
			return "time is up"
		case sound := <-k.line.sounds:
			switch {
			case sound && !k.has(FirstAudio):
				k.time.add(time.Now(), FirstAudio, "")
			case !sound:
				k.time.add(time.Now().Add(-k.Quiet), Quiet, "")
			}
			spoken = spoken || sound
			if sound || !spoken || step >= len(k.Steps) {
				continue
			}
			k.do(ctx, step)
			step++
			spoken = false
		case <-tick.C:
			switch {
			case step >= len(k.Steps) && k.idle(k.Linger):
				k.hangup("all steps are done")
				return "all steps are done"
			case step < len(k.Steps) && k.idle(silentPeer): // it will not speak: go on all the same
				k.do(ctx, step)
				step++
			}
		}
	}
}

// silentPeer is how long the other side may say nothing before the next step
// is done all the same.
const silentPeer = 20 * time.Second

// idle tells whether for d nothing has happened and the other side was silent.
func (k *talk) idle(d time.Duration) bool {
	since, silent := k.line.silentSince()
	if last := k.time.start.Add(time.Duration(k.time.events[len(k.time.events)-1].TMS) * time.Millisecond); last.After(since) {
		since = last
	}
	return silent && time.Since(since) >= d
}

func (k *talk) has(kind EventKind) bool {
	_, ok := Report{Timeline: k.time.events}.Find(kind)
	return ok
}

// do speaks or keys one step and waits until it is out.
func (k *talk) do(ctx context.Context, i int) {
	s := k.Steps[i]
	if s.Keys != "" {
		if err := k.session.SendDigits(s.Keys); err != nil {
			k.time.add(time.Now(), Keyed, s.Keys+" ("+err.Error()+")")
			return
		}
		before := k.session.Stats().DigitsSent
		k.until(ctx, func() bool { return k.session.Stats().DigitsSent >= before+uint64(len(s.Keys)) })
		k.time.add(time.Now(), Keyed, s.Keys)
		return
	}
	u := k.session.Playout().Begin(fmt.Sprintf("step-%d", i), true)
	_ = u.Write(k.sounds[i]) // fails only after the end of the call, which is seen next
	u.End()
	k.until(ctx, k.session.Playout().Idle)
	k.time.add(time.Now(), Said, s.Say+s.Name)
}

// until waits for done, the end of the call or of ctx.
func (k *talk) until(ctx context.Context, done func() bool) {
	for !done() {
		select {
		case <-ctx.Done():
			return
		case <-k.call.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (k *talk) hangup(reason string) { k.leg.Hangup(reason) }

func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
