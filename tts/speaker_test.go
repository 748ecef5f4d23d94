package tts

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

const none = -1 * time.Nanosecond // no pause

func TestSentenceIsTrimmedLevelledAndPaused(t *testing.T) {
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}})
	pcm, info := spoken(t, s, "bonjour", Options{Pause: none})
	if d := time.Duration(len(pcm)) * time.Second / 8000; d < 690*time.Millisecond || d > 760*time.Millisecond {
		t.Errorf("%v of sound, want 700 ms and a little silence around it", d)
	}
	if level := media.LevelDBov(pcm); math.Abs(level+20) > 1.5 {
		t.Errorf("level %.1f dBov, want -20", level)
	}
	if info.Voice != "fake fr" || info.Cached || info.FirstAudio > info.Took {
		t.Errorf("%+v", info)
	}
	with, _ := spoken(t, s, "bonjour", Options{})
	if gap := len(with) - len(pcm); gap != 4000 {
		t.Errorf("a pause of %d samples, want 4000", gap)
	}
	slow, _ := spoken(t, s, "bonjour", Options{Rate: .5})
	if gap := len(slow) - len(pcm); gap != 8000 {
		t.Errorf("a pause of %d samples at half speed, want 8000", gap)
	}
}

// Who looks into the caches just before a synthesis ends finds its sound, not a second synthesis.
func TestSynthesisThatEndedMeanwhile(t *testing.T) {
	f := &fake{}
	s := speaker(t, SpeakerConfig{Synthesizer: f})
	want := keptSound(t, s, "bonjour", Options{Pause: none})
	var got []int16
	if _, err := s.synthesise(t.Context(), Utterance{Text: "bonjour", Rate: 1}, func(p []int16) error {
		got = append(got, p...)
		return nil
	}); err != nil || f.times("bonjour") != 1 || !slices.Equal(got, want) {
		t.Errorf("%v, made %d times, %d samples of %d", err, f.times("bonjour"), len(got), len(want))
	}
}

func TestEndlessVoice(t *testing.T) {
	r := newRendering(t.Context(), 1000)
	defer r.cancel()
	if err := r.add(make([]int16, 1000)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if err := r.add(make([]int16, 1)); !errors.Is(err, ErrEndless) || len(r.sound()) != 1000 {
		t.Errorf("beyond the limit: %v, %d samples", err, len(r.sound()))
	}
}

func TestVolume(t *testing.T) {
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}})
	normal := keptSound(t, s, "bonjour", Options{Pause: none})
	loud, info := spoken(t, s, "bonjour", Options{Pause: none, Volume: 2})
	if d := media.LevelDBov(loud) - media.LevelDBov(normal); math.Abs(d-6) > .3 || !info.Cached {
		t.Errorf("twice the volume is %.1f dB more, cached %v", d, info.Cached)
	}
	if top := slices.Max(func() []int16 { p, _ := spoken(t, s, "bonjour", Options{Volume: 4}); return p }()); top == math.MaxInt16 {
		t.Error("clipped")
	}
}

func TestTextIsPutIntoWords(t *testing.T) {
	f := &fake{}
	s := speaker(t, SpeakerConfig{Synthesizer: f})
	spoken(t, s, "Le 3 mars à 14 h.", Options{})
	if f.times("Le trois mars à quatorze heures.") != 1 {
		t.Errorf("made %q", f.made)
	}
	if pcm, _ := spoken(t, s, " … ", Options{}); len(pcm) != 0 {
		t.Errorf("%d samples of nothing", len(pcm))
	}
}

func TestSpeakerCutsSentences(t *testing.T) {
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}})
	if got := s.Sentences("Bonjour. Ça va ?"); !slices.Equal(got, []string{"Bonjour.", "Ça va ?"}) {
		t.Errorf("%q", got)
	}
}

func TestCaches(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := &fake{}
	s := speaker(t, SpeakerConfig{Synthesizer: f, CacheDir: dir})
	first := keptSound(t, s, "bonjour", Options{})
	again, info := spoken(t, s, "bonjour", Options{})
	if !info.Cached || f.times("bonjour") != 1 || !slices.Equal(first, again) {
		t.Errorf("made %d times, cached %v", f.times("bonjour"), info.Cached)
	}
	if _, info := spoken(t, s, "bonjour", Options{Rate: .8}); info.Cached {
		t.Error("another speed is the same sound")
	}
	s.Close()
	f2 := &fake{}
	s = speaker(t, SpeakerConfig{Synthesizer: f2, CacheDir: dir})
	kept, info := spoken(t, s, "bonjour", Options{})
	if !info.Cached || len(f2.made) != 0 || !slices.Equal(first, kept) {
		t.Errorf("after a restart: cached %v, made %q", info.Cached, f2.made)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, halfMade)); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	louder := speaker(t, SpeakerConfig{Synthesizer: f2, CacheDir: dir, LevelDBov: -26})
	if _, info := spoken(t, louder, "bonjour", Options{}); info.Cached {
		t.Error("another level is the same sound")
	}
}

func TestDamagedFilesAreMadeAnew(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty": func([]byte) []byte { return nil }, "cut": func(b []byte) []byte { return b[:len(b)/2] },
		"one bit": func(b []byte) []byte { b[100] ^= 1; return b }, "other": func([]byte) []byte { return []byte("RIFF....WAVE.....") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir})
			want, _ := spoken(t, s, "bonjour", Options{})
			s.Close()
			files, _ := filepath.Glob(filepath.Join(dir, "*"+diskSuffix))
			if len(files) != 1 {
				t.Fatalf("%d files", len(files))
			}
			data, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			s = speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir})
			got, info := spoken(t, s, "bonjour", Options{})
			if info.Cached || !slices.Equal(got, want) {
				t.Errorf("cached %v, %d samples of %d", info.Cached, len(got), len(want))
			}
		})
	}
}

func TestDiskCacheIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir, CacheBytes: 40_000}) // three sentences
	for _, text := range []string{"un mot", "deux mots", "trois mots", "quatre mots", "cinq mots"} {
		spoken(t, s, text, Options{})
		s.work.Wait()                     // it is on the disk
		time.Sleep(20 * time.Millisecond) // file times differ
	}
	s.Close()
	var total int64
	for _, f := range s.disk.files() {
		total += f.Size()
	}
	if total > 40_000 || total == 0 {
		t.Errorf("%d bytes on disk", total)
	}
	next := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir})
	if _, info := spoken(t, next, "cinq mots", Options{}); !info.Cached {
		t.Error("the newest sentence is gone")
	}
	if _, info := spoken(t, next, "un mot", Options{}); info.Cached {
		t.Error("the oldest sentence is still there")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := memory{limit: 100}
	a, b, c := key{1}, key{2}, key{3}
	m.put(a, make([]int16, 20))
	m.put(b, make([]int16, 20))
	m.get(a)
	m.put(c, make([]int16, 20))
	if _, ok := m.get(b); ok {
		t.Error("what was used longest ago is kept")
	}
	if _, ok := m.get(a); !ok || m.used > 100 {
		t.Errorf("what was used last is gone; %d bytes", m.used)
	}
	m.put(key{4}, make([]int16, 1000))
	if _, ok := m.get(key{4}); ok {
		t.Error("more than the limit is kept")
	}
}

// logged counts lines.
type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestUnusableFolderIsToldOnceAndDoneWithout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := &logged{}
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: filepath.Join(file, "tts"), Log: slog.New(slog.NewTextHandler(out, nil))})
	for _, text := range []string{"un", "deux", "trois"} {
		if pcm, _ := spoken(t, s, text, Options{}); len(pcm) == 0 {
			t.Error("nothing was said")
		}
	}
	s.Close()
	if n := strings.Count(out.b.String(), "\n"); n != 1 {
		t.Errorf("%d lines in the log:\n%s", n, out.b.String())
	}
}

func TestFirstSoundComesBeforeTheLast(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	s := speaker(t, SpeakerConfig{Synthesizer: f})
	heard := make(chan int, 100)
	done := make(chan error, 1)
	go func() {
		_, err := s.Say(context.Background(), "bonjour", Options{}, func(p []int16) error { heard <- len(p); return nil })
		done <- err
	}()
	select {
	case <-heard:
	case <-time.After(20 * time.Second):
		t.Fatal("no sound before the synthesis is over")
	}
	close(f.hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSameSentenceIsMadeOnceForAll(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	s := speaker(t, SpeakerConfig{Synthesizer: f})
	var all sync.WaitGroup
	sounds := make([][]int16, 8)
	for i := range sounds {
		all.Go(func() { sounds[i], _ = spoken(t, s, "bonjour", Options{}) })
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, err := s.Say(ctx, "bonjour", Options{}, func([]int16) error { return nil })
		gone <- err
	}()
	followers := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, r := range s.running {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.followers
		}
		return 0
	}
	until(t, "nine callers of one sentence", func() bool { return followers() == 9 })
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller who left: %v", err)
	}
	close(f.hold)
	all.Wait()
	if f.times("bonjour") != 1 {
		t.Errorf("made %d times", f.times("bonjour"))
	}
	for i := range sounds {
		if len(sounds[i]) == 0 || !slices.Equal(sounds[i], sounds[0]) {
			t.Errorf("caller %d hears something else", i)
		}
	}
}

func TestSynthesisStopsWhenNobodyListens(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	s := speaker(t, SpeakerConfig{Synthesizer: f})
	ctx, cancel := context.WithCancel(context.Background())
	_, err := s.Say(ctx, "bonjour", Options{}, func([]int16) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	until(t, "the end of the synthesis", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.ended == 1 })
	close(f.hold)
	f.set(func(f *fake) { f.hold = nil })
	if _, info := spoken(t, s, "bonjour", Options{}); info.Cached {
		t.Error("half a sentence was kept")
	}
}

func TestBrokenVoice(t *testing.T) {
	dir := t.TempDir()
	f := &fake{broken: true}
	s := speaker(t, SpeakerConfig{Synthesizer: f, CacheDir: dir})
	_, err := s.Say(t.Context(), "bonjour", Options{}, func([]int16) error { return nil })
	if !errors.Is(err, errVoice) {
		t.Errorf("%v", err)
	}
	f.set(func(f *fake) { f.broken = false })
	spoken(t, s, "bonsoir", Options{})
	f.set(func(f *fake) { f.broken = true })
	if _, err := s.Say(t.Context(), "bonjour", Options{}, func([]int16) error { return nil }); !errors.Is(err, errVoice) || !strings.Contains(err.Error(), "bonjour") {
		t.Errorf("%v", err)
	}
	if _, info := spoken(t, s, "bonsoir", Options{}); !info.Cached {
		t.Error("what was said before can't be said with the voice broken")
	}
	if files := s.disk.files(); len(files) > 1 {
		t.Errorf("%d files for one sentence", len(files))
	}
	f.set(func(f *fake) { f.broken = false })
	if _, info := spoken(t, s, "bonjour", Options{}); info.Cached {
		t.Error("half a sentence was kept")
	}
}

func TestErrorOfEmitIsReturned(t *testing.T) {
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}})
	mine := errors.New("the call is over")
	if _, err := s.Say(t.Context(), "bonjour", Options{}, func([]int16) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("%v", err)
	}
}

func TestClosedSpeaker(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	s := speaker(t, SpeakerConfig{Synthesizer: f})
	begun := make(chan struct{}, 100)
	gone := make(chan error, 1)
	go func() {
		_, err := s.Say(context.Background(), "bonsoir", Options{}, func([]int16) error { begun <- struct{}{}; return nil })
		gone <- err
	}()
	<-begun
	s.Close()
	if err := <-gone; !errors.Is(err, ErrClosed) {
		t.Errorf("who was being spoken to: %v", err)
	}
	s.memory.put(s.keyOf(s.voices[0], Utterance{Text: "oui", Rate: 1}), make([]int16, 80))
	if _, err := s.Say(t.Context(), "oui", Options{}, func([]int16) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("a sentence of the cache: %v", err)
	}
	if _, err := s.Say(t.Context(), "bonjour", Options{}, func([]int16) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestBadConfiguration(t *testing.T) {
	for name, c := range map[string]SpeakerConfig{
		"no voice": {}, "loud": {Synthesizer: &fake{}, LevelDBov: 3}, "pause": {Synthesizer: &fake{}, Pause: -1},
		"size": {Synthesizer: &fake{}, MemoryBytes: -1},
	} {
		if _, err := NewSpeaker(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
