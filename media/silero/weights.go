package silero

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// errNetwork is wrapped when a file is not the network that the kernel was written for.
var errNetwork = errors.New("silero: not the network it should be")

// Field numbers of onnx.proto3.
const (
	modelGraph                                      = 7
	graphNode                                       = 1
	nodeOutput, nodeAttribute                       = 2, 5
	attributeTensor, attributeGraph                 = 5, 6
	tensorDims, tensorType, tensorFloats, tensorRaw = 1, 2, 4, 9
	tensorFloat32                                   = 1
)

// tensor is a constant of the network.
type tensor struct {
	dims   []int
	values []float32
}

// constants reads the float constants of an ONNX file with their names, those of inner graphs included.
func constants(model []byte) (map[string]tensor, error) {
	out := map[string]tensor{}
	err := fields(model, func(field protowire.Number, value []byte, _ uint64) error {
		if field == modelGraph {
			return graphConstants(value, out)
		}
		return nil
	})
	return out, err
}

// fields calls f for each field of a message: bytes for those with a length, else a number.
func fields(message []byte, f func(field protowire.Number, value []byte, number uint64) error) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("%w: %w", errNetwork, protowire.ParseError(n))
		}
		message = message[n:]
		var value []byte
		var number uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(message)
		default:
			n = protowire.ConsumeFieldValue(field, kind, message)
		}
		if n < 0 {
			return fmt.Errorf("%w: %w", errNetwork, protowire.ParseError(n))
		}
		message = message[n:]
		if err := f(field, value, number); err != nil {
			return err
		}
	}
	return nil
}

func graphConstants(graph []byte, out map[string]tensor) error {
	return fields(graph, func(field protowire.Number, node []byte, _ uint64) error {
		if field != graphNode {
			return nil
		}
		name := ""
		return fields(node, func(field protowire.Number, value []byte, _ uint64) error {
			switch field {
			case nodeOutput:
				name = string(value)
			case nodeAttribute:
				return fields(value, func(field protowire.Number, value []byte, _ uint64) error {
					switch field {
					case attributeGraph:
						return graphConstants(value, out)
					case attributeTensor:
						t, err := readTensor(value)
						if err == nil && t.values != nil {
							out[name] = t
						}
						return err
					}
					return nil
				})
			}
			return nil
		})
	})
}

// readTensor reads a tensor of 32-bit floats; others have no values.
func readTensor(message []byte) (t tensor, err error) {
	float := false
	var raw []byte
	err = fields(message, func(field protowire.Number, value []byte, number uint64) error {
		switch field {
		case tensorType:
			float = number == tensorFloat32
		case tensorRaw, tensorFloats:
			raw = value
		case tensorDims:
			if value == nil {
				t.dims = append(t.dims, int(number))
			}
			for len(value) > 0 { // packed
				d, n := protowire.ConsumeVarint(value)
				if n < 0 {
					return fmt.Errorf("%w: %w", errNetwork, protowire.ParseError(n))
				}
				t.dims = append(t.dims, int(d))
				value = value[n:]
			}
		}
		return nil
	})
	if err != nil || !float {
		return tensor{}, err
	}
	t.values = make([]float32, len(raw)/4)
	for i := range t.values {
		t.values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return t, nil
}

// branch8k is how the names of the 8 kHz network's constants begin in the file.
const branch8k = "If_0_else_branch__Inline_0__"

// find gives the constant of the 8 kHz network with a name and a shape.
func find(all map[string]tensor, name string, dims ...int) ([]float32, error) {
	t, ok := all[branch8k+name]
	if !ok || !slices.Equal(t.dims, dims) {
		return nil, fmt.Errorf("%w: %s has shape %v, want %v", errNetwork, strings.TrimPrefix(name, branch8k), t.dims, dims)
	}
	n := 1
	for _, d := range dims {
		n *= d
	}
	if len(t.values) != n {
		return nil, fmt.Errorf("%w: %s has %d values, want %d", errNetwork, name, len(t.values), n)
	}
	return t.values, nil
}

// packed orders the weights of outs outputs with ins inputs each as the kernel reads them; at gives one of them.
func packed(outs, ins int, at func(out, in int) float32) []float32 {
	const block = 8
	w := make([]float32, 0, (outs+block-1)/block*block*ins)
	for o := 0; o < outs; o += block {
		for i := range ins {
			for k := range block {
				v := float32(0)
				if o+k < outs {
					v = at(o+k, i)
				}
				w = append(w, v)
			}
		}
	}
	return w
}
