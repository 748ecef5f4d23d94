package silero

import (
	"errors"
	"fmt"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/acotel/acotel-sbc/onnx"
)

// Shapes of the network at 8 kHz.
const (
	stepSamples    = 256 // new samples of one step, 32 ms
	contextSamples = 32  // samples of the step before it that stand in front
	inputSamples   = contextSamples + stepSamples
	stateSize      = 128 // of each of the two halves of the recurrent state
	sampleRate     = 8000
)

// batchSizes are the runs that are prepared; a batch takes the next larger one.
var batchSizes = [...]int{1, 2, 4, 8, 16}

const maxBatch = 16

// network runs steps. It belongs to one goroutine and allocates only in newNetwork.
type network struct {
	session *ort.DynamicAdvancedSession
	runs    [len(batchSizes)]run
}

// run holds the tensors of one batch size, bound once.
type run struct {
	size          int
	input         *ort.Tensor[float32] // size × inputSamples
	state, stateN *ort.Tensor[float32] // 2 × size × stateSize
	rate          *ort.Scalar[int64]
	output        *ort.Tensor[float32] // size × 1
	binding       *ort.IoBinding
}

func newNetwork(rt *onnx.Runtime, file []byte) (*network, error) {
	s, err := rt.Open(file, []string{"input", "state", "sr"}, []string{"output", "stateN"})
	if err != nil {
		return nil, err
	}
	n := &network{session: s}
	for i, size := range batchSizes {
		if n.runs[i], err = newRun(s, size); err != nil {
			return nil, fmt.Errorf("silero: not the network it should be: %w", errors.Join(err, n.close()))
		}
	}
	return n, nil
}

func newRun(s *ort.DynamicAdvancedSession, size int) (r run, err error) {
	r.size = size
	b := int64(size)
	tensor := func(shape ...int64) (t *ort.Tensor[float32]) {
		if err == nil {
			t, err = ort.NewEmptyTensor[float32](ort.NewShape(shape...))
		}
		return t
	}
	r.input, r.output = tensor(b, inputSamples), tensor(b, 1)
	r.state, r.stateN = tensor(2, b, stateSize), tensor(2, b, stateSize)
	if err == nil {
		r.rate, err = ort.NewScalar[int64](sampleRate)
	}
	if err == nil {
		r.binding, err = s.CreateIoBinding()
	}
	if err != nil {
		return r, err
	}
	return r, errors.Join(r.binding.BindInput("input", r.input), r.binding.BindInput("state", r.state), r.binding.BindInput("sr", r.rate),
		r.binding.BindOutput("output", r.output), r.binding.BindOutput("stateN", r.stateN), s.RunWithBinding(r.binding))
}

// step is one step of one line: what goes in, and the probability that comes out. state is brought forward.
type step struct {
	input       [inputSamples]float32
	state       [2][stateSize]float32
	probability float32
}

// do runs up to maxBatch steps of different lines at once.
func (n *network) do(steps []*step) error {
	i := 0
	for batchSizes[i] < len(steps) {
		i++
	}
	r := &n.runs[i]
	in, state := r.input.GetData(), r.state.GetData()
	for k, s := range steps {
		copy(in[k*inputSamples:], s.input[:])
		for half := range s.state {
			copy(state[(half*r.size+k)*stateSize:], s.state[half][:])
		}
	}
	if err := n.session.RunWithBinding(r.binding); err != nil {
		return fmt.Errorf("silero: %w", err)
	}
	out, next := r.output.GetData(), r.stateN.GetData()
	for k, s := range steps {
		s.probability = out[k]
		for half := range s.state {
			at := (half*r.size + k) * stateSize
			copy(s.state[half][:], next[at:at+stateSize])
		}
	}
	return nil
}

func (n *network) close() error {
	var errs []error
	for _, r := range n.runs {
		if r.binding != nil {
			errs = append(errs, r.binding.Destroy())
		}
		for _, t := range []*ort.Tensor[float32]{r.input, r.output, r.state, r.stateN} {
			if t != nil {
				errs = append(errs, t.Destroy())
			}
		}
		if r.rate != nil {
			errs = append(errs, r.rate.Destroy())
		}
	}
	return errors.Join(append(errs, n.session.Destroy())...)
}
