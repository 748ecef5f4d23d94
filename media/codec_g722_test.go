package media

import (
	"hash/crc32"
	"testing"
)

// lcg is the noise by which the checksums of the G.722 tests were made.
type lcg int32

func (x *lcg) next() int32 {
	*x = lcg((uint32(*x)*1103515245 + 12345) & 0x7FFFFFFF)
	return int32(*x)
}

// g722Signal is 16000 samples of noise and square waves, from silence to full scale.
func g722Signal() []int16 {
	x := lcg(12345)
	levels := [...]int32{0, 40, 400, 4000, 16000, 32767, 300, 20000}
	pcm := make([]int16, 16000)
	for i := range pcm {
		level := levels[i/2000]
		v := (((x.next() >> 15) - 32768) * level) >> 15
		if i/1000%2 == 1 {
			square := -level
			if i%8 < 4 {
				square = level
			}
			v = v>>3 + square
		}
		pcm[i] = int16(clamp16(v))
	}
	return pcm
}

// The lower band is coded and decoded bit for bit as by spandsp 0.0.6 in its 8 kHz mode, from which these checksums are.
func TestG722IsExact(t *testing.T) {
	pcm := g722Signal()
	octets, back := make([]byte, len(pcm)), make([]int16, len(pcm))
	newG722Encoder().Encode(octets, pcm)
	if sum := crc32.ChecksumIEEE(octets); sum != 0x2196f376 {
		t.Errorf("encoded %08x", sum)
	}
	newG722Decoder().Decode(back, octets)
	if sum := checksum(back); sum != 0x7787802e {
		t.Errorf("decoded %08x", sum)
	}
	x := lcg(777)
	for i := range octets {
		octets[i] = byte(x.next() >> 16)
	}
	newG722Decoder().Decode(back, octets)
	if sum := checksum(back); sum != 0x960b29bc {
		t.Errorf("octets at random decoded %08x", sum)
	}
}

// checksum is that of the samples in little-endian order.
func checksum(pcm []int16) uint32 {
	b := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		b = append(b, byte(s), byte(uint16(s)>>8))
	}
	return crc32.ChecksumIEEE(b)
}
