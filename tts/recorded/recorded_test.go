package recorded

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/ttstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder writes files and returns the folder.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wav is a recording of a text, at a level of its own.
func wav(t *testing.T, text string, rate int, gain float64) []byte {
	t.Helper()
	pcm := ttstest.Babble(text, rate)
	for i := range pcm {
		pcm[i] = int16(float64(pcm[i]) * gain)
	}
	name := filepath.Join(t.TempDir(), "x.wav")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(media.WriteWAV(f, pcm, rate), f.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func opened(t *testing.T, dir string) *Voice {
	t.Helper()
	v, err := Open(filepath.Join(dir, "list.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSuite(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.wav": wav(t, ttstest.Text, 44100, .5),
		"list.yaml": fmt.Appendf(nil, "recordings:\n  - text: %q\n    file: a.wav\n", ttstest.Text)})
	ttstest.Run(t, func(t *testing.T) tts.Synthesizer { return opened(t, dir) })
}

// Files of any rate and level come out at one rate and one level, on every line.
func TestRatesAndLevels(t *testing.T) {
	texts := []string{"Bonjour, et bienvenue au service.", "Je regrette, nous avons un souci technique.", "Merci, et au revoir, à bientôt peut-être."}
	dir := folder(t, map[string][]byte{"a.wav": wav(t, texts[0], 8000, 1), "b.wav": wav(t, texts[1], 22050, .05), "c.wav": wav(t, texts[2], 96000, .3),
		"list.yaml": fmt.Appendf(nil, "recordings:\n- {text: %q, file: a.wav}\n- {text: %q, file: b.wav}\n- {text: %q, file: c.wav}\n", texts[0], texts[1], texts[2])})
	v := opened(t, dir)
	if v.SampleRate() != maxRate {
		t.Errorf("%d Hz", v.SampleRate())
	}
	for _, rate := range []int{8000, 16000, 48000} {
		s, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: v, LineRate: rate})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			var pcm []int16
			// Spaces and apostrophes of another kind are the same sentence.
			written := strings.ReplaceAll(text, " ", "\u00a0")
			info, err := s.Say(t.Context(), written, tts.Options{Pause: -1}, func(p []int16) error { pcm = append(pcm, p...); return nil })
			if err != nil {
				t.Fatal(err)
			}
			want := float64(len(ttstest.Babble(text, 8000))) / 8000
			if level, _ := media.ActiveLevelDBov(pcm, rate); math.Abs(level+20) > .5 || math.Abs(float64(len(pcm))/float64(rate)-want) > .1 || info.Voice != "recorded" {
				t.Errorf("%d Hz, %q: %.1f dBov, %.2f s of %.2f, said by %s", rate, text, level, float64(len(pcm))/float64(rate), want, info.Voice)
			}
		}
		s.Close()
	}
}

// Other recordings of the same sentences are other sounds.
func TestFingerprint(t *testing.T) {
	open := func(gain float64, text string) *Voice {
		return opened(t, folder(t, map[string][]byte{"a.wav": wav(t, text, 8000, gain), "list.yaml": []byte("recordings: [{text: Bonjour., file: a.wav}]")}))
	}
	a, same, other := open(.5, "aaaaaaaa"), open(.5, "aaaaaaaa"), open(.5, "bbbbbbbbbbbbbbbb")
	if a.Fingerprint() != same.Fingerprint() || a.Fingerprint() == other.Fingerprint() {
		t.Errorf("%s, %s, %s", a.Fingerprint(), same.Fingerprint(), other.Fingerprint())
	}
	if a.Says(tts.Utterance{Written: "Bonsoir."}) || !a.Says(tts.Utterance{Written: " Bonjour. "}) {
		t.Error("it says the wrong sentences")
	}
	if err := a.Synthesize(t.Context(), tts.Utterance{Written: "Bonsoir."}, func([]int16) error { return nil }); !errors.Is(err, tts.ErrNoVoice) {
		t.Errorf("%v", err)
	}
}

func TestListsThatCantBeUsed(t *testing.T) {
	good, silent, long := wav(t, "Bonjour.", 8000, 1), wav(t, "Bonjour.", 8000, 0), wav(t, strings.Repeat("a", 1200), 8000, 1)
	for _, c := range []struct{ name, list, want string }{
		{"no YAML", "recordings: [", "list.yaml"},
		{"another key", "sons: []", "field sons not found"},
		{"nothing", "recordings: []", "names no recording"},
		{"empty", "", "names no recording"},
		{"no text", "recordings:\n- file: a.wav", "list.yaml:2: text is missing"},
		{"no file", "recordings:\n- text: Bonjour.", "list.yaml:2: file is missing"},
		{"an unknown key", "recordings:\n- {text: Bonjour., file: a.wav, message: x}", `list.yaml:2: unknown key "message"`},
		{"a list in it", "recordings:\n- {text: [a], file: a.wav}", "an entry is text and file"},
		{"a placeholder", "recordings:\n- {text: 'À {place}.', file: a.wav}", "has a placeholder"},
		{"no such file", "recordings:\n- {text: Bonjour., file: b.wav}", "no such file"},
		{"a folder", "recordings:\n- {text: Bonjour., file: .}", "list.yaml:2"},
		{"no sound file", "recordings:\n- {text: Bonjour., file: list.yaml}", "no sound file"},
		{"silence", "recordings:\n- {text: Bonjour., file: silent.wav}", "holds no speech"},
		{"too long", "recordings:\n- {text: Bonjour., file: long.wav}", "lasts 1m4s"},
		{"twice", "recordings:\n- {text: Bonjour., file: a.wav}\n- {text: 'Bonjour. ', file: a.wav}", "list.yaml:3: the same sentence is in line 2"},
		{"all faults at once", "recordings:\n- {text: a}\n- {file: a.wav}", "list.yaml:3: text is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"a.wav": good, "silent.wav": silent, "long.wav": long, "list.yaml": []byte(c.list)})
			_, err := Open(filepath.Join(dir, "list.yaml"))
			if !errors.Is(err, ErrList) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, ErrList) {
		t.Errorf("no list: %v", err)
	}
}

// Whatever stands in a list, it is read whole or refused as a list.
func FuzzList(f *testing.F) {
	f.Add([]byte("recordings:\n- {text: Bonjour., file: a.wav}"))
	f.Add([]byte("recordings: [&a {text: x, file: y}, *a]"))
	f.Add([]byte("recordings: {text: x}"))
	f.Add([]byte("- a\n--- \x00"))
	f.Fuzz(func(t *testing.T, list []byte) {
		name := filepath.Join(t.TempDir(), "list.yaml")
		if err := os.WriteFile(name, list, 0o600); err != nil {
			t.Fatal(err)
		}
		if v, err := Open(name); err == nil && len(v.Sentences()) == 0 || err != nil && !errors.Is(err, ErrList) {
			t.Fatalf("%v, %v", v, err)
		}
	})
}
