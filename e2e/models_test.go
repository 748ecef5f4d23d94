package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/acotel/acotel-sbc/models"
)

// fetchedModels is a models folder with what make setup fetched, and nothing installed of it.
func fetchedModels(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path, err := models.Find(models.ONNXRuntime, models.Folders("")...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(path)), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range all {
		if filepath.Base(from) == "whisper" {
			continue
		}
		if err := os.Symlink(from, filepath.Join(dir, filepath.Base(from))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// copied is a copy of a folder.
func copied(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// The models folder through its life: nothing installed, installed twice at once, spoilt in every way, mended. Each step tells what to do.
func TestModelsOnDisk(t *testing.T) {
	t.Parallel()
	dir := fetchedModels(t)
	in := func(name string) string { return filepath.Join(dir, "whisper", "base", name) }
	run := func(args ...string) (string, int) {
		out, errOut, code := program(t, "", append(args, "--set", "models.dir="+dir)...)
		return out + errOut, code
	}
	expect := func(what string, code int, want string, args ...string) {
		t.Helper()
		if got, status := run(args...); status != code || !strings.Contains(got, want) {
			t.Errorf("%s: %v: status %d, want %d with %q\n%s", what, args, status, code, want, got)
		}
	}
	none := strings.Repeat("0", 64)
	for _, c := range []struct {
		what string
		code int
		want string
		args []string
	}{
		{"nothing installed", 1, "acotel-sbc models install base", []string{"verify"}},
		{"a model that is not there", 1, "no model of this name: small", []string{"use", "small"}},
		{"one that is not fetched", 2, "--from FILE or ADDRESS", []string{"install", "small"}},
		{"no name", 2, "small letters", []string{"install", "../x"}},
		{"a sum of what make setup fetched", 2, "--sha256 belongs to --from", []string{"install", "base", "--sha256", none}},
		{"no sum", 2, "--sha256", []string{"install", "medium", "--from", "/nowhere"}},
		{"a strange address", 2, "http:// and https://", []string{"install", "medium", "--from", "ftp://x/y", "--sha256", none}},
		{"no file", 1, "no such file", []string{"install", "medium", "--from", "/nowhere", "--sha256", none}},
		{"another sum", 1, "nothing was installed", []string{"install", "medium", "--from", "/etc/hostname", "--sha256", none}},
		{"a dead address", 1, "connection refused", []string{"install", "medium", "--from", "http://127.0.0.1:1/model.bin", "--sha256", none}},
	} {
		expect(c.what, c.code, c.want, append([]string{"models"}, c.args...)...)
	}

	// What a killed installation left goes away with the next one; two at once are one after the other.
	if err := os.MkdirAll(filepath.Join(dir, "whisper", ".install-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { expect("at once", 0, "82 MB", "models", "install", "base") })
	}
	both.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "whisper", "*")); len(left) != 1 {
		t.Errorf("in the folder: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "whisper", ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	expect("installed", 0, "serves", "models", "list")
	expect("whole", 0, "base is whole", "models", "verify")
	expect("once more", 0, "all there", "models", "install", "base", "--keep")

	whole := os.DirFS(copied(t, filepath.Join(dir, "whisper", "base")))
	sound := said(t, "à Avignon")
	for i, c := range []struct {
		what   string
		spoil  func() error
		listed string // a part of the row
	}{
		{"weights cut off", func() error { return os.Truncate(in("weights.bin"), 1000) }, "weights.bin has 1000 bytes"},
		{"a graph that is gone", func() error { return os.Remove(in("encoder.onnx")) }, "encoder.onnx: no such file"},
		{"an empty list", func() error { return os.WriteFile(in("model.json"), nil, 0o600) }, "model.json"},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(err)
		}
		const again = "models install base again"
		expect(c.what, 0, c.listed, "models", "list")
		expect(c.what, 0, "chosen, but can't serve", "models", "list")
		expect(c.what, 1, again, "models", "verify")
		expect(c.what, 1, again, "models", "use", "base")
		if i == 0 {
			expect(c.what, 1, again, "transcribe", sound)
		}
		if err := errors.Join(os.RemoveAll(in("")), os.CopyFS(in(""), whole)); err != nil {
			t.Fatal(err)
		}
	}
	spoilt, err := os.ReadFile(in("weights.bin"))
	if err != nil {
		t.Fatal(err)
	}
	spoilt[len(spoilt)/2] ^= 1
	if err := os.WriteFile(in("weights.bin"), spoilt, 0o600); err != nil {
		t.Fatal(err)
	}
	expect("a bit that flipped", 1, "models install base again", "models", "verify")
	expect("a bit that flipped", 1, "models install base again", "transcribe", sound)
	if err := errors.Join(os.RemoveAll(in("")), os.CopyFS(in(""), whole)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "whisper", "used"), []byte("small\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("another was chosen", 0, "models use NAME chooses one of them", "models", "list")
	expect("chosen anew", 0, "base serves from the next start on", "models", "use", "base")
	expect("chosen anew", 0, "Avignon", "transcribe", "--hint", "place", sound)

	// A folder that is searched before the model's may have made another choice: then this one does not count, and is not said to.
	beside, data := t.TempDir(), t.TempDir()
	earlier := filepath.Join(beside, "models", "whisper", "used")
	if err := errors.Join(os.Link(binary, filepath.Join(beside, "acotel-sbc")), os.MkdirAll(filepath.Dir(earlier), 0o755), os.WriteFile(earlier, []byte("small\n"), 0o600),
		os.Mkdir(filepath.Join(data, "acotel-sbc"), 0o755), os.Symlink(dir, filepath.Join(data, "acotel-sbc", "models"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what  string
		first func() error
		code  int
		want  string
	}{
		{"another choice comes first", func() error { return nil }, 1, "remove whisper/used there"},
		{"no other choice", func() error { return os.Remove(earlier) }, 0, "base serves from the next start on"},
	} {
		if err := c.first(); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(beside, "acotel-sbc"), "models", "use", "base")
		cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+data)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: status %d, %s", c.what, code, out)
		}
	}
}
