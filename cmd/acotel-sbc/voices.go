package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/acotel/acotel-sbc/breaker"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/metrics"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
	ttsopenai "github.com/acotel/acotel-sbc/tts/openai"
	"github.com/acotel/acotel-sbc/tts/recorded"
	ttswyoming "github.com/acotel/acotel-sbc/tts/wyoming"
)

// recordedVoice is the voice of tts.recordings, in figures and for speak --voice.
const recordedVoice = "recorded"

// speakerOptions are what differs between those who need a voice.
type speakerOptions struct {
	rate     int              // Hz; 0: the line's
	cacheDir string           // "": nothing is kept on disk
	metrics  *metrics.Metrics // nil: nobody counts
}

// newSpeaker makes the configured voices, the recordings first.
func newSpeaker(ctx context.Context, c config.Config, o speakerOptions, log *slog.Logger) (*tts.Speaker, func(), error) {
	names := slices.Clone(c.TTS.Backends)
	if c.TTS.Recordings != "" {
		names = slices.Insert(names, 0, recordedVoice)
	}
	var voices []tts.Synthesizer
	labels := map[string]string{}
	closeAll := func() (err error) {
		for _, v := range voices {
			err = errors.Join(err, v.Close())
		}
		return err
	}
	for _, name := range names {
		v, err := newVoice(ctx, c, name)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		voices = append(voices, v)
		labels[v.Name()] = name
		if o.metrics != nil {
			o.metrics.Speaks(name)
		}
	}
	if o.rate == 0 {
		o.rate = media.LineRate
	}
	sc := tts.SpeakerConfig{Synthesizer: voices[0], Fallbacks: voices[1:], Failures: c.TTS.Breaker.Failures, Rest: time.Duration(c.TTS.Breaker.Seconds) * time.Second,
		CacheDir: o.cacheDir, CacheBytes: int64(c.TTS.CacheMB) << 20, LineRate: o.rate, Pause: ms(c.TTS.SentenceGapMS), Log: log}
	if o.metrics != nil {
		sc.Voiced = func(voice string, out tts.Outcome) { o.metrics.Voiced(labels[voice], out) }
		sc.Changed = func(voice string, s breaker.State) { o.metrics.SpeaksBy(labels[voice], s) }
	}
	s, err := tts.NewSpeaker(sc)
	if errors.Is(err, tts.ErrConfig) {
		err = usageError{err}
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return s, func() { _, _ = s.Close(), closeAll() }, nil
}

// newVoice makes one voice, by its name in tts.backends.
func newVoice(ctx context.Context, c config.Config, name string) (tts.Synthesizer, error) {
	switch name {
	case recordedVoice:
		v, err := recorded.Open(c.TTS.Recordings)
		if err != nil {
			return nil, usage("tts.recordings: %w", err)
		}
		return v, nil
	case "espeak":
		return espeak.New(ctx, espeak.Config{Voice: c.TTS.Voice, WordsPerMinute: c.TTS.WordsPerMin, Pitch: c.TTS.Pitch, WordGap: ms(c.TTS.WordGapMS), Children: c.TTS.Processes})
	case "wyoming":
		w := c.TTS.Wyoming
		return ttswyoming.New(ttswyoming.Config{Address: w.Address, Voice: w.Voice, Speaker: w.Speaker, Language: w.Language, SampleRate: w.SampleRate, Stall: ms(w.TimeoutMS)}), nil
	case "openai":
		o := c.TTS.OpenAI
		key, err := o.Key.Reveal()
		if err != nil {
			return nil, usage("tts.openai.key: %w", err)
		}
		return ttsopenai.New(ttsopenai.Config{URL: o.URL, Key: key, Model: o.Model, Voice: o.Voice, Format: o.Format, SampleRate: o.SampleRate,
			Stretch: o.Speed == "ours", Stall: ms(o.TimeoutMS), Retries: 1})
	}
	return nil, usage("tts.backends: %q is unknown", name)
}
