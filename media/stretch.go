package media

import (
	"errors"
	"fmt"
	"math"
)

// ErrSpeed is wrapped by errors about speeds that speech can't be brought to.
var ErrSpeed = errors.New("media: speech can be brought to a quarter to four times its speed")

// WSOLA (Verhelst, Roelands, ICASSP 1993): the sound is laid together anew from pieces, each taken from near the place where the new speed
// has got to, where it goes on best from the piece before.
const (
	stretchPiece  = 0.016 // s, of sound that one piece adds
	stretchSearch = 0.008 // s to each side: in all a period of a voice of 62 Hz

	minStretch, maxStretch = 0.25, 4.0
)

// Stretcher makes speech slower or faster and keeps its pitch, piece by piece: 16-bit mono. It is used by one goroutine.
type Stretcher struct {
	speed  float64
	piece  int // samples
	search int
	coarse int       // samples between two places that are looked at first
	fade   []float32 // rising half of a Hann window

	in      []float32 // from input sample first on
	first   int
	inputs  int // samples taken in
	outputs int // samples given out
	next    int // input sample that would go on from what was given out
	pieces  int
}

// NewStretcher makes one for sound at a rate in Hz. speed 0.8 makes ten seconds twelve and a half.
func NewStretcher(rate int, speed float64) (*Stretcher, error) {
	if rate < minRate || rate > maxRate {
		return nil, fmt.Errorf("%w: %d", ErrRate, rate)
	}
	if !(speed >= minStretch && speed <= maxStretch) {
		return nil, fmt.Errorf("%w, not to %g of it", ErrSpeed, speed)
	}
	s := &Stretcher{speed: speed, piece: int(stretchPiece * float64(rate)), search: int(stretchSearch * float64(rate)), coarse: max(1, rate/8000)}
	s.fade = make([]float32, s.piece)
	for i := range s.fade {
		s.fade[i] = float32(0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(s.piece)))
	}
	return s, nil
}

// Process takes src and appends what comes of it to dst. Some sound stays inside until more comes, or Flush.
func (s *Stretcher) Process(dst, src []int16) []int16 {
	s.inputs += len(src)
	if s.speed == 1 {
		s.outputs += len(src)
		return append(dst, src...)
	}
	for _, v := range src {
		s.in = append(s.in, float32(v))
	}
	return s.lay(dst, math.MaxInt)
}

// Flush appends what is still inside. In all, n samples give n/speed, rounded. Afterwards the Stretcher is as new.
func (s *Stretcher) Flush(dst []int16) []int16 {
	total := int(math.Round(float64(s.inputs) / s.speed))
	if s.outputs < total {
		s.in = append(s.in, make([]float32, 2*s.piece+2*s.search+int(float64(s.piece)*s.speed))...)
		dst = s.lay(dst, total)
	}
	s.in, s.first, s.inputs, s.outputs, s.next, s.pieces = s.in[:0], 0, 0, 0, 0, 0
	return dst
}

// lay gives out the pieces that the input is long enough for, up to total samples.
func (s *Stretcher) lay(dst []int16, total int) []int16 {
	for s.outputs < total {
		// The middle of a piece lies where its time is in the input.
		at := int(math.Round((float64(s.pieces)+.5)*float64(s.piece)*s.speed)) - s.piece/2
		if s.pieces == 0 {
			at = 0
		}
		if max(at+s.search, s.next)+s.piece > s.first+len(s.in) {
			break
		}
		from := s.best(at)
		before, after := s.in[s.next-s.first:], s.in[from-s.first:]
		n := min(s.piece, total-s.outputs)
		for i, up := range s.fade[:n] {
			dst = append(dst, saturate(before[i]+up*(after[i]-before[i])))
		}
		s.next = from + s.piece
		s.outputs += n
		s.pieces++
		s.forget(min(s.next, at+int(float64(s.piece)*s.speed)-s.search-1))
	}
	return dst
}

// best is the input sample within search of at from which the sound goes on most like it would by itself: looked for among a few
// thousand samples a second first, then around the best of these.
func (s *Stretcher) best(at int) int {
	if s.pieces == 0 {
		return 0
	}
	rough := s.among(max(at-s.search, s.first), at+s.search, s.coarse, at)
	if s.coarse == 1 {
		return rough
	}
	return s.among(max(rough-s.coarse+1, s.first), min(rough+s.coarse-1, at+s.search), 1, rough)
}

// among is the likest of the input samples from, from+step, … up to to, by every step-th sample of a piece; otherwise where all is
// silent.
func (s *Stretcher) among(from, to, step, otherwise int) int {
	want := s.in[s.next-s.first:][:s.piece]
	best, most := otherwise, float32(0)
	for c := from; c <= to; c += step {
		candidate := s.in[c-s.first:][:s.piece]
		var like, power float32
		if step == 1 {
			like, power = dot(want, candidate), dot(candidate, candidate)
		} else {
			for i := 0; i < len(want); i += step {
				like += want[i] * candidate[i]
				power += candidate[i] * candidate[i]
			}
		}
		if like > 0 && like*like > most*power {
			best, most = c, like*like/power
		}
	}
	return best
}

// forget drops the input before a sample.
func (s *Stretcher) forget(before int) {
	if n := min(before-s.first, len(s.in)); n > s.piece {
		s.in = s.in[:copy(s.in, s.in[n:])]
		s.first += n
	}
}
