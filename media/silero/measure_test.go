package silero

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// sure is the speech after which the service pauses its voice.
const sure = 200 * time.Millisecond

// detector is the gate alone, or with the model behind it.
type detector struct {
	vad  *media.VAD
	line *Line
}

func newDetector(m *Model) *detector {
	if m == nil {
		return &detector{vad: media.NewVAD(media.VADConfig{})}
	}
	l := m.Line()
	return &detector{vad: media.NewVAD(media.VADConfig{Model: l}), line: l}
}

// frame judges 20 ms and lets the worker come to its end, so that a slow machine measures the same.
func (d *detector) frame(pcm []int16) media.VADState {
	s := d.vad.Process(pcm)
	for d.line != nil && d.line.working() {
		runtime.Gosched()
	}
	return s
}

func (l *Line) working() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy
}

// starts lists when speech became sure, in samples.
func (d *detector) starts(pcm []int16) (all []int) {
	was := false
	for i := 0; i+media.FrameSamples <= len(pcm); i += media.FrameSamples {
		s := d.frame(pcm[i : i+media.FrameSamples])
		is := s.Speech && s.SpeechFor >= sure
		if is && !was {
			all = append(all, i+media.FrameSamples)
		}
		was = is
	}
	return all
}

// noise is a sound that must not count as the caller's speech.
type noise struct {
	name   string
	pcm    []int16
	voices bool
}

// noises are half a minute each of what is no caller's voice.
func noises(t testing.TB) (list []noise) {
	add := func(name string, pcm []int16) { list = append(list, noise{name: name, pcm: pcm}) }
	const s = 30
	r := seeded(11)
	add("white noise, -45 dBov", sound(s, -45, func(int) float64 { return r.NormFloat64() }))
	add("pink noise, -40 dBov", sound(s, -40, pink(r)))
	swell := pink(r)
	add("pink noise that swells by 12 dB, -35 dBov", sound(s, -35, func(i int) float64 {
		return swell(i) * math.Pow(10, 0.3*math.Sin(2*math.Pi*float64(i)/rate/1.7)*math.Sin(2*math.Pi*float64(i)/rate/7.3))
	}))
	add("mains hum with harmonics, -30 dBov", sound(s, -30, func(i int) float64 {
		x := 2 * math.Pi * 50 * float64(i) / rate
		return math.Sin(x) + math.Sin(3*x)/2 + math.Sin(5*x)/3 + math.Sin(9*x)/6
	}))
	add("clicks of 5 to 40 ms, -20 dBov", sound(s, -20, bursts(r, 0.005, 0.04, 0.6, func(int) float64 { return r.NormFloat64() })))
	add("coughs of 200 to 400 ms, -20 dBov", sound(s, -20, bursts(r, 0.2, 0.4, 1.6, resonant(r, 900, 500))))
	add("knocks and dishes of 250 to 600 ms, -22 dBov", sound(s, -22, bursts(r, 0.25, 0.6, 1.2, resonant(r, 2300, 60))))
	add("a ringing telephone, -25 dBov", sound(s, -25, func(i int) float64 {
		if i%(5*rate) > 3*rate/2 {
			return 0
		}
		return math.Sin(2 * math.Pi * 440 * float64(i) / rate)
	}))
	add("music, -30 dBov", sound(s, -30, chord(r)))
	add("keys in the sound (DTMF), -15 dBov", sound(s, -15, keypad(r)))
	return append(list, noise{"six people talking, -40 dBov", at(babble(t, s, 6, r), -40), true},
		noise{"television (one voice), -40 dBov", at(babble(t, s, 1, r), -40), true})
}

// found is what a detector makes of the phrases at one level over a noise.
type found struct {
	missed int
	delay  time.Duration // median, from the first sound to sure speech
}

func phrasesFound(t testing.TB, m *Model, dBov float64, noise func(int) float64, noiseDBov float64) (f found) {
	var delays []time.Duration
	d := newDetector(m)
	silence := func(seconds float64) []int16 { return make([]int16, int(seconds*rate)) }
	d.starts(line(sound(3, noiseDBov, noise)))
	for _, p := range corpus(t) {
		pcm := slices.Concat(silence(0.7), at(p, dBov), silence(0.7))
		got := d.starts(line(mix(pcm, sound(float64(len(pcm))/rate, noiseDBov, noise))))
		if len(got) == 0 {
			f.missed++
			continue
		}
		delays = append(delays, time.Duration(got[0]-7*rate/10)*time.Second/rate)
	}
	if slices.Sort(delays); len(delays) > 0 {
		f.delay = delays[len(delays)/2]
	}
	return f
}

// TestTheModelTellsSpeechFromNoise measures what docs/media.md reports; run it with -v for the table. The limits are looser than what was
// seen, and far from what the gate alone does.
func TestTheModelTellsSpeechFromNoise(t *testing.T) {
	m := open(t)
	var gate, both int // voices in the background are left out: nothing in their sound tells them from the caller's
	for _, n := range noises(t) {
		pcm := line(n.pcm)
		a, b := len(newDetector(nil).starts(pcm)), len(newDetector(m).starts(pcm))
		t.Logf("false starts a minute: gate %3d, with the model %3d: %s", 2*a, 2*b, n.name)
		if !n.voices {
			gate, both = gate+a, both+b
		}
	}
	if gate < 50 || both > gate/20 {
		t.Errorf("%d false starts with the model, %d by the gate alone", both, gate)
	}
	r := seeded(12)
	white := func(int) float64 { return r.NormFloat64() }
	rustle := pink(r)
	for _, c := range []struct {
		name   string
		noise  func(int) float64
		dBov   float64
		lowest float64
	}{
		{"quiet line", white, -65, -40},
		{"pink noise at -45 dBov", rustle, -45, -30},
		{"pink noise at -40 dBov", rustle, -40, -30}, // 10 dB of speech above noise
	} {
		for _, level := range []float64{-40, -35, -30, -26, -20, -10} {
			if level < c.lowest {
				continue
			}
			a, b := phrasesFound(t, nil, level, c.noise, c.dBov), phrasesFound(t, m, level, c.noise, c.dBov)
			t.Logf("%d phrases at %v dBov, %s: missed and delay by the gate %v, with the model %v", len(phrases), level, c.name, a, b)
			if b.missed > a.missed+1 {
				t.Errorf("%d of %d phrases missed at %v dBov, %s; the gate missed %d", b.missed, len(phrases), level, c.name, a.missed)
			}
		}
	}
}

// speaking is what the detector says of each frame.
func (d *detector) speaking(pcm []int16) (out []bool) {
	for i := 0; i+media.FrameSamples <= len(pcm); i += media.FrameSamples {
		out = append(out, d.frame(pcm[i:i+media.FrameSamples]).Speech)
	}
	return out
}

// TestLeavingStepsOutChangesNothing compares what is heard with and without the steps that are left out where speech is beyond doubt.
func TestLeavingStepsOutChangesNothing(t *testing.T) {
	every, some := open(t), open(t)
	every.stride = 1
	r := seeded(3)
	for _, c := range []struct{ speech, noise float64 }{{-22, -65}, {-30, -45}, {-30, -40}} {
		pcm := make([]int16, 3*rate)
		for _, p := range corpus(t) {
			pcm = slices.Concat(pcm, at(p, c.speech), make([]int16, rate))
		}
		pcm = line(mix(pcm, sound(float64(len(pcm))/rate, c.noise, pink(r))))
		allBefore, someBefore := every.Stats().Steps, some.Stats().Steps
		a, b := newDetector(every).speaking(pcm), newDetector(some).speaking(pcm)
		differ, spoken := 0, 0
		for i := range a {
			if a[i] {
				spoken++
			}
			if a[i] != b[i] {
				differ++
			}
		}
		all, judged := every.Stats().Steps-allBefore, some.Stats().Steps-someBefore
		t.Logf("speech at %v dBov over %v: %d steps instead of %d, %d of %d frames of speech differ", c.speech, c.noise, judged, all, differ, spoken)
		if differ > spoken/50 || float64(judged) > 0.65*float64(all) || spoken < 500 {
			t.Errorf("speech at %v dBov over %v: %d steps instead of %d, %d of %d frames of speech differ", c.speech, c.noise, judged, all, differ, spoken)
		}
	}
}
