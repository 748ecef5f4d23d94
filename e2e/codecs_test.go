package e2e

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// echoLine is the configuration of a service with a line that gives back what it
// hears.
const (
	echoNumber = "0199000055"
	echoLine   = "lines:\n  - {number: \"" + echoNumber + "\", kind: echo}\n"
	toneHz     = 1010.0
	toneWithin = 15.0 // Hz
)

func serveEcho(t *testing.T, settings string, args ...string) *service {
	t.Helper()
	file := filepath.Join(t.TempDir(), "echo.yaml")
	if err := os.WriteFile(file, []byte(echoLine+settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return serve(t, t.TempDir(), append([]string{"-c", file}, args...)...)
}

// toneWAV is a tone of -15 dBov, the same in each channel.
func toneWAV(t *testing.T, rate, channels, seconds int) []byte {
	t.Helper()
	pcm := make([]int16, 0, rate*channels*seconds)
	for i := range rate * seconds {
		v := int16(8200 * math.Sin(2*math.Pi*toneHz*float64(i)/float64(rate)))
		for range channels {
			pcm = append(pcm, v)
		}
	}
	var b seekableBuffer
	if err := media.WriteWAV(&b, pcm, rate*channels); err != nil {
		t.Fatal(err)
	}
	data := b.data
	data[22], data[24], data[25], data[26] = byte(channels), byte(rate), byte(rate>>8), byte(rate>>16)
	data[32] = byte(2 * channels)
	return data
}

// seekableBuffer is a file in memory.
type seekableBuffer struct {
	data []byte
	at   int
}

func (b *seekableBuffer) Write(p []byte) (int, error) {
	b.data = append(b.data[:b.at:b.at], append(bytes.Clone(p), b.data[min(len(b.data), b.at+len(p)):]...)...)
	b.at += len(p)
	return len(p), nil
}

func (b *seekableBuffer) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case 1:
		offset += int64(b.at)
	case 2:
		offset += int64(len(b.data))
	}
	b.at = int(offset)
	return offset, nil
}

// checkTone finds the tone in the recording: that it is there for long enough in
// all, and its frequency in the longest part without a break. A machine that is busy
// with other tests breaks it.
func checkTone(t *testing.T, wav string, atLeast time.Duration) {
	t.Helper()
	f, err := os.Open(wav)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, rate, err := media.ReadWAV(f)
	if err != nil {
		t.Fatalf("recording: %v", err)
	}
	loud, all := loudest(pcm, rate)
	if all < atLeast || len(loud) < rate*3/10 {
		t.Fatalf("the tone came back for %v, want %v, %d ms of it without a break", all, atLeast, len(loud)*1000/rate)
	}
	hz := frequency(loud, rate)
	t.Logf("%d Hz, %.1f s of tone of %.1f Hz at %.1f dBov", rate, float64(len(loud))/float64(rate), hz, media.LevelDBov(loud))
	if math.Abs(hz-toneHz) > toneWithin {
		t.Errorf("the tone came back at %.1f Hz, sent at %.1f", hz, toneHz)
	}
}

// loudest is the longest part without a quiet 20 ms, and how long all loud ones are.
func loudest(pcm []int16, rate int) (best []int16, all time.Duration) {
	frame, from := rate/50, 0
	for i := 0; i+frame <= len(pcm); i += frame {
		if media.LevelDBov(pcm[i:i+frame]) < -25 {
			from = i + frame
			continue
		}
		if all += 20 * time.Millisecond; i+frame-from > len(best) {
			best = pcm[from : i+frame]
		}
	}
	return best, all
}

// frequency is the strongest within 200 Hz of the tone, to 1 Hz, by correlation
// over a second.
func frequency(pcm []int16, rate int) float64 {
	pcm = pcm[:min(len(pcm), rate)]
	best, at := 0.0, 0.0
	for hz := toneHz - 200; hz <= toneHz+200; hz++ {
		var re, im float64
		for i, v := range pcm {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
			re += float64(v) * cos
			im += float64(v) * sin
		}
		if power := re*re + im*im; power > best {
			best, at = power, hz
		}
	}
	return at
}

// Each codec through the echo line, by a softphone and by our own caller.
func TestEachCodec(t *testing.T) {
	t.Parallel()
	s := serveEcho(t, "log:\n  level: debug\n")
	t.Run("calls", func(t *testing.T) {
		t.Run("baresip", func(t *testing.T) { t.Parallel(); baresipEachCodec(t, s) })
		t.Run("ours", func(t *testing.T) { t.Parallel(); callEachCodec(t, s) })
	})
	// Two calls of baresip's and three of ours were protected.
	eventually(t, 10*time.Second, func() string {
		if n := strings.Count(s.logText(), `"srtp":"A`); n != 5 {
			return fmt.Sprintf("%d calls were protected by SRTP, want 5", n)
		}
		return ""
	})
	if strings.Contains(s.logText(), "inline:") {
		t.Error("a key is in the log")
	}
}

// baresipEachCodec: a softphone that speaks one codec alone sends a tone and hears it
// come back; in clear, in RTP/SAVP, and with keys in RTP/AVP.
func baresipEachCodec(t *testing.T, s *service) {
	for i, c := range []struct {
		name, codec, module string
		rate, channels      int
		account             string
	}{
		{"PCMA", "PCMA/8000/1", "g711", 8000, 1, ""},
		{"PCMU", "PCMU/8000/1", "g711", 8000, 1, ";mediaenc=srtp-mand"},
		{"G722", "G722/16000/1", "g722", 16000, 1, ";ptime=30"},
		{"opus", "opus/48000/2", "opus", 48000, 2, ";mediaenc=srtp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := startSoftphone(t, softphone{
				number: fmt.Sprintf("063998001%d", i), codec: c.codec, account: c.account, modules: []string{c.module, "srtp"}, sound: toneWAV(t, c.rate, c.channels, 20),
			})
			b.echo(s, 3*time.Second)
			checkTone(t, b.recording(), 1500*time.Millisecond)
		})
	}
}

// echo calls the echo line, talks for a while, and hangs up.
func (b *baresip) echo(s *service, talk time.Duration) {
	b.t.Helper()
	b.command("dial", "sip:"+echoNumber+"@"+s.sip)
	eventually(b.t, 30*time.Second, func() string {
		if found, _ := filepath.Glob(filepath.Join(b.dir, "*dec*.wav")); len(found) == 0 {
			return "the call did not come up"
		}
		return ""
	})
	time.Sleep(talk)
	b.command("hangup", "")
}

// recording is what the softphone heard, once it has written it out: then its header knows how long it is.
func (b *baresip) recording() (name string) {
	b.t.Helper()
	eventually(b.t, 20*time.Second, func() string {
		heard, _ := filepath.Glob(filepath.Join(b.dir, "*dec*.wav"))
		if len(heard) != 1 {
			return fmt.Sprintf("baresip left %d recordings", len(heard))
		}
		name = heard[0]
		data, err := os.ReadFile(name)
		if err != nil || len(data) < 44 || int(data[4])|int(data[5])<<8|int(data[6])<<16|int(data[7])<<24 != len(data)-8 {
			return fmt.Sprintf("the recording is not written out: %d bytes, %v", len(data), err)
		}
		return ""
	})
	return name
}

// callEachCodec: our own caller does the same, with packets of several lengths.
func callEachCodec(t *testing.T, s *service) {
	sound := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(sound, toneWAV(t, 8000, 1, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ codec, ptime, srtp string }{
		{"PCMA", "20ms", "allowed"}, {"PCMU", "10ms", "required"}, {"G722", "30ms", "off"}, {"opus", "20ms", "required"}, {"opus", "60ms", "off"}, {"PCMA", "60ms", "required"},
	} {
		codec := c.codec
		t.Run(codec+" "+c.ptime, func(t *testing.T) {
			t.Parallel()
			heard := filepath.Join(t.TempDir(), "heard.wav")
			r, err := s.tryCallTo(echoNumber, "--codec", codec, "--ptime", c.ptime, "--srtp", c.srtp, "--wav", sound, "--at-once", "--linger", "1s", "--max", "30s", "--record", heard)
			if err != nil {
				t.Fatal(err)
			}
			if r.Codec != codec || (r.SRTP != "") != (c.srtp == "required") {
				t.Errorf("spoke %s, SRTP %q", r.Codec, r.SRTP)
			}
			checkTone(t, heard, 1500*time.Millisecond)
		})
	}
}

// Where SRTP is required a call in clear is refused.
func TestSRTPRequired(t *testing.T) {
	t.Parallel()
	s := serveEcho(t, "rtp:\n  srtp: required\n")
	if r, err := s.tryCallTo(echoNumber, "--srtp", "off", "--max", "10s"); err == nil || r.Status != 488 {
		t.Errorf("a call in clear: status %d, %v", r.Status, err)
	}
	if r, err := s.tryCallTo(echoNumber, "--srtp", "required", "--max", "1s"); err != nil || r.SRTP == "" || r.Heard.Packets < 20 {
		t.Errorf("%+v, %v", r, err)
	}
}
