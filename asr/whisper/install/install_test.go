package install

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/asr/whisper/ct2"
	"github.com/acotel/acotel-sbc/models"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func TestJoinedReadsAsOne(t *testing.T) {
	dir := t.TempDir()
	s := Source{SHA256: hash("abcdefgh")}
	for i, text := range []string{"abc", "", "defg", "h"} {
		s.Paths = append(s.Paths, write(t, filepath.Join(dir, string(rune('0'+i))), text))
	}
	j, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for off := range int64(9) {
		for n := range int64(10) {
			p := make([]byte, n)
			got, err := j.ReadAt(p, off)
			want := "abcdefgh"[off:min(8, off+n)]
			if string(p[:got]) != want || (err == io.EOF) != (off+n > 8) {
				t.Fatalf("%d bytes at %d: %q, %v, want %q", n, off, p[:got], err, want)
			}
		}
	}
}

// What is not the model of the sum, or no model at all, leaves nothing behind.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(t.TempDir(), "model.bin"), "no model")
	for name, c := range map[string]struct {
		source Source
		name   string
		want   error
	}{
		"another sum": {Source{Paths: []string{file}, SHA256: hash("other")}, "base", ErrSum},
		"no model":    {Source{Paths: []string{file}, SHA256: hash("no model")}, "base", ct2.ErrFormat},
		"no file":     {Source{Paths: []string{file + "x"}, SHA256: hash("")}, "base", os.ErrNotExist},
		"a bad name":  {Source{Paths: []string{file}, SHA256: hash("no model")}, "../base", nil},
	} {
		if _, err := Install(c.source, c.name, dir); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := List([]string{dir}); err != nil || len(all) != 0 {
		t.Errorf("installed: %v, %v", all, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, folder, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A model whose list is spoilt is shown as such, and the others are as if it were not there.
func TestSpoiltModelIsListedBesideTheOthers(t *testing.T) {
	whole := `{"name": "base", "size": "base", "files": {"weights.bin": {"bytes": 3, "sha256": "` + hash("abc") + `"}}}`
	for _, c := range []struct{ name, list, reason string }{
		{"empty", "", "unexpected end"},
		{"half", whole[:len(whole)/2], "unexpected end"},
		{"no JSON", "x", "invalid character"},
		{"another shape", "[]", "cannot unmarshal"},
		{"nothing in it", "{}", `it names ""`},
		{"another model's", whole, `it names "base"`},
		{"no files", `{"name": "other", "size": "small"}`, "no file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, folder, "base", listFile), whole)
			write(t, filepath.Join(dir, folder, "other", listFile), c.list)
			write(t, filepath.Join(dir, folder, ".install-1", listFile), whole) // of an installation that a crash ended
			all, err := List([]string{dir})
			if err != nil || len(all) != 2 || all[0].Name != "base" || all[0].Spoilt != nil || all[1].Name != "other" || all[1].Size != "" {
				t.Fatalf("listed: %+v, %v", all, err)
			}
			for what, err := range map[string]error{"list": all[1].Spoilt, "verify": all[1].Verify(), "use": Use("other", []string{dir})} {
				if !errors.Is(err, ErrSpoilt) || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), "models install other again") {
					t.Errorf("%s: %v", what, err)
				}
			}
			if m, err := Used([]string{dir}); err != nil || m.Name != "base" {
				t.Errorf("used: %+v, %v", m, err)
			}
			write(t, filepath.Join(dir, folder, usedFile), "other\n")
			if m, err := Used([]string{dir}); !errors.Is(err, ErrSpoilt) || m.Name != "other" {
				t.Errorf("used: %+v, %v", m, err)
			}
		})
	}
}

func TestFrom(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "m"), "x")
	if s, err := From("small", file, ""); err != nil || s.SHA256 != Published["small"] {
		t.Errorf("a published sum: %+v, %v", s, err)
	}
	if s, err := From("medium", file, strings.ToUpper(hash("x"))); err != nil || s.SHA256 != hash("x") {
		t.Errorf("a sum in capitals: %+v, %v", s, err)
	}
	for name, c := range map[string]struct {
		path, sum string
		want      error
	}{
		"without a sum": {file, "", ErrNoSum}, "half a sum": {file, "abc", ErrNoSum}, "no hexadecimal digits": {file, strings.Repeat("x", 64), ErrNoSum},
		"no file": {file + "x", hash("x"), os.ErrNotExist},
	} {
		if _, err := From("medium", c.path, c.sum); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Base, as make setup fetched it, installed anew, spoilt, used.
func TestBase(t *testing.T) {
	fetched := models.Folders("")
	source, err := Base(fetched)
	if err != nil {
		t.Fatal(err)
	}
	dirs := []string{t.TempDir(), t.TempDir()}
	if _, err := Used(dirs); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "models install base") {
		t.Errorf("nothing installed: %v", err)
	}
	m, err := Install(source, "base", dirs[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(); err != nil {
		t.Error(err)
	}
	if got, err := Used(dirs); err != nil || got.Dir != m.Dir || got.Size != "base" {
		t.Errorf("used: %+v, %v", got, err)
	}
	if err := Use("small", dirs); !errors.Is(err, ErrUnknown) {
		t.Errorf("using what is not there: %v", err)
	}
	if err := Use("base", dirs); err != nil {
		t.Error(err)
	}
	if again, err := Install(source, "base", dirs[1]); err != nil || again.Files["weights.bin"] != m.Files["weights.bin"] {
		t.Errorf("installed twice: %v", err)
	}
	f, err := os.OpenFile(filepath.Join(m.Dir, "weights.bin"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{1, 2, 3, 4}, 1<<20); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := m.Verify(); !errors.Is(err, ErrSum) || !strings.Contains(err.Error(), "install base again") {
		t.Errorf("spoilt weights: %v", err)
	}
}
