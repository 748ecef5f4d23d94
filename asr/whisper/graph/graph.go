package graph

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/asr/whisper/ct2"
)

//go:embed sizes
var sizes embed.FS

// The files of an installed model.
const (
	Encoder  = "encoder.onnx"
	Cross    = "cross.onnx"
	Decoder  = "decoder.onnx"
	Weights  = "weights.bin"
	SizeFile = "size" // the size's name
	layout   = "layout.tsv"
)

// ErrSize is returned for a model that is no Whisper of a known size.
var ErrSize = errors.New("graph: not a Whisper model of a known size")

// Size is what tells one Whisper from another.
type Size struct {
	Name          string
	Width         int // of a frame and of a word
	EncoderLayers int
	DecoderLayers int
	Mels          int // bands of the spectrogram
	Words         int // entries of the vocabulary
}

// Sizes are those whose graphs are here, smallest first.
var Sizes = []Size{
	{"tiny", 384, 4, 4, 80, 51865},
	{"base", 512, 6, 6, 80, 51865},
	{"small", 768, 12, 12, 80, 51865},
	{"medium", 1024, 24, 24, 80, 51865},
	{"large-v3-turbo", 1280, 32, 4, 128, 51866},
	{"large-v3", 1280, 32, 32, 128, 51866},
}

// Heads is how many attention heads a layer has, 64 wide in every size.
func (s Size) Heads() int { return s.Width / 64 }

// Named finds a size by its name.
func Named(name string) (Size, error) {
	var names []string
	for _, s := range Sizes {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Size{}, fmt.Errorf("%w: %q; known are %s", ErrSize, name, strings.Join(names, ", "))
}

// SizeOf tells which size a model is, by its shapes.
func SizeOf(m *ct2.Model) (Size, error) {
	words, ok := m.Variable("decoder/embeddings/weight")
	conv, ok2 := m.Variable("encoder/conv1/weight")
	if !ok || !ok2 || len(words.Dims) != 2 || len(conv.Dims) != 3 {
		return Size{}, fmt.Errorf("%w: it has no %s", ErrSize, "decoder/embeddings/weight or encoder/conv1/weight")
	}
	s := Size{Width: words.Dims[1], Words: words.Dims[0], Mels: conv.Dims[1], EncoderLayers: layers(m, "encoder"), DecoderLayers: layers(m, "decoder")}
	for _, k := range Sizes {
		if s.Name = k.Name; s == k {
			return k, nil
		}
	}
	return Size{}, fmt.Errorf("%w: width %d, %d and %d layers, %d bands, %d words", ErrSize, s.Width, s.EncoderLayers, s.DecoderLayers, s.Mels, s.Words)
}

func layers(m *ct2.Model, part string) (n int) {
	for {
		if _, ok := m.Variable(fmt.Sprintf("%s/layer_%d/ffn/linear_0/weight", part, n)); !ok {
			return n
		}
		n++
	}
}

// weight is a line of layout.tsv.
type weight struct {
	offset, bytes int64
	kind          string // f32, i8, i8scale, q8, q8scale
	variable      string
	rows          []span // nil: all of them as they are
}

// span is rows lo to hi, times factor.
type span struct {
	lo, hi int
	factor float32
}

// weights reads the layout of a size.
func weights(size string) ([]weight, error) {
	text, err := fs.ReadFile(sizes, path.Join("sizes", size, layout))
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	var out []weight
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		w, err := parse(strings.Split(line, "\t"))
		if err != nil {
			return nil, fmt.Errorf("graph: %s/%s:%d: %w", size, layout, i+1, err)
		}
		out = append(out, w)
	}
	return out, nil
}

func parse(f []string) (w weight, err error) {
	if len(f) != 5 {
		return w, fmt.Errorf("%d columns, want 5", len(f))
	}
	offset, err1 := strconv.ParseInt(f[0], 10, 64)
	size, err2 := strconv.ParseInt(f[1], 10, 64)
	w = weight{offset: offset, bytes: size, kind: f[2], variable: f[3]}
	if err := errors.Join(err1, err2); err != nil || f[4] == "-" {
		return w, err
	}
	for _, part := range strings.Split(f[4], ",") {
		var s span
		if _, err := fmt.Sscanf(part, "%d:%d:%g", &s.lo, &s.hi, &s.factor); err != nil {
			return w, fmt.Errorf("rows %q: %w", part, err)
		}
		w.rows = append(w.rows, s)
	}
	return w, nil
}
