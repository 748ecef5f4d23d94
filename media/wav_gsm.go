package media

// GSM full rate (ETSI EN 300 961, GSM 06.10), decoding alone: old telephone prompts
// come in it. Names are those of the recommendation.

const (
	gsmFrame   = 160 // samples of a frame
	gsmParts   = 4   // subframes
	gsmPart    = 40  // samples of a subframe
	gsmPulses  = 13  // of a subframe
	gsmBlock   = 65  // bytes of two frames in a WAV file
	gsmHistory = 120 // samples that long-term prediction looks back
)

var (
	gsmLARBits = [8]int{6, 6, 5, 5, 4, 4, 3, 3}
	gsmB       = [8]int32{0, 0, 2048, -2560, 94, -1792, -341, -1144} // table 4.1
	gsmMIC     = [8]int32{-32, -32, -16, -16, -8, -8, -4, -4}
	gsmINVA    = [8]int32{13107, 13107, 13107, 13107, 19223, 17476, 31454, 29708} // table 4.2
	gsmQLB     = [4]int32{3277, 11469, 21299, 32767}                              // table 4.3b
	gsmFAC     = [8]int32{18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767} // table 4.6
)

// gsmDecoder holds what a frame needs of those before.
type gsmDecoder struct {
	lar  [8]int32 // LARpp of the frame before
	dp   [gsmHistory + gsmPart]int32
	nrp  int
	v    [9]int32
	msr  int32
	bits []byte
	at   int
}

// gsmBlocks decodes the blocks of a WAV file: two frames each, packed from the lowest bit on. A last one that is not whole is left out.
func gsmBlocks(data []byte) []int16 {
	d := gsmDecoder{nrp: 40}
	out := make([]int16, 0, len(data)/gsmBlock*2*gsmFrame)
	for ; len(data) >= gsmBlock; data = data[gsmBlock:] {
		d.bits, d.at = data[:gsmBlock], 0
		out = d.frame(d.frame(out))
	}
	return out
}

// take reads n bits.
func (d *gsmDecoder) take(n int) int32 {
	var v int32
	for i := range n {
		v |= int32(d.bits[d.at>>3]>>(d.at&7)&1) << i
		d.at++
	}
	return v
}

// frame decodes one frame and appends its samples.
func (d *gsmDecoder) frame(out []int16) []int16 {
	var lar [8]int32
	for i := range lar {
		t := (d.take(gsmLARBits[i]) + gsmMIC[i]) << 10
		t = gsmRound(gsmINVA[i], limit16(t-gsmB[i]<<1))
		lar[i] = limit16(t + t)
	}
	var wt [gsmFrame]int32
	for p := range gsmParts {
		d.part(wt[p*gsmPart:])
	}
	for _, span := range [4][4]int32{{0, 13, 3, 1}, {13, 27, 2, 2}, {27, 40, 1, 3}, {40, 160, 0, 4}} {
		var rp [8]int32
		for i := range rp {
			rp[i] = gsmReflection(gsmBetween(d.lar[i], lar[i], span[2]))
		}
		d.filter(rp, wt[span[0]:span[1]])
	}
	d.lar = lar
	for _, s := range wt {
		d.msr = limit16(s + gsmRound(d.msr, 28180))
		out = append(out, int16(limit16(d.msr+d.msr)&^7))
	}
	return out
}

// gsmBetween interpolates log-area ratios: quarters of them are the frame's before.
func gsmBetween(before, now, quarters int32) int32 {
	switch quarters {
	case 3:
		return limit16(limit16(before>>2+now>>2) + before>>1)
	case 2:
		return limit16(before>>1 + now>>1)
	case 1:
		return limit16(limit16(before>>2+now>>2) + now>>1)
	}
	return now
}

// gsmReflection makes a reflection coefficient of a log-area ratio (5.2.9.2).
func gsmReflection(lar int32) int32 {
	t := lar
	if t < 0 {
		t = min(-t, 32767)
	}
	switch {
	case t < 11059:
		t <<= 1
	case t < 20070:
		t += 11059
	default:
		t = limit16(t>>2 + 26112)
	}
	if lar < 0 {
		return -t
	}
	return t
}

// part decodes the excitation of a subframe and its long-term prediction.
func (d *gsmDecoder) part(wt []int32) {
	nc, bc, mc, xmax := int(d.take(7)), d.take(2), int(d.take(2)), d.take(6)
	exp := int32(0)
	if xmax > 15 {
		exp = xmax>>3 - 1
	}
	mant := xmax - exp<<3
	if mant == 0 {
		exp, mant = -4, 7
	} else {
		for mant <= 7 {
			mant = mant<<1 | 1
			exp--
		}
		mant -= 8
	}
	var e [gsmPart]int32
	shift := 6 - exp
	for i := range gsmPulses {
		t := (d.take(3)<<1 - 7) << 12
		t = limit16(gsmRound(gsmFAC[mant], t) + 1<<(shift-1))
		e[mc+3*i] = t >> shift
	}
	if nc >= 40 && nc <= gsmHistory {
		d.nrp = nc
	}
	for k := range gsmPart {
		d.dp[gsmHistory+k] = limit16(e[k] + gsmRound(gsmQLB[bc], d.dp[gsmHistory+k-d.nrp]))
		wt[k] = d.dp[gsmHistory+k]
	}
	copy(d.dp[:gsmHistory], d.dp[gsmPart:])
}

// filter is the short-term synthesis (5.3.4), in place.
func (d *gsmDecoder) filter(rp [8]int32, s []int32) {
	for k, sri := range s {
		for i := 7; i >= 0; i-- {
			sri = limit16(sri - gsmRound(rp[i], d.v[i]))
			d.v[i+1] = limit16(d.v[i] + gsmRound(rp[i], sri))
		}
		d.v[0], s[k] = sri, sri
	}
}

// gsmRound is the product of two fractions, rounded.
func gsmRound(a, b int32) int32 {
	if a == -32768 && b == -32768 {
		return 32767
	}
	return (a*b + 16384) >> 15
}
