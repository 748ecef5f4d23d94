package call

import (
	"math"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
)

// taken is a recogniser's stream that counts what it is given.
type taken struct{ samples, cancels int }

func (s *taken) Write(pcm []int16) error    { s.samples += len(pcm); return nil }
func (s *taken) Expect(asr.Hints)           {}
func (s *taken) EndTurn() error             { return nil }
func (s *taken) Cancel()                    { s.cancels++; s.samples = 0 }
func (s *taken) Results() <-chan asr.Result { return nil }
func (s *taken) Close() error               { return nil }
func listening(e *ear) (stream *taken) {
	stream = &taken{}
	e.listen(stream)
	e.open.Store(true)
	return stream
}
func frames(e *ear, d time.Duration, loud bool) { framesAt(e, d, loud, 0) }

// framesAt plays d of a voice-like buzz, or of a quiet line.
func framesAt(e *ear, d time.Duration, loud bool, phase int) {
	var pcm [media.FrameSamples]int16
	for n := range int(d / media.FrameDuration) {
		for i := range pcm {
			x := float64(n*media.FrameSamples + i + phase)
			if loud {
				pcm[i] = int16(6000 * math.Sin(2*math.Pi*180*x/media.LineRate) * math.Sin(2*math.Pi*700*x/media.LineRate))
			} else {
				pcm[i] = int16(i%3) - 1
			}
		}
		e.Frame(pcm[:], 0, true)
	}
}

func events(e *ear) (out []earEvent) {
	for {
		select {
		case ev := <-e.events:
			out = append(out, ev)
		default:
			return out
		}
	}
}

func same(t *testing.T, what string, got []earEvent, want ...earEvent) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: events %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: events %v, want %v", what, got, want)
		}
	}
}

func turns() config.Turns { return config.Default().Turns }

func TestEarFindsATurn(t *testing.T) {
	e := newEar(turns(), media.VADConfig{})
	s := listening(e)
	frames(e, time.Second, false)
	same(t, "a quiet line", events(e))
	if s.samples != 0 {
		t.Errorf("%d samples of silence were given to the recogniser", s.samples)
	}
	frames(e, 60*time.Millisecond, true)
	same(t, "60 ms of speech", events(e))
	frames(e, 540*time.Millisecond, true)
	same(t, "600 ms of speech", events(e), speechSure)
	if d := e.spoken(); d < 500*time.Millisecond || d > 620*time.Millisecond {
		t.Errorf("%v of speech counted, 600 ms spoken", d)
	}
	if heard := time.Duration(s.samples) * time.Second / media.LineRate; heard < 900*time.Millisecond || heard > 1020*time.Millisecond {
		t.Errorf("the recogniser got %v: want the speech and up to 400 ms before it", heard)
	}
	frames(e, 700*time.Millisecond, false)
	same(t, "700 ms of silence", events(e))
	frames(e, 200*time.Millisecond, false)
	same(t, "900 ms of silence", events(e), speechPaused)
	frames(e, 400*time.Millisecond, true)
	same(t, "speech again", events(e), speechAgain)
	frames(e, 2*time.Second, false)
	same(t, "2 s of silence", events(e), speechPaused, speechOver)
	frames(e, 600*time.Millisecond, false)
	same(t, "2.6 s of silence", events(e), speechSpent)
	frames(e, time.Second, true)
	same(t, "speech before the turn is closed", events(e))
	e.reset.Store(true)
	frames(e, 2*time.Second, false)
	events(e)
	frames(e, 600*time.Millisecond, true)
	same(t, "the next turn", events(e), speechSure)
}

func TestEarForgetsACough(t *testing.T) {
	e := newEar(turns(), media.VADConfig{})
	s := listening(e)
	frames(e, time.Second, false)
	e.over.Store(&config.BargeInRule{Allowed: true, SpeechStartMS: 120, SpeechMinMS: 160, MinDBov: -50}) // the voice speaks
	frames(e, 80*time.Millisecond, true)
	frames(e, time.Second, false)
	same(t, "80 ms", events(e))
	if s.cancels != 1 || s.samples != 0 {
		t.Errorf("the recogniser keeps %d samples of a click (%d cancelled)", s.samples, s.cancels)
	}
	frames(e, 120*time.Millisecond, true)
	frames(e, time.Second, false)
	same(t, "120 ms", events(e), speechSure, speechFalse)
	if s.cancels != 2 {
		t.Errorf("%d cancelled", s.cancels)
	}
	frames(e, 240*time.Millisecond, true)
	frames(e, time.Second, false)
	same(t, "240 ms, a short no", events(e), speechSure, speechPaused)
}

func TestEarIsClosedDuringTheNotice(t *testing.T) {
	e := newEar(turns(), media.VADConfig{})
	s := listening(e)
	e.open.Store(false)
	frames(e, time.Second, false)
	frames(e, time.Second, true)
	same(t, "closed", events(e))
	if s.samples != 0 {
		t.Errorf("%d samples given", s.samples)
	}
	e.open.Store(true)
	frames(e, 600*time.Millisecond, true)
	same(t, "opened while someone speaks", events(e), speechSure)
}

func TestEarNeverWaits(t *testing.T) {
	e := newEar(turns(), media.VADConfig{})
	for range earQueue + 10 {
		e.Digit('1')
		e.emit(speechSure)
	}
	if n := e.dropped.Load(); n != 20 {
		t.Errorf("%d dropped, want 20", n)
	}
}

func TestEarAllocatesNothing(t *testing.T) {
	e := newEar(turns(), media.VADConfig{})
	listening(e)
	var pcm [media.FrameSamples]int16
	if n := testing.AllocsPerRun(1000, func() { e.Frame(pcm[:], 0, true) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkEarFrame(b *testing.B) {
	e := newEar(turns(), media.VADConfig{})
	listening(e)
	var pcm [media.FrameSamples]int16
	for b.Loop() {
		e.Frame(pcm[:], 0, true)
	}
}

// A gateway that sends each key by RTP and by INFO presses it once; the way of the first key is the call's.
func TestKeysThatComeBothWaysCountOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		send func(*ear, rune)
	}{
		{"RTP first", func(e *ear, d rune) { e.Digit(d); e.Info(d) }},
		{"INFO first", func(e *ear, d rune) { e.Info(d); e.Digit(d) }},
		{"RTP alone", func(e *ear, d rune) { e.Digit(d) }},
		{"INFO alone", func(e *ear, d rune) { e.Info(d) }},
	} {
		e := newEar(config.Default().Turns, media.VADConfig{})
		for _, d := range "84400#" {
			c.send(e, d)
		}
		var got string
		for len(e.digits) > 0 {
			got += string(<-e.digits)
		}
		if got != "84400#" {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
