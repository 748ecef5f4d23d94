package models

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManifestReads(t *testing.T) {
	requirements, err := os.ReadFile("requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"x86_64", "aarch64"} {
		files, err := parse(manifest, m)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range files {
			if seen[f.Name] || len(f.SHA256) != 64 || f.Bytes <= 0 || f.Licence == "" || filepath.IsAbs(f.Path) || !filepath.IsLocal(f.Path) {
				t.Errorf("%s: %+v", m, f)
			}
			if !strings.Contains(string(requirements), "\n"+f.Wheel+"==") {
				t.Errorf("%s is in no line of requirements.txt", f.Wheel)
			}
			seen[f.Name] = true
		}
		if !seen[ONNXRuntime] || !seen[SileroVAD] {
			t.Errorf("%s: %v", m, seen)
		}
	}
	for _, bad := range []string{"a\tb\n", "a\tany\tw\tm\tp\tx\ts\tl\n"} {
		if _, err := parse(bad, "any"); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestFindGivesOnlyWhatTheManifestMeans(t *testing.T) {
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, B.1
	f := File{Path: "x/abc", Bytes: 3, SHA256: abc}
	empty, good, broken := t.TempDir(), t.TempDir(), t.TempDir()
	put(t, filepath.Join(good, f.Path), "abc")
	put(t, filepath.Join(broken, f.Path), "abcd")
	for _, c := range []struct {
		name string
		dirs []string
		path string
		err  error
	}{
		{"nowhere", []string{empty}, "", ErrMissing},
		{"second folder", []string{empty, good}, filepath.Join(good, f.Path), nil},
		{"broken", []string{broken, good}, "", ErrBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if path, err := f.in(c.dirs); path != c.path || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", path, err)
			}
		})
	}
	if _, err := Find("no such thing", empty); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFoldersHonoursTheConfiguration(t *testing.T) {
	if got := Folders("/somewhere"); len(got) != 1 || got[0] != "/somewhere" {
		t.Errorf("%v", got)
	}
	t.Setenv("XDG_DATA_HOME", "/data")
	got := Folders("")
	if len(got) != 3 || got[1] != "/data/acotel-sbc/models" {
		t.Errorf("%v", got)
	}
}
