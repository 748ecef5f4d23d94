package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	phrase     = "Attendez, une petite question." // begins with a vowel: its onset is its first sample
	promptKeys = "84000#"                         // lets the service read out results, which may be interrupted

	voiceDBov   = -45.0
	quietFor    = 1300 * time.Millisecond // longer than any pause of a voice between two sentences
	voiceGap    = 60 * time.Millisecond   // a voice that was heard so lately is speaking
	speakAfter  = 800 * time.Millisecond  // into the voice, at least
	speakSpread = 1500 * time.Millisecond // and at random up to so much later
	look        = 10 * time.Millisecond
	promptLimit = 15 * time.Second // for the service to speak, or to fall silent
	// greetingLimit is for all that the service says first.
	greetingLimit = time.Minute
	bargeCalls    = 99 // the visible digits of a number tell no more callers apart
)

// BargeInResult is what `bench bargein` finds: how soon the voice is silent when the caller speaks over it.
type BargeInResult struct {
	Header
	OnsetToSilenceMS    Quantiles95 `json:"onset_to_silence_ms"`    // first packet of the caller's speech → last packet of the voice
	DecisionToSilenceMS Quantiles95 `json:"decision_to_silence_ms"` // the server is sure of speech → last packet of the voice; null for another server
	Missed              int         `json:"missed"`                 // times that the voice went on
	Samples             int         `json:"samples"`                // times that it fell silent
	Failed              int         `json:"failed"`
	onset, decision     *Histogram
}

// BargeIn holds calls in which the caller speaks over the voice again and again, for Seconds.
func BargeIn(ctx context.Context, o Options) (res BargeInResult, err error) {
	if err := o.check(); err != nil {
		return res, err
	}
	if o.Calls > bargeCalls {
		return res, fmt.Errorf("%w: --calls must be at most %d", ErrOptions, bargeCalls)
	}
	says, err := NewPhrase(ctx, o.Voice, phrase)
	if err != nil {
		return res, err
	}
	d := &decisions{from: map[string]string{}, at: map[string][]time.Time{}}
	o.Server.Watch = d.see
	o.Server.Args = append(o.Server.Args, "--set", "log.level=debug") // tells when the server was sure of speech
	r, err := o.setUp(ctx, SilentTrack())
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	s, err := r.open()
	if err != nil {
		return res, err
	}
	b := &barging{r: r, says: says, decisions: d, onset: &Histogram{}, decision: &Histogram{}}
	b.run(ctx)
	if ctx.Err() != nil {
		return res, ctx.Err()
	}
	h, _, err := s.close("bargein", 0)
	if err != nil {
		return res, err
	}
	if b.onset.Count() == 0 && b.missed == 0 {
		return res, fmt.Errorf("load: in %d calls there was no voice to speak over; %d were not answered", o.Calls, b.failed)
	}
	return BargeInResult{
		Header: h, OnsetToSilenceMS: b.onset.quantiles95(), DecisionToSilenceMS: b.decision.quantiles95(), Missed: b.missed,
		Samples: int(b.onset.Count()), Failed: b.failed, onset: b.onset, decision: b.decision,
	}, nil
}

// barging is the callers who speak over the voice.
type barging struct {
	r         *rig
	says      *Track
	decisions *decisions

	mu              sync.Mutex
	onset, decision *Histogram
	missed, failed  int
}

func (b *barging) run(ctx context.Context) {
	var wait sync.WaitGroup
	defer wait.Wait()
	for i := range b.r.Calls {
		wait.Go(func() { b.call(ctx, i) })
		pause(ctx, time.Duration(float64(time.Second)/b.r.Rate))
	}
	b.r.Progress("%d callers speak over the voice", b.r.Calls)
}

// call is one caller.
func (b *barging) call(ctx context.Context, i int) {
	c, err := b.r.dial(ctx, lineNumber(i))
	if err != nil {
		b.mu.Lock()
		b.failed++
		b.mu.Unlock()
		return
	}
	defer c.hangUp()
	var voice voiceEar
	c.Leg.Watch(voice.packet)
	// The notice is not to be interrupted: wait for the end of all that is said first. The time counts from there.
	if !until(ctx, greetingLimit, func() bool { _, quiet := voice.state(); return quiet }) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(b.r.Seconds)*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if _, quiet := voice.state(); quiet {
			c.Leg.Press(promptKeys)
			until(ctx, promptLimit, func() bool { _, quiet := voice.state(); return !quiet })
		}
		pause(ctx, speakAfter+rand.N(speakSpread))
		if speaks, _ := voice.state(); speaks && ctx.Err() == nil {
			b.speak(ctx, c, &voice, lineNumber(i))
		}
		pause(ctx, look)
	}
}

// speak speaks over the voice once and measures.
func (b *barging) speak(ctx context.Context, c *Call, voice *voiceEar, from string) {
	c.Leg.Say(b.says)
	if !until(ctx, time.Second, func() bool { return !c.Leg.Spoke().IsZero() }) {
		return
	}
	began := c.Leg.Spoke()
	end := began.Add(time.Duration(b.says.Frames()) * 20 * time.Millisecond)
	pause(ctx, time.Until(end))
	last := voice.lastBefore(end)
	decided, known := b.decisions.within(from, began, end)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case end.Sub(last) < 2*voiceGap:
		b.missed++
	case last.Before(began), known && last.Before(decided.Add(-voiceGap)):
		// The voice happened to pause by itself: nothing was shown.
	default:
		b.onset.Add(last.Sub(began))
		if known {
			b.decision.Add(last.Sub(decided))
		}
	}
}

// voiceEar follows the other side's voice.
type voiceEar struct {
	mu          sync.Mutex
	first, last time.Time // packets with voice
}

func (v *voiceEar) packet(p Packet) {
	if len(p.Payload) != frameBytes || levelOf(p.Payload) < voiceDBov {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.first.IsZero() {
		v.first = p.At
	}
	v.last = p.At
}

// state tells whether the voice speaks now, and whether it has spoken and fallen silent.
func (v *voiceEar) state() (speaks, quiet bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	since := time.Since(v.last)
	return since < voiceGap, !v.first.IsZero() && since > quietFor
}

// lastBefore is the last packet with voice, which came before t unless the voice went on.
func (v *voiceEar) lastBefore(t time.Time) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last.After(t) {
		return t
	}
	return v.last
}

// decisions are the moments in which the server was sure of speech, from its log.
type decisions struct {
	mu   sync.Mutex
	from map[string]string // the log's id of a call → visible digits of its caller
	at   map[string][]time.Time
}

func (d *decisions) see(l LogLine) {
	id, _ := l["call"].(string)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch l["msg"] {
	case "sip: call presented":
		caller, _ := l["caller"].(map[string]any)
		if number, _ := caller["number"].(string); len(number) >= visibleDigits {
			d.from[id] = number[:visibleDigits]
		}
	case "speech pauses the voice":
		if ns, ok := l["decided_unix_ns"].(float64); ok {
			d.at[d.from[id]] = append(d.at[d.from[id]], time.Unix(0, int64(ns)))
		}
	}
}

// within finds the decision of a call between two moments.
func (d *decisions) within(from string, begin, end time.Time) (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.at[from[:visibleDigits]] {
		if t.After(begin) && t.Before(end) {
			return t, true
		}
	}
	return time.Time{}, false
}

// until waits for something, as long as limit; it tells whether it came.
func until(ctx context.Context, limit time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline) && ctx.Err() == nil; pause(ctx, look) {
		if done() {
			return true
		}
	}
	return false
}

// Report is the result for people.
func (r BargeInResult) Report() Report {
	return Report{
		Title: fmt.Sprintf("bench bargein: %d callers who speak over the voice", r.Calls),
		Facts: append(r.facts(),
			Fact{Name: "times", Value: fmt.Sprint(r.Samples + r.Missed)}, none("times that the voice went on", uint64(r.Missed)), none("calls not answered", uint64(r.Failed)),
			Fact{Name: "onset to silence, p50", Value: known(r.OnsetToSilenceMS.P50, "ms")},
			atMost("onset to silence, p95", r.OnsetToSilenceMS.P95, wantOnsetMS, "ms"),
			Fact{Name: "onset to silence, max", Value: known(r.OnsetToSilenceMS.Max, "ms")},
			Fact{Name: "decision to silence, p50", Value: known(r.DecisionToSilenceMS.P50, "ms")},
			atMost("decision to silence, p95", r.DecisionToSilenceMS.P95, wantDecisionMS, "ms"),
			Fact{Name: "decision to silence, max", Value: known(r.DecisionToSilenceMS.Max, "ms")},
		),
		Charts: []Chart{distribution("Onset to silence", r.onset), distribution("Decision to silence", r.decision)},
	}
}
