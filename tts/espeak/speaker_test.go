package espeak

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

func lineVoice(t testing.TB, dir string) *tts.Speaker {
	t.Helper()
	v, err := New(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: v, CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); v.Close() })
	return s
}

// What goes out on the line is speech at an even level, whatever the sentence,
// without clipping and without long silence around it.
func TestSentencesOnTheLine(t *testing.T) {
	s := lineVoice(t, "")
	for _, text := range []string{
		"Bonjour, et bienvenue.", "Que souhaitez-vous ?", "C'est le vendredi 27 novembre, de 14 h 30 à 16 h 30.",
		"Pour vous inscrire, voici qui appeler : le centre social. Le numéro : 01 99 00 12 34.", "Oui.",
	} {
		var pcm []int16
		info, err := s.Say(t.Context(), text, tts.Options{Pause: -1}, func(p []int16) error { pcm = append(pcm, p...); return nil })
		if err != nil {
			t.Fatal(err)
		}
		level, activity := media.ActiveLevelDBov(pcm, media.LineRate)
		if math.Abs(level+20) > 3.5 || activity < .6 {
			t.Errorf("%q: %.1f dBov, spoken %.0f %% of %v", text, level, activity*100, info.Audio)
		}
		if slices.Max(pcm) == math.MaxInt16 {
			t.Errorf("%q is clipped", text)
		}
		if head := media.LevelDBov(pcm[:400]); head < -65 {
			t.Errorf("%q begins with 50 ms of silence", text)
		}
		if per := info.Audio.Seconds() / float64(len([]rune(text))); per < .03 || per > .25 {
			t.Errorf("%q takes %v", text, info.Audio)
		}
	}
}

func TestSlowerIsLonger(t *testing.T) {
	s := lineVoice(t, "")
	length := func(rate float64) time.Duration {
		info, err := s.Say(t.Context(), "Je cherche avec vous un atelier près de chez vous.", tts.Options{Rate: rate, Pause: -1}, func([]int16) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return info.Audio
	}
	if normal, slow := length(1), length(.8); slow < normal*11/10 || slow > normal*15/10 {
		t.Errorf("%v at the normal speed, %v at 0.8", normal, slow)
	}
}

func BenchmarkSentence(b *testing.B) {
	const text = "Pour l'atelier suivant, dites suivant, ou tapez 1."
	b.Run("made", func(b *testing.B) {
		v, err := New(context.Background(), Config{})
		if err != nil {
			b.Fatal(err)
		}
		defer v.Close()
		var first time.Duration
		for b.Loop() {
			start := time.Now()
			heard := false
			if err := v.Synthesize(b.Context(), tts.Utterance{Text: text}, func([]int16) error {
				if !heard {
					heard, first = true, first+time.Since(start)
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(first.Microseconds())/float64(b.N), "µs-to-first-sound")
	})
	b.Run("kept", func(b *testing.B) {
		s := lineVoice(b, "")
		for b.Loop() {
			if _, err := s.Say(b.Context(), text, tts.Options{}, func([]int16) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}
