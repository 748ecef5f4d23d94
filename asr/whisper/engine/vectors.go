package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"github.com/acotel/acotel-sbc/asr/whisper/graph"
)

// vectors are what the decoder reads for each entry of the vocabulary; they stay in the file, a step needs a few of 51,865.
type vectors struct {
	width        int
	file         *os.File
	data, scales int64
}

func openVectors(size graph.Size, weights string) (*vectors, error) {
	data, scales, err := size.Vectors()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(weights)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	return &vectors{width: size.Width, file: f, data: data, scales: scales}, nil
}

// read writes the vector of an entry.
func (v *vectors) read(entry int32, to []float32) error {
	blocks := v.width / 64
	buffer := make([]byte, v.width+4*blocks)
	if _, err := v.file.ReadAt(buffer[:v.width], v.data+int64(entry)*int64(v.width)); err != nil {
		return fmt.Errorf("engine: vector of word %d: %w", entry, err)
	}
	if _, err := v.file.ReadAt(buffer[v.width:], v.scales+int64(entry)*int64(4*blocks)); err != nil {
		return fmt.Errorf("engine: vector of word %d: %w", entry, err)
	}
	for i := range to {
		s := math.Float32frombits(binary.LittleEndian.Uint32(buffer[v.width+4*(i/64):]))
		to[i] = float32(int(buffer[i])-128) * s
	}
	return nil
}
