package wyoming

import (
	"context"
	"errors"
	"math"
	"net"
	"testing"

	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/ttstest"
	proto "github.com/acotel/acotel-sbc/wyoming"
)

// babbler is a server that knows the protocol alone: no speed, 16 kHz.
type babbler struct{ heeds bool }

func (babbler) Info() proto.Info { return proto.Info{} }

func (babbler) Transcribe(context.Context, proto.Transcribe, int, func(string)) (proto.Transcription, error) {
	return nil, errors.New("no ears")
}

func (b babbler) Synthesize(_ context.Context, req proto.Synthesize, start func(int, *proto.Context) error, emit func([]int16) error) error {
	how := req.Context
	if !b.heeds {
		how = nil
	}
	if err := start(16000, how); err != nil {
		return err
	}
	for pcm := ttstest.Babble(req.Text, 16000); len(pcm) > 0; {
		n := min(1600, len(pcm))
		if err := emit(pcm[:n]); err != nil {
			return err
		}
		pcm = pcm[n:]
	}
	return nil
}

// babbling starts a server for a test.
func babbling(t *testing.T, b babbler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &proto.Server{Handler: b}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(ln); !errors.Is(err, proto.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-done
	})
	return ln.Addr().String()
}

func TestSuite(t *testing.T) {
	ttstest.Run(t, func(t *testing.T) tts.Synthesizer { return New(Config{Address: babbling(t, babbler{})}) })
}

// A server that says it heeds the speed is left alone: nothing is made slower twice.
func TestServersThatHeedTheSpeed(t *testing.T) {
	length := func(b babbler, rate float64) (n float64) {
		v := New(Config{Address: babbling(t, b)})
		if err := v.Synthesize(t.Context(), tts.Utterance{Text: ttstest.Text, Rate: rate}, func(p []int16) error { n += float64(len(p)); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	normal := length(babbler{}, 1)
	if got := length(babbler{}, .8) / normal; math.Abs(got-1.25) > .01 {
		t.Errorf("speed 0.8 takes %.2f times as long", got)
	}
	if got := length(babbler{heeds: true}, .8) / normal; math.Abs(got-1) > .01 {
		t.Errorf("what the server made slower is %.2f times as long", got)
	}
}
