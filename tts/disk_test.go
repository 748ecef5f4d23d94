package tts

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// fullFile takes half of what it is given, as a disk does that becomes full.
type fullFile struct{ scratch }

func (f fullFile) Write(p []byte) (int, error) {
	n, err := f.scratch.Write(p[:len(p)/2])
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}

// heldBack is how often a log tells of the disk.
func heldBack(out *logged) int {
	out.mu.Lock()
	defer out.mu.Unlock()
	return strings.Count(out.b.String(), "the speech cache can't be used")
}

// leftOver lists what a folder holds of half-written sentences, and counts whole ones.
func leftOver(dir string) (half []string, whole int) {
	half, _ = filepath.Glob(filepath.Join(dir, halfMade))
	all, _ := filepath.Glob(filepath.Join(dir, "*"+diskSuffix))
	return half, len(all)
}

func TestDiskThatBecomesFull(t *testing.T) {
	dir, out := t.TempDir(), &logged{}
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir, MemoryBytes: 1, Log: slog.New(slog.NewTextHandler(out, nil))})
	var full atomic.Bool
	s.disk.create = func(dir, pattern string) (scratch, error) {
		f, err := createTemp(dir, pattern)
		if err == nil && full.Load() {
			f = fullFile{f}
		}
		return f, err
	}
	kept := func() int { s.work.Wait(); _, whole := leftOver(dir); return whole }

	want := keptSound(t, s, "bonjour", Options{})
	if n := kept(); n != 1 {
		t.Fatalf("%d sentences kept with room", n)
	}
	full.Store(true)
	for _, text := range []string{"un mot", "deux mots", "trois mots"} {
		if pcm, info := spoken(t, s, text, Options{}); len(pcm) == 0 || info.Cached {
			t.Errorf("%q: %d samples, cached %v", text, len(pcm), info.Cached)
		}
	}
	if n := kept(); n != 1 || heldBack(out) != 1 {
		t.Errorf("%d sentences kept, the log tells %d times:\n%s", n, heldBack(out), out.b.String())
	}
	if half, _ := leftOver(dir); len(half) > 0 {
		t.Errorf("left behind: %q", half)
	}
	if got, info := spoken(t, s, "bonjour", Options{}); !info.Cached || !slices.Equal(got, want) {
		t.Error("what was kept before is no longer read")
	}
	full.Store(false)
	spoken(t, s, "un mot", Options{})
	if n := kept(); n != 2 {
		t.Errorf("%d sentences kept once there is room again", n)
	}
}

func TestHalfWrittenFilesOfACrashAreRemoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "new-123.tmp"), []byte(diskMagic), 0o600); err != nil {
		t.Fatal(err)
	}
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir})
	if half, _ := leftOver(dir); len(half) > 0 {
		t.Errorf("still there: %q", half)
	}
	spoken(t, s, "bonjour", Options{})
}

// A sentence that memory always answers for is in use on the disk, too.
func TestSayingFromMemoryKeepsTheFileYoung(t *testing.T) {
	dir := t.TempDir()
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir})
	spoken(t, s, "bonjour", Options{})
	s.work.Wait()
	name := s.disk.path(s.keyOf(s.voices[0], Utterance{Text: "bonjour", Rate: 1}))
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	spoken(t, s, "bonjour", Options{})
	if info, err := os.Stat(name); err != nil || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("%v, used last at %v", err, info.ModTime())
	}
}

func TestSentencesLargerThanTheDiskCacheAreNotKept(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(dir, 100, slog.New(slog.DiscardHandler))
	d.put(key{1}, make([]int16, 60))
	if _, whole := leftOver(dir); whole != 0 {
		t.Error("a file larger than the bound was written")
	}
	d.put(key{2}, make([]int16, 30))
	if pcm, ok := d.get(key{2}); !ok || len(pcm) != 30 {
		t.Errorf("%d samples, %v", len(pcm), ok)
	}
}

// Whatever stands in a file of the cache, it is read as it was written or not at all.
func FuzzDiskFile(f *testing.F) {
	dir := f.TempDir()
	d := openDisk(dir, 1<<20, slog.New(slog.DiscardHandler))
	d.put(key{1}, []int16{1, -2, 3})
	good, err := os.ReadFile(d.path(key{1}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(good[:diskHeader])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		d := openDisk(t.TempDir(), 1<<20, slog.New(slog.DiscardHandler))
		if err := os.WriteFile(d.path(key{1}), data, 0o600); err != nil {
			t.Fatal(err)
		}
		pcm, ok := d.get(key{1})
		_, whole := leftOver(d.dir)
		if ok != (whole == 1) {
			t.Fatalf("read %v, %d files left", ok, whole)
		}
		if !ok {
			return
		}
		if err := os.Remove(d.path(key{1})); err != nil {
			t.Fatal(err)
		}
		d.put(key{1}, pcm)
		if again, err := os.ReadFile(d.path(key{1})); err != nil || !bytes.Equal(again, data) {
			t.Fatal(fmt.Errorf("%w: what was read is not what is written", err))
		}
	})
}
