package media

// G.722 splits 16 kHz sound into two bands of 8 kHz each and codes both by ADPCM: six bits for the lower band, two for the higher
// one, one octet for each pair of samples (ITU-T G.722 §1.4.4). The lower band, 0 to 4 kHz at 8 kHz, is all that a line of
// LineRate can carry, so it is the only one that is coded here: to the peer our sound has nothing above 4 kHz, and of the peer's
// sound the higher band is left out. Its clock rate is 8000 Hz by an old mistake (RFC 3551 §4.5.2), so that RTP
// counts just these samples.
const (
	g722High      = 0xC0  // two bits that let the peer's higher band fall silent
	g722LowBits   = 0x3F  // of an octet, mode 1 (64 kbit/s)
	g722DetStart  = 32    // quantizer scale after a reset (§3.6.5, table 22)
	g722ScaleMax  = 18432 // bound of the logarithmic scale factor, lower band
	g722OutputMax = 16383 // the lower band has 15 bits
)

// Tables of ITU-T G.722 for the lower band: decision levels (table 7), codes (table 14), inverse quantizers of 4 and 6 bits
// (tables 17 and 19) and the scale factor's steps (tables 15, 16 and 20).
var (
	g722Levels = [31]int32{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
		786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919, 0,
	}
	g722Negative = [31]uint8{0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4}
	g722Positive = [31]uint8{0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32}
	g722Inverse4 = [16]int32{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0}
	g722Inverse6 = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	g722ScaleStep = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	g722Antilog   = [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
)

// g722Band is the adaptive predictor and scale factor that both ends of a band keep in step (§3.6). Of values that go on, the newest
// comes first.
type g722Band struct {
	estimate, zeros int32    // s: prediction, sz: its part by zeros
	scaleLog, scale int32    // nb, det
	a1, a2          int32    // coefficients of the poles
	b               [6]int32 // and of the zeros
	twice           [6]int32 // 2·d, saturated
	partial, output [2]int32 // p, r
}

func newG722Band() g722Band { return g722Band{scale: g722DetStart} }

// adapt takes the four most significant bits of a code: all that the predictor may know, so that the two last bits can be stolen
// on the way (§1.3).
func (g *g722Band) adapt(code4 uint8) {
	d := (g.scale * g722Inverse4[code4]) >> 15
	g.scaleLog = min(max((g.scaleLog*127)>>7+g722ScaleStep[code4], 0), g722ScaleMax)
	antilog := g722Antilog[(g.scaleLog>>6)&31]
	if shift := 8 - g.scaleLog>>11; shift < 0 {
		g.scale = antilog << -shift << 2
	} else {
		g.scale = antilog >> shift << 2
	}
	g.predict(d)
}

// predict is block 4 of the Recommendation: two poles and six zeros, adapted by the signs of what came before.
func (g *g722Band) predict(d int32) {
	output, partial := clamp16(g.estimate+d), clamp16(g.zeros+d)
	g.adaptPoles(partial)
	g.partial[1], g.partial[0] = g.partial[0], partial
	g.output[1], g.output[0] = g.output[0], output
	g.zeros = g.adaptZeros(d)
	poles := clamp16((g.a1*clamp16(2*g.output[0]))>>15 + (g.a2*clamp16(2*g.output[1]))>>15)
	g.estimate = clamp16(poles + g.zeros)
}

// adaptPoles moves the two coefficients of the poles (UPPOL2, UPPOL1).
func (g *g722Band) adaptPoles(partial int32) {
	like1, like2 := partial^g.partial[0] >= 0, partial^g.partial[1] >= 0
	push := clamp16(g.a1 << 2)
	if like1 {
		push = min(-push, 32767)
	}
	a2 := int32(-128)
	if like2 {
		a2 = 128
	}
	a2 += push>>7 + (g.a2*32512)>>15
	g.a2 = min(max(a2, -12288), 12288)
	a1 := int32(-192)
	if like1 {
		a1 = 192
	}
	a1 = clamp16(a1 + (g.a1*32640)>>15)
	limit := clamp16(15360 - g.a2)
	g.a1 = min(max(a1, -limit), limit)
}

// adaptZeros moves the six coefficients of the zeros, takes the difference in and filters (UPZERO, DELAYA, FILTEZ). Written out, it
// takes half the time of a loop.
func (g *g722Band) adaptZeros(d int32) int32 {
	step := int32(128)
	if d == 0 {
		step = 0
	}
	b, t := &g.b, &g.twice
	b[0] = leak(b[0], step, t[0]^d)
	b[1] = leak(b[1], step, t[1]^d)
	b[2] = leak(b[2], step, t[2]^d)
	b[3] = leak(b[3], step, t[3]^d)
	b[4] = leak(b[4], step, t[4]^d)
	b[5] = leak(b[5], step, t[5]^d)
	t[5], t[4], t[3], t[2], t[1], t[0] = t[4], t[3], t[2], t[1], t[0], clamp16(2*d)
	return clamp16((b[0]*t[0])>>15 + (b[1]*t[1])>>15 + (b[2]*t[2])>>15 + (b[3]*t[3])>>15 + (b[4]*t[4])>>15 + (b[5]*t[5])>>15)
}

// leak lets a coefficient decay and steps it up, or down where the signs differ. It stays within 16 bits by itself.
func leak(b, step, signs int32) int32 {
	down := signs >> 31
	return (b*32640)>>15 + (step ^ down - down)
}

func clamp16(v int32) int32 { return min(max(v, -32768), 32767) }

type g722Encoder struct{ low g722Band }

func newG722Encoder() *g722Encoder { return &g722Encoder{newG722Band()} }

func (e *g722Encoder) Encode(dst []byte, pcm []int16) int {
	for i, s := range pcm {
		code := e.low.quantize(int32(s) >> 1)
		dst[i] = g722High | code
		e.low.adapt(code >> 2)
	}
	return len(pcm)
}

// quantize codes the difference to the prediction with six bits.
func (g *g722Band) quantize(x int32) uint8 {
	e := clamp16(x - g.estimate)
	size := e
	if e < 0 {
		size = -(e + 1)
	}
	// The levels grow, so the interval is found by halving.
	lo, hi := 1, 30
	for lo < hi {
		mid := (lo + hi) / 2
		if size < (g722Levels[mid]*g.scale)>>12 {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if e < 0 {
		return g722Negative[lo]
	}
	return g722Positive[lo]
}

type g722Decoder struct{ low g722Band }

func newG722Decoder() *g722Decoder { return &g722Decoder{newG722Band()} }

func (*g722Decoder) Samples(payload []byte) int { return len(payload) }

func (d *g722Decoder) Decode(dst []int16, payload []byte) int {
	for i, octet := range payload {
		code := octet & g722LowBits
		out := d.low.estimate + (d.low.scale*g722Inverse6[code])>>15
		dst[i] = int16(min(max(out, -g722OutputMax-1), g722OutputMax) << 1)
		d.low.adapt(code >> 2)
	}
	return len(payload)
}
