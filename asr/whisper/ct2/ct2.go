package ct2

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Errors, for errors.Is.
var (
	ErrFormat  = errors.New("ct2: not a CTranslate2 model of version 6")
	ErrMissing = errors.New("ct2: no such variable")
)

// Bounds of what is believed of a file; the largest Whisper has about 2,200 variables of at most 4 dimensions.
const (
	version      = 6
	maxVariables = 1 << 16
	maxRank      = 8
	maxName      = 4096
)

// Type is how the elements of a variable are stored.
type Type uint8

// The types of the format.
const (
	Float32 Type = iota
	Int8
	Int16
	Int32
	Float16
)

var sizes = [...]int64{Float32: 4, Int8: 1, Int16: 2, Int32: 4, Float16: 2}

// Variable is one tensor of the file.
type Variable struct {
	Dims []int // nil: a scalar
	Type Type

	offset, bytes int64
}

// Elements is the product of the dimensions.
func (v Variable) Elements() int64 {
	n := int64(1)
	for _, d := range v.Dims {
		n *= int64(d)
	}
	return n
}

// Model is an open file. Its methods are safe from any goroutine.
type Model struct {
	Spec     string // "WhisperSpec"
	Revision int

	file      io.ReaderAt
	close     func() error
	variables map[string]Variable
	aliases   map[string]string
}

// Open reads the table of variables of a file; Close frees it. Errors: ErrFormat, and those of reading.
func Open(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ct2: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("ct2: %w", err)
	}
	m, err := Read(f, st.Size())
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.close = f.Close
	return m, nil
}

// Read is Open on anything of a known size in bytes. The reader stays the caller's.
func Read(r io.ReaderAt, size int64) (*Model, error) {
	m := &Model{file: r, close: func() error { return nil }, variables: map[string]Variable{}, aliases: map[string]string{}}
	s := &scanner{r: r, size: size, buffer: bufio.NewReader(io.NewSectionReader(r, 0, size))}
	if v := s.number(4); s.err == nil && v != version {
		return nil, fmt.Errorf("%w: version %d", ErrFormat, v)
	}
	m.Spec = s.name()
	m.Revision = int(s.number(4))
	n := s.number(4)
	if n > maxVariables {
		return nil, fmt.Errorf("%w: %d variables", ErrFormat, n)
	}
	for range n {
		name, v := s.variable()
		if s.err != nil {
			break
		}
		m.variables[name] = v
	}
	n = s.number(4)
	if n > maxVariables {
		return nil, fmt.Errorf("%w: %d aliases", ErrFormat, n)
	}
	for range n {
		alias := s.name()
		m.aliases[alias] = s.name()
		if s.err != nil {
			break
		}
	}
	if s.err != nil {
		return nil, fmt.Errorf("%w: %w at byte %d", ErrFormat, s.err, s.at)
	}
	return m, nil
}

// Close closes the file.
func (m *Model) Close() error { return m.close() }

// Variable tells shape and type of a variable; false: there is none of this name.
func (m *Model) Variable(name string) (Variable, bool) {
	v, ok := m.variables[name]
	if !ok {
		v, ok = m.variables[m.aliases[name]]
	}
	return v, ok
}

// Floats reads a variable as 32-bit floats, row by row; integers are divided by their scales (NAME_scale, one for each row or one for
// all). Errors: ErrMissing, ErrFormat, and those of reading.
func (m *Model) Floats(name string) ([]float32, error) {
	v, ok := m.Variable(name)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrMissing, name)
	}
	raw := make([]byte, v.bytes)
	if _, err := m.file.ReadAt(raw, v.offset); err != nil {
		return nil, fmt.Errorf("ct2: %s: %w", name, err)
	}
	out := make([]float32, v.Elements())
	switch v.Type {
	case Float32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case Float16:
		for i := range out {
			out[i] = half(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case Int8:
		for i := range out {
			out[i] = float32(int8(raw[i]))
		}
	case Int16:
		for i := range out {
			out[i] = float32(int16(binary.LittleEndian.Uint16(raw[2*i:])))
		}
	case Int32:
		for i := range out {
			out[i] = float32(int32(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	}
	if v.Type == Int8 || v.Type == Int16 {
		return out, m.unscale(name, out, v)
	}
	return out, nil
}

func (m *Model) unscale(name string, x []float32, v Variable) error {
	if _, ok := m.Variable(name + "_scale"); !ok {
		return nil // a number, not a weight
	}
	scale, err := m.Floats(name + "_scale")
	if err != nil {
		return err
	}
	if len(scale) == 0 || len(x)%len(scale) != 0 {
		return fmt.Errorf("%w: %s has %d scales for %v", ErrFormat, name, len(scale), v.Dims)
	}
	row := len(x) / len(scale)
	for i := range x {
		x[i] /= scale[i/row]
	}
	return nil
}

// half widens a 16-bit float (IEEE 754 binary16).
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case exponent == 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	case exponent == 0:
		f := float32(fraction) * (1.0 / (1 << 24))
		if sign != 0 {
			return -f
		}
		return f
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// scanner walks through the table; after the first error everything is zero.
type scanner struct {
	r      io.ReaderAt
	buffer *bufio.Reader
	size   int64
	at     int64
	err    error
}

func (s *scanner) bytes(n int) []byte {
	b := make([]byte, n)
	if s.err == nil {
		_, s.err = io.ReadFull(s.buffer, b)
	}
	s.at += int64(n)
	return b
}

func (s *scanner) number(width int) uint32 {
	b := s.bytes(width)
	if s.err != nil {
		return 0
	}
	var v uint32
	for i := width - 1; i >= 0; i-- {
		v = v<<8 | uint32(b[i])
	}
	return v
}

func (s *scanner) name() string {
	n := int(s.number(2))
	if s.err == nil && (n == 0 || n > maxName) {
		s.err = fmt.Errorf("a name of %d bytes", n)
	}
	if s.err != nil {
		return ""
	}
	b := s.bytes(n)
	if s.err != nil {
		return ""
	}
	return string(b[:n-1])
}

func (s *scanner) variable() (string, Variable) {
	name := s.name()
	rank := s.number(1)
	if s.err == nil && rank > maxRank {
		s.err = fmt.Errorf("%s has %d dimensions", name, rank)
	}
	var v Variable
	elements := int64(1)
	for range rank {
		d := s.number(4)
		v.Dims = append(v.Dims, int(d))
		if elements *= int64(d); s.err == nil && elements > s.size {
			s.err = fmt.Errorf("%s is larger than the file", name)
		}
		if s.err != nil {
			return "", v
		}
	}
	v.Type = Type(s.number(1))
	v.bytes = int64(s.number(4))
	v.offset = s.at
	switch {
	case s.err != nil:
	case int(v.Type) >= len(sizes):
		s.err = fmt.Errorf("%s is of an unknown type %d", name, v.Type)
	case v.bytes != elements*sizes[v.Type]:
		s.err = fmt.Errorf("%s has %d bytes for %v", name, v.bytes, v.Dims)
	case v.offset+v.bytes > s.size:
		s.err = fmt.Errorf("%s: %w", name, io.ErrUnexpectedEOF)
	default:
		s.at += v.bytes
		s.buffer.Reset(io.NewSectionReader(s.r, s.at, s.size-s.at))
	}
	return name, v
}
