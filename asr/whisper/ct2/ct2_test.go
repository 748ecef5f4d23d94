package ct2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
)

// tensor is a variable to write in a test file.
type tensor struct {
	name string
	dims []uint32
	kind Type
	data any
}

func file(tensors []tensor, aliases ...string) []byte {
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	name := func(s string) {
		put(uint16(len(s) + 1))
		b.WriteString(s)
		b.WriteByte(0)
	}
	put(uint32(6))
	name("WhisperSpec")
	put(uint32(3))
	put(uint32(len(tensors)))
	for _, t := range tensors {
		name(t.name)
		put(uint8(len(t.dims)))
		put(t.dims)
		put(uint8(t.kind))
		put(uint32(binary.Size(t.data)))
		put(t.data)
	}
	put(uint32(len(aliases) / 2))
	for _, a := range aliases {
		name(a)
	}
	return b.Bytes()
}

func example() []byte {
	return file([]tensor{
		{"a/weight", []uint32{2, 3}, Float32, []float32{1, 2, 3, 4, 5, 6}},
		{"half", []uint32{4}, Float16, []uint16{0x3c00, 0xc000, 0x0001, 0x7c00}},
		{"q/weight", []uint32{2, 2}, Int8, []int8{127, -127, 10, 20}},
		{"q/weight_scale", []uint32{2}, Float32, []float32{127, 10}},
		{"heads", nil, Int16, []int16{8}},
	}, "b/weight", "a/weight")
}

func TestFloats(t *testing.T) {
	data := example()
	m, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if m.Spec != "WhisperSpec" || m.Revision != 3 {
		t.Errorf("spec %q revision %d", m.Spec, m.Revision)
	}
	for name, want := range map[string][]float32{
		"a/weight": {1, 2, 3, 4, 5, 6},
		"b/weight": {1, 2, 3, 4, 5, 6}, // by its alias
		"half":     {1, -2, 1.0 / (1 << 24), float32(math.Inf(1))},
		"q/weight": {1, -1, 1, 2},
		"heads":    {8},
	} {
		if got, err := m.Floats(name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := m.Floats("c"); !errors.Is(err, ErrMissing) {
		t.Errorf("a variable that is not there: %v", err)
	}
}

func TestBrokenFiles(t *testing.T) {
	good := example()
	for at := range good { // cut anywhere
		if _, err := Read(bytes.NewReader(good[:at]), int64(at)); !errors.Is(err, ErrFormat) {
			t.Fatalf("cut at %d of %d: %v", at, len(good), err)
		}
	}
	for name, data := range map[string][]byte{
		"old version":    append([]byte{5}, good[1:]...),
		"wrong size":     file([]tensor{{"a", []uint32{3}, Float32, []float32{1, 2}}}),
		"huge":           file([]tensor{{"a", []uint32{1 << 31, 1 << 31, 1 << 31}, Float32, []float32{1}}}),
		"unknown type":   file([]tensor{{"a", []uint32{1}, 9, []float32{1}}}),
		"many variables": slices.Concat(good[:22], []byte{255, 255, 255, 255}),
	} {
		if _, err := Read(bytes.NewReader(data), int64(len(data))); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(example())
	f.Add([]byte{6, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for name := range m.variables {
			_, _ = m.Floats(name) // must not fail badly
		}
	})
}
