package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Errors of Find, for errors.Is.
var (
	ErrUnknown = errors.New("models: not in the manifest for this machine")
	ErrMissing = errors.New("models: not found")
	ErrBroken  = errors.New("models: the file is not the one that the manifest lists; make setup fetches it anew")
)

// Folders is where Find looks, first one first. configured is models.dir; when it is set, nowhere else is looked.
func Folders(configured string) []string {
	if configured != "" {
		return []string{configured}
	}
	var dirs []string
	if program, err := os.Executable(); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			dirs = append(dirs, filepath.Join(filepath.Dir(program), "models"))
		}
	}
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		dirs = append(dirs, filepath.Join(data, "acotel-sbc", "models"))
	} else if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".local", "share", "acotel-sbc", "models"))
	}
	return append(dirs, "/usr/local/share/acotel-sbc/models")
}

// Find gives the path of a file of the manifest in the first of dirs that holds it, after comparing its sum. Errors: ErrUnknown,
// ErrMissing, ErrBroken, and those of reading.
func Find(name string, dirs ...string) (string, error) {
	files, err := Manifest()
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if f.Name == name {
			return f.in(dirs)
		}
	}
	return "", fmt.Errorf("%w: %s", ErrUnknown, name)
}

func (f File) in(dirs []string) (string, error) {
	for _, d := range dirs {
		path := filepath.Join(d, f.Path)
		switch err := f.Verify(path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", err
		}
		return path, nil
	}
	return "", fmt.Errorf("%w: %s; make setup fetches it, models.dir says where it is (looked in %v)", ErrMissing, f.Path, dirs)
}

// Verify compares a file with the manifest's sum.
func (f File) Verify(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(file, f.Bytes+1)); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	if hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%w: %s", ErrBroken, path)
	}
	return nil
}
