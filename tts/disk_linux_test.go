package tts

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A real disk of 64 KiB, full, then with room, then read-only. Without the right to mount one, TestDiskThatBecomesFull stands in.
func TestSmallDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted here (%v): only the simulated one is tested", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 60<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	out := &logged{}
	s := speaker(t, SpeakerConfig{Synthesizer: &fake{}, CacheDir: dir, MemoryBytes: 1, Log: slog.New(slog.NewTextHandler(out, nil))})
	says := func(text string, wantCached bool, wantFiles int) {
		t.Helper()
		pcm, info := spoken(t, s, text, Options{})
		s.work.Wait()
		half, whole := leftOver(dir)
		if len(pcm) == 0 || info.Cached != wantCached || whole != wantFiles || len(half) > 0 {
			t.Errorf("%q: %d samples, cached %v, %d files, want %v and %d; left behind %q", text, len(pcm), info.Cached, whole, wantCached, wantFiles, half)
		}
	}
	says("un mot", false, 0)
	says("deux mots", false, 0)
	says("un mot", false, 0)
	if n := heldBack(out); n != 1 {
		t.Errorf("the log tells %d times of the full disk:\n%s", n, out.b.String())
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	says("un mot", false, 1)
	says("un mot", true, 1)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Fatal(err)
	}
	says("un mot", true, 1)
	says("trois mots", false, 1)
	if n := heldBack(out); n != 1 {
		t.Errorf("the log tells %d times of one hour's trouble", n)
	}
}
