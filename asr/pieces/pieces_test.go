package pieces

import (
	"math"
	"testing"
)

func TestCutAtSilences(t *testing.T) {
	const rate = 8000
	var pcm []int16
	for second := range 30 { // a second of tone, but for silences of 0.6 s at 9 and 17 s
		for i := range rate {
			v := int16(8000 * math.Sin(float64(i)))
			if (second == 9 || second == 17) && i < rate*6/10 {
				v = 0
			}
			pcm = append(pcm, v)
		}
	}
	pieces := CutAtSilences(pcm, rate, 12*rate)
	var at []float64
	total := 0
	for _, p := range pieces {
		total += len(p)
		at = append(at, float64(total)/rate)
		if len(p) > 12*rate {
			t.Errorf("a piece of %d s", len(p)/rate)
		}
	}
	if total != len(pcm) {
		t.Errorf("%d samples of %d", total, len(pcm))
	}
	if len(at) < 2 || at[0] < 9.1 || at[0] > 9.5 || at[1] < 17.1 || at[1] > 17.5 {
		t.Errorf("cut at %v s, not in the silences", at)
	}
	if got := CutAtSilences(nil, rate, rate); len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("of nothing %v", got)
	}
}
