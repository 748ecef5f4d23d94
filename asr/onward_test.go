package asr

import (
	"math"
	"slices"
	"testing"
)

// tone is ms of a tone of so many dBov at 8 kHz.
func tone(dBov float64, ms int) []int16 {
	pcm := make([]int16, 8*ms)
	for i := range pcm {
		pcm[i] = int16(math.Sqrt2 * 32768 * math.Pow(10, dBov/20) * math.Sin(2*math.Pi*400*float64(i)/8000))
	}
	return pcm
}

func TestOnward(t *testing.T) {
	for _, c := range []struct {
		name        string
		said, after []int16
		want        bool
	}{
		{"silence", tone(-20, 800), make([]int16, 8*600), false},
		{"the noise of the line", tone(-20, 800), tone(-50, 600), false},
		{"a click", tone(-20, 800), slices.Concat(tone(-20, 40), make([]int16, 8*500)), false},
		{"a word", tone(-20, 800), slices.Concat(make([]int16, 8*200), tone(-24, 200)), true},
		{"a quiet caller's word", tone(-40, 800), tone(-45, 200), true},
		{"nothing at all was said", make([]int16, 8*800), make([]int16, 8*200), false},
		{"a word after nothing", make([]int16, 8*800), tone(-30, 100), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, got := NewOnward(c.said, 8000), false
			for frame := range slices.Chunk(c.after, 160) {
				got = o.Write(frame)
			}
			if got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
