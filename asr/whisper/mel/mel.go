package mel

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Sizes of the spectrogram.
const (
	Rate   = 16000 // Hz of the sound
	Hop    = 160   // samples from one frame to the next, 10 ms
	window = 400   // samples of a frame
	bins   = window/2 + 1
	floor  = 1e-10 // of a band's power
	span   = 8     // decades below the loudest band that are kept
)

// Spectrogram turns sound into frames. It is used by one goroutine at a time; its memory grows to the longest sound and stays.
type Spectrogram struct {
	bands  int
	hann   [window]float64
	filter []band
	fft    *fourier.FFT

	frame  [window]float64
	coeff  []complex128
	power  [bins]float64
	frames []float32
}

// band is a triangular filter: weights of the bins from first on.
type band struct {
	first   int
	weights []float64
}

// New prepares for a number of bands: 80, or 128 for the largest models.
func New(bands int) *Spectrogram {
	s := &Spectrogram{bands: bands, fft: fourier.NewFFT(window), coeff: make([]complex128, bins), filter: filters(bands)}
	for i := range s.hann {
		s.hann[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/window)
	}
	return s
}

// Frames is how many frames n samples give: one for each 10 ms begun, made even, since the encoder joins two.
func Frames(n int) int { return (n + 2*Hop - 1) / (2 * Hop) * 2 }

// Compute gives [bands][Frames(len(pcm))] for sound in ±1, row after row. Silence is added at the end to a whole 20 ms. The result is
// valid until the next call.
func (s *Spectrogram) Compute(pcm []float32) []float32 {
	n := Frames(len(pcm))
	if cap(s.frames) < n*s.bands {
		s.frames = make([]float32, n*s.bands)
	}
	out := s.frames[:n*s.bands]
	most := math.Inf(-1)
	for t := range n {
		s.load(pcm, t*Hop-window/2, n*Hop)
		s.fft.Coefficients(s.coeff, s.frame[:])
		for i, c := range s.coeff {
			s.power[i] = real(c)*real(c) + imag(c)*imag(c)
		}
		for b, f := range s.filter {
			sum := 0.0
			for i, w := range f.weights {
				sum += w * s.power[f.first+i]
			}
			v := math.Log10(max(sum, floor))
			most = max(most, v)
			out[b*n+t] = float32(v)
		}
	}
	low := float32(most - span)
	for i, v := range out {
		out[i] = (max(v, low) + 4) / 4
	}
	return out
}

// load puts the windowed samples from at on into frame; the sound is length samples long with its silence, and mirrored at both ends.
func (s *Spectrogram) load(pcm []float32, at, length int) {
	for i := range s.frame {
		j := at + i
		if j < 0 {
			j = -j
		}
		if j >= length {
			j = max(0, 2*(length-1)-j)
		}
		if j < len(pcm) {
			s.frame[i] = float64(pcm[j]) * s.hann[i]
		} else {
			s.frame[i] = 0
		}
	}
}

// filters are Slaney's: linear below 1 kHz, logarithmic above, each of the same area (Auditory Toolbox, 1998).
func filters(n int) []band {
	hz := func(m float64) float64 {
		if m < 15 {
			return m * 200 / 3
		}
		return 1000 * math.Exp((m-15)*math.Log(6.4)/27)
	}
	top := 15 + math.Log(Rate/2/1000)*27/math.Log(6.4)
	edges := make([]float64, n+2)
	for i := range edges {
		edges[i] = hz(top * float64(i) / float64(n+1))
	}
	out := make([]band, n)
	for b := range out {
		low, mid, high := edges[b], edges[b+1], edges[b+2]
		for i := range bins {
			f := float64(i) * Rate / window
			w := min((f-low)/(mid-low), (high-f)/(high-mid))
			if w <= 0 {
				continue
			}
			if out[b].weights == nil {
				out[b].first = i
			}
			out[b].weights = append(out[b].weights, w*2/(high-low))
		}
	}
	return out
}
