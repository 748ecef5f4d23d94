package tts_test

import (
	"context"
	"os/exec"
	"testing"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
)

// realVoice is espeak-ng on the line.
func realVoice(t testing.TB, c espeak.Config) *espeak.Voice {
	t.Helper()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	v, err := espeak.New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// said is a sentence as a caller hears it, without the pause after it.
func said(t testing.TB, y tts.Synthesizer, text string) (pcm []int16) {
	t.Helper()
	s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: y})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Say(t.Context(), text, tts.Options{Pause: -1}, func(p []int16) error { pcm = append(pcm, p...); return nil }); err != nil {
		t.Fatal(err)
	}
	return pcm
}

// pauses are the silences of 100 ms and more between words, from and to, in samples.
func pauses(pcm []int16) (out [][2]int) {
	from := 0
	for i, v := range pcm {
		if v < 200 && v > -200 {
			continue
		}
		if i-from > 100*media.LineRate/1000 && from > 0 {
			out = append(out, [2]int{from, i})
		}
		from = i
	}
	return out
}

// A telephone number that one voice broke off within a pair is finished by another one, slower or faster, higher or lower, with that
// pair: the pauses between the pairs tell where each of them is.
func TestSameMomentOfTwoVoices(t *testing.T) {
	const text = "Le numéro est le zéro quatre, quatre-vingt-dix, trente-quatre, douze, cinquante-six."
	settings := []espeak.Config{{Voice: "fr"}, {Voice: "fr+f2", WordsPerMinute: 175, Pitch: 70}, {Voice: "fr+m3", WordsPerMinute: 130, Pitch: 30}}
	var voices [][]int16
	for _, c := range settings {
		pcm := said(t, realVoice(t, c), text)
		if n := len(pauses(pcm)); n != 4 {
			t.Fatalf("%+v: %d pauses", c, n)
		}
		voices = append(voices, pcm)
	}
	for i, a := range voices {
		for j, b := range voices {
			if i == j {
				continue
			}
			pa, pb := pauses(a), pauses(b)
			ratio := float64(len(b)) / float64(len(a))
			for k := range pa {
				for _, ms := range []int{60, 120, 200} {
					cut := pa[k][1] + ms*media.LineRate/1000
					at := tts.WordBefore(b, tts.SameMoment(a[:cut], b, ratio, media.LineRate), media.LineRate)
					if at < pb[k][0] || at > pb[k][1] {
						t.Errorf("%s broken off %d ms into pair %d: %s goes on %d ms from its beginning", settings[i].Voice, ms, k+2, settings[j].Voice, (at-pb[k][1])*1000/media.LineRate)
					}
				}
			}
		}
	}
}
