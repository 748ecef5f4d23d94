package graph

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/acotel/acotel-sbc/asr/whisper/ct2"
)

// blockSize is how many weights of a row share a scale in MatMulNBits.
const blockSize = 64

// encode gives the bytes of a weight as the graphs read them.
func (w weight) encode(m *ct2.Model) ([]byte, error) {
	x, cols, err := w.read(m)
	if err != nil {
		return nil, err
	}
	var out []byte
	switch w.kind {
	case "f32":
		out = floats(x)
	case "i8":
		out = rows8(x, cols)
	case "i8scale":
		out = floats(scales(x, cols))
	case "q8":
		out = blocks8(x)
	case "q8scale":
		out = floats(scales(x, blockSize))
	default:
		return nil, fmt.Errorf("graph: %s: unknown kind %q", w.variable, w.kind)
	}
	if int64(len(out)) != w.bytes {
		return nil, fmt.Errorf("graph: %s: %d bytes, the layout says %d", w.variable, len(out), w.bytes)
	}
	return out, nil
}

// read gives the rows of the variable that are wanted, with their factors, and the length of a row.
func (w weight) read(m *ct2.Model) (x []float32, cols int, err error) {
	x, err = m.Floats(w.variable)
	if err != nil {
		return nil, 0, err
	}
	v, _ := m.Variable(w.variable)
	cols = 1
	if len(v.Dims) > 1 {
		cols = len(x) / max(1, v.Dims[0])
	}
	if cols == 0 || (w.kind == "q8" || w.kind == "q8scale") && cols%blockSize != 0 {
		return nil, 0, fmt.Errorf("graph: %s: %v can't be cut in blocks of %d", w.variable, v.Dims, blockSize)
	}
	if w.rows == nil {
		return x, cols, nil
	}
	var out []float32
	for _, s := range w.rows {
		if s.lo < 0 || s.hi < s.lo || s.hi*cols > len(x) {
			return nil, 0, fmt.Errorf("graph: %s: rows %d to %d of %v", w.variable, s.lo, s.hi, v.Dims)
		}
		for _, f := range x[s.lo*cols : s.hi*cols] {
			out = append(out, f*s.factor)
		}
	}
	return out, cols, nil
}

func floats(x []float32) []byte {
	b := make([]byte, 4*len(x))
	for i, f := range x {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(f))
	}
	return b
}

// scales gives for each n weights what the largest stands for in 127 steps.
func scales(x []float32, n int) []float32 {
	out := make([]float32, len(x)/n)
	for i := range out {
		out[i] = scale(x[i*n : (i+1)*n])
	}
	return out
}

func scale(x []float32) float32 {
	var most float32
	for _, f := range x {
		most = max(most, float32(math.Abs(float64(f))))
	}
	if most == 0 {
		return 1
	}
	return most / 127
}

func step(f, scale float32) int { return int(math.RoundToEven(float64(f / scale))) }

// rows8 turns [rows][cols] into [cols][rows] of signed steps, a scale for each row: B of DynamicQuantizeMatMul.
func rows8(x []float32, cols int) []byte {
	rows := len(x) / cols
	b := make([]byte, len(x))
	for r := range rows {
		row := x[r*cols : (r+1)*cols]
		s := scale(row)
		for c, f := range row {
			b[c*rows+r] = byte(int8(step(f, s)))
		}
	}
	return b
}

// blocks8 keeps the order, in steps around 128, a scale for each block: B of MatMulNBits.
func blocks8(x []float32) []byte {
	b := make([]byte, len(x))
	for at := 0; at < len(x); at += blockSize {
		block := x[at : at+blockSize]
		s := scale(block)
		for i, f := range block {
			b[at+i] = byte(step(f, s) + 128)
		}
	}
	return b
}
