package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr/whisper/install"
	"github.com/acotel/acotel-sbc/asr/whisper/reader"
	"github.com/acotel/acotel-sbc/asr/whisper/words"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/models"
	"github.com/acotel/acotel-sbc/onnx"
)

// base is loaded once for all tests: make setup installs it.
var base = sync.OnceValues(func() (*Engine, error) {
	dirs := models.Folders("")
	rt, err := onnx.Load(dirs...)
	if err != nil {
		return nil, err
	}
	m, err := install.Used(dirs)
	if err != nil {
		return nil, err
	}
	return Load(rt, m.Dir)
})

func loaded(t testing.TB) *Engine {
	e, err := base()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// say has espeak-ng speak, at 16 kHz.
func say(t testing.TB, text string) []float32 {
	out, err := exec.Command("espeak-ng", "-v", "fr", "-s", "140", "--stdout", text).Output()
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, (len(out)-44)/2)
	if err := binary.Read(bytes.NewReader(out[44:]), binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	r, err := media.NewResampler(22050, 16000)
	if err != nil {
		t.Fatal(err)
	}
	pcm = r.Flush(r.Process(nil, pcm))
	x := make([]float32, len(pcm))
	for i, s := range pcm {
		x[i] = float32(s) / 32768
	}
	return x
}

// espeak-ng is hard to understand for Whisper: sentences were chosen that faster-whisper with the same weights in 32 bits reads too.
func TestReadsFrench(t *testing.T) {
	e := loaded(t)
	for said, want := range map[string]string{"merci beaucoup, au revoir": "merci beaucoup au revoir", "je voudrais des renseignements": "je voudrais des"} {
		x, err := e.Encode(t.Context(), say(t, said), 10*16000)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.Words(t.Context(), words.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 || !strings.Contains(words.Fold(got[0].Text), want) {
			t.Errorf("%q is read as %+v", said, got)
		}
	}
}

// A beam's row must not depend on its neighbours, and one beam must find what it finds alone.
func TestBeamsAgreeWithOne(t *testing.T) {
	x, err := loaded(t).Encode(t.Context(), say(t, "bonjour, je voudrais des renseignements"), 10*16000)
	if err != nil {
		t.Fatal(err)
	}
	one, err := x.Words(t.Context(), words.Options{Beams: 1})
	if err != nil || len(one) == 0 {
		t.Fatalf("%v, %v", one, err)
	}
	four, err := x.Words(t.Context(), words.Options{Beams: 4})
	if err != nil || len(four) == 0 {
		t.Fatalf("%v, %v", four, err)
	}
	if four[0].AvgLogProb < one[0].AvgLogProb-0.02 {
		t.Errorf("four beams find %+v, one finds the likelier %+v", four[0], one[0])
	}
	for _, h := range four {
		if h.Text == one[0].Text && math.Abs(h.AvgLogProb-one[0].AvgLogProb) > 0.02 {
			t.Errorf("the same text scores %v in one beam and %v among four", one[0].AvgLogProb, h.AvgLogProb)
		}
	}
}

func TestSilenceHasNoWords(t *testing.T) {
	x, err := loaded(t).Encode(t.Context(), make([]float32, 16000), 10*16000)
	if err != nil {
		t.Fatal(err)
	}
	got, err := x.Words(t.Context(), words.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range got {
		if h.NoSpeech < 0.3 {
			t.Errorf("silence is read as %+v", h)
		}
	}
}

func TestLimits(t *testing.T) {
	e := loaded(t)
	if _, err := e.Encode(t.Context(), nil, 0); !errors.Is(err, ErrEmpty) {
		t.Errorf("no sound: %v", err)
	}
	if _, err := e.Encode(t.Context(), make([]float32, MaxSamples+1), 0); !errors.Is(err, ErrTooLong) {
		t.Errorf("too much sound: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Encode(ended, make([]float32, 16000), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	x, err := e.Encode(t.Context(), make([]float32, 8000), 0)
	if err != nil {
		t.Fatal(err)
	}
	if x.Frames != 25 || len(x.Layer("last")) != 25*512 {
		t.Errorf("half a second gives %d frames of %d", x.Frames, len(x.Layer("last")))
	}
	if _, err := x.Words(ended, words.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("words with an ended context: %v", err)
	}
	if _, err := x.Phonemes(); err != nil && (e.Reads() || !errors.Is(err, reader.ErrNone)) {
		t.Errorf("phonemes: %v", err)
	}
}

// Several goroutines share one model and hear the same.
func TestConcurrentCalls(t *testing.T) {
	e, sound := loaded(t), say(t, "un atelier de gymnastique")
	var wait sync.WaitGroup
	texts := make([]string, 4)
	for i := range texts {
		wait.Go(func() {
			x, err := e.Encode(t.Context(), sound, 0)
			if err != nil {
				t.Error(err)
				return
			}
			got, err := x.Words(t.Context(), words.Options{Beams: 1})
			if err != nil {
				t.Error(err)
			} else if len(got) > 0 {
				texts[i] = got[0].Text
			}
		})
	}
	wait.Wait()
	for _, s := range texts {
		if s != texts[0] || s == "" {
			t.Errorf("the same sound is read as %q", texts)
		}
	}
}

// cpu reports the processor time of an operation beside that on the clock, which counts what other programs did meanwhile.
func cpu(b *testing.B) {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	b.Cleanup(func() { b.ReportMetric(float64((used()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op") })
}

func BenchmarkEncode(b *testing.B) {
	e := loaded(b)
	for name, seconds := range map[string]int{"3s": 3, "5s": 5, "10s": 10} {
		b.Run(name, func(b *testing.B) {
			x := make([]float32, seconds*16000)
			copy(x, say(b, "je cherche un atelier de gymnastique près de Carpentras pour le mois prochain"))
			cpu(b)
			for b.Loop() {
				if _, err := e.Encode(b.Context(), x, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWords(b *testing.B) {
	e := loaded(b)
	x, err := e.Encode(b.Context(), say(b, "je cherche un atelier de gymnastique près de Carpentras"), 10*16000)
	if err != nil {
		b.Fatal(err)
	}
	for name, beams := range map[string]int{"1": 1, "4": 4} {
		b.Run(name, func(b *testing.B) {
			cpu(b)
			for b.Loop() {
				if _, err := x.Words(b.Context(), words.Options{Beams: beams}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What is said is among the likeliest phonemes, in their order: the network fits this encoder.
func TestReadsPhonemes(t *testing.T) {
	e := loaded(t)
	x, err := Ears{Engine: e}.Hear(t.Context(), say(t, "Avignon"), false)
	if err != nil {
		t.Fatal(err)
	}
	y, err := x.Phonemes()
	if err != nil {
		t.Fatal(err)
	}
	var heard string
	last := 0
	for _, row := range y {
		best := 0
		for i, p := range row {
			if p > row[best] {
				best = i
			}
		}
		if best != last && best != 0 {
			heard += e.phonics.Symbols()[best]
		}
		last = best
	}
	t.Log(heard)
	for _, want := range []string{"v", "i", "ɔ̃"} {
		at := strings.Index(heard, want)
		if at < 0 {
			t.Fatalf("Avignon is read as %q", heard)
		}
		heard = heard[at:]
	}
}
