package whisper

import (
	"math"
	"slices"
	"sync"

	"github.com/acotel/acotel-sbc/media"
)

// The front end brings a caller's sound to what the readers were trained on: a
// telephone's band at 16 kHz, no hum, one loudness. asr/training/encoder.py does
// the same to what the phoneme reader learns from.
const (
	lineRate  = 8000 // Hz: everything passes through the band of a telephone line
	modelRate = 16000
	highPass  = 80    // Hz, second order Butterworth
	target    = -20.0 // dBov of the active frames
	activeIn  = 15.0  // dB below the loud frames, down to which a frame is active
	loudPart  = 0.95  // quantile of the frames' powers that counts as loud
	levelStep = modelRate / 50
)

// upsamplers are kept: their filters take milliseconds to design.
var upsamplers = sync.Pool{New: func() any {
	r, err := media.NewResampler(lineRate, modelRate)
	if err != nil {
		panic(err) // constant rates
	}
	return r
}}

// Front is the front end. Its zero value is the whole of it; steps are left out to
// measure what each is good for (docs/speech.md).
type Front struct {
	SkipFilter   bool // samples between two are their mean, with the mirror images that this leaves
	SkipHighPass bool
	SkipLevel    bool
}

// FrontEnd is the whole of Front.
func FrontEnd(pcm []int16) []float32 { return Front{}.Process(pcm) }

// Process turns sound of a telephone line, 8 kHz, into what Engine.Encode takes:
// 16 kHz, ±1, without what lies below 80 Hz, its active level at −20 dBov.
func (f Front) Process(pcm []int16) []float32 {
	var up []int16
	if f.SkipFilter {
		up = between(pcm)
	} else {
		r := upsamplers.Get().(*media.Resampler)
		defer upsamplers.Put(r)
		r.Reset()
		up = r.Flush(r.Process(make([]int16, 0, 2*len(pcm)+64), pcm))
	}
	out := make([]float32, len(up))
	if f.SkipHighPass {
		for i, s := range up {
			out[i] = float32(s) / 32768
		}
	} else {
		withoutHum(out, up)
	}
	if !f.SkipLevel {
		level(out)
	}
	return out
}

// between doubles the rate by straight lines.
func between(pcm []int16) []int16 {
	out := make([]int16, 0, 2*len(pcm))
	for i, s := range pcm {
		next := pcm[min(i+1, len(pcm)-1)]
		out = append(out, s, int16((int(s)+int(next))/2))
	}
	return out
}

// withoutHum is the high-pass.
func withoutHum(out []float32, up []int16) {
	k := math.Tan(math.Pi * highPass / modelRate)
	norm := 1 / (1 + math.Sqrt2*k + k*k)
	a1, a2 := 2*(k*k-1)*norm, (1-math.Sqrt2*k+k*k)*norm
	var z1, z2 float64
	for i, s := range up {
		x := float64(s) / 32768
		y := norm*x + z1
		z1 = -2*norm*x - a1*y + z2
		z2 = norm*x - a2*y
		out[i] = float32(y)
	}
}

// level scales x in place so that its active frames of 20 ms are at target on average.
func level(x []float32) {
	n := len(x) / levelStep
	if n == 0 {
		return
	}
	power := make([]float64, n)
	for i := range power {
		for _, v := range x[i*levelStep : (i+1)*levelStep] {
			power[i] += float64(v) * float64(v)
		}
		power[i] = power[i]/levelStep + 1e-12
	}
	floor := quantile(power, loudPart) / math.Pow(10, activeIn/10)
	var sum float64
	active := 0
	for _, p := range power {
		if p > floor {
			sum += p
			active++
		}
	}
	if active == 0 {
		return
	}
	gain := float32(math.Sqrt(math.Pow(10, target/10) * float64(active) / sum))
	for i, v := range x {
		x[i] = min(max(v*gain, -1), 1)
	}
}

// quantile is the q-quantile of v, between its neighbours in proportion.
func quantile(v []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(v))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}
