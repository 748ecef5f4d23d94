package graph

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// Every size's layout names each weight once, without overlap, in variables that such a model has.
func TestLayouts(t *testing.T) {
	for _, s := range Sizes {
		table, err := weights(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		end, layers := int64(0), map[string]bool{}
		for _, w := range table {
			if w.offset < end || w.offset%4096 != 0 || w.bytes <= 0 {
				t.Fatalf("%s: %s at %d of %d bytes overlaps or is not aligned", s.Name, w.variable, w.offset, w.bytes)
			}
			end = w.offset + w.bytes
			if part, rest, ok := strings.Cut(w.variable, "/layer_"); ok && !strings.HasPrefix(rest, "norm") {
				n, _, _ := strings.Cut(rest, "/")
				layers[part+n] = true
			}
		}
		if len(layers) != s.EncoderLayers+s.DecoderLayers {
			t.Errorf("%s: weights of %d layers, want %d", s.Name, len(layers), s.EncoderLayers+s.DecoderLayers)
		}
		if data, scales, err := s.Vectors(); err != nil || data == 0 || scales == 0 {
			t.Errorf("%s: words at %d and %d, %v", s.Name, data, scales, err)
		}
	}
}

// What is written stands for the weights to half a step of the row's or block's scale.
func TestQuantiseAndBack(t *testing.T) {
	const rows, cols = 3, 128
	x := make([]float32, rows*cols)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)*1.7) * math.Exp(float64(i%7)-4))
	}
	clear(x[2*cols:]) // a row of nothing
	byRow, rowScales := rows8(x, cols), scales(x, cols)
	byBlock, blockScales := blocks8(x), scales(x, blockSize)
	for i, want := range x {
		r, c := i/cols, i%cols
		if got := float32(int8(byRow[c*rows+r])) * rowScales[r]; math.Abs(float64(got-want)) > float64(rowScales[r])*0.501 {
			t.Fatalf("row %d, column %d: %v, want %v", r, c, got, want)
		}
		s := blockScales[i/blockSize]
		if got := float32(int(byBlock[i])-128) * s; math.Abs(float64(got-want)) > float64(s)*0.501 {
			t.Fatalf("weight %d: %v, want %v", i, got, want)
		}
	}
	if f := floats([]float32{1.5}); math.Float32frombits(binary.LittleEndian.Uint32(f)) != 1.5 {
		t.Error("floats are not written as they are")
	}
}

func TestParse(t *testing.T) {
	w, err := parse(strings.Split("4096\t12\tf32\tencoder/x\t0:4:0.125,4:8:1", "\t"))
	if err != nil || len(w.rows) != 2 || w.rows[0] != (span{0, 4, 0.125}) {
		t.Errorf("%+v, %v", w, err)
	}
	for _, line := range []string{"1\t2\tf32\tx", "a\t2\tf32\tx\t-", "1\t2\tf32\tx\t0:4"} {
		if _, err := parse(strings.Split(line, "\t")); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
	if _, err := Named("enormous"); err == nil || !strings.Contains(err.Error(), "base, small") {
		t.Errorf("an unknown size: %v", err)
	}
}
