package recorded

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/media"
)

// ErrList is wrapped by the errors about a list of recordings and its files.
var ErrList = errors.New("recorded: the list of recordings can't be used")

// Bounds of a recording.
const (
	maxLength = time.Minute // a sentence is shorter
	maxList   = 1 << 20     // bytes
)

// recording is one entry of a list, with its sound.
type recording struct {
	text  string
	line  int
	pcm   []int16
	rate  int
	level float64 // active, dBov
	peak  float64 // dBov
}

// list is the file's shape.
type list struct {
	Recordings []yaml.Node `yaml:"recordings"`
}

// readList reads a list and its files; all that is wrong with them is told at once.
func readList(name string) ([]recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	defer f.Close()
	var l list
	dec := yaml.NewDecoder(io.LimitReader(f, maxList))
	dec.KnownFields(true)
	if err := dec.Decode(&l); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %s: %w", ErrList, name, err)
	}
	var out []recording
	var faults []error
	lines := map[string]int{}
	for i := range l.Recordings {
		r, err := readEntry(&l.Recordings[i], filepath.Dir(name))
		if before, twice := lines[r.text]; err == nil && twice {
			err = fmt.Errorf("the same sentence is in line %d", before)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", name, l.Recordings[i].Line, err))
			continue
		}
		lines[r.text] = r.line
		out = append(out, r)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrList, errors.Join(faults...))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s names no recording", ErrList, name)
	}
	return out, nil
}

func readEntry(n *yaml.Node, dir string) (recording, error) {
	fields := map[string]string{}
	if err := n.Decode(&fields); err != nil {
		return recording{}, fmt.Errorf("an entry is text and file, no more: %w", err)
	}
	for k := range fields {
		if k != "text" && k != "file" {
			return recording{}, fmt.Errorf("unknown key %q: an entry has text and file", k)
		}
	}
	r := recording{text: canonical(fields["text"]), line: n.Line}
	switch {
	case r.text == "":
		return r, errors.New("text is missing: the sentence as it stands in its message")
	case strings.ContainsAny(r.text, "{}"):
		return r, fmt.Errorf("%q has a placeholder: its words differ each time, so it can't be recorded", r.text)
	case fields["file"] == "":
		return r, errors.New("file is missing: the WAV file")
	}
	file := fields["file"]
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	return r, r.read(file)
}

// read reads the sound of a recording.
func (r *recording) read(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if r.pcm, r.rate, err = media.ReadWAV(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if d := time.Duration(len(r.pcm)) * time.Second / time.Duration(r.rate); d > maxLength {
		return fmt.Errorf("%s lasts %v, a sentence at most %v", name, d.Round(time.Second), maxLength)
	}
	var activity float64
	if r.level, activity = media.ActiveLevelDBov(r.pcm, r.rate); activity == 0 {
		return fmt.Errorf("%s holds no speech", name)
	}
	most := 0.0
	for _, v := range r.pcm {
		most = max(most, math.Abs(float64(v)))
	}
	r.peak = 20 * math.Log10(most/(math.MaxInt16+1))
	return nil
}

// canonical is a sentence without what can't be heard: kinds of spaces and apostrophes.
func canonical(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "’", "'")
}
