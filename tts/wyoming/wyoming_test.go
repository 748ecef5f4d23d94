package wyoming

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/remote"
	proto "github.com/acotel/acotel-sbc/wyoming"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve hands each connection to f and closes it after; end is closed with the test.
func serve(t *testing.T, f func(r *proto.Reader, w *proto.Writer, end <-chan struct{})) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			f(proto.NewReader(c, proto.Limits{}), proto.NewWriter(c), end)
			c.Close()
		}
	}()
	t.Cleanup(func() { close(end); ln.Close(); <-done })
	return ln.Addr().String()
}

// event makes one that can be made.
func event(kind string, v any, payload []byte) proto.Event {
	e, err := proto.NewEvent(kind, v, payload)
	if err != nil {
		panic(err)
	}
	return e
}

func TestServersThatMisbehave(t *testing.T) {
	ok := event(proto.TypeAudioChunk, proto.PCM16(22050), make([]byte, 4410))
	for _, c := range []struct {
		name string
		does func(w *proto.Writer, end <-chan struct{})
		want error
	}{
		{"closes at once", func(*proto.Writer, <-chan struct{}) {}, io.EOF},
		{"closes in mid-sentence", func(w *proto.Writer, _ <-chan struct{}) { _ = w.Write(ok) }, io.EOF},
		{"never answers", func(_ *proto.Writer, end <-chan struct{}) { <-end }, remote.ErrStalled},
		{"falls silent", func(w *proto.Writer, end <-chan struct{}) { _ = w.Write(ok); <-end }, remote.ErrStalled},
		{"says nothing", func(w *proto.Writer, _ <-chan struct{}) { _ = w.Write(event(proto.TypeAudioStop, nil, nil)) }, remote.ErrNoSound},
		{"has no such voice", func(w *proto.Writer, _ <-chan struct{}) {
			_ = w.Write(event(proto.TypeError, proto.Failure{Text: "no", Code: "voice"}, nil))
		}, proto.Failure{Text: "no", Code: "voice"}},
		{"has too much to do", func(w *proto.Writer, _ <-chan struct{}) {
			_ = w.Write(event(proto.TypeError, proto.Failure{Text: "full", Code: "busy"}, nil))
		}, tts.ErrBusy},
		{"speaks 8 bits", func(w *proto.Writer, _ <-chan struct{}) {
			_ = w.Write(event(proto.TypeAudioChunk, proto.Format{Rate: 8000, Width: 1, Channels: 1}, make([]byte, 10)))
		}, proto.ErrSyntax},
		{"announces too much", func(w *proto.Writer, _ <-chan struct{}) {
			_ = w.Write(event(proto.TypeAudioChunk, proto.PCM16(8000), make([]byte, 2<<20)))
		}, proto.ErrTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			stall := time.Minute
			if c.want == remote.ErrStalled {
				stall = 200 * time.Millisecond
			}
			v := New(Config{Stall: stall, Address: serve(t, func(r *proto.Reader, w *proto.Writer, end <-chan struct{}) {
				if _, err := r.Read(); err == nil {
					c.does(w, end)
				}
			})})
			err := v.Synthesize(t.Context(), tts.Utterance{Text: "bonjour"}, func([]int16) error { return nil })
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestTheListenerIsHeeded(t *testing.T) {
	endless := func(r *proto.Reader, w *proto.Writer, _ <-chan struct{}) {
		for w.Write(event(proto.TypeAudioChunk, proto.PCM16(22050), make([]byte, 4410))) == nil {
		}
	}
	v := New(Config{Address: serve(t, endless), Stall: time.Minute})
	enough := errors.New("enough")
	if err := v.Synthesize(t.Context(), tts.Utterance{Text: "a"}, func([]int16) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an error of emit became %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := v.Synthesize(ctx, tts.Utterance{Text: "a"}, func([]int16) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("the end of the context became %v", err)
	}
}
