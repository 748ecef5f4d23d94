package tts

import (
	"math"
	"slices"
	"testing"
)

// trimmed passes pcm in pieces of a size.
func trimmed(pcm []int16, size int) (out []int16) {
	t := trimmer{lead: 4, tail: 6}
	for rest := slices.Clone(pcm); len(rest) > 0; {
		n := min(size, len(rest))
		_ = t.pass(rest[:n], func(p []int16) error { out = append(out, p...); return nil })
		rest = rest[n:]
	}
	return out
}

func TestTrimmer(t *testing.T) {
	q := func(n int) []int16 { return make([]int16, n) }
	s := func(n int) []int16 { return slices.Repeat([]int16{1000}, n) }
	for name, tt := range map[string]struct{ in, want []int16 }{
		"silence around":  {slices.Concat(q(20), s(10), q(20)), slices.Concat(q(4), s(10), q(6))},
		"silence between": {slices.Concat(q(20), s(5), q(30), s(5), q(20)), slices.Concat(q(4), s(5), q(30), s(5), q(6))},
		"none":            {s(30), s(30)},
		"little":          {slices.Concat(q(2), s(5), q(3)), slices.Concat(q(2), s(5), q(3))},
		"only silence":    {q(50), nil},
	} {
		for _, size := range []int{1, 3, 7, 1000} {
			if got := trimmed(tt.in, size); !slices.Equal(got, tt.want) {
				t.Errorf("%s in pieces of %d: %d samples, want %d: %v", name, size, len(got), len(tt.want), got)
			}
		}
	}
}

func TestLimit(t *testing.T) {
	last := int16(0)
	for x := 0.0; x < 300000; x += 100 {
		y := limit(x)
		if y < last || y == math.MaxInt16 && x < 32767 || limit(-x) != -y {
			t.Fatalf("limit(%.0f) = %d after %d, limit(-x) = %d", x, y, last, limit(-x))
		}
		if x < knee*math.MaxInt16 && y != int16(math.Round(x)) {
			t.Fatalf("limit(%.0f) = %d below the knee", x, y)
		}
		last = y
	}
}
