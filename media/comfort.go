package media

import "math"

// Comfort noise, RFC 3389: one byte of level, then quantized reflection coefficients of the noise's spectrum.
const (
	comfortOrder   = 16   // coefficients that we use
	comfortLoudest = 30.0 // -dBov: nothing louder is background, whatever a packet says
	comfortLevel   = 65   // -dBov of ours: enough to hear that the line is alive
	comfortEvery   = 500 * LineRate / 1000
)

// comfortNoise makes the background of a sender that is silent.
type comfortNoise struct {
	gain   float64 // of the excitation, 0: none
	order  int
	k      [comfortOrder]float64
	b      [comfortOrder + 1]float64 // backward prediction errors of the lattice
	random uint32
}

// take reads a packet.
func (c *comfortNoise) take(payload []byte) {
	if len(payload) == 0 {
		return
	}
	level := max(float64(payload[0]&0x7F), comfortLoudest)
	c.order = min(len(payload)-1, comfortOrder)
	power := 1.0
	for i := range c.order {
		c.k[i] = (float64(min(payload[1+i], 254)) - 127) / 128 // §3.2
		power *= 1 - c.k[i]*c.k[i]
	}
	rms := fullScale * math.Pow(10, -level/20)
	c.gain = rms * math.Sqrt(3*power) // a uniform excitation of ±1 has a power of 1/3, the filter multiplies it by 1/power
	if c.random == 0 {
		c.random = 1
	}
}

// stop ends the noise.
func (c *comfortNoise) stop() { c.gain = 0 }

// fill makes samples of noise, or silence while no packet told of one.
func (c *comfortNoise) fill(dst []int16) {
	if c.gain == 0 {
		clear(dst)
		return
	}
	for i := range dst {
		c.random = c.random*1664525 + 1013904223
		f := c.gain * float64(int32(c.random)) / (1 << 31)
		for m := c.order; m > 0; m-- {
			f -= c.k[m-1] * c.b[m-1]
			c.b[m] = c.b[m-1] + c.k[m-1]*f
		}
		c.b[0] = f
		dst[i] = clip(f)
	}
}
