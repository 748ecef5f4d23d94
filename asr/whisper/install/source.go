package install

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/models"
)

// Errors, for errors.Is.
var (
	ErrSum     = errors.New("install: the file is not the one of this sum")
	ErrUnknown = errors.New("install: no model of this name")
	ErrSpoilt  = errors.New("install: the model's list of files is spoilt")
	ErrName    = errors.New("install: this can't be the name of a model")
	ErrNoSum   = errors.New("install: the sum of the file is missing: give it with --sha256, 64 hexadecimal digits as its publisher names it")
)

// Published are the sums (SHA-256) of the model.bin files that faster-whisper's models are published with, by size.
var Published = map[string]string{
	"base":  "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
	"small": "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
}

// parts are the files of the manifest that base is joined of.
var parts = []string{"whisper-base-1", "whisper-base-2"}

// Source is where a model's CTranslate2 file is.
type Source struct {
	Paths  []string // read one after the other
	SHA256 string   // of the whole
}

// Base is the model that make setup fetches. Errors: those of models.Find, which tell to run make setup.
func Base(dirs []string) (Source, error) {
	s := Source{SHA256: Published["base"]}
	for _, name := range parts {
		path, err := models.Find(name, dirs...)
		if err != nil {
			return Source{}, err
		}
		s.Paths = append(s.Paths, path)
	}
	return s, nil
}

// From is a file. sum may be empty for sizes in Published. Errors: ErrNoSum and those of the disk.
func From(name, path, sum string) (Source, error) {
	if sum == "" {
		sum = Published[name]
	}
	sum = strings.ToLower(sum)
	if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
		return Source{}, fmt.Errorf("%w: %s has %q", ErrNoSum, name, sum)
	}
	if _, err := os.Stat(path); err != nil {
		return Source{}, fmt.Errorf("install: %w", err)
	}
	return Source{Paths: []string{path}, SHA256: sum}, nil
}

// open gives the joined files, after comparing their sum.
func (s Source) open() (*joined, error) {
	j := &joined{}
	h := sha256.New()
	for _, path := range s.Paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("install: %w", err), j.Close())
		}
		j.files = append(j.files, f)
		n, err := io.Copy(h, f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("install: %s: %w", path, err), j.Close())
		}
		j.size += n
		j.ends = append(j.ends, j.size)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != s.SHA256 {
		return nil, errors.Join(fmt.Errorf("%w; nothing was installed: %s is %s, wanted %s", ErrSum, names(s.Paths), got, s.SHA256), j.Close())
	}
	return j, nil
}

func names(paths []string) string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = filepath.Base(p)
	}
	return strings.Join(out, " + ")
}

// joined reads files one after the other as if they were one.
type joined struct {
	files []*os.File
	ends  []int64 // where in the whole each one ends
	size  int64
}

// ReadAt implements io.ReaderAt.
func (j *joined) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		i, _ := slices.BinarySearch(j.ends, at+1)
		if i == len(j.files) {
			return n, io.EOF
		}
		start := int64(0)
		if i > 0 {
			start = j.ends[i-1]
		}
		want := p[n:min(int64(len(p)), int64(n)+j.ends[i]-at)]
		m, err := j.files[i].ReadAt(want, at-start)
		n += m
		if err != nil && (err != io.EOF || m < len(want)) {
			return n, err
		}
	}
	return n, nil
}

// Close closes the files.
func (j *joined) Close() error {
	var errs []error
	for _, f := range j.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
