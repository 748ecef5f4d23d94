package reader

import (
	"embed"
	"errors"
	"fmt"
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/acotel/acotel-sbc/onnx"
)

//go:embed reader.onnx phonemes.txt
var files embed.FS

// size is the Whisper that the network reads from: it understands the frames of no other.
const size = "base"

// ErrNone is returned for a Whisper without a phoneme reader.
var ErrNone = errors.New("reader: there is no phoneme reader for this model; base has one")

// Network is the loaded reader. Read is safe from any goroutine.
type Network struct {
	session *ort.DynamicAdvancedSession
	layers  []string
	symbols []string
}

// Open loads the network for a size of Whisper. Errors: ErrNone, and the runtime's.
func Open(rt *onnx.Runtime, whisper string) (*Network, error) {
	if whisper != size {
		return nil, fmt.Errorf("%w: %s", ErrNone, whisper)
	}
	network, err := files.ReadFile("reader.onnx")
	if err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	symbols, err := files.ReadFile("phonemes.txt")
	if err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	in, _, err := ort.GetInputOutputInfoWithONNXData(network)
	if err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	n := &Network{symbols: strings.Split(strings.TrimSuffix(string(symbols), "\n"), "\n")}
	for _, i := range in {
		n.layers = append(n.layers, i.Name)
	}
	n.session, err = rt.Open(network, n.layers, []string{"logprobs"})
	return n, err
}

// Close frees the network.
func (n *Network) Close() error {
	if n.session == nil {
		return nil
	}
	return n.session.Destroy()
}

// Layers are the encoder's outputs that it reads: "layer_3", "last".
func (n *Network) Layers() []string { return n.layers }

// Symbols are what the columns stand for; the first is the blank of CTC.
func (n *Network) Symbols() []string { return n.symbols }

// Read gives log-probabilities [frames][symbols] for layers of [frames][width] each, row after row.
func (n *Network) Read(layers map[string][]float32, frames, width int) ([][]float32, error) {
	in := make([]ort.Value, 0, len(n.layers))
	defer func() {
		for _, v := range in {
			_ = v.Destroy()
		}
	}()
	for _, name := range n.layers {
		t, err := ort.NewTensor(ort.NewShape(1, int64(frames), int64(width)), layers[name])
		if err != nil {
			return nil, fmt.Errorf("reader: %s: %w", name, err)
		}
		in = append(in, t)
	}
	flat := make([]float32, frames*len(n.symbols))
	out, err := ort.NewTensor(ort.NewShape(1, int64(frames), int64(len(n.symbols))), flat)
	if err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	defer out.Destroy()
	if err := n.session.Run(append([]ort.Value(nil), in...), []ort.Value{out}); err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	rows := make([][]float32, frames)
	for i := range rows {
		rows[i] = flat[i*len(n.symbols) : (i+1)*len(n.symbols) : (i+1)*len(n.symbols)]
	}
	return rows, nil
}
