package mel

import (
	"math"
	"testing"
)

// chirp is the sound of the reference values: 5000 samples, a rising tone of 3500 and silence.
func chirp() []float32 {
	x := make([]float32, 5000)
	for t := range 3500 {
		x[t] = float32(0.3 * math.Sin(2*math.Pi*(200+0.2*float64(t))*float64(t)/Rate))
	}
	return x
}

// The values were computed with numpy by the original's formula, asr/training/encoder.py (log_mel).
func TestSpectrogramIsWhispers(t *testing.T) {
	want := []struct {
		band, frame int
		value       float64
	}{
		{0, 0, 1.05199}, {3, 1, 0.81745}, {10, 5, 0.83494}, {20, 7, 0.67695}, {30, 15, 1.28583}, {40, 20, 0.081}, {50, 25, -0.68246},
		{79, 31, -0.68246}, {5, 21, -0.07775}, {12, 23, -0.45551}, {22, 2, -0.65661}, {33, 0, 0.23934},
	}
	got := New(80).Compute(chirp())
	if len(got) != 80*32 {
		t.Fatalf("%d values, want 80 bands of 32 frames", len(got))
	}
	for _, w := range want {
		if v := float64(got[w.band*32+w.frame]); math.Abs(v-w.value) > 1e-4 {
			t.Errorf("band %d, frame %d: %.5f, want %.5f", w.band, w.frame, v, w.value)
		}
	}
	sum := 0.0
	for _, v := range got {
		sum += float64(v)
	}
	if mean := sum / float64(len(got)); math.Abs(mean+0.415806) > 1e-4 {
		t.Errorf("mean %.6f, want -0.415806", mean)
	}
}

func TestFrames(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 2, 320: 2, 321: 4, 16000: 100, 480000: 3000} {
		if got := Frames(n); got != want {
			t.Errorf("%d samples: %d frames, want %d", n, got, want)
		}
	}
	if got := New(80).Compute(nil); len(got) != 0 {
		t.Errorf("nothing gave %d values", len(got))
	}
	for _, v := range New(128).Compute(make([]float32, 100)) {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Fatal("silence is no number")
		}
	}
}

func TestSpectrogramAllocatesOnce(t *testing.T) {
	s, x := New(80), chirp()
	s.Compute(x)
	if n := testing.AllocsPerRun(10, func() { s.Compute(x) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFiveSeconds(b *testing.B) {
	s, x := New(80), make([]float32, 5*Rate)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	for b.Loop() {
		s.Compute(x)
	}
}
