package tts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/media"
)

// ErrNoVoice is a sentence that no voice says: there are recordings alone, and none of it.
var ErrNoVoice = errors.New("tts: no voice says this sentence")

// Outcome is what became of a sentence at one voice.
type Outcome string

// The outcomes.
const (
	Said    Outcome = "said"
	Failed  Outcome = "failed"
	Stalled Outcome = "stalled" // ErrStalled
	Busy    Outcome = "busy"    // ErrBusy
)

// Outcomes are all of them.
var Outcomes = []Outcome{Said, Failed, Stalled, Busy}

// trialLimit bounds the trial of a voice that was left alone.
const trialLimit = 20 * time.Second

// voice is one Synthesizer, with what the Speaker knows of it.
type voice struct {
	Synthesizer
	shape   *shaper
	breaker *breaker.Breaker
	down    atomic.Bool // as the log tells it: its trials are not told
}

// says tells whether the voice can be asked for a sentence.
func (v *voice) says(u Utterance) bool {
	r, recorded := v.Synthesizer.(Recordings)
	return !recorded || r.Says(u)
}

func (s *Speaker) newVoice(y Synthesizer) (*voice, error) {
	shape, err := newShaper(y, s.cfg.LineRate, s.cfg.LevelDBov)
	if err != nil {
		return nil, err
	}
	if r, ok := y.(Recordings); ok {
		for _, text := range r.Sentences() {
			if n := len(s.Sentences(text)); n != 1 {
				return nil, fmt.Errorf("%w: %q is recorded as one sentence and said as %d: record each on its own", ErrConfig, text, n)
			}
		}
	}
	v := &voice{Synthesizer: y, shape: shape}
	v.breaker = breaker.New(breaker.Config{Failures: s.cfg.Failures, Rest: s.cfg.Rest, Now: s.cfg.Now,
		Changed: func(is breaker.State, why error) { s.changed(v, is, why) }})
	return v, nil
}

func (s *Speaker) changed(v *voice, is breaker.State, why error) {
	s.cfg.Changed(v.Name(), is)
	switch is {
	case breaker.Open:
		if !v.down.Swap(true) {
			s.cfg.Log.Error("a voice fails and is left alone where another one can speak; it is tried again beside it", "voice", v.Name(), "error", why, "every_s", s.cfg.Rest.Seconds())
		}
	case breaker.Closed:
		v.down.Store(false)
		s.cfg.Log.Info("a voice speaks again", "voice", v.Name())
	}
}

// VoiceState is how a voice is used.
type VoiceState struct {
	Name  string
	State breaker.State
}

// Voices are the voices in their order, as they are used now.
func (s *Speaker) Voices() (out []VoiceState) {
	for _, v := range s.voices {
		out = append(out, VoiceState{v.Name(), v.breaker.State()})
	}
	return out
}

// Recorded are the sentences of which there are recordings.
func (s *Speaker) Recorded() (out []string) {
	for _, v := range s.voices {
		if r, ok := v.Synthesizer.(Recordings); ok {
			out = append(out, r.Sentences()...)
		}
	}
	return out
}

// Warm measures every voice, those too that are not needed yet, so that the first sentence of each comes at once. The error names those
// that can't speak; the Speaker does without them.
func (s *Speaker) Warm(ctx context.Context) (err error) {
	for _, v := range s.voices {
		if _, e := v.shape.calibrated(ctx); e != nil {
			s.judge(ctx, v, e)
			err = errors.Join(err, fmt.Errorf("%s: %w", v.Name(), e))
		}
	}
	return err
}

// kept finds a sentence among what was said before, up to the voice that would be asked for it now.
func (s *Speaker) kept(u Utterance, find func(key) ([]int16, bool)) ([]int16, *voice) {
	for i, v := range s.voices {
		if !v.says(u) {
			continue
		}
		if pcm, ok := find(s.keyOf(v, u)); ok {
			s.try(s.voices[:i+1], u)
			return pcm, v
		}
		if v.breaker.Usable() {
			break
		}
	}
	return nil, nil
}

// candidates are the voices to ask for a sentence, in their order. Where all are left alone all are asked: there is nothing to lose.
func (s *Speaker) candidates(u Utterance) (usable []*voice) {
	var all []*voice
	for _, v := range s.voices {
		if !v.says(u) {
			continue
		}
		all = append(all, v)
		if v.breaker.Usable() {
			usable = append(usable, v)
		}
	}
	if len(usable) == 0 {
		return all
	}
	return usable
}

// speak says a sentence into r by the first voice that can. whole is the voice that said all of it just now, nil for none.
func (s *Speaker) speak(r *rendering, u Utterance) (by string, whole *voice, err error) {
	asked := s.candidates(u)
	if len(asked) == 0 {
		return "", nil, ErrNoVoice
	}
	if first := asked[0]; first.breaker.Usable() {
		for i, v := range s.voices {
			if v == first {
				s.try(s.voices[:i], u)
			}
		}
	}
	var began *voice // whose sound is in r
	for i, v := range asked {
		switch {
		case began != nil:
			err = s.takeOver(r, began, v, u)
		case i > 0 && s.give(r, v, u):
			return v.Name(), nil, nil
		default:
			err = v.shape.synthesise(r.ctx, u, r.add)
		}
		s.judge(r.ctx, v, err)
		if err == nil {
			if began != nil {
				return v.Name(), nil, nil
			}
			return v.Name(), v, nil
		}
		if by = v.Name(); r.ctx.Err() != nil || errors.Is(err, ErrEndless) {
			return by, nil, err
		}
		if began == nil && len(r.sound()) > 0 {
			began = v
		}
	}
	if v := s.lastResort(r, began, u); v != nil {
		return v.Name(), nil, nil
	}
	return by, nil, err
}

// give says a sentence that a voice said before, and tells whether it could.
func (s *Speaker) give(r *rendering, v *voice, u Utterance) bool {
	pcm, ok := s.cached(s.keyOf(v, u))
	return ok && r.add(pcm) == nil
}

// lastResort says a sentence, or finishes the one that began broke off, that any voice said before, at another speed, at the speed that is asked for. So what is rendered at
// start-up is there for callers who asked for slower speech as well.
func (s *Speaker) lastResort(r *rendering, began *voice, u Utterance) *voice {
	s.mu.Lock()
	rates := append([]float64(nil), s.rates...)
	s.mu.Unlock()
	for _, v := range s.voices {
		for _, rate := range rates {
			before := u
			before.Rate = rate
			pcm, ok := s.cached(s.keyOf(v, before))
			if !ok {
				continue
			}
			t, err := media.NewStretcher(s.cfg.LineRate, u.Rate/rate)
			if err != nil {
				continue
			}
			pcm = t.Flush(t.Process(nil, pcm))
			if began != nil {
				err = s.finish(r, pcm, ratio(began, v))
			} else {
				err = r.add(pcm)
			}
			if err == nil {
				return v
			}
		}
	}
	return nil
}

// judge tells the breaker and whoever counts what became of a sentence.
func (s *Speaker) judge(ctx context.Context, v *voice, err error) {
	o := Failed
	switch {
	case err == nil:
		o = Said
	case errors.Is(ctx.Err(), context.Canceled): // nobody listens any more
		v.breaker.Spared()
		return
	case errors.Is(err, ErrBusy):
		o = Busy
	case errors.Is(err, ErrStalled):
		o = Stalled
	}
	s.cfg.Voiced(v.Name(), o)
	if o == Said {
		v.breaker.Succeeded()
		return
	}
	level := slog.LevelWarn
	if v.down.Load() {
		level = slog.LevelDebug
	}
	s.cfg.Log.Log(ctx, level, "a voice did not say a sentence", "voice", v.Name(), "outcome", string(o), "error", err)
	if o == Busy {
		v.breaker.Spared()
		return
	}
	v.breaker.Failed(err)
}

// try lets those of the voices whose trial is due say a sentence that another one says to the caller: nobody waits for it, and what
// comes is kept.
func (s *Speaker) try(voices []*voice, u Utterance) {
	for _, v := range voices {
		if !v.says(u) || !v.breaker.Trial() {
			continue
		}
		s.mu.Lock()
		closed := s.closed
		if !closed {
			s.work.Go(func() { s.trial(v, u) })
		}
		s.mu.Unlock()
		if closed {
			v.breaker.Spared()
		}
	}
}

func (s *Speaker) trial(v *voice, u Utterance) {
	ctx, cancel := context.WithTimeout(s.ctx, trialLimit)
	defer cancel()
	r := newRendering(ctx, s.limit())
	defer r.cancel()
	err := v.shape.synthesise(r.ctx, u, r.add)
	s.judge(ctx, v, err)
	if err == nil {
		s.keep(v, u, r.sound())
	}
}

// keep remembers what a voice said, whole.
func (s *Speaker) keep(v *voice, u Utterance, pcm []int16) {
	k := s.keyOf(v, u)
	pcm = v.shape.levelled(pcm)
	s.memory.put(k, pcm)
	if s.disk != nil {
		s.disk.put(k, pcm)
	}
}

// note remembers a speed at which sentences are kept.
func (s *Speaker) note(rate float64) {
	const enough = 8
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rates {
		if r == rate {
			return
		}
	}
	if len(s.rates) < enough {
		s.rates = append(s.rates, rate)
	}
}

// keyOf is the hash of everything that a voice's sound depends on.
func (s *Speaker) keyOf(v *voice, u Utterance) key {
	name := v.Name()
	if f, ok := v.Synthesizer.(Fingerprinter); ok {
		name += "\x00" + f.Fingerprint()
	}
	return sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%.3f\x00%d\x00%.2f\x00%s", shapeVersion, name, u.Rate, s.cfg.LineRate, s.cfg.LevelDBov, u.Text))
}
