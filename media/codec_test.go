package media

import (
	"errors"
	"math"
	"testing"
)

func TestG711RoundTrip(t *testing.T) {
	for _, c := range []Codec{PCMA(), PCMU()} {
		t.Run(c.Name, func(t *testing.T) {
			e, err := newEncoder(c)
			if err != nil {
				t.Fatal(err)
			}
			d, err := newDecoder(c)
			if err != nil {
				t.Fatal(err)
			}
			var worst float64
			for v := math.MinInt16; v <= math.MaxInt16; v++ {
				var b [1]byte
				var back [1]int16
				e.Encode(b[:], []int16{int16(v)})
				d.Decode(back[:], b[:])
				// A step is 1/16 of its segment, so half a step is 1/32 of the value, and 8 to 16 near zero.
				err := math.Abs(float64(back[0]) - float64(v))
				if limit := math.Abs(float64(v))/31 + 16; err > limit && math.Abs(float64(v)) < 32000 {
					t.Fatalf("%d comes back as %d", v, back[0])
				}
				worst = max(worst, err)
			}
			pcm := tone(8000, 8000, 1004, 10000)
			payload, back := make([]byte, len(pcm)), make([]int16, len(pcm))
			e.Encode(payload, pcm)
			if n := d.Decode(back, payload); n != len(pcm) || d.Samples(payload) != n {
				t.Fatalf("%d samples", n)
			}
			var diff []int16
			for i := range pcm {
				diff = append(diff, pcm[i]-back[i])
			}
			if snr := LevelDBov(pcm) - LevelDBov(diff); snr < 36 {
				t.Errorf("signal to noise %.1f dB, want the 36 dB of G.711 or more", snr)
			}
			if n := testing.AllocsPerRun(100, func() { e.Encode(payload, pcm); d.Decode(back, payload) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// The bytes of silence that every telephone exchange knows.
func TestG711Silence(t *testing.T) {
	var b [1]byte
	alaw{}.Encode(b[:], []int16{0})
	if b[0] != 0xD5 {
		t.Errorf("A-law silence %#x, want 0xD5", b[0])
	}
	ulaw{}.Encode(b[:], []int16{0})
	if b[0] != 0xFF {
		t.Errorf("µ-law silence %#x, want 0xFF", b[0])
	}
}

// Every codec gives back a tone, frame by frame, at its level, and allocates nothing for it.
func TestCodecsCarryATone(t *testing.T) {
	for _, c := range Codecs() {
		t.Run(c.Name, func(t *testing.T) {
			e, err := newEncoder(c)
			if err != nil {
				t.Fatal(err)
			}
			d, err := newDecoder(c)
			if err != nil {
				t.Fatal(err)
			}
			pcm := tone(16000, LineRate, 1004, 10000)
			var heard []int16
			payload, back := make([]byte, 3*FrameSamples), make([]int16, jitterPayload)
			code := func(frame []int16) int {
				n := e.Encode(payload, frame)
				if want := d.Samples(payload[:n]); want != len(frame) {
					t.Fatalf("%d bytes hold %d samples of %d", n, want, len(frame))
				}
				return d.Decode(back, payload[:n])
			}
			for i := 0; i+FrameSamples <= len(pcm); i += FrameSamples {
				heard = append(heard, back[:code(pcm[i:i+FrameSamples])]...)
			}
			if len(heard) != len(pcm) {
				t.Fatalf("%d samples of %d", len(heard), len(pcm))
			}
			half := heard[len(heard)/2:]
			if hz := strongest(half); hz < 1000 || hz > 1010 {
				t.Errorf("heard %.0f Hz", hz)
			}
			if gain := LevelDBov(half) - LevelDBov(pcm); gain < -1 || gain > 1 {
				t.Errorf("changed its level by %.1f dB", gain)
			}
			if n := testing.AllocsPerRun(200, func() { code(pcm[:FrameSamples]) }); n != 0 {
				t.Errorf("%v allocations for a frame", n)
			}
		})
	}
}

func BenchmarkCodec(b *testing.B) {
	for _, c := range Codecs() {
		e, err := newEncoder(c)
		if err != nil {
			b.Fatal(err)
		}
		d, err := newDecoder(c)
		if err != nil {
			b.Fatal(err)
		}
		pcm := voice(2, -20, seeded(1))
		payload, back := make([]byte, 3*FrameSamples), make([]int16, jitterPayload)
		n, i := 0, 0
		next := func() []int16 {
			i = (i + FrameSamples) % (len(pcm) - FrameSamples)
			return pcm[i:][:FrameSamples]
		}
		b.Run(c.Name+"/encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n = e.Encode(payload, next())
			}
		})
		b.Run(c.Name+"/decode", func(b *testing.B) {
			n = e.Encode(payload, next())
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(back, payload[:n])
			}
		})
	}
}

func TestCodecLookup(t *testing.T) {
	if c, ok := CodecByName("pcma"); !ok || c != PCMA() {
		t.Error("pcma not found")
	}
	if _, ok := CodecByName("G729"); ok {
		t.Error("G729 found")
	}
	if c, err := CodecsByName("opus", "PCMA"); err != nil || len(c) != 2 || c[0] != Opus() || c[1] != PCMA() {
		t.Errorf("%v %v", c, err)
	}
	if _, err := CodecsByName("PCMA", "G729"); !errors.Is(err, ErrUnknownCodec) {
		t.Errorf("G729 in a list: %v", err)
	}
	if _, err := newEncoder(Codec{Name: "G729"}); !errors.Is(err, ErrUnknownCodec) {
		t.Errorf("G729: %v", err)
	}
}
