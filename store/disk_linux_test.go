package store

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mountSmallDisk puts a disk of 1 MiB in memory on dir, half of it taken by a file that free deletes. It returns nil
// where this user may not mount.
func mountSmallDisk(t *testing.T, dir string) (free func()) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Logf("no small disk (%v): SQLite's own limit is used", err)
		return nil
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, []byte(strings.Repeat("x", 400<<10)), 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}
