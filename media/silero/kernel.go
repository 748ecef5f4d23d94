package silero

// #include "kernel.h"
// #cgo CFLAGS: -Wno-psabi
// #cgo LDFLAGS: -lm
import "C"

import (
	"runtime"
)

// kernel is the network by our own arithmetic: about three times as fast as ONNX Runtime, which arranges the weights anew in each run. Its
// results agree to 1e-4. It belongs to one goroutine.
type kernel struct {
	w      C.struct_silero_weights
	pinner runtime.Pinner // of the weights

	input       [maxBatch * inputSamples]float32
	state       [2 * maxBatch * stateSize]float32
	probability [maxBatch]float32
}

// newKernel takes the weights out of the network's ONNX file.
func newKernel(file []byte) (*kernel, error) {
	all, err := constants(file)
	if err != nil {
		return nil, err
	}
	const window, bins, gates = 128, 65, 4 * stateSize
	k := &kernel{}
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	get := func(name string, dims ...int) []float32 {
		v, e := find(all, name, dims...)
		fail(e)
		if e != nil {
			n := 1
			for _, d := range dims {
				n *= d
			}
			v = make([]float32, n)
		}
		return v
	}
	pin := func(v []float32) *C.float {
		k.pinner.Pin(&v[0])
		return (*C.float)(&v[0])
	}
	basis := get("stft.forward_basis_buffer", 2*bins, 1, window)
	k.w.stft = pin(packed(2*bins, window, func(o, i int) float32 { return basis[o*window+i] }))
	for n, c := range []struct {
		name      string
		outs, ins int
	}{{"encoder.0", 128, bins}, {"encoder.1", 64, 128}, {"encoder.2", 64, 64}, {"encoder.3", stateSize, 64}} {
		const taps = 3
		w := get(c.name+".reparam_conv.weight", c.outs, c.ins, taps)
		k.w.conv[n] = pin(packed(c.outs, taps*c.ins, func(o, i int) float32 { return w[(o*c.ins+i%c.ins)*taps+i/c.ins] }))
		k.w.bias[n] = pin(get(c.name+".reparam_conv.bias", c.outs))
	}
	ih, hh := get("decoder.rnn.weight_ih", gates, stateSize), get("decoder.rnn.weight_hh", gates, stateSize)
	k.w.lstm = pin(packed(gates, 2*stateSize, func(o, i int) float32 {
		if i < stateSize {
			return ih[o*stateSize+i]
		}
		return hh[o*stateSize+i-stateSize]
	}))
	bi, bh := get("decoder.rnn.bias_ih", gates), get("decoder.rnn.bias_hh", gates)
	bias := make([]float32, gates)
	for i := range bias {
		bias[i] = bi[i] + bh[i]
	}
	k.w.lstm_bias = pin(bias)
	k.w.out = pin(get("decoder.decoder.2.weight", 1, stateSize, 1))
	k.w.out_bias = C.float(get("decoder.decoder.2.bias", 1)[0])
	if err != nil {
		k.pinner.Unpin()
		return nil, err
	}
	return k, nil
}

// do runs up to maxBatch steps of different lines at once.
func (k *kernel) do(steps []*step) error {
	n := len(steps)
	for i, s := range steps {
		copy(k.input[i*inputSamples:], s.input[:])
		for half := range s.state {
			copy(k.state[(half*n+i)*stateSize:], s.state[half][:])
		}
	}
	C.silero_run(&k.w, C.int(n), (*C.float)(&k.input[0]), (*C.float)(&k.state[0]), (*C.float)(&k.probability[0]))
	for i, s := range steps {
		s.probability = k.probability[i]
		for half := range s.state {
			copy(s.state[half][:], k.state[(half*n+i)*stateSize:])
		}
	}
	return nil
}

func (k *kernel) close() error {
	k.pinner.Unpin()
	return nil
}
