package media

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// voice is sound with the rhythm and pitch of speech: harmonics of a gliding pitch in syllables of 120 to 280 ms with
// short dips between, at a given active level in dBov.
func voice(seconds, dBov float64, r *rand.Rand) []int16 {
	n := int(seconds * LineRate)
	x := make([]float64, n)
	phase, at := 0.0, 0
	for at < n {
		syllable := 960 + r.IntN(1280)
		gain := 0.4 + 0.6*r.Float64()
		pitch := 110 + 60*r.Float64()
		for i := 0; i < syllable && at < n; i++ {
			phase += 2 * math.Pi * (pitch + 15*math.Sin(float64(i)/700)) / LineRate
			s := 0.0
			for h := 1.0; h <= 12; h++ {
				s += math.Sin(h*phase) / h
			}
			x[at] = s * gain * math.Pow(math.Sin(math.Pi*float64(i)/float64(syllable)), 0.5)
			at++
		}
		at += 160 + r.IntN(480) // 20 to 80 ms of closure
	}
	sum := 0.0
	for _, s := range x {
		sum += s * s
	}
	scale := fullScale * math.Pow(10, dBov/20) / math.Sqrt(sum/float64(n))
	pcm := make([]int16, n)
	for i, s := range x {
		pcm[i] = clip(s * scale)
	}
	return pcm
}

func mix(a, b []int16) []int16 {
	out := slices.Clone(a)
	for i := range out {
		out[i] = clip(float64(a[i]) + float64(b[i]))
	}
	return out
}

// spell is one run of speech that the detector found, in ms.
type spell struct{ from, to int }

func spells(pcm []int16, c VADConfig) (all []spell) {
	v := NewVAD(c)
	speaking := false
	for i := 0; i+FrameSamples <= len(pcm); i += FrameSamples {
		s := v.Process(pcm[i : i+FrameSamples])
		now := (i + FrameSamples) / 8
		silence := int(s.SilenceFor / time.Millisecond)
		if s.Speech && !speaking {
			all = append(all, spell{from: now - silence - int(s.SpeechFor/time.Millisecond)})
		}
		if !s.Speech && speaking {
			all[len(all)-1].to = now - silence
		}
		speaking = s.Speech
	}
	return all
}

func TestVADFindsSpeechInNoise(t *testing.T) {
	for _, line := range []float64{-127, -75, -65, -55, -48} {
		for _, level := range []float64{-40, -32, -26, -18, -10} {
			if level-line < 13 {
				continue // no gate can tell these apart
			}
			r := seeded(uint64(-line*100 - level))
			// 5 s of line noise, 2 s of speech, 2 s of noise
			pcm := slices.Concat(make([]int16, 40000), voice(2, level, r), make([]int16, 16000))
			if line > -127 {
				pcm = mix(pcm, noise(len(pcm), line, r))
			}
			got := spells(pcm, VADConfig{})
			if len(got) != 1 || got[0].from < 4980 || got[0].from > 5120 || got[0].to < 6780 || got[0].to > 7060 {
				t.Errorf("line %v, speech %v dBov: %v, want one spell from 5000 to 7000", line, level, got)
			}
		}
	}
}

func TestVADStaysQuietOnNoise(t *testing.T) {
	r := seeded(3)
	hum := tone(80000, 8000, 50, 1500)
	drift := noise(160000, -60, r)
	for i := range drift { // 60 s scale: rises by 1 dB a second
		drift[i] = clip(float64(drift[i]) * math.Pow(10, float64(i)/8000/20))
	}
	clicks := noise(80000, -65, r)
	for i := 4000; i < len(clicks); i += 8000 {
		copy(clicks[i:i+80], noise(80, -15, r))
	}
	tests := []struct {
		name string
		pcm  []int16
	}{
		{"digital silence", make([]int16, 80000)},
		{"faint noise", noise(80000, -70, r)},
		{"line noise", noise(80000, -55, r)},
		{"mains hum", hum},
		{"offset", constant(80000, 800)},
		{"slow drift", drift},
		{"clicks", clicks},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := spells(tt.pcm, VADConfig{}); len(got) != 0 {
				t.Errorf("speech found: %v", got)
			}
		})
	}
}

func TestVADLearnsANewNoise(t *testing.T) {
	r := seeded(4)
	pcm := slices.Concat(noise(40000, -65, r), noise(80000, -42, r), mix(voice(2, -20, r), noise(16000, -42, r)), noise(16000, -42, r))
	got := spells(pcm, VADConfig{})
	if len(got) == 0 || got[0].to > 6500 && got[0].from < 6000 {
		t.Fatalf("noise that begins counts as speech for too long: %v", got)
	}
	last := got[len(got)-1]
	if last.from < 14900 || last.from > 15150 || last.to < 16700 || last.to > 17100 {
		t.Errorf("speech in the new noise: %v", got)
	}
}

func TestVADReportsRawDurations(t *testing.T) {
	v := NewVAD(VADConfig{})
	v.Process(make([]int16, 16000))
	short := tone(8*240, 8000, 300, 3000) // 240 ms
	s := v.Process(short)
	if !s.Speech || s.SpeechFor != 240*time.Millisecond || s.SilenceFor != 0 {
		t.Errorf("after 240 ms: %+v", s)
	}
	// The tail of the high pass may count as one more active frame.
	s = v.Process(make([]int16, 8*120))
	if !s.Speech || s.SilenceFor < 100*time.Millisecond || s.SpeechFor > 260*time.Millisecond {
		t.Errorf("inside the hangover: %+v", s)
	}
	s = v.Process(make([]int16, 8*120))
	if s.Speech || s.SilenceFor < 220*time.Millisecond || s.SpeechFor > 260*time.Millisecond || s.SilenceFor+s.SpeechFor != 480*time.Millisecond {
		t.Errorf("after the hangover: %+v", s)
	}
	s = v.Process(tone(8*100, 8000, 300, 3000))
	if !s.Speech || s.SpeechFor != 100*time.Millisecond {
		t.Errorf("a new spell: %+v", s)
	}
}

func TestVADStartsWithin80Milliseconds(t *testing.T) {
	v := NewVAD(VADConfig{})
	r := seeded(5)
	v.Process(noise(16000, -60, r))
	pcm := voice(1, -25, r)
	for i := 0; i < len(pcm); i += FrameSamples {
		if v.Process(pcm[i : i+FrameSamples]).Speech {
			if ms := (i + FrameSamples) / 8; ms > 100 {
				t.Errorf("speech was sure after %d ms", ms)
			}
			return
		}
	}
	t.Error("no speech found")
}

// Any cutting of the same samples gives the same answer.
func TestVADDoesNotCareForPieces(t *testing.T) {
	r := seeded(6)
	pcm := slices.Concat(noise(8000, -60, r), voice(1, -25, r), noise(4000, -60, r))
	a, b := NewVAD(VADConfig{}), NewVAD(VADConfig{})
	want := a.Process(pcm)
	var got VADState
	for rest := pcm; len(rest) > 0; {
		n := min(1+r.IntN(700), len(rest))
		got = b.Process(rest[:n])
		rest = rest[n:]
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestVADDoesNotAllocate(t *testing.T) {
	v, pcm := NewVAD(VADConfig{}), noise(FrameSamples, -40, seeded(1))
	if n := testing.AllocsPerRun(100, func() { v.Process(pcm) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVAD(b *testing.B) {
	v, pcm := NewVAD(VADConfig{}), noise(FrameSamples, -40, seeded(1))
	for b.Loop() {
		v.Process(pcm)
	}
}
