package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/acotel/acotel-sbc/asr/chain"
	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
	"github.com/acotel/acotel-sbc/tts"
)

// namespace begins the names of all our metrics.
const namespace = "acotel"

// Metrics are the metrics of one service.
type Metrics struct {
	Calls *Calls

	registry  *prometheus.Registry
	sms       *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	asked     *prometheus.CounterVec
	hears     *prometheus.CounterVec // turns by backend and outcome
	breakers  *prometheus.GaugeVec   // by backend
	speaks    *prometheus.CounterVec // by voice and outcome
	voices    *prometheus.GaugeVec   // by voice
	own       recogniser
}

// New makes the metrics of a service, those of the Go runtime, the process and the build with them.
func New() *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	m := &Metrics{
		Calls:     newCalls(r),
		registry:  r,
		sms:       counters(r, "sms_messages_total", "Text messages that came to their end.", "result"),
		refreshes: counters(r, "workshops_refreshes_total", "Readings of the workshops' source.", "result"),
		asked:     counters(r, "nlu_model_questions_total", "Turns put to the language model.", "result"),
		hears:     counters(r, "asr_backend_turns_total", "Turns of speech by recogniser and what became of them; trials of one that had failed included.", "backend", "outcome"),
		speaks:    counters(r, "tts_voice_sentences_total", "Sentences that each voice was asked for.", "voice", "outcome"),
		voices:    gauges(r, "tts_voice_state", "How a voice is used: 0 in use, 1 on trial, 2 left alone.", "voice"),
		breakers:  gauges(r, "asr_backend_state", "How a recogniser is used: 0 in use, 1 on trial, 2 left alone.", "backend"),
	}
	m.own.register(r)
	for _, result := range []string{"sent", "failed"} {
		m.sms.WithLabelValues(result)
	}
	for _, result := range Refreshes {
		m.refreshes.WithLabelValues(result)
	}
	for _, result := range chooser.Results {
		m.asked.WithLabelValues(result)
	}
	return m
}

// Handler answers a scrape. What can't be read is left out; the rest is given.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}

// SMS counts a message that the provider took, or that failed for good.
func (m *Metrics) SMS(sent bool) {
	result := "failed"
	if sent {
		result = "sent"
	}
	m.sms.WithLabelValues(result).Inc()
}

// Asked counts a turn put to the language model; result is one of chooser.Results.
func (m *Metrics) Asked(result string) { m.asked.WithLabelValues(result).Inc() }

// Hears begins the figures of a recogniser.
func (m *Metrics) Hears(backend string) {
	for _, o := range chain.Outcomes {
		m.hears.WithLabelValues(backend, string(o))
	}
	m.breakers.WithLabelValues(backend).Set(float64(breaker.Closed))
}

// Heard counts a turn at a recogniser.
func (m *Metrics) Heard(backend string, o chain.Outcome) {
	m.hears.WithLabelValues(backend, string(o)).Inc()
}

// HearsBy takes how a recogniser is used from now on.
func (m *Metrics) HearsBy(backend string, s breaker.State) {
	m.breakers.WithLabelValues(backend).Set(float64(s))
}

// Speaks begins the figures of a voice.
func (m *Metrics) Speaks(voice string) {
	for _, o := range tts.Outcomes {
		m.speaks.WithLabelValues(voice, string(o))
	}
	m.voices.WithLabelValues(voice).Set(float64(breaker.Closed))
}

// Voiced counts a sentence at a voice.
func (m *Metrics) Voiced(voice string, o tts.Outcome) {
	m.speaks.WithLabelValues(voice, string(o)).Inc()
}

// SpeaksBy takes how a voice is used from now on.
func (m *Metrics) SpeaksBy(voice string, s breaker.State) {
	m.voices.WithLabelValues(voice).Set(float64(s))
}

// Refreshes are the results that Refresh counts.
var Refreshes = []string{"replaced", "unchanged", "held", "failed"}

// Refresh counts a reading of the workshops' source.
func (m *Metrics) Refresh(result string) { m.refreshes.WithLabelValues(result).Inc() }

func counters(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func gauges(r prometheus.Registerer, name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(g)
	return g
}

func histograms(r prometheus.Registerer, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	r.MustRegister(h)
	return h
}
