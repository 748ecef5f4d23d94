package media

import (
	"errors"
	"fmt"
	"math"
)

// ErrRate is wrapped by errors about sample rates that cannot be converted.
var ErrRate = errors.New("media: sample rates must lie between 1000 and 768000 Hz")

const (
	minRate = 1000
	maxRate = 768000

	stopBandDB   = 86.0 // of the Kaiser window; leaves 80 dB after rounding to 16 bits
	passBand     = 0.9  // of the lower Nyquist frequency: 3600 Hz for 8000 Hz
	exactPhases  = 640  // up to here each phase of the ratio has a filter of its own (48000 to 44100 has 147)
	sharedPhases = 512  // beyond, filters are interpolated between this many; the error is below -100 dB

	resampleBlock = 1024 // input samples worked on at once
)

// Resampler converts 16-bit mono from one rate to another, piece by piece: a polyphase windowed sinc (Kaiser) whose pass band
// is flat to 90 % of the lower Nyquist frequency and whose stop band lies 80 dB down. Its output is aligned with its input: the
// filter's delay is taken out. It is used by one goroutine.
type Resampler struct {
	from, to int64 // reduced by their greatest common divisor
	taps     int
	phases   int
	filters  []float32 // phases+1 filters of taps, the last one being the first of the next sample

	window  []float32 // taps-1 samples before, and the block
	filled  int       // samples in window
	first   int64     // input index of window[0]
	outputs int64     // samples given out
	inputs  int64     // samples taken in
}

// NewResampler builds the filters, which takes a few milliseconds: keep a Resampler and Reset it between recordings.
func NewResampler(from, to int) (*Resampler, error) {
	if from < minRate || from > maxRate || to < minRate || to > maxRate {
		return nil, fmt.Errorf("%w: %d to %d", ErrRate, from, to)
	}
	d := gcd(from, to)
	r := &Resampler{from: int64(from / d), to: int64(to / d)}
	if from == to {
		return r, nil
	}
	r.phases = int(r.to)
	if r.phases > exactPhases {
		r.phases = sharedPhases
	}
	r.design(from, to)
	r.window = make([]float32, r.taps+resampleBlock)
	r.Reset()
	return r, nil
}

// Reset forgets all samples, to begin with another recording.
func (r *Resampler) Reset() {
	r.inputs, r.outputs = 0, 0
	if r.taps == 0 {
		return
	}
	clear(r.window)
	// Silence before the first sample, so that output 0 stands at input 0.
	r.filled = r.taps/2 - 1
	r.first = -int64(r.filled)
}

// Process converts src and appends the result to dst. Some samples stay inside until more come, or Flush.
func (r *Resampler) Process(dst []int16, src []int16) []int16 {
	if r.taps == 0 {
		r.inputs += int64(len(src))
		return append(dst, src...)
	}
	for len(src) > 0 {
		n := min(len(src), len(r.window)-r.filled)
		for i, s := range src[:n] {
			r.window[r.filled+i] = float32(s)
		}
		r.filled += n
		r.inputs += int64(n)
		src = src[n:]
		dst = r.drain(dst, math.MaxInt64)
	}
	return dst
}

// Flush appends what is still inside. In all, n input samples give ⌈n·to/from⌉ of output. Afterwards the Resampler is
// as new.
func (r *Resampler) Flush(dst []int16) []int16 {
	total := (r.inputs*r.to + r.from - 1) / r.from
	for r.taps > 0 && r.outputs < total {
		n := min(r.taps, len(r.window)-r.filled)
		clear(r.window[r.filled : r.filled+n])
		r.filled += n
		dst = r.drain(dst, total)
	}
	r.Reset()
	return dst
}

// drain computes all outputs up to total that the window allows, then moves the window on.
func (r *Resampler) drain(dst []int16, total int64) []int16 {
	half := int64(r.taps / 2)
	for r.outputs < total {
		position := r.outputs * r.from // in units of 1/to of an input sample
		index, rest := position/r.to, position%r.to
		start := index - half + 1 - r.first
		if start+int64(r.taps) > int64(r.filled) {
			break
		}
		in := r.window[start : start+int64(r.taps)]
		var y float32
		if r.phases == int(r.to) {
			y = dot(in, r.filters[int(rest)*r.taps:])
		} else {
			exact := float64(rest) * float64(r.phases) / float64(r.to)
			phase := int(exact)
			part := float32(exact - float64(phase))
			a, b := dot(in, r.filters[phase*r.taps:]), dot(in, r.filters[(phase+1)*r.taps:])
			y = a + part*(b-a)
		}
		dst = append(dst, saturate(y))
		r.outputs++
	}
	next := r.outputs*r.from/r.to - half + 1
	if gone := min(next-r.first, int64(r.filled)); gone > 0 {
		copy(r.window, r.window[gone:r.filled])
		r.filled -= int(gone)
		r.first += gone
	}
	return dst
}

// design computes the filters. Phase p serves outputs that lie p/phases after an input sample.
func (r *Resampler) design(from, to int) {
	lower := float64(min(from, to))
	// The transition ends at the lower Nyquist frequency; the cut-off lies in its middle. In units of the input rate.
	transition := lower / 2 * (1 - passBand) / float64(from)
	cutoff := lower / 2 * (1 + passBand) / 2 / float64(from)
	length := (stopBandDB - 7.95) / (2.285 * 2 * math.Pi * transition)
	r.taps = (int(math.Ceil(length)) + 2) &^ 1
	beta := 0.1102 * (stopBandDB - 8.7)
	scale := 1 / bessel0(beta)
	half := float64(r.taps / 2)
	r.filters = make([]float32, (r.phases+1)*r.taps)
	row := make([]float64, r.taps)
	for p := range r.phases + 1 {
		sum := 0.0
		for k := range row {
			x := float64(k) - (half - 1) - float64(p)/float64(r.phases)
			row[k] = 0
			if edge := x / half; edge > -1 && edge < 1 {
				row[k] = sinc(2*cutoff*x) * bessel0(beta*math.Sqrt(1-edge*edge)) * scale
			}
			sum += row[k]
		}
		for k, c := range row {
			r.filters[p*r.taps+k] = float32(c / sum) // the same gain in each phase: no whistle at the ratio's frequency
		}
	}
}

// dot is the inner product over a, in four sums so that the processor can overlap them.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

func saturate(y float32) int16 {
	switch {
	case y >= math.MaxInt16:
		return math.MaxInt16
	case y <= math.MinInt16:
		return math.MinInt16
	case y < 0:
		return int16(y - 0.5)
	}
	return int16(y + 0.5)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel0 is the modified Bessel function of the first kind and order 0, by its series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
