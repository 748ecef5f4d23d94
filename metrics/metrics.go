package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
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
	}
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

// Refreshes are the results that Refresh counts.
var Refreshes = []string{"replaced", "unchanged", "held", "failed"}

// Refresh counts a reading of the workshops' source.
func (m *Metrics) Refresh(result string) { m.refreshes.WithLabelValues(result).Inc() }

func counters(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func histograms(r prometheus.Registerer, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	r.MustRegister(h)
	return h
}
