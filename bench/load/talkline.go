package load

import (
	"math"
	"math/rand/v2"

	"github.com/zaf/g711"

	"github.com/acotel/acotel-sbc/media"
)

// echoMemory bounds the delay of an echo path: 0.5 s of the other side's sound.
const echoMemory = media.LineRate / 2

// mixer is the line of one caller: noise that is always there, and the echo of the other side's voice, by a hybrid or a loudspeaker. It
// works under the fleet's lock.
type mixer struct {
	noise []int16 // a loop
	at    int

	gain   float64 // of the echo, 0: none
	delay  int     // samples
	soft   float64 // full scale of a loudspeaker that bends, 0: a straight line
	memory [echoMemory]int16
	heard  int // samples written to memory
	played int // samples of the line so far
}

// hear takes a payload of the other side.
func (m *mixer) hear(payload []byte) {
	if m.gain == 0 || len(payload) != frameBytes {
		return
	}
	if m.heard < m.played-2*frameBytes || m.heard > m.played+4*frameBytes { // the other side was silent, or burst
		m.heard = m.played
	}
	for _, b := range payload {
		m.memory[m.heard%echoMemory] = g711.DecodeAlawFrame(b)
		m.heard++
	}
}

// frame puts the line's sounds into a payload on its way out.
func (m *mixer) frame(payload []byte) {
	for i, b := range payload {
		v := float64(g711.DecodeAlawFrame(b))
		if len(m.noise) > 0 {
			v += float64(m.noise[m.at])
			m.at = (m.at + 1) % len(m.noise)
		}
		if at := m.played + i - m.delay; m.gain > 0 && at >= 0 && at < m.heard {
			e := float64(m.memory[at%echoMemory])
			if m.soft > 0 {
				e = m.soft * math.Tanh(e/m.soft)
			}
			v += m.gain * e
			if at >= m.heard-echoMemory { // said once
				m.memory[at%echoMemory] = 0
			}
		}
		payload[i] = g711.EncodeAlawFrame(int16(max(-32768, min(32767, v))))
	}
	m.played += len(payload)
}

// Lengths and levels of noise.
const (
	noiseSeconds  = 11
	quietLineDBov = -68.0
)

// lineNoise is the noise of a telephone line: white, at a level of dBov.
func lineNoise(r *rand.Rand, dBov float64) []int16 {
	out := make([]float64, noiseSeconds*media.LineRate)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return atLevel(out, dBov)
}

// streetNoise is a street by synthesis: a rumble that swells and falls as cars pass, tyres' hiss with them, and now and then a horn.
func streetNoise(r *rand.Rand, dBov float64) []int16 {
	n := noiseSeconds * media.LineRate
	out := make([]float64, n)
	low, car, swell := 0.0, 0.0, 0.0
	hornFrom, hornHz := r.IntN(n), 380+120*r.Float64()
	for i := range out {
		w := r.NormFloat64()
		low += 0.06 * (w - low) // below about 80 Hz … 500 Hz
		if r.IntN(2*media.LineRate) == 0 {
			swell = 1
		}
		swell *= 1 - 0.6/media.LineRate
		car += 0.0008 * (swell - car)
		out[i] = low*(1.5+6*car) + 0.12*w*(0.3+4*car)
		if k := i - hornFrom; k >= 0 && k < media.LineRate/3 {
			x := 2 * math.Pi * hornHz * float64(k) / media.LineRate
			out[i] += 0.25 * (math.Sin(x) + 0.6*math.Sin(2*x) + 0.4*math.Sin(2.5*x))
		}
	}
	return atLevel(out, dBov)
}

// atLevel brings noise to a level.
func atLevel(x []float64, dBov float64) []int16 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	gain := 32768 * math.Pow(10, dBov/20) / math.Sqrt(sum/float64(len(x))+1e-12)
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = int16(max(-32768, min(32767, v*gain)))
	}
	return out
}
