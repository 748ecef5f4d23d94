package load

import (
	"math"
	"time"
)

const (
	bucketWidth = 10 * time.Microsecond
	buckets     = 100000 // 1 s; what is longer goes to the last one
)

// Histogram counts durations in steps of 10 µs up to 1 s and keeps the longest exactly. Its size does not grow. The zero value is
// ready; it is used under the lock of its owner.
type Histogram struct {
	n      uint64
	max    time.Duration
	counts [buckets]uint32
}

// Add counts one duration; a negative one counts as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.n++
	h.max = max(h.max, d)
	h.counts[min(int(d/bucketWidth), buckets-1)]++
}

// Merge adds what other has counted.
func (h *Histogram) Merge(other *Histogram) {
	h.n += other.n
	h.max = max(h.max, other.max)
	for i, c := range other.counts {
		h.counts[i] += c
	}
}

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.n }

// Max is the longest.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile is the duration that the share q (0..1) of all does not exceed, to the upper end of its step; 0 when nothing was added.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	want := max(uint64(math.Ceil(q*float64(h.n))), 1)
	var seen uint64
	for i, c := range h.counts[:buckets-1] {
		if seen += uint64(c); seen >= want {
			return min(time.Duration(i+1)*bucketWidth, h.max)
		}
	}
	return h.max
}

// milliseconds rounds to the µs, so that JSON stays readable.
func milliseconds(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }

// Quantiles99 are the figures of a Histogram in ms; null when nothing was measured.
type Quantiles99 struct {
	P50 *float64 `json:"p50"`
	P99 *float64 `json:"p99"`
	Max *float64 `json:"max"`
}

// Quantiles95 are the same with another tail.
type Quantiles95 struct {
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
	Max *float64 `json:"max"`
}

func (h *Histogram) at(q float64) *float64 {
	if h.n == 0 {
		return nil
	}
	v := milliseconds(h.Quantile(q))
	return &v
}

func (h *Histogram) quantiles99() Quantiles99 { return Quantiles99{h.at(0.5), h.at(0.99), h.at(1)} }
func (h *Histogram) quantiles95() Quantiles95 { return Quantiles95{h.at(0.5), h.at(0.95), h.at(1)} }
