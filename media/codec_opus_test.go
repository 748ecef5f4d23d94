package media

import (
	"testing"
	"time"
)

// opusStream codes pcm for a receiver that wants copies of lost packets, or none, and reported some percent of loss.
func opusStream(t *testing.T, pcm []int16, format string, expected int, lost func(i int) bool) (packets []sentPacket) {
	t.Helper()
	c := Opus()
	c.Format = format
	e, err := newEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	e.(lossAware).ExpectLoss(expected)
	payload := make([]byte, opusMaxBytes)
	for i := 0; (i+1)*FrameSamples <= len(pcm); i++ {
		n := e.Encode(payload, pcm[i*FrameSamples:][:FrameSamples])
		if !lost(i) {
			packets = append(packets, sentPacket{time.Duration(i+1) * FrameDuration, packet(payloadOpus, false, uint16(i), uint32(i)*6*FrameSamples, 1, payload[:n])})
		}
	}
	return packets
}

func opusReceiver(t *testing.T) *receiver {
	t.Helper()
	rx := newReceiver(defaultJitterMin, defaultJitterMax)
	d, err := newDecoder(Opus())
	if err != nil {
		t.Fatal(err)
	}
	rx.configure(Params{Codec: Opus(), Remote: peerAddr}, d)
	return rx
}

// One packet in ten lost: the next one brings a copy, so that nothing is made up. Without copies the codec makes it up.
func TestOpusLosses(t *testing.T) {
	pcm := voice(10, -20, seeded(9))
	for _, tt := range []struct {
		name, format      string
		recovered, hidden int // at least, of 49 losses
	}{
		{"with copies", "useinbandfec=1", 40, 0}, {"without", "", 0, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rx := opusReceiver(t)
			got, concealed := play(rx, opusStream(t, pcm, tt.format, 0, func(i int) bool { return i > 5 && i%10 == 9 }), 0, 10*time.Second)
			t.Logf("recovered %d, concealed %d, lost %d, late %d", rx.n.recovered, concealed, rx.source.lost(), rx.jitter.late)
			if rx.source.lost() != 49 || rx.jitter.late != 0 || len(got) == 0 {
				t.Errorf("lost %d, late %d", rx.source.lost(), rx.jitter.late)
			}
			if int(rx.n.recovered) < tt.recovered || concealed < tt.hidden || tt.recovered == 0 && rx.n.recovered > 0 {
				t.Errorf("recovered %d, concealed %d", rx.n.recovered, concealed)
			}
		})
	}
}

// The copies are worth it: what is heard is nearer to what was sent than without them.
func TestOpusCopiesHelp(t *testing.T) {
	pcm := voice(20, -20, seeded(10))
	lost := func(i int) bool { return i > 5 && i%5 == 4 }
	none := func(int) bool { return false }
	heard := func(format string, lost func(int) bool) []int16 {
		got, _ := play(opusReceiver(t), opusStream(t, pcm, format, 0, lost), 0, 20*time.Second)
		return got
	}
	whole := heard("useinbandfec=1", none)
	missing := func(f int) bool { return f > 20 }
	with := segmentalSNR(whole, heard("useinbandfec=1", lost), missing)
	without := segmentalSNR(heard("", none), heard("", lost), missing)
	t.Logf("one in five lost: %.1f dB with copies, %.1f dB without", with, without)
	if with < without+1 {
		t.Errorf("copies: %.1f dB, without: %.1f dB", with, without)
	}
}

// What the peer reports of our losses makes the copies better: what is recovered from them is nearer to the sound.
func TestOpusExpectsTheLossThatIsReported(t *testing.T) {
	pcm := voice(20, -20, seeded(10))
	lost := func(i int) bool { return i > 5 && i%5 == 4 }
	quality := func(percent int) float64 {
		heard := func(lost func(int) bool) []int16 {
			got, _ := play(opusReceiver(t), opusStream(t, pcm, "useinbandfec=1", percent, lost), 0, 20*time.Second)
			return got
		}
		return segmentalSNR(heard(func(int) bool { return false }), heard(lost), func(f int) bool { return f > 20 })
	}
	few, many := quality(0), quality(30)
	t.Logf("one in five lost: %.1f dB when none was expected, %.1f dB when 30 %% were", few, many)
	if many < few+0.3 {
		t.Errorf("%.1f dB when no loss was expected, %.1f dB when 30 %% were", few, many)
	}
}

// A long hole ends in silence.
func TestOpusHoleFallsSilent(t *testing.T) {
	rx := opusReceiver(t)
	got, _ := play(rx, opusStream(t, tone(16000, LineRate, 300, 8000), "", 0, func(i int) bool { return i >= 50 }), 0, 3*time.Second)
	if level := LevelDBov(got[len(got)-LineRate:]); level > -80 {
		t.Errorf("%.1f dBov two seconds after the last packet", level)
	}
}
