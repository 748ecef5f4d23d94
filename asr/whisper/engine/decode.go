package engine

import (
	"context"
	"fmt"
	"math"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/acotel/acotel-sbc/asr/whisper/words"
)

// top is how many continuations a step of the decoder gives for each beam.
const top = 10

// negative is minus infinity where the graphs want a number to add.
var negative = float32(math.Inf(-1))

// Words reads the sound with Whisper's decoder, in French: see words.Reader. o.Sound need not be given. Whisper repeats itself when little is
// before it: a padTo of 10 s in Encode mends most of it, the reader's guards the rest. Errors: the context's own, between two steps, and the
// runtime's.
func (x *Encoding) Words(ctx context.Context, o words.Options) ([]words.Hypothesis, error) {
	o.Sound = time.Duration(x.spoken) * time.Second / FramesPerSecond
	d, err := x.newDecoding()
	if err != nil {
		return nil, err
	}
	defer d.close()
	return x.engine.words.Read(ctx, d, o)
}

// decoding is the decoder on one sound, a words.Network.
type decoding struct {
	e      *Engine
	cross  []ort.Value // keys and values of the sound
	cache  []ort.Value // keys and values of the words so far; a first, empty place is masked
	length int         // words in the cache
}

func (x *Encoding) newDecoding() (*decoding, error) {
	d := &decoding{e: x.engine, cross: make([]ort.Value, 2*x.engine.size.DecoderLayers)}
	in, err := tensor(x.layers["last"], 1, x.Frames, x.Width)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer func() { _ = in.Destroy() }()
	if err := d.e.cross.Run([]ort.Value{in}, d.cross); err != nil {
		d.close()
		return nil, fmt.Errorf("engine: keys of the sound: %w", err)
	}
	heads := d.e.size.Heads()
	for range d.cross {
		empty, err := tensor(make([]float32, heads*64), 1, heads, 1, 64)
		if err != nil {
			d.close()
			return nil, fmt.Errorf("engine: %w", err)
		}
		d.cache = append(d.cache, empty)
	}
	return d, nil
}

func (d *decoding) close() {
	destroy(d.cross)
	destroy(d.cache)
}

// Step implements words.Network.
func (d *decoding) Step(said [][]int32, from []int, suppress []float32) (words.Next, error) {
	in, err := d.inputs(said, from, suppress)
	defer destroy(in)
	if err != nil {
		return words.Next{}, err
	}
	out := make([]ort.Value, 3+len(d.cache))
	if err := d.e.decoder.Run(append(append(in[:len(in):len(in)], d.cross...), d.cache...), out); err != nil {
		return words.Next{}, fmt.Errorf("engine: decoder: %w", err)
	}
	defer destroy(out[:3])
	destroy(d.cache)
	copy(d.cache, out[3:])
	d.length += len(said[0])
	scores, entries := out[0].(*ort.Tensor[float32]).GetData(), out[1].(*ort.Tensor[int64]).GetData()
	n := words.Next{Silent: append([]float32(nil), out[2].(*ort.Tensor[float32]).GetData()...)}
	for i := range said {
		w := make([]int32, top)
		for j, e := range entries[i*top : (i+1)*top] {
			w[j] = int32(e)
		}
		n.Words = append(n.Words, w)
		n.LogProbs = append(n.LogProbs, append([]float32(nil), scores[i*top:(i+1)*top]...))
	}
	return n, nil
}

// inputs are the decoder's own for a step, without what it remembers.
func (d *decoding) inputs(said [][]int32, from []int, suppress []float32) (in []ort.Value, err error) {
	beams, length, width := len(said), len(said[0]), d.e.size.Width
	embedded, positions, origin := make([]float32, beams*length*width), make([]int64, length), make([]int64, beams)
	for i, w := range said {
		origin[i] = int64(from[i])
		for j, word := range w {
			at := (i*length + j) * width
			if err := d.e.vectors.read(word, embedded[at:at+width]); err != nil {
				return nil, err
			}
			positions[j] = int64(d.length + j)
		}
	}
	past := d.length + 1
	mask := make([]float32, length*(past+length))
	for j := range length {
		row := mask[j*(past+length) : (j+1)*(past+length)]
		row[0] = negative
		for k := past + j + 1; k < len(row); k++ {
			row[k] = negative
		}
	}
	own := func(v ort.Value, e error) {
		if e == nil {
			in = append(in, v)
		} else if err == nil {
			err = fmt.Errorf("engine: %w", e)
		}
	}
	own(tensor(embedded, beams, length, width))
	own(tensor(positions, length))
	own(tensor(mask, length, past+length))
	own(tensor(origin, beams))
	own(tensor(suppress, len(suppress)))
	own(tensor([]int64{int64(d.e.words.NoSpeech())}, 1))
	return in, err
}

func tensor[T ort.TensorData](data []T, dims ...int) (ort.Value, error) {
	shape := make(ort.Shape, len(dims))
	for i, n := range dims {
		shape[i] = int64(n)
	}
	return ort.NewTensor(shape, data)
}
