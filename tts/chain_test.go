package tts_test

import (
	"context"
	"errors"
	"testing"

	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
	"github.com/acotel/acotel-sbc/tts/ttstest"
)

// failing is a voice that breaks in the middle of each sentence but the one that it is measured on.
type failing struct {
	tts.Synthesizer
	said int // samples, then it breaks
}

var errGone = errors.New("the voice is gone")

func (f *failing) Name() string { return "failing " + f.Synthesizer.Name() }

func (f *failing) Synthesize(ctx context.Context, u tts.Utterance, emit func([]int16) error) error {
	if u.Written == "" {
		return f.Synthesizer.Synthesize(ctx, u, emit)
	}
	left := f.said
	return f.Synthesizer.Synthesize(ctx, u, func(pcm []int16) error {
		if left < len(pcm) {
			return errGone
		}
		left -= len(pcm)
		return emit(pcm)
	})
}

// chained is a Speaker as a Synthesizer, for the suite.
type chained struct{ *tts.Speaker }

func (c chained) Name() string    { return "chain" }
func (c chained) SampleRate() int { return 8000 }

func (c chained) Synthesize(ctx context.Context, u tts.Utterance, emit func([]int16) error) error {
	_, err := c.Say(ctx, u.Text, tts.Options{Rate: u.Rate, Volume: u.Volume, Pause: -1}, func(pcm []int16) error {
		return emit(append([]int16(nil), pcm...)) // the suite may change it, who listens to a Speaker may not
	})
	return err
}

func TestSuiteOnTheChain(t *testing.T) {
	for name, said := range map[string]int{"the first speaks": 1 << 30, "the first fails within": 22050} {
		t.Run(name, func(t *testing.T) {
			ttstest.Run(t, func(t *testing.T) tts.Synthesizer {
				first := &failing{realVoice(t, espeak.Config{Voice: "fr+m3"}), said}
				s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: first, Fallbacks: []tts.Synthesizer{realVoice(t, espeak.Config{})}})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Warm(t.Context()); err != nil {
					t.Fatal(err)
				}
				return chained{s}
			})
		})
	}
}
