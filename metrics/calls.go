package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/tts"
)

// The two ways of sound.
const (
	in  = "in"  // from the caller to us
	out = "out" // from us to the caller
)

// Buckets: close together where a target lies (requirements C19; field values of telephony elsewhere).
var (
	setupBuckets    = []float64{.001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2, 5, 10, 30}
	latencyBuckets  = []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, .75, 1, 1.5, 2, 3, 5}
	durationBuckets = []float64{5, 15, 30, 60, 90, 120, 150, 180, 240, 300, 480, 900, 1800}
	mosBuckets      = []float64{1.5, 2, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.1, 4.2, 4.3, 4.4}
	lossBuckets     = []float64{0, .001, .0025, .005, .01, .02, .03, .05, .1, .2, .5}
	jitterBuckets   = []float64{.0005, .001, .002, .005, .01, .02, .03, .05, .1, .2}
	tripBuckets     = []float64{.001, .005, .01, .02, .05, .1, .15, .2, .3, .5, 1, 3}
)

// endings are the reasons of an end that have a label of their own; what is not here is "other".
var endings = map[string]string{
	"bye": "bye", "hung_up": "bye", "cancelled": "cancelled", "no ack": "no_ack", "refused": "refused", "rejected": "refused", "waited too long": "waited_too_long",
	"suspended": "suspended", "too_long": "too_long", "goodbye": "goodbye", "silence": "silence", "not_understood": "not_understood", "incident": "incident",
	"insult": "insult", "voicemail": "voicemail", "closing": "closing", "media": "media", "no answer possible": "media", "the peer lost the call": "lost",
	"session timer expired": "lost", "no answer to a refresh": "lost", "no answer to a re-INVITE": "lost", "bye before the answer": "cancelled", "no prack": "no_ack",
	"no usable answer in the ACK": "media", "no usable answer in the PRACK": "media",
}

// Calls is a call.Meter.
type Calls struct {
	presented, answered, ended *prometheus.CounterVec
	setup, firstSound          prometheus.Observer
	deaf                       prometheus.Counter
	duration                   *prometheus.HistogramVec
	mos, loss, jitter          *prometheus.HistogramVec // by way
	roundTrip                  prometheus.Observer

	bargeIns, falseStarts prometheus.Counter
	covered, unheard      prometheus.Counter
	heard                 *prometheus.HistogramVec
	said                  *prometheus.HistogramVec
	unsaid                prometheus.Counter
}

var _ call.Meter = (*Calls)(nil)

func newCalls(r prometheus.Registerer) *Calls {
	c := &Calls{
		presented:   counters(r, "calls_presented_total", "Calls for a line that exists.", "line"),
		answered:    counters(r, "calls_answered_total", "Calls answered.", "line"),
		ended:       counters(r, "calls_ended_total", "Calls that are over, by who ended them and why.", "line", "by", "ending"),
		setup:       histograms(r, "call_setup_seconds", "Time from the INVITE to our 200.", setupBuckets).WithLabelValues(),
		firstSound:  histograms(r, "call_first_sound_seconds", "Time from our 200 to the first sound of the welcome.", setupBuckets).WithLabelValues(),
		deaf:        counters(r, "calls_without_sound_total", "Calls of more than a second in which no RTP came from the caller's side.").WithLabelValues(),
		duration:    histograms(r, "call_duration_seconds", "Answered time of calls that are over.", durationBuckets, "line"),
		mos:         histograms(r, "call_mos", "Estimated quality of calls that are over (ITU-T G.107, 1 to 4.4).", mosBuckets, "direction"),
		loss:        histograms(r, "call_loss_ratio", "Share of RTP packets that a call lost (RFC 3550).", lossBuckets, "direction"),
		jitter:      histograms(r, "call_jitter_seconds", "Interarrival jitter at the end of a call (RFC 3550).", jitterBuckets, "direction"),
		roundTrip:   histograms(r, "call_round_trip_seconds", "Mean round trip of a call by RTCP.", tripBuckets).WithLabelValues(),
		bargeIns:    counters(r, "voice_barge_ins_total", "Times that a caller's words or keys stopped the voice.").WithLabelValues(),
		falseStarts: counters(r, "voice_false_starts_total", "Times that the voice paused for what was no turn, and went on.").WithLabelValues(),
		covered:     counters(r, "asr_covered_total", "Times that the recogniser took so long that the caller heard words of waiting.").WithLabelValues(),
		unheard:     counters(r, "asr_unheard_turns_total", "Turns that the recogniser was too busy to hear; the caller was offered the keys.").WithLabelValues(),
		heard:       histograms(r, "asr_latency_seconds", "Time from the end of a turn to the recogniser's result.", latencyBuckets, "result"),
		said:        histograms(r, "tts_latency_seconds", "Time from a sentence's request to its first sound.", latencyBuckets, "cached"),
		unsaid:      counters(r, "tts_failures_total", "Sentences that the voice could not say.").WithLabelValues(),
	}
	for _, line := range []config.LineKind{config.Production, config.Test, config.Suspended, config.Echo} {
		c.presented.WithLabelValues(string(line))
		c.answered.WithLabelValues(string(line))
		c.duration.WithLabelValues(string(line))
	}
	for _, way := range []string{in, out} {
		c.mos.WithLabelValues(way)
		c.loss.WithLabelValues(way)
		c.jitter.WithLabelValues(way)
	}
	for _, cached := range []string{"true", "false"} {
		c.said.WithLabelValues(cached)
	}
	for _, result := range []string{"words", "nothing", "error"} {
		c.heard.WithLabelValues(result)
	}
	return c
}

// Presented counts a call for a line that exists.
func (c *Calls) Presented(line config.LineKind) { c.presented.WithLabelValues(string(line)).Inc() }

// Answered counts an answer and how long it took from the INVITE.
func (c *Calls) Answered(line config.LineKind, took time.Duration) {
	c.answered.WithLabelValues(string(line)).Inc()
	c.setup.Observe(took.Seconds())
}

// FirstSound takes the time from the answer to the first sound.
func (c *Calls) FirstSound(took time.Duration) { c.firstSound.Observe(took.Seconds()) }

// Spoken takes a sentence of the voice.
func (c *Calls) Spoken(i tts.Info, err error) {
	if err != nil {
		c.unsaid.Inc()
		return
	}
	c.said.WithLabelValues(strconv.FormatBool(i.Cached)).Observe(i.FirstAudio.Seconds())
}

// Recognised takes a result of the recogniser.
func (c *Calls) Recognised(r asr.Result) {
	result := "words"
	switch {
	case r.Err != nil:
		result = "error"
	case r.Text() == "":
		result = "nothing"
	}
	c.heard.WithLabelValues(result).Observe(r.Took.Seconds())
}

// Covered counts a wait for the recogniser that words had to cover.
func (c *Calls) Covered() { c.covered.Inc() }

// Unheard counts a turn that the recogniser was too busy for.
func (c *Calls) Unheard() { c.unheard.Inc() }

// BargedIn counts a voice that was stopped.
func (c *Calls) BargedIn() { c.bargeIns.Inc() }

// FalseStart counts a voice that paused for nothing.
func (c *Calls) FalseStart() { c.falseStarts.Inc() }

// Ended takes the end of a call.
func (c *Calls) Ended(e call.Ending) {
	why, ok := endings[e.Reason]
	if !ok {
		why = "other"
	}
	c.ended.WithLabelValues(string(e.Line), e.By, why).Inc()
	if !e.Answered {
		return
	}
	if e.Deaf {
		c.deaf.Inc()
	}
	c.duration.WithLabelValues(string(e.Line)).Observe(e.Talked.Seconds())
	q := e.Quality
	observe(c.mos.WithLabelValues(in), q.MOS, 1)
	observe(c.mos.WithLabelValues(out), q.MOSOut, 1)
	observe(c.loss.WithLabelValues(in), q.Loss, 1)
	observe(c.loss.WithLabelValues(out), q.LossOut, 1)
	observe(c.jitter.WithLabelValues(in), q.JitterMS, 1e-3)
	observe(c.jitter.WithLabelValues(out), q.JitterOutMS, 1e-3)
	observe(c.roundTrip, q.RTTMS, 1e-3)
}

// observe takes a value that is known, in its unit.
func observe(o prometheus.Observer, v *float64, unit float64) {
	if v != nil {
		o.Observe(*v * unit)
	}
}
