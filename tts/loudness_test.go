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

// "Plus fort", once, twice and as far as it goes, is as much louder as it should be, and nothing of it is clipped.
func TestLouderIsNotClipped(t *testing.T) {
	t.Parallel()
	own := config.Default().TTS
	m, err := dialog.DefaultMessages()
	if err != nil {
		t.Fatal(err)
	}
	v := realVoice(t, espeak.Config{Voice: own.Voice, WordsPerMinute: own.WordsPerMin, Pitch: own.Pitch})
	s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: v})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	said := func(text string, volume float64) []int16 {
		var pcm []int16
		if _, err := s.Say(t.Context(), text, tts.Options{Volume: volume}, func(p []int16) error { pcm = append(pcm, p...); return nil }); err != nil {
			t.Fatal(err)
		}
		return pcm
	}
	for _, volume := range []float64{1.35, 1.35 * 1.35, 2} {
		n, rounded, flat, all := 0.0, 0, 0, 0
		sum := 0.0
		for i, text := range m.Fixed() {
			if i%9 != 0 {
				continue
			}
			said(text, 1) // made; from now on it is kept
			plain, _ := media.ActiveLevelDBov(said(text, 1), media.LineRate)
			pcm := said(text, volume)
			level, _ := media.ActiveLevelDBov(pcm, media.LineRate)
			sum, n, all = sum+level-plain, n+1, all+len(pcm)
			for i, x := range pcm {
				if math.Abs(float64(x)) > 22937 { // the knee, 0.7 of full scale
					rounded++
				}
				if (x == math.MaxInt16 || x == -math.MaxInt16) && i > 0 && pcm[i-1] == x { // a flat top
					flat++
				}
			}
		}
		want := 20 * math.Log10(volume)
		t.Logf("%.2f times: %.2f dB louder, %d flat tops, %.2f %% of the samples are above the knee", volume, sum/n, flat, 100*float64(rounded)/float64(all))
		if math.Abs(sum/n-want) > .3 || flat > 0 {
			t.Errorf("%.2f times: %.2f dB louder, not %.2f; %d flat tops", volume, sum/n, want, flat)
		}
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
