package media

import (
	"math"
	"testing"
)

// hidden gives the frames of pcm to a concealer, of which lost says which are missing, and returns what is heard.
func hidden(pcm []int16, lost func(frame int) bool) (heard []int16) {
	var c concealer
	frame := make([]int16, FrameSamples)
	for f := 0; (f+1)*FrameSamples <= len(pcm); f++ {
		if copy(frame, pcm[f*FrameSamples:]); lost(f) {
			c.lost(frame)
		} else {
			c.good(frame)
		}
		heard = append(heard, frame...)
	}
	return heard
}

// segmentalSNR compares the frames that which names, those quieter than -35 dBov left out.
func segmentalSNR(want, got []int16, which func(frame int) bool) float64 {
	sum, n := 0.0, 0
	for f := 0; (f+1)*FrameSamples <= len(got); f++ {
		a, b := want[f*FrameSamples:][:FrameSamples], got[f*FrameSamples:][:FrameSamples]
		if !which(f) || LevelDBov(a) < -35 {
			continue
		}
		signal, noise := 0.0, 1.0
		for i := range a {
			d := float64(a[i]) - float64(b[i])
			signal += float64(a[i]) * float64(a[i])
			noise += d * d
		}
		sum += 10 * math.Log10(signal/noise)
		n++
	}
	return sum / float64(n)
}

// What is made up is like what was lost. Silence in its place would have 0 dB.
func TestConcealmentIsLikeTheLostSound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pcm   []int16
		burst int // frames lost of ten
		least float64
	}{
		{"a tone, 20 ms", tone(80000, LineRate, 437, 8000), 1, 15},
		{"a tone, 40 ms", tone(80000, LineRate, 437, 8000), 2, 10},
		{"a deep voice, 20 ms", voice(20, -20, seeded(3)), 1, 5},
		{"a deep voice, 60 ms", voice(20, -20, seeded(3)), 3, 1.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lost := func(f int) bool { return f >= 10 && f%10 >= 10-tt.burst }
			heard := hidden(tt.pcm, lost)
			snr := segmentalSNR(tt.pcm, heard, lost)
			t.Logf("%.1f dB", snr)
			if snr < tt.least {
				t.Errorf("%.1f dB, want %.1f", snr, tt.least)
			}
		})
	}
}

// The joints are no louder clicks than the sound itself has steps.
func TestConcealmentDoesNotClick(t *testing.T) {
	pcm := voice(20, -20, seeded(5))
	for burst := 1; burst <= 5; burst++ {
		heard := hidden(pcm, func(f int) bool { return f >= 10 && f%20 >= 20-burst })
		steepest := func(x []int16) (step int) {
			for i := 1; i < len(x); i++ {
				step = max(step, int(math.Abs(float64(int(x[i])-int(x[i-1])))))
			}
			return step
		}
		if own, made := steepest(pcm), steepest(heard); made > own*5/4 {
			t.Errorf("%d frames lost: a step of %d, in the sound itself %d", burst, made, own)
		}
	}
}

func TestConcealmentFades(t *testing.T) {
	pcm := tone(1600, LineRate, 300, 10000)
	heard := hidden(append(pcm, make([]int16, 10*FrameSamples)...), func(f int) bool { return f >= 10 })[1600:]
	before := 0.0
	for ms := range 6 {
		level := LevelDBov(heard[ms*80:][:80])
		if ms > 1 && level > before-0.5 {
			t.Errorf("at %d ms %.1f dBov, 10 ms before %.1f", ms*10, level, before)
		}
		before = level
	}
	for i, s := range heard[concealEnd:] {
		if s != 0 {
			t.Fatalf("sample %d after the end is %d", i, s)
		}
	}
	var c concealer
	silent := make([]int16, FrameSamples)
	if c.lost(silent) {
		t.Error("silence was made audible")
	}
}

func TestConcealmentAllocatesNothing(t *testing.T) {
	var c concealer
	pcm := voice(1, -20, seeded(1))[:FrameSamples]
	if n := testing.AllocsPerRun(100, func() { c.good(pcm); c.lost(pcm); c.lost(pcm) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkConceal(b *testing.B) {
	var c concealer
	pcm := voice(2, -20, seeded(1))
	frame, i := make([]int16, FrameSamples), 0
	for b.Loop() {
		i = (i + FrameSamples) % (len(pcm) - FrameSamples)
		c.good(pcm[i:][:FrameSamples])
		c.lost(frame)
	}
}
