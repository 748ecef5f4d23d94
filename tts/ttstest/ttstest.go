package ttstest

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
)

// Text is what the suite has said: a voice of recordings must have it.
const Text = "Bonjour, je cherche avec vous un atelier près de chez vous, dans le Vaucluse ou dans les départements voisins."

// hangs is after what time the suite gives a voice up: far longer than any takes on a loaded machine.
const hangs = 60 * time.Second

// Run checks the voice that open makes, a new one for each part.
func Run(t *testing.T, open func(t *testing.T) tts.Synthesizer) {
	parts := map[string]func(*testing.T, tts.Synthesizer){
		"a name and a rate":          constant,
		"sound":                      sound,
		"slower and faster":          speeds,
		"louder and softer":          volumes,
		"ended before it begins":     endedBefore,
		"ended in the middle":        endedWithin,
		"ended while nobody listens": endedAtTheListener,
		"an error of the listener":   listenerFails,
		"odd texts":                  odd,
		"many at once":               together,
	}
	for n, part := range parts {
		t.Run(n, func(t *testing.T) {
			before := children()
			v := open(t)
			part(t, v)
			if err := v.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if left := leftBesides(before); len(left) > 0 {
				t.Errorf("child processes %v are left", left)
			}
		})
	}
}

// leftBesides are the child processes that were not there before and do not end. A server in this process ends its own a moment after
// the voice that asked it was closed.
func leftBesides(before map[string]bool) (left []string) {
	for end := time.Now().Add(hangs); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		left = nil
		for pid := range children() {
			if !before[pid] {
				left = append(left, pid)
			}
		}
		if len(left) == 0 {
			return nil
		}
	}
	return left
}

// children are this process's child processes, where the system tells.
func children() map[string]bool {
	out := map[string]bool{}
	files, _ := filepath.Glob("/proc/self/task/*/children")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil { // the thread ended
			continue
		}
		for _, pid := range strings.Fields(string(b)) {
			out[pid] = true
		}
	}
	return out
}

func utterance() tts.Utterance { return tts.Utterance{Text: Text, Written: Text, Rate: 1, Volume: 1} }

// say collects a sentence; the test fails when the voice hangs.
func say(ctx context.Context, t *testing.T, v tts.Synthesizer, u tts.Utterance, emit func([]int16) error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- v.Synthesize(ctx, u, emit) }()
	select {
	case err := <-done:
		return err
	case <-time.After(hangs):
		t.Fatal("the voice hangs")
		return nil
	}
}

// whole says a sentence that must succeed.
func whole(t *testing.T, v tts.Synthesizer, u tts.Utterance) (pcm []int16) {
	t.Helper()
	if err := say(t.Context(), t, v, u, func(p []int16) error {
		if len(p) == 0 {
			t.Error("a piece without sound")
		}
		pcm = append(pcm, p...)
		clear(p) // the voice gave it away: it must not come back
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return pcm
}

func constant(t *testing.T, v tts.Synthesizer) {
	name, rate := v.Name(), v.SampleRate()
	print := func() string {
		if f, ok := v.(tts.Fingerprinter); ok {
			return f.Fingerprint()
		}
		return ""
	}
	before := print()
	whole(t, v, utterance())
	if name == "" || v.Name() != name || print() != before {
		t.Errorf("name %q, then %q; fingerprint %q, then %q", name, v.Name(), before, print())
	}
	if rate < 8000 || rate > 48000 || v.SampleRate() != rate {
		t.Errorf("%d Hz, then %d Hz", rate, v.SampleRate())
	}
}

func sound(t *testing.T, v tts.Synthesizer) {
	pcm := whole(t, v, utterance())
	seconds := float64(len(pcm)) / float64(v.SampleRate())
	level, activity := media.ActiveLevelDBov(pcm, v.SampleRate())
	if seconds < 4 || seconds > 15 || activity < .5 || level < -40 || level > -8 {
		t.Errorf("%.1f s at %.1f dBov, %.0f %% of it speech", seconds, level, 100*activity)
	}
	for _, x := range pcm {
		if x == math.MaxInt16 || x == math.MinInt16 {
			t.Fatal("clipped")
		}
	}
	again := whole(t, v, utterance())
	if d := math.Abs(float64(len(again)) - float64(len(pcm))); d > .05*float64(len(pcm)) {
		t.Errorf("%d samples, then %d", len(pcm), len(again))
	}
}

func speeds(t *testing.T, v tts.Synthesizer) {
	u := utterance()
	u.Rate = 0 // counts as 1
	normal := float64(len(whole(t, v, u)))
	for _, rate := range []float64{.6, .8, 1.25} {
		u.Rate = rate
		if got := float64(len(whole(t, v, u))) / normal; math.Abs(got*rate-1) > .12 {
			t.Errorf("speed %g takes %.2f times as long, want %.2f", rate, got, 1/rate)
		}
	}
}

func volumes(t *testing.T, v tts.Synthesizer) {
	u := utterance()
	u.Volume = 0 // counts as 1
	normal, _ := media.ActiveLevelDBov(whole(t, v, u), v.SampleRate())
	u.Volume = .5
	if soft, _ := media.ActiveLevelDBov(whole(t, v, u), v.SampleRate()); math.Abs(normal-soft-6) > 1.5 {
		t.Errorf("%.1f dBov, and %.1f at half the volume", normal, soft)
	}
}

func endedBefore(t *testing.T, v tts.Synthesizer) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := say(ctx, t, v, utterance(), func([]int16) error { t.Error("it speaks nevertheless"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	whole(t, v, utterance()) // and is well afterwards
}

func endedWithin(t *testing.T, v tts.Synthesizer) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	after := 0
	if err := say(ctx, t, v, utterance(), func([]int16) error {
		if ctx.Err() != nil {
			after++
		}
		cancel()
		return nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if after > 1 { // what was on its way already
		t.Errorf("%d pieces after the end", after)
	}
	whole(t, v, utterance())
}

func endedAtTheListener(t *testing.T, v tts.Synthesizer) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := say(ctx, t, v, utterance(), func([]int16) error { <-ctx.Done(); return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func listenerFails(t *testing.T, v tts.Synthesizer) {
	mine := errors.New("the call is over")
	times := 0
	if err := say(t.Context(), t, v, utterance(), func([]int16) error { times++; return mine }); !errors.Is(err, mine) || times != 1 {
		t.Errorf("%v, emit called %d times", err, times)
	}
	whole(t, v, utterance())
}

// odd texts are said or refused, and the voice is well afterwards.
func odd(t *testing.T, v tts.Synthesizer) {
	for _, text := range []string{"", " ", "…", "?!", "-v en --help", "<speak>oui</speak>", "a\nb\r\nc", "à é î ô ù ç œ « »", "100 % & 3 €", "\x00\x01",
		"\xff\xfe", "☎ 👵", "مرحبا", strings.Repeat("atelier ", 60), strings.Repeat("é", 500)} {
		err := say(t.Context(), t, v, tts.Utterance{Text: text, Written: text}, func([]int16) error { return nil })
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if len(whole(t, v, utterance())) == 0 {
		t.Error("it is silent afterwards")
	}
}

// together is for the race detector, too.
func together(t *testing.T, v tts.Synthesizer) {
	alone := len(whole(t, v, utterance()))
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			n := 0
			err := v.Synthesize(t.Context(), utterance(), func(p []int16) error { n += len(p); return nil })
			if err != nil && !errors.Is(err, tts.ErrBusy) {
				t.Errorf("voice %d: %v", i, err)
			}
			if err == nil && math.Abs(float64(n-alone)) > .05*float64(alone) {
				t.Errorf("voice %d: %d samples, alone %d", i, n, alone)
			}
		})
	}
	all.Wait()
}
