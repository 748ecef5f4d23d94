package media

import (
	"math"
	"testing"
	"time"
)

// Comfort noise has the level that the packet tells, whatever its spectrum, and its spectrum.
func TestComfortNoiseHasItsLevel(t *testing.T) {
	for _, tt := range []struct {
		name    string
		payload []byte
		want    float64 // dBov
		tilt    int     // of the spectrum: 1 low, -1 high, 0 white
	}{
		{"white, -50", []byte{50}, -50, 0},
		{"white, -40", []byte{40}, -40, 0},
		{"low, -45", []byte{45, 127 - 100}, -45, 1},
		{"high, -45", []byte{45, 127 + 100}, -45, -1},
		{"of many coefficients", []byte{45, 27, 180, 100, 140, 127, 130, 120, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127}, -45, 1},
		{"too loud to be background", []byte{3}, -comfortLoudest, 0},
		{"reserved bit", []byte{0x80 | 50}, -50, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c comfortNoise
			pcm := make([]int16, 20*LineRate)
			c.take(tt.payload)
			for i := 0; i < len(pcm); i += FrameSamples {
				c.fill(pcm[i : i+FrameSamples])
			}
			if level := LevelDBov(pcm); math.Abs(level-tt.want) > 1 {
				t.Errorf("%.1f dBov, want %.1f", level, tt.want)
			}
			same := 0.0
			for i := 1; i < len(pcm); i++ {
				same += float64(pcm[i]) * float64(pcm[i-1])
			}
			if tt.tilt != 0 && same*float64(tt.tilt) < 0 {
				t.Error("the spectrum leans to the other side")
			}
		})
	}
	var c comfortNoise
	pcm := make([]int16, 20*LineRate)
	c.take([]byte{50, 255, 0, 255, 0, 255, 0}) // at the edge of what is stable
	if c.fill(pcm); LevelDBov(pcm) > -40 {
		t.Errorf("a filter that rings gives %.1f dBov", LevelDBov(pcm))
	}
	c = comfortNoise{}
	c.take(nil)
	if c.fill(pcm); pcm[0] != 0 || pcm[2] != 0 {
		t.Error("noise without a packet")
	}
}

// comfortPackets is speech, then comfort noise for a pause, then speech.
func comfortPackets(pcm []int16, pause time.Duration) []sentPacket {
	half := len(pcm) / 2
	p := stream(pcm[:half], sendOptions{seq: 10, ts: 1000})
	end := time.Duration(half) * samplePeriod
	n := uint16(len(p))
	for at := time.Duration(0); at < pause; at += time.Second {
		ts := uint32(1000+half) + uint32(at/samplePeriod)
		p = append(p, sentPacket{end + at + FrameDuration, packet(payloadComfortNoise, false, 10+n, ts, 1, []byte{50})})
		n++
	}
	return append(p, stream(pcm[half:], sendOptions{seq: 10 + n, ts: uint32(1000+half) + uint32(pause/samplePeriod), from: end + pause})...)
}

// The pause of a sender that is silent is filled with its noise; time goes on in it, and the speech after it comes at its moment.
func TestComfortNoiseFillsThePause(t *testing.T) {
	for _, pause := range []time.Duration{700 * time.Millisecond, 30 * time.Second} {
		t.Run(pause.String(), func(t *testing.T) {
			rx := testReceiver()
			pcm := loud(16000, seeded(8))
			got, concealed := play(rx, comfortPackets(pcm, pause), 0, pause+4*time.Second)
			first, second := position(got, coded(pcm[:8000])), position(got, coded(pcm[8000:]))
			if first < 0 || second < 0 {
				t.Fatalf("speech did not come through unchanged: at %d, %d", first, second)
			}
			if shift := time.Duration(second-first-8000)*samplePeriod - pause; shift < -FrameDuration || shift > 2*FrameDuration {
				t.Errorf("the speech after the pause is shifted by %v", shift)
			}
			noise := got[first+8000+2*FrameSamples : second-FrameSamples]
			for i := 0; i+FrameSamples <= len(noise); i += FrameSamples {
				if level := LevelDBov(noise[i : i+FrameSamples]); level < -54 || level > -46 {
					t.Fatalf("%d ms into the pause %.1f dBov, want -50", i/8, level)
				}
			}
			if concealed > 4 || rx.source.lost() > 0 || rx.jitter.late > 0 {
				t.Errorf("concealed %d, lost %d, late %d", concealed, rx.source.lost(), rx.jitter.late)
			}
		})
	}
}

// We send comfort noise twice a second where we say nothing, sound at once where we do, marked as a talkspurt.
func TestComfortNoiseIsSent(t *testing.T) {
	for _, ptime := range []time.Duration{20 * time.Millisecond, 60 * time.Millisecond} {
		t.Run(ptime.String(), func(t *testing.T) {
			k := newTicking(t, Params{Codec: PCMA(), PTime: ptime, ComfortNoise: true})
			k.run(time.Second)
			quiet, _ := k.run(5 * time.Second)
			for _, p := range quiet {
				if p.PayloadType != payloadComfortNoise || len(p.Payload) != 1 || p.Payload[0] != comfortLevel {
					t.Fatalf("in silence type %d, % x", p.PayloadType, p.Payload)
				}
			}
			if len(quiet) < 9 || len(quiet) > 11 {
				t.Errorf("%d packets in 5 s of silence, want 10", len(quiet))
			}
			k.say(tone(LineRate, LineRate, 440, 8000))
			loud, _ := k.run(500 * time.Millisecond)
			if len(loud) < int(480*time.Millisecond/ptime) || !loud[0].Marker || loud[0].PayloadType != payloadPCMA {
				t.Errorf("%d packets of sound, the first %+v", len(loud), loud[0].Header)
			}
			// The timestamp counted on through the silence.
			if step := loud[0].Timestamp - quiet[len(quiet)-1].Timestamp; step == 0 || step > comfortEvery+FrameSamples*3 {
				t.Errorf("timestamp goes on by %d", step)
			}
		})
	}
}
