package metrics

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/acotel/acotel-sbc/asr"
)

// recogniser holds the figures of the recogniser in this process. It is a whisper.Meter.
type recogniser struct {
	queue, encode prometheus.Histogram
	read          *prometheus.HistogramVec
	busy          prometheus.Counter
	failed        *prometheus.CounterVec
	lanes         atomic.Int64
}

func (r *recogniser) register(to prometheus.Registerer) {
	buckets := []float64{.001, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}
	histogram := func(name, help string) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
		to.MustRegister(h)
		return h
	}
	r.queue = histogram("asr_queue_seconds", "Time that sound waited for a lane of the recogniser.")
	r.encode = histogram("asr_encode_seconds", "Time of the front end and the encoder for one piece of sound.")
	r.read = prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "asr_read_seconds",
		Help: "Time of a reader for one piece of sound.", Buckets: buckets}, []string{"reader"})
	to.MustRegister(r.read)
	for _, reader := range []string{"phonemes", "words"} {
		r.read.WithLabelValues(reader)
	}
	r.busy = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "asr_busy_seconds_total", Help: "Time that lanes of the recogniser worked, added up."})
	to.MustRegister(r.busy)
	r.failed = counters(to, "asr_unheard_total", "Turns that the recogniser in this process did not hear.", "reason")
	for _, reason := range []string{"busy", "error"} {
		r.failed.WithLabelValues(reason)
	}
	to.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: "asr_lanes", Help: "Turns that the recogniser in this process hears at once; 0: there is none."},
		func() float64 { return float64(r.lanes.Load()) }))
}

// HearsInLanes says how many turns are heard at once.
func (m *Metrics) HearsInLanes(n int) { m.own.lanes.Store(int64(n)) }

// Waited counts a piece of sound's time in the queue.
func (m *Metrics) Waited(d time.Duration) { m.own.queue.Observe(d.Seconds()) }

// Busy counts a lane's work.
func (m *Metrics) Busy(d time.Duration) { m.own.busy.Add(d.Seconds()) }

// Encoded counts a piece of sound's encoding.
func (m *Metrics) Encoded(d time.Duration) { m.own.encode.Observe(d.Seconds()) }

// Read counts a reader's work: phonemes, words.
func (m *Metrics) Read(reader string, d time.Duration) {
	m.own.read.WithLabelValues(reader).Observe(d.Seconds())
}

// Failed counts a turn that was not heard.
func (m *Metrics) Failed(err error) {
	reason := "error"
	if errors.Is(err, asr.ErrBusy) {
		reason = "busy"
	}
	m.own.failed.WithLabelValues(reason).Inc()
}
