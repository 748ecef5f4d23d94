package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/acotel/acotel-sbc/asr/whisper/graph"
	"github.com/acotel/acotel-sbc/asr/whisper/mel"
	"github.com/acotel/acotel-sbc/asr/whisper/reader"
	"github.com/acotel/acotel-sbc/asr/whisper/words"
	"github.com/acotel/acotel-sbc/onnx"
)

// Errors, for errors.Is.
var (
	ErrTooLong = errors.New("engine: more than 30 s of sound")
	ErrEmpty   = errors.New("engine: no sound")
)

// MaxSamples is the longest sound that the encoder takes at once: 30 s at 16 kHz, the length of its table of positions.
const MaxSamples = 30 * mel.Rate

// FramesPerSecond is how many frames the encoder gives.
const FramesPerSecond = 50

// Engine is a loaded model. Its methods are safe from any goroutine, but Close, which waits for nobody.
type Engine struct {
	size    graph.Size
	phonics *reader.Network // nil: the model has no phoneme reader

	encoder, cross, decoder *ort.DynamicAdvancedSession
	layers                  []string // the encoder's outputs: what the reader wants, and "last"
	words                   *words.Reader
	vectors                 *vectors
	spectrograms            sync.Pool
}

// Load opens the model that graph.Write and models install put into dir. It takes a tenth of a second for base.
func Load(rt *onnx.Runtime, dir string) (e *Engine, err error) {
	size, err := graph.Written(dir)
	if err != nil {
		return nil, err
	}
	e = &Engine{size: size, layers: []string{"last"}}
	e.spectrograms.New = func() any { return mel.New(size.Mels) }
	defer func() {
		if err != nil {
			e.Close()
			e = nil
		}
	}()
	if e.words, err = words.New(size.Words); err != nil {
		return e, err
	}
	if e.vectors, err = openVectors(size, filepath.Join(dir, graph.Weights)); err != nil {
		return e, err
	}
	if e.phonics, err = reader.Open(rt, size.Name); err != nil && !errors.Is(err, reader.ErrNone) {
		return e, err
	} else if err == nil {
		for _, l := range e.phonics.Layers() {
			if l != "last" {
				e.layers = append(e.layers, l)
			}
		}
	}
	var in, out []string
	for i := range size.DecoderLayers {
		out = append(out, fmt.Sprint("key_", i), fmt.Sprint("value_", i))
	}
	if e.encoder, err = rt.OpenFile(filepath.Join(dir, graph.Encoder), []string{"mel"}, e.layers); err != nil {
		return e, err
	}
	if e.cross, err = rt.OpenFile(filepath.Join(dir, graph.Cross), []string{"last"}, out); err != nil {
		return e, err
	}
	in = append([]string{"embedded", "positions", "mask", "from", "suppress", "silent_word"}, out...)
	out = []string{"logprobs", "words", "silent"}
	for i := range size.DecoderLayers {
		in = append(in, fmt.Sprint("past_key_", i), fmt.Sprint("past_value_", i))
		out = append(out, fmt.Sprint("present_key_", i), fmt.Sprint("present_value_", i))
	}
	e.decoder, err = rt.OpenFile(filepath.Join(dir, graph.Decoder), in, out)
	return e, err
}

// Name tells which size this is: "base".
func (e *Engine) Name() string { return e.size.Name }

// Reads tells whether the model has a phoneme reader.
func (e *Engine) Reads() bool { return e.phonics != nil }

// Close frees the model. No method may run, and no Encoding be used, any more.
func (e *Engine) Close() error {
	var errs []error
	for _, s := range []*ort.DynamicAdvancedSession{e.encoder, e.cross, e.decoder} {
		if s != nil {
			errs = append(errs, s.Destroy())
		}
	}
	if e.phonics != nil {
		errs = append(errs, e.phonics.Close())
	}
	if e.vectors != nil {
		errs = append(errs, e.vectors.file.Close())
	}
	return errors.Join(errs...)
}

// Encoding is a piece of sound as the encoder sees it. It holds no memory outside of Go's, and is read by any number of goroutines.
type Encoding struct {
	Frames int // 50 a second
	Width  int

	engine *Engine
	spoken int // frames of the sound itself, without the silence that was added
	layers map[string][]float32
}

// Layer gives [Frames][Width], row after row, of an output of the encoder ("last", and those that the phoneme reader uses); nil: not one
// of these.
func (x *Encoding) Layer(name string) []float32 { return x.layers[name] }

// Encode reads sound: 16 kHz, ±1, at most 30 s, with no less than padTo samples, silence being added at the end. Errors: ErrEmpty,
// ErrTooLong, the context's own before the work begins (it can't be stopped once begun: 0.1 s for 10 s of sound), and the runtime's.
func (e *Engine) Encode(ctx context.Context, pcm []float32, padTo int) (*Encoding, error) {
	switch {
	case len(pcm) == 0:
		return nil, ErrEmpty
	case len(pcm) > MaxSamples || padTo > MaxSamples:
		return nil, fmt.Errorf("%w: %.1f s", ErrTooLong, float64(max(len(pcm), padTo))/mel.Rate)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	spoken := mel.Frames(len(pcm)) / 2
	if len(pcm) < padTo {
		padded := make([]float32, padTo)
		copy(padded, pcm)
		pcm = padded
	}
	s := e.spectrograms.Get().(*mel.Spectrogram)
	defer e.spectrograms.Put(s)
	frames := mel.Frames(len(pcm))
	in, err := ort.NewTensor(ort.NewShape(1, int64(e.size.Mels), int64(frames)), s.Compute(pcm))
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer in.Destroy()
	x := &Encoding{Frames: frames / 2, Width: e.size.Width, engine: e, spoken: min(spoken, frames/2), layers: map[string][]float32{}}
	out := make([]ort.Value, len(e.layers))
	defer destroy(out)
	for i, name := range e.layers { // in memory of Go's, so that an Encoding needs no Close
		x.layers[name] = make([]float32, x.Frames*x.Width)
		t, err := ort.NewTensor(ort.NewShape(1, int64(x.Frames), int64(x.Width)), x.layers[name])
		if err != nil {
			return nil, fmt.Errorf("engine: %w", err)
		}
		out[i] = t
	}
	if err := e.encoder.Run([]ort.Value{in}, out); err != nil {
		return nil, fmt.Errorf("engine: encoder: %w", err)
	}
	return x, nil
}

// Phonemes gives the phoneme reader's log-probabilities [Frames][symbols] of the sound, without the silence that was added. Errors:
// reader.ErrNone when the model has none, and the runtime's.
func (x *Encoding) Phonemes() ([][]float32, error) {
	if x.engine.phonics == nil {
		return nil, fmt.Errorf("%w: whisper %s", reader.ErrNone, x.engine.size.Name)
	}
	y, err := x.engine.phonics.Read(x.layers, x.Frames, x.Width)
	if err != nil {
		return nil, err
	}
	return y[:min(len(y), x.spoken+tail)], nil
}

// tail is how many frames of added silence are left: the last sound's own end.
const tail = 5

func destroy(values []ort.Value) {
	for _, v := range values {
		if v != nil {
			_ = v.Destroy()
		}
	}
}
