package tts

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errVoice = errors.New("the voice is broken")

// fake is a voice that hums: 100 ms for each letter, silence around it.
type fake struct {
	mu     sync.Mutex
	made   []string // what was begun
	broken bool
	hold   chan struct{} // when set, each utterance waits for it after its first half
	ended  int           // syntheses that ended by their context
}

func (f *fake) Name() string    { return "fake fr" }
func (f *fake) SampleRate() int { return 16000 }
func (f *fake) Close() error    { return nil }

func (f *fake) Synthesize(ctx context.Context, u Utterance, emit func([]int16) error) error {
	f.mu.Lock()
	f.made = append(f.made, u.Text)
	broken, hold := f.broken, f.hold
	f.mu.Unlock()
	defer func() {
		if ctx.Err() != nil {
			f.set(func(f *fake) { f.ended++ })
		}
	}()
	if u.Text == calibration {
		hold = nil
	}
	hum := make([]int16, 1600)
	for i := range hum {
		hum[i] = int16(5000 * math.Sin(2*math.Pi*300*float64(i)/16000))
	}
	silence := make([]int16, 3200)
	if err := emit(silence); err != nil {
		return err
	}
	letters := len(u.Text)
	for i := range letters {
		if i == letters/2 {
			if broken {
				return errVoice
			}
			if hold != nil {
				select {
				case <-hold:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if err := emit(append([]int16(nil), hum...)); err != nil {
			return err
		}
	}
	return emit(silence)
}

// times is how often a text was begun.
func (f *fake) times(text string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.made {
		if m == text {
			n++
		}
	}
	return n
}

func (f *fake) set(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func speaker(t testing.TB, c SpeakerConfig) *Speaker {
	t.Helper()
	s, err := NewSpeaker(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// spoken collects what Say gives.
func spoken(t testing.TB, s *Speaker, text string, o Options) ([]int16, Info) {
	t.Helper()
	var pcm []int16
	info, err := s.Say(t.Context(), text, o, func(p []int16) error { pcm = append(pcm, p...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return pcm, info
}

// keptSound is what a Speaker keeps of a sentence, which may be a little louder or softer than what was heard while it was made.
func keptSound(t testing.TB, s *Speaker, text string, o Options) []int16 {
	t.Helper()
	spoken(t, s, text, o)
	s.work.Wait() // it is on the disk only then
	pcm, info := spoken(t, s, text, o)
	if !info.Cached {
		t.Errorf("%q is not kept", text)
	}
	return pcm
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
