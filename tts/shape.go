package tts

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/acotel/acotel-sbc/media"
)

// shapeVersion changes when the same voice and words no longer give the same sound.
const shapeVersion = 2

// calibration is what a voice's level is measured on: sounds of all kinds, in sentences long and short, as callers hear them.
const calibration = "Bonjour, je vous aide à trouver un atelier près de chez vous, le jeudi douze mars à quatorze heures trente. " +
	"Je vous écoute. Que souhaitez-vous ? Puis-je chercher autre chose pour vous ?"

// Silence around a sentence. A voice's own silence is longer and differs from sentence to sentence.
const (
	silentBelow = 60  // amplitude, -55 dBov
	leadSeconds = .01 // kept before the first sound, so that soft consonants are whole
	tailSeconds = .03 // and after the last
	knee        = .7  // of full scale: peaks above it are rounded
)

// shaper turns a voice's raw sound into what goes out on the line: at its rate, at an even level, without the silence around it.
type shaper struct {
	voice Synthesizer
	rate  int
	level float64 // dBov
	pool  sync.Pool

	measuring chan struct{} // holds one token while it is free to measure
	measure   atomic.Pointer[measure]
}

// measure is what is known of a voice once it has been heard.
type measure struct {
	gain float64 // linear, brings it to the level
	took float64 // s, of the calibration's words at normal speed; 0: not known
}

func newShaper(v Synthesizer, rate int, level float64) (*shaper, error) {
	s := &shaper{voice: v, rate: rate, level: level, measuring: make(chan struct{}, 1)}
	s.measuring <- struct{}{}
	if r, ok := v.(Recordings); ok {
		s.measure.Store(&measure{gain: decibels(level - r.LevelDBov())})
	}
	first, err := media.NewResampler(v.SampleRate(), rate)
	if err != nil {
		return nil, err
	}
	s.pool.New = func() any {
		r, _ := media.NewResampler(v.SampleRate(), rate) // the same rates did well above
		return r
	}
	s.pool.Put(first)
	return s, nil
}

// synthesise gives the shaped sound of u to add, piece by piece.
func (s *shaper) synthesise(ctx context.Context, u Utterance, add func([]int16) error) error {
	m, err := s.calibrated(ctx)
	if err != nil {
		return err
	}
	r := s.pool.Get().(*media.Resampler)
	defer s.pool.Put(r)
	r.Reset()
	t := trimmer{lead: int(leadSeconds * float64(s.rate)), tail: int(tailSeconds * float64(s.rate))}
	var line []int16
	shape := func(pcm []int16) error {
		for i, v := range pcm {
			pcm[i] = limit(float64(v) * m.gain)
		}
		return t.pass(pcm, add)
	}
	if err := s.voice.Synthesize(ctx, u, func(pcm []int16) error {
		line = r.Process(line[:0], pcm)
		return shape(line)
	}); err != nil {
		return err
	}
	return shape(r.Flush(line[:0]))
}

// decibels is a gain as a factor.
func decibels(gain float64) float64 { return math.Pow(10, gain/20) }

// calibrated is the gain that brings the voice to its level, and how fast it speaks. It is one for all sentences: a question must not be
// louder than what comes before it, and the first sound need not wait for the last.
func (s *shaper) calibrated(ctx context.Context) (measure, error) {
	if m := s.measure.Load(); m != nil {
		return *m, nil
	}
	select {
	case <-s.measuring:
	case <-ctx.Done():
		return measure{}, ctx.Err()
	}
	defer func() { s.measuring <- struct{}{} }()
	if m := s.measure.Load(); m != nil { // another's, meanwhile
		return *m, nil
	}
	var all []int16
	if err := s.voice.Synthesize(ctx, Utterance{Text: calibration, Rate: 1}, func(pcm []int16) error {
		all = append(all, pcm...)
		return nil
	}); err != nil {
		return measure{}, err
	}
	level, activity := media.ActiveLevelDBov(all, s.voice.SampleRate())
	if activity == 0 {
		return measure{gain: 1}, nil // a voice that says nothing: nothing to make louder
	}
	m := measure{gain: decibels(s.level - level)}
	from, to := sounding(all, silentBelow/m.gain)
	m.took = float64(to-from) / float64(s.voice.SampleRate())
	s.measure.Store(&m)
	return m, nil
}

// Of a sentence that is kept.
const (
	levelTolerance = .5 // dB: nearer to the level nothing is changed
	levelAtMost    = 4. // dB by which it is changed: an "ah" stays softer than a sentence
)

// levelled is a whole sentence at its level exactly. While a sentence is made it has its voice's gain, which leaves some a decibel or
// two from it.
func (s *shaper) levelled(pcm []int16) []int16 {
	pause := make([]int16, s.rate/5) // as it is heard: P.56 counts what follows a sound for as long
	level, activity := media.ActiveLevelDBov(slices.Concat(pcm, pause), s.rate)
	off := min(max(s.level-level, -levelAtMost), levelAtMost)
	if activity == 0 || math.Abs(off) < levelTolerance {
		return pcm
	}
	return louder(pcm, decibels(off))
}

// sounding is where pcm is louder than an amplitude first, and last.
func sounding(pcm []int16, above float64) (from, to int) {
	loud := func(v int16) bool { return math.Abs(float64(v)) > above }
	from = slices.IndexFunc(pcm, loud)
	for to = len(pcm); to > 0 && !loud(pcm[to-1]); {
		to--
	}
	return max(from, 0), to
}

// trimmer drops the silence before the first and after the last sound.
type trimmer struct {
	lead, tail int
	began      bool
	owed       int     // of the tail, what is still to be kept
	held       []int16 // silence of which it is not known yet whether it is the end
}

func (t *trimmer) pass(pcm []int16, add func([]int16) error) error {
	last := -1
	for i, v := range pcm {
		if v > silentBelow || v < -silentBelow {
			last = i
		}
	}
	if last < 0 {
		n := min(len(pcm), t.owed)
		t.owed -= n
		t.held = append(t.held, pcm[n:]...)
		if n == 0 {
			return nil
		}
		return add(pcm[:n])
	}
	if !t.began {
		t.held = append(t.held, pcm...)
		first := 0
		for v := t.held[first]; v <= silentBelow && v >= -silentBelow; v = t.held[first] {
			first++
		}
		last += len(t.held) - len(pcm)
		pcm, t.held = t.held, nil
		from := max(0, first-t.lead)
		pcm, last = pcm[from:], last-from
		t.began = true
	}
	out := append(t.held, pcm[:last+1]...)
	rest := pcm[last+1:]
	keep := min(len(rest), t.tail)
	t.owed = t.tail - keep
	t.held = nil
	if err := add(append(out, rest[:keep]...)); err != nil {
		return err
	}
	t.held = append(t.held, rest[keep:]...)
	return nil
}

// limit rounds peaks off above the knee, so that nothing is ever clipped.
func limit(x float64) int16 {
	const full = math.MaxInt16
	if a := math.Abs(x); a > knee*full {
		over := (a - knee*full) / ((1 - knee) * full)
		x = math.Copysign(full*(knee+(1-knee)*math.Tanh(over)), x)
	}
	return int16(math.Round(x))
}

// louder is pcm at a volume; at 1 it is pcm itself.
func louder(pcm []int16, volume float64) []int16 {
	if volume == 1 {
		return pcm
	}
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = limit(float64(v) * volume)
	}
	return out
}
