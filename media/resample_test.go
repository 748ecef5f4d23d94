package media

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// levelAt is the level of one frequency in dB of full scale, by Goertzel's filter
// over the middle of pcm.
func levelAt(pcm []int16, rate int, hz float64) float64 {
	pcm = pcm[len(pcm)/4 : len(pcm)*3/4]
	w := 2 * math.Pi * hz / float64(rate)
	var re, im float64
	for i, v := range pcm {
		// A Hann window keeps a tone from leaking into other frequencies.
		x := float64(v) / fullScale * (1 - math.Cos(2*math.Pi*float64(i)/float64(len(pcm))))
		re += x * math.Cos(w*float64(i))
		im += x * math.Sin(w*float64(i))
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(len(pcm))+1e-12)
}

func resampled(t *testing.T, pcm []int16, from, to int) []int16 {
	t.Helper()
	r, err := NewResampler(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r.Flush(r.Process(nil, pcm))
}

func TestResamplerKeepsTonesAndMakesNoOthers(t *testing.T) {
	for _, tt := range []struct {
		from, to int
		hz       float64
		ghost    float64 // where an image or alias would be
	}{
		{22050, 8000, 1000, 0}, {22050, 8000, 3400, 0}, {16000, 8000, 3000, 0}, {48000, 8000, 300, 0},
		{8000, 16000, 1000, 7000}, {8000, 48000, 3000, 5000}, {8000, 16000, 3400, 4600},
	} {
		out := resampled(t, tone(tt.from, tt.from, tt.hz, 16000), tt.from, tt.to)
		want := 20 * math.Log10(16000/fullScale)
		if got := levelAt(out, tt.to, tt.hz); math.Abs(got-want) > .1 {
			t.Errorf("%d to %d Hz: a tone of %.0f Hz has %.2f dB, not %.2f", tt.from, tt.to, tt.hz, got, want)
		}
		if tt.ghost > 0 {
			if got := levelAt(out, tt.to, tt.ghost); got > want-70 {
				t.Errorf("%d to %d Hz: a tone of %.0f Hz has an image of %.1f dB at %.0f Hz", tt.from, tt.to, tt.hz, got, tt.ghost)
			}
		}
	}
	// What the new rate can't hold is gone, not folded down.
	for _, hz := range []float64{4600, 5000, 7000} {
		if got := LevelDBov(resampled(t, tone(16000, 16000, hz, 16000), 16000, 8000)[200:7800]); got > -70 {
			t.Errorf("a tone of %.0f Hz leaves %.1f dBov at 8000 Hz", hz, got)
		}
	}
}

// Pass band and stop band at each rate that a voice or a file has and each that the line has: flat within 0.05 dB up to 0.88 of the lower Nyquist
// frequency, half the amplitude above 0.93 of it at the earliest, and 78 dB down for what the new rate can't hold, the rounding to 16 bits included.
func TestResamplerBands(t *testing.T) {
	for _, rates := range [][2]int{{22050, 8000}, {22050, 16000}, {22050, 48000}, {16000, 8000}, {24000, 8000}, {44100, 8000}, {48000, 8000}, {48000, 16000}, {8000, 16000}, {8000, 48000}, {11025, 8000}} {
		from, to := rates[0], rates[1]
		nyquist := float64(min(from, to)) / 2
		want := 20 * math.Log10(16000/fullScale)
		flat, alias, edge := 0.0, -200.0, 0.0
		for part := 0.05; part < 1; part += 0.023 {
			got := levelAt(resampled(t, tone(from/4, from, part*nyquist, 16000), from, to), to, part*nyquist) - want
			if part <= 0.88 {
				flat = max(flat, math.Abs(got))
			}
			if edge == 0 && got < -3 {
				edge = part
			}
		}
		for hz := 1.01 * nyquist; hz < float64(from)/2; hz += nyquist / 5 {
			in := tone(from/4, from, hz, 16000)
			out := resampled(t, in, from, to)
			alias = max(alias, LevelDBov(out[to/20:len(out)-to/20])-LevelDBov(in))
		}
		t.Logf("%5d to %5d Hz: flat to %.3f dB up to %.0f Hz, -3 dB at %.0f Hz, aliases at %.0f dB at the most", from, to, flat, 0.88*nyquist, edge*nyquist, alias)
		if flat > 0.05 || edge > 0 && edge < 0.93 || alias > -78 {
			t.Errorf("%d to %d Hz: flat to %.3f dB, -3 dB at %.2f of the lower Nyquist frequency, aliases %.1f dB", from, to, flat, edge, alias)
		}
	}
}

func TestResamplerInPieces(t *testing.T) {
	pcm := noise(22050, -20, seeded(7))
	whole := resampled(t, pcm, 22050, 8000)
	if len(whole) != 8000 {
		t.Fatalf("%d samples of one second", len(whole))
	}
	r, err := NewResampler(22050, 8000)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 7, 160, 4096} {
		var out []int16
		for rest := pcm; len(rest) > 0; {
			n := min(size, len(rest))
			out = r.Process(out, rest[:n])
			rest = rest[n:]
		}
		if out = r.Flush(out); !slices.Equal(out, whole) {
			t.Errorf("pieces of %d give other samples than the whole", size)
		}
	}
}

func TestResamplerRefusesRates(t *testing.T) {
	for _, rates := range [][2]int{{0, 8000}, {8000, 0}, {-1, 8000}, {8000, 1 << 30}} {
		if _, err := NewResampler(rates[0], rates[1]); err == nil {
			t.Errorf("%v are taken", rates)
		}
	}
}

func TestWAVThereAndBack(t *testing.T) {
	pcm := noise(8000, -20, seeded(8))
	f := &file{}
	if err := WriteWAV(f, pcm, LineRate); err != nil {
		t.Fatal(err)
	}
	got, rate, err := ReadWAV(bytes.NewReader(f.data))
	if err != nil || rate != LineRate || !slices.Equal(got, pcm) {
		t.Errorf("%d samples at %d Hz, %v", len(got), rate, err)
	}
}

// file is an io.WriteSeeker in memory.
type file struct {
	data []byte
	at   int64
}

func (f *file) Write(p []byte) (int, error) {
	if need := int(f.at) + len(p); need > len(f.data) {
		f.data = append(f.data, make([]byte, need-len(f.data))...)
	}
	copy(f.data[f.at:], p)
	f.at += int64(len(p))
	return len(p), nil
}

func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case 1:
		offset += f.at
	case 2:
		offset += int64(len(f.data))
	}
	f.at = offset
	return offset, nil
}

// Whatever a file holds, it is read or refused.
func FuzzReadWAV(f *testing.F) {
	good := &file{}
	if err := WriteWAV(good, make([]int16, 10), LineRate); err != nil {
		f.Fatal(err)
	}
	f.Add(good.data)
	f.Add(good.data[:30])
	f.Add([]byte("this is no audio"))
	f.Add(rf64(good.data, 20))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if pcm, rate, err := ReadWAV(bytes.NewReader(data)); err == nil && rate <= 0 {
			t.Errorf("%d samples at %d Hz without an error", len(pcm), rate)
		}
	})
}

func BenchmarkResample(b *testing.B) {
	r, err := NewResampler(22050, 8000)
	if err != nil {
		b.Fatal(err)
	}
	in, out := noise(441, -20, seeded(9)), make([]int16, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		out = r.Process(out[:0], in) // 20 ms
	}
}
