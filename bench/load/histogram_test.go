package load

import (
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	t.Parallel()
	var h Histogram
	if h.quantiles99().P50 != nil {
		t.Error("nothing was measured but there is a median")
	}
	for i := 1; i <= 1000; i++ {
		h.Add(time.Duration(i) * 100 * time.Microsecond)
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0, 100 * time.Microsecond}, {0.5, 50 * time.Millisecond}, {0.99, 99 * time.Millisecond}, {1, 100 * time.Millisecond}} {
		if got := h.Quantile(c.q); got < c.want || got > c.want+bucketWidth {
			t.Errorf("quantile %v is %v, want %v", c.q, got, c.want)
		}
	}
	var other Histogram
	other.Add(-time.Second)
	other.Add(3 * time.Second)
	h.Merge(&other)
	if h.Max() != 3*time.Second || h.Quantile(1) != 3*time.Second || h.Count() != 1002 {
		t.Errorf("max %v, last quantile %v, %d counted", h.Max(), h.Quantile(1), h.Count())
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	line := "42 (a (b) c) S 7 42 42 0 -1 4194560 1 2 3 4 150 25 5 1 20 0 9 0 100 1000000 300 18446744073709551615 0"
	p, ok := parseStat(line)
	if !ok || p.parent != 7 || p.cpu != 1810*time.Millisecond || p.rss != 300*4096 {
		t.Errorf("%+v %v", p, ok)
	}
	if _, ok := parseStat("42 (short) S 1"); ok {
		t.Error("a line cut short was read")
	}
}

func TestLostPacketsAndPacing(t *testing.T) {
	t.Parallel()
	var h hearing
	w := window{open: true, pacing: &Histogram{}}
	start := time.Unix(1000, 0)
	at := func(seq int, late time.Duration) {
		h.packet(uint16(seq), uint32(seq*160), start.Add(time.Duration(seq-65530)*20*time.Millisecond+late), &w)
	}
	at(65530, 0)
	at(65531, 3*time.Millisecond)
	at(65532, 0)
	at(65534, 0) // 65533 is late
	at(65533, 25*time.Millisecond)
	for seq := 65535; seq < 65545; seq++ { // wraps
		if seq != 65540 { // lost
			at(seq, 0)
		}
	}
	if h.lost() != 1 || h.received != 14 {
		t.Errorf("%d lost of %d received", h.lost(), h.received)
	}
	if m := w.pacing.Max(); m != 3*time.Millisecond {
		t.Errorf("worst pacing error %v", m)
	}
	if n := w.pacing.Count(); n != 10 { // of 14 packets: not of the first, after a gap, or out of order
		t.Errorf("%d intervals", n)
	}
}
