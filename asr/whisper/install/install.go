package install

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/asr/whisper/ct2"
	"github.com/acotel/acotel-sbc/asr/whisper/graph"
)

// Names below the models folder.
const (
	folder   = "whisper"
	usedFile = "used"
	listFile = "model.json"
)

// File is a file of a model and what it must be.
type File struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Model is an installed one.
type Model struct {
	Name   string          `json:"name"`
	Size   string          `json:"size"`   // of package graph
	Source string          `json:"source"` // SHA-256 of the CTranslate2 file
	Files  map[string]File `json:"files"`
	Dir    string          `json:"-"`
	Spoilt error           `json:"-"` // wraps ErrSpoilt when its list can't be used; Name and Dir alone are known then
}

// Bytes is what the model takes on disk.
func (m Model) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

var allowed = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// CheckName tells whether a model may have this name. Errors: ErrName.
func CheckName(name string) error {
	if !allowed.MatchString(name) || name == usedFile {
		return fmt.Errorf("%w: %q: small letters, digits, points and hyphens", ErrName, name)
	}
	return nil
}

// Install makes of a source the model NAME in dir, a models folder. It works in a folder of its own beside and renames it at the end, so that a
// program that looks, or a crash, never meets half a model. Errors: ErrName, ErrSum, those of package ct2 and graph, and those of the disk.
func Install(s Source, name, dir string) (m Model, err error) {
	if err := CheckName(name); err != nil {
		return m, err
	}
	file, err := s.open()
	if err != nil {
		return m, err
	}
	defer file.Close()
	weights, err := ct2.Read(file, file.size)
	if err != nil {
		return m, err
	}
	home := filepath.Join(dir, folder)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return m, fmt.Errorf("install: %w", err)
	}
	work, err := os.MkdirTemp(home, ".install-")
	if err != nil {
		return m, fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(work)
	size, err := graph.Write(weights, work)
	if err != nil {
		return m, err
	}
	m = Model{Name: name, Size: size.Name, Source: s.SHA256, Dir: filepath.Join(home, name)}
	if m.Files, err = list(work); err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("install: %w", err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(work, listFile), append(text, '\n'), 0o644), os.Chmod(work, 0o755), replace(work, m.Dir)); err != nil {
		return m, fmt.Errorf("install: %w", err)
	}
	return m, nil
}

// replace renames a folder to one that may be there already.
func replace(from, to string) error {
	old := to + ".old"
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(to, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Rename(old, to))
	}
	return os.RemoveAll(old)
}

// list names all files of a folder with size and sum.
func list(dir string) (map[string]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	out := map[string]File{}
	for _, e := range entries {
		if e.Name() == listFile {
			continue
		}
		f, err := sum(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out[e.Name()] = f
	}
	return out, nil
}

func sum(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("install: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return File{}, fmt.Errorf("install: %s: %w", path, err)
	}
	return File{Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// List gives the models in dirs, by name; one that stands in two of them, as in the first. One that is spoilt is among them, with the reason: it
// keeps nobody from the others.
func List(dirs []string) ([]Model, error) {
	var out []Model
	for _, d := range dirs {
		found, err := filepath.Glob(filepath.Join(d, folder, "*", listFile))
		if err != nil {
			return nil, fmt.Errorf("install: %w", err)
		}
		for _, path := range found {
			m := read(filepath.Dir(path))
			if CheckName(m.Name) == nil && !strings.HasSuffix(m.Dir, ".old") && !slices.ContainsFunc(out, func(o Model) bool { return o.Name == m.Name }) {
				out = append(out, m)
			}
		}
	}
	slices.SortFunc(out, func(a, b Model) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// read reads the list of a model's folder, whose name is the model's.
func read(dir string) Model {
	name := filepath.Base(dir)
	var m Model
	text, err := os.ReadFile(filepath.Join(dir, listFile))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	switch {
	case err == nil && m.Name != name:
		err = fmt.Errorf("it names %q", m.Name)
	case err == nil && len(m.Files) == 0:
		err = errors.New("it names no file")
	}
	if err != nil {
		return Model{Name: name, Dir: dir, Spoilt: fmt.Errorf("%w: %s: %w: acotel-sbc models install %s again", ErrSpoilt, filepath.Join(dir, listFile), err, name)}
	}
	m.Dir = dir
	return m
}

// Find gives an installed model. Errors: ErrUnknown and, with the model, ErrSpoilt; both tell what to do.
func Find(name string, dirs []string) (Model, error) {
	all, err := List(dirs)
	if err != nil {
		return Model{}, err
	}
	for _, m := range all {
		if m.Name == name {
			return m, m.Spoilt
		}
	}
	return Model{}, fmt.Errorf("%w: %s; acotel-sbc models install %s puts it there (looked in %v)", ErrUnknown, name, name, dirs)
}

// Used is the model that serves: the one last given to Use, or base. Errors: those of Find.
func Used(dirs []string) (Model, error) {
	name := "base"
	for _, d := range dirs {
		b, err := os.ReadFile(filepath.Join(d, folder, usedFile))
		if err == nil {
			name = strings.TrimSpace(string(b))
			break
		}
	}
	return Find(name, dirs)
}

// Use makes a model the one that serves from the next start on.
func Use(name string, dirs []string) error {
	m, err := Find(name, dirs)
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(m.Dir), usedFile)
	err = os.WriteFile(path+".part", []byte(name+"\n"), 0o644)
	if err == nil {
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// Verify reads every file of the model and compares it with what was installed, and the graphs with those of this program. It takes a quarter
// of a second for base.
func (m Model) Verify() error {
	if m.Spoilt != nil {
		return m.Spoilt
	}
	for name, want := range m.Files {
		got, err := sum(filepath.Join(m.Dir, name))
		if err != nil {
			return fmt.Errorf("%w: acotel-sbc models install %s again", err, m.Name)
		}
		if got != want {
			return fmt.Errorf("%w: %s: acotel-sbc models install %s again", ErrSum, filepath.Join(m.Dir, name), m.Name)
		}
	}
	for _, name := range []string{graph.Encoder, graph.Cross, graph.Decoder, graph.Weights, graph.SizeFile} {
		if _, ok := m.Files[name]; !ok {
			return fmt.Errorf("%w: %s has no %s: acotel-sbc models install %s again", ErrSum, m.Dir, name, m.Name)
		}
	}
	if same, err := graph.Current(m.Size, m.Dir); err != nil || !same {
		return errors.Join(err, fmt.Errorf("install: %s was installed by another version of this program: acotel-sbc models install %s again", m.Name, m.Name))
	}
	return nil
}
