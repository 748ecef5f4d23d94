package media

import (
	"math"
	"testing"
)

// The E-model's own points: R 93.2 is MOS 4.41, R 50 is 2.58 (ITU-T G.107, annex B).
func TestMOS(t *testing.T) {
	for _, tt := range []struct{ loss, delay, want, within float64 }{
		{0, 0, 4.41, .01}, {0, 150, 4.35, .1}, {1, 40, 4.0, .5}, {5, 40, 2.3, .4}, {100, 1000, 1, .01},
	} {
		if got := eModelMOS(tt.loss, tt.delay); math.Abs(got-tt.want) > tt.within {
			t.Errorf("%.0f %% lost, %.0f ms: %.2f, want %.2f", tt.loss, tt.delay, got, tt.want)
		}
	}
	last := 5.0
	for loss := 0.0; loss <= 100; loss++ {
		got := eModelMOS(loss, 60)
		if got > last || got < 1 || math.IsNaN(got) {
			t.Fatalf("%.0f %% lost: %.2f after %.2f", loss, got, last)
		}
		last = got
	}
	if _, ok := (Stats{PacketsReceived: 10}).MOS(); ok {
		t.Error("ten packets tell nothing")
	}
	if mos, ok := (Stats{PacketsReceived: 900, Lost: 100}).MOS(); !ok || mos > 2 {
		t.Errorf("a tenth lost: %.2f, %v", mos, ok)
	}
}
