package load

import (
	"math"

	"github.com/zaf/g711"
)

// squares are the squares of all A-law samples.
var squares = func() (t [256]float64) {
	for i := range t {
		s := float64(g711.DecodeAlawFrame(uint8(i)))
		t[i] = s * s
	}
	return t
}()

// levelOf is the level of an A-law payload in dBov, -127 for silence.
func levelOf(payload []byte) float64 {
	if len(payload) == 0 {
		return -127
	}
	sum := 0.0
	for _, b := range payload {
		sum += squares[b]
	}
	return max(-127, 10*math.Log10(sum/float64(len(payload))/(32768*32768)+1e-13))
}
