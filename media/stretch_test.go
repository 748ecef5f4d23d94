package media

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func stretched(t testing.TB, pcm []int16, rate int, speed float64, size int) (out []int16) {
	t.Helper()
	s, err := NewStretcher(rate, speed)
	if err != nil {
		t.Fatal(err)
	}
	for rest := pcm; len(rest) > 0; {
		n := min(size, len(rest))
		out = s.Process(out, rest[:n])
		rest = rest[n:]
	}
	return s.Flush(out)
}

// voiced is a buzz with the harmonics of a voice of a pitch in Hz, at -20 dBov.
func voiced(n, rate int, pitch float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		x := 0.0
		for h := 1.0; h*pitch < 3400 && h <= 20; h++ {
			x += math.Sin(2*math.Pi*h*pitch*float64(i)/float64(rate)) / h
		}
		pcm[i] = int16(3700 * x)
	}
	return pcm
}

// steepest is the largest step between two samples.
func steepest(pcm []int16) (most int) {
	for i := 1; i < len(pcm); i++ {
		most = max(most, int(pcm[i])-int(pcm[i-1]), int(pcm[i-1])-int(pcm[i]))
	}
	return most
}

func TestStretcherKeepsPitchAndLoudness(t *testing.T) {
	for _, rate := range []int{8000, 22050} {
		for _, speed := range []float64{.5, .8, .9, 1, 1.25, 2} {
			for _, pitch := range []float64{85, 210} {
				pcm := voiced(3*rate/2, rate, pitch)
				out := stretched(t, pcm, rate, speed, 441)
				if want := int(math.Round(float64(len(pcm)) / speed)); len(out) != want {
					t.Errorf("%d Hz, speed %g: %d samples, want %d", rate, speed, len(out), want)
				}
				whole := out[:len(out)-rate/10] // the end fades
				// A quarter of a second at a time: pieces begin at whole samples, which is 0.1 % of a period.
				part := whole[rate/4 : 3*rate/4]
				for h := 1.0; h < 4; h++ {
					if d := levelAt(part, rate, h*pitch) - levelAt(pcm, rate, h*pitch); math.Abs(d) > 1 {
						t.Errorf("%d Hz, speed %g: harmonic %g of %g Hz has %.1f dB more", rate, speed, h, pitch, d)
					}
				}
				if ghost := levelAt(part, rate, 1.5*pitch); ghost > levelAt(part, rate, pitch)-30 {
					t.Errorf("%d Hz, speed %g: %.1f dB between the harmonics of %g Hz", rate, speed, ghost, pitch)
				}
				if d := LevelDBov(whole) - LevelDBov(pcm); math.Abs(d) > .5 {
					t.Errorf("%d Hz, speed %g: %.1f dB louder", rate, speed, d)
				}
				// A click is a step that the sound itself does not have.
				if a, b := steepest(out), steepest(pcm); a > b+b/4 {
					t.Errorf("%d Hz, speed %g, pitch %g: a step of %d, %d in the original", rate, speed, pitch, a, b)
				}
			}
		}
	}
}

// What happens when is kept: two bursts are apart by the time between them, over the speed.
func TestStretcherKeepsTheOrderOfTime(t *testing.T) {
	const rate = 8000
	pcm := slices.Concat(make([]int16, 1600), voiced(800, rate, 150), make([]int16, 6400), voiced(800, rate, 150), make([]int16, 1600))
	for _, speed := range []float64{.5, .8, 1.5} {
		out := stretched(t, pcm, rate, speed, 160)
		var begins []int
		quiet := rate
		for i, v := range out {
			switch {
			case v > 500 || v < -500:
				if quiet > 1600 {
					begins = append(begins, i)
				}
				quiet = 0
			default:
				quiet++
			}
		}
		if len(begins) != 2 {
			t.Fatalf("speed %g: bursts begin at %v", speed, begins)
		}
		for i, b := range begins {
			if want := float64(1600+i*7200) / speed; math.Abs(float64(b)-want) > rate/50 {
				t.Errorf("speed %g: burst %d begins at %d, want %.0f ± 20 ms", speed, i, b, want)
			}
		}
	}
}

func TestStretcherInPieces(t *testing.T) {
	pcm := noise(22050, -20, seeded(3))
	whole := stretched(t, pcm, 22050, .8, len(pcm))
	for _, size := range []int{1, 7, 160, 4096} {
		if out := stretched(t, pcm, 22050, .8, size); !slices.Equal(out, whole) {
			t.Errorf("pieces of %d give other samples than the whole", size)
		}
	}
	s, err := NewStretcher(22050, .8)
	if err != nil {
		t.Fatal(err)
	}
	s.Flush(s.Process(nil, noise(3000, -10, seeded(1))))
	if out := s.Flush(s.Process(nil, pcm)); !slices.Equal(out, whole) {
		t.Error("after Flush it is not as new")
	}
	for _, n := range []int{0, 1, 100} {
		if out := s.Flush(s.Process(nil, make([]int16, n))); len(out) != int(math.Round(float64(n)/.8)) {
			t.Errorf("%d samples give %d", n, len(out))
		}
	}
}

func TestStretcherRefuses(t *testing.T) {
	for _, speed := range []float64{0, .2, 5, -1, math.NaN()} {
		if _, err := NewStretcher(8000, speed); !errors.Is(err, ErrSpeed) {
			t.Errorf("speed %g: %v", speed, err)
		}
	}
	if _, err := NewStretcher(10, 1); !errors.Is(err, ErrRate) {
		t.Errorf("10 Hz: %v", err)
	}
}

func BenchmarkStretcher(b *testing.B) {
	pcm := voiced(22050, 22050, 120)
	for b.Loop() {
		stretched(b, pcm, 22050, .8, 1024)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/second-of-sound")
}
