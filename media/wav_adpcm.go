package media

import (
	"encoding/binary"
	"errors"
)

// errBlocks is why a format of blocks can't be read.
var errBlocks = errors.New("block size out of range")

// imaSteps and imaMoves are the tables of IMA ADPCM (IMA Digital Audio Focus and
// Technical Working Groups, 1992).
var imaSteps = [89]int32{7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173,
	190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024,
	3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767}

var imaMoves = [16]int32{-1, -1, -1, -1, 2, 4, 6, 8, -1, -1, -1, -1, 2, 4, 6, 8}

// imaBlocks decodes IMA ADPCM as WAV files hold it: in each block a header of 4
// bytes a channel (first sample, step), then 4 bytes (8 samples) of each channel in turn.
func imaBlocks(data []byte, channels, block int) ([]int16, error) {
	if block < 4*channels || block > maxBlock {
		return nil, errBlocks
	}
	var out []int16
	value, index := make([]int32, channels), make([]int32, channels)
	for len(data) >= 4*channels {
		b := data[:min(block, len(data))]
		data = data[len(b):]
		var first int32
		for c := range channels {
			value[c] = int32(int16(binary.LittleEndian.Uint16(b[4*c:])))
			index[c] = min(int32(b[4*c+2]), int32(len(imaSteps)-1))
			first += value[c]
		}
		out = append(out, int16(first/int32(channels)))
		for b = b[4*channels:]; len(b) >= 4*channels; b = b[4*channels:] {
			var sum [8]int32
			for c := range channels {
				for k := range 8 {
					code := b[4*c+k/2] >> (4 * (k % 2)) & 15
					value[c], index[c] = imaStep(value[c], index[c], code)
					sum[k] += value[c]
				}
			}
			for _, s := range sum {
				out = append(out, int16(s/int32(channels)))
			}
		}
	}
	return out, nil
}

func imaStep(value, index int32, code byte) (int32, int32) {
	step := imaSteps[index]
	d := step >> 3
	if code&4 != 0 {
		d += step
	}
	if code&2 != 0 {
		d += step >> 1
	}
	if code&1 != 0 {
		d += step >> 2
	}
	if code&8 != 0 {
		d = -d
	}
	return limit16(value + d), min(max(index+imaMoves[code], 0), int32(len(imaSteps)-1))
}

func limit16(v int32) int32 { return min(max(v, -32768), 32767) }

// msAdapt and msCoefficients are the tables of Microsoft ADPCM (RFC 2361, A.2; mmreg.h).
var msAdapt = [16]int32{230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230}

var msCoefficients = [7][2]int32{{256, 0}, {512, -256}, {0, 0}, {192, 64}, {240, 0}, {460, -208}, {392, -232}}

// msBlocks decodes Microsoft ADPCM: in each block, for all channels, a predictor (1 byte), a step (2),
// the second sample and the first (2 each), then a nibble for each further sample, channels in turn.
func msBlocks(data []byte, channels, block int) ([]int16, error) {
	if block < 7*channels || block > maxBlock || channels > 2 {
		return nil, errBlocks
	}
	var out []int16
	type state struct{ predictor, step, one, two int32 }
	s := make([]state, channels)
	for len(data) >= 7*channels {
		b := data[:min(block, len(data))]
		data = data[len(b):]
		word := func(i int) int32 { return int32(int16(binary.LittleEndian.Uint16(b[i:]))) }
		var one, two int32
		for c := range channels {
			s[c] = state{min(int32(b[c]), int32(len(msCoefficients)-1)), word(channels + 2*c), word(3*channels + 2*c), word(5*channels + 2*c)}
			one += s[c].one
			two += s[c].two
		}
		out = append(out, int16(two/int32(channels)), int16(one/int32(channels)))
		var sum int32
		for i, v := range b[7*channels:] {
			for k := range 2 {
				c := (2*i + k) % channels
				code := int32(v >> (4 * (1 - k)) & 15)
				signed := code
				if code >= 8 {
					signed -= 16
				}
				p := &s[c]
				next := limit16((p.one*msCoefficients[p.predictor][0]+p.two*msCoefficients[p.predictor][1])>>8 + signed*p.step)
				p.step = max(16, int32(int64(msAdapt[code])*int64(p.step)>>8))
				p.two, p.one = p.one, next
				if sum += next; c == channels-1 {
					out = append(out, int16(sum/int32(channels)))
					sum = 0
				}
			}
		}
	}
	return out, nil
}
