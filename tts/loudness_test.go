package tts_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
)

// What callers hear of the service's own messages is equally loud, by every voice and at every rate, and never clipped; the default voice
// says between 150 and 160 words a minute, its pauses included (facts: what older callers follow best).
func TestMessagesAreEquallyLoud(t *testing.T) {
	own := config.Default().TTS
	m, err := dialog.DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		voice string
		rate  int
		every int // of the messages, one in so many is said
	}{{own.Voice, 8000, 5}, {own.Voice, 16000, 25}, {own.Voice, 48000, 25}, {"fr+f2", 8000, 15}, {"fr+m3", 16000, 25}} {
		t.Run(c.voice, func(t *testing.T) {
			t.Parallel()
			v := realVoice(t, espeak.Config{Voice: c.voice, WordsPerMinute: own.WordsPerMin, Pitch: own.Pitch, WordGap: time.Duration(own.WordGapMS) * time.Millisecond})
			s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: v, LineRate: c.rate, Pause: time.Duration(own.SentenceGapMS) * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			words, seconds, sum, n := 0, 0.0, 0.0, 0.0
			for i, text := range m.Fixed() {
				if i%c.every != 0 {
					continue
				}
				for _, sentence := range s.Sentences(text) {
					for _, kept := range []bool{false, true} {
						var pcm []int16
						info, err := s.Say(t.Context(), sentence, tts.Options{}, func(p []int16) error { pcm = append(pcm, p...); return nil })
						if err != nil {
							t.Fatal(err)
						}
						level, _ := media.ActiveLevelDBov(pcm, c.rate)
						// A sentence that is made while it is heard has its voice's gain; one that is kept is at the level.
						limit := 2.75
						if info.Cached {
							limit = 1
						}
						if math.Abs(level+20) > limit {
							t.Errorf("%d Hz, %q, kept %v: %.1f dBov", c.rate, sentence, info.Cached, level)
						}
						for _, x := range pcm {
							if x == math.MaxInt16 || x == math.MinInt16 {
								t.Fatalf("%q is clipped", sentence)
							}
						}
						if !kept && !info.Cached {
							words, seconds, sum, n = words+len(strings.Fields(sentence)), seconds+info.Audio.Seconds(), sum+level, n+1
						}
					}
				}
			}
			if math.Abs(sum/n+20) > 1 {
				t.Errorf("%d Hz: what is made while it is heard has %.1f dBov in the mean", c.rate, sum/n)
			}
			if wpm := 60 * float64(words) / seconds; c.every == 5 && (wpm < 150 || wpm > 160) {
				t.Errorf("%.0f words a minute", wpm)
			}
		})
	}
}

// A voice of 22,050 Hz has nothing above 11,025 Hz on a line of 48,000 Hz: what conversion would fold up there is 50 dB below it.
func TestNoImagesOnAWideLine(t *testing.T) {
	s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: realVoice(t, espeak.Config{}), LineRate: 48000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var pcm []int16
	if _, err := s.Say(t.Context(), "Six ateliers se passent ici, et c'est gratuit.", tts.Options{Pause: -1}, func(p []int16) error { pcm = append(pcm, p...); return nil }); err != nil {
		t.Fatal(err)
	}
	low := pcm
	for _, rates := range [][2]int{{48000, 22050}, {22050, 48000}} {
		r, err := media.NewResampler(rates[0], rates[1])
		if err != nil {
			t.Fatal(err)
		}
		low = r.Flush(r.Process(nil, low))
	}
	above := make([]int16, min(len(pcm), len(low)))
	for i := range above {
		above[i] = pcm[i] - low[i]
	}
	if d := media.LevelDBov(above) - media.LevelDBov(pcm); d > -50 {
		t.Errorf("above the voice's own band there are %.1f dB of it", d)
	}
}
