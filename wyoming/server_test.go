package wyoming

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// echo hears how much sound came and says a buzz for each letter.
type echo struct {
	began, gone chan struct{} // of a sentence "attends": it began, its context ended
}

func (echo) Info() Info {
	return Info{ASR: []Program{{Artifact: Artifact{Name: "echo", Installed: true}, Models: []Artifact{{Name: "m", Languages: []string{"fr"}}}}}}
}

func (echo) Transcribe(_ context.Context, req Transcribe, rate int, partial func(string)) (Transcription, error) {
	if req.Name == "none" {
		return nil, errors.New("no such model")
	}
	return &counting{req: req, rate: rate, partial: partial}, nil
}

func (h echo) Synthesize(ctx context.Context, req Synthesize, start func(int, *Context) error, emit func([]int16) error) error {
	if req.Text == "attends" {
		close(h.began)
		<-ctx.Done()
		close(h.gone)
		return ctx.Err()
	}
	if err := start(16000, nil); err != nil {
		return err
	}
	for range req.Text {
		if err := emit(make([]int16, 160)); err != nil {
			return err
		}
	}
	return nil
}

type counting struct {
	req     Transcribe
	rate    int
	samples int
	partial func(string)
}

func (c *counting) Write(pcm []int16) error {
	c.samples += len(pcm)
	c.partial("…")
	return nil
}

func (c *counting) Finish(context.Context) (Transcript, error) {
	return Transcript{Text: fmt.Sprintf("%s %d Hz %d", c.req.Language, c.rate, c.samples)}, nil
}

func (c *counting) Close() {}

func serve(t *testing.T, s *Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-done; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return ln.Addr().String()
}

func dial(t *testing.T, address string) *Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	c, err := Dial(ctx, address, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); cancel() })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until reads up to an event of a type and counts those before.
func until(t *testing.T, c *Conn, kind string) (Event, int) {
	t.Helper()
	for n := 0; ; n++ {
		e, err := c.Receive()
		must(t, err)
		if e.Type == kind {
			return e, n
		}
	}
}

func TestTurnsAndSentences(t *testing.T) {
	at := serve(t, &Server{Handler: echo{}})
	info, err := Describe(t.Context(), at)
	if err != nil || len(info.ASR) != 1 || info.ASR[0].Models[0].Languages[0] != "fr" {
		t.Fatalf("%+v, %v", info, err)
	}
	c := dial(t, at)
	for range 2 { // a connection serves several turns
		must(t, c.Send(TypeTranscribe, Transcribe{Language: "fr"}, nil))
		must(t, c.Send(TypeAudioStart, PCM16(8000), nil))
		must(t, c.Send("whatever", nil, nil)) // unknown events are left out
		must(t, c.Send(TypeAudioChunk, PCM16(8000), Bytes(make([]int16, 100))))
		must(t, c.Send(TypeAudioChunk, PCM16(8000), Bytes(make([]int16, 60))))
		must(t, c.Send(TypeAudioStop, nil, nil))
		e, partials := until(t, c, TypeTranscript)
		var tr Transcript
		must(t, e.Decode(&tr))
		if tr.Text != "fr 8000 Hz 160" || partials != 2 {
			t.Errorf("%q after %d partials", tr.Text, partials)
		}
	}
	must(t, c.Send(TypeSynthesize, Synthesize{Text: "été"}, nil))
	e, _ := until(t, c, TypeAudioStart)
	var f Format
	must(t, e.Decode(&f))
	if _, chunks := until(t, c, TypeAudioStop); f != PCM16(16000) || chunks != 3 {
		t.Errorf("%+v and %d chunks", f, chunks)
	}
	must(t, c.Send(TypePing, map[string]string{"text": "x"}, nil))
	if e, _ := until(t, c, TypePong); string(e.Data) != `{"text":"x"}` {
		t.Errorf("pong %s", e.Data)
	}
}

func TestBadPeersAreToldAndDropped(t *testing.T) {
	at := serve(t, &Server{Handler: echo{}, Idle: 5 * time.Second, MaxSound: 1, Limits: Limits{Payload: 1 << 16}})
	for _, c := range []struct {
		name string
		send func(*Conn) error
		want string
	}{
		{"no event", func(c *Conn) error { _, err := c.conn.Write([]byte("GET / HTTP/1.1\n")); return err }, "no event"},
		{"too much at once", func(c *Conn) error { return c.Send(TypeAudioChunk, PCM16(8000), make([]byte, 1<<17)) }, "longer than allowed"},
		{"a turn without end", func(c *Conn) error {
			for range 11 {
				if err := c.Send(TypeAudioChunk, PCM16(8000), make([]byte, 1600)); err != nil {
					return err
				}
			}
			return nil
		}, "more than 1 s"},
		{"sound of another format than the turn's", func(c *Conn) error {
			return errors.Join(c.Send(TypeAudioStart, PCM16(8000), nil), c.Send(TypeAudioChunk, PCM16(16000), make([]byte, 320)))
		}, "16000 Hz, 2 bytes a sample, 1 channels in a turn that began with 8000 Hz"},
		{"no 16-bit sound", func(c *Conn) error { return c.Send(TypeAudioStart, Format{8000, 4, 1}, nil) }, "give 16-bit PCM"},
		{"an unknown model", func(c *Conn) error {
			return errors.Join(c.Send(TypeTranscribe, Transcribe{Name: "none"}, nil), c.Send(TypeAudioStart, PCM16(8000), nil))
		}, "no such model"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, at)
			_ = c.send(conn) // the server may have hung up before all was sent
			var err error
			for err == nil {
				var e Event
				if e, err = conn.Receive(); err == nil && e.Type != TypeTranscriptChunk {
					t.Fatalf("an answer: %+v", e)
				}
			}
			var f Failure
			if errors.As(err, &f) && !strings.Contains(f.Text, c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if c.name == "no event" && f.Text == "" {
				t.Errorf("the peer was not told: %v", err)
			}
		})
	}
}

// Sound that says nothing of its format has the turn's.
func TestChunksWithoutFormat(t *testing.T) {
	c := dial(t, serve(t, &Server{Handler: echo{}}))
	must(t, c.Send(TypeAudioStart, PCM16(8000), nil))
	for _, data := range []any{nil, map[string]int{"timestamp": 20}, map[string]int{"rate": 8000}} {
		must(t, c.Send(TypeAudioChunk, data, Bytes(make([]int16, 100))))
	}
	must(t, c.Send(TypeAudioStop, nil, nil))
	e, _ := until(t, c, TypeTranscript)
	var tr Transcript
	must(t, e.Decode(&tr))
	if tr.Text != " 8000 Hz 300" {
		t.Errorf("%q", tr.Text)
	}
}

// A peer who never reads is cut off, whatever the server has to tell them.
func TestAPeerWhoNeverReadsIsCutOff(t *testing.T) {
	big := map[string]string{"text": strings.Repeat("x", 60000)}
	for _, c := range []struct {
		name, kind string
		data       any
	}{
		{"pongs", TypePing, big},
		{"what there is", TypeDescribe, nil},
		{"a voice", TypeSynthesize, Synthesize{Text: strings.Repeat("a", 20000)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, serve(t, &Server{Handler: echo{}, Idle: 200 * time.Millisecond}))
			for {
				if err := conn.Send(c.kind, c.data, nil); err != nil {
					if errors.Is(err, context.DeadlineExceeded) {
						t.Error("the server waits for ever")
					}
					return
				}
			}
		})
	}
}

// Who closes their own side alone is told that nobody works for them then.
func TestHalfClosedIsToldSo(t *testing.T) {
	conn := dial(t, serve(t, &Server{Handler: echo{began: make(chan struct{}), gone: make(chan struct{})}}))
	must(t, conn.Send(TypeSynthesize, Synthesize{Text: "attends"}, nil))
	must(t, conn.conn.(*net.TCPConn).CloseWrite())
	var f Failure
	if _, err := conn.Receive(); !errors.As(err, &f) || !strings.Contains(f.Text, "keep it open until then") {
		t.Errorf("%v", err)
	}
}

// failing is a listener whose first Accepts fail.
type failing struct {
	net.Listener
	errs []error
}

func (f *failing) Accept() (net.Conn, error) {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return nil, err
	}
	return f.Listener.Accept()
}

// A moment without free descriptors does not end the server; a listener that is broken does.
func TestAcceptThatFails(t *testing.T) {
	wrapped := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	for _, c := range []struct {
		name string
		errs []error
		want error // of Serve, before any Shutdown
	}{
		{"too many open files", []error{wrapped, wrapped}, nil},
		{"a peer gone at once", []error{syscall.ECONNABORTED}, nil},
		{"no listener any more", []error{syscall.EINVAL}, syscall.EINVAL},
	} {
		t.Run(c.name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			defer ln.Close()
			s, done := &Server{Handler: echo{}}, make(chan error, 1)
			go func() { done <- s.Serve(&failing{ln, c.errs}) }()
			if c.want != nil {
				if err := <-done; !errors.Is(err, c.want) {
					t.Errorf("%v", err)
				}
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if _, err := Describe(ctx, ln.Addr().String()); err != nil {
				t.Error(err)
			}
			must(t, s.Shutdown(t.Context()))
			if err := <-done; !errors.Is(err, ErrServerClosed) {
				t.Error(err)
			}
		})
	}
}

func TestAFullServerSaysSo(t *testing.T) {
	at := serve(t, &Server{Handler: echo{}, MaxConns: 1})
	first := dial(t, at)
	must(t, first.Send(TypePing, nil, nil))
	until(t, first, TypePong)
	var f Failure
	if _, err := dial(t, at).Receive(); !errors.As(err, &f) || f.Code != "busy" {
		t.Errorf("%v", err)
	}
}

// The work for a peer who hangs up is stopped, and so is what a Shutdown finds
// when its time is over.
func TestWorkForNobodyIsStopped(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*Server, *Conn)
	}{
		{"the peer hangs up", func(_ *Server, c *Conn) { c.Close() }},
		{"the time to drain is over", func(s *Server, _ *Conn) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown: %v", err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := echo{began: make(chan struct{}), gone: make(chan struct{})}
			s := &Server{Handler: h}
			conn := dial(t, serve(t, s))
			must(t, conn.Send(TypeSynthesize, Synthesize{Text: "attends"}, nil))
			<-h.began
			c.end(s, conn)
			<-h.gone
		})
	}
}

// A server that drains answers the turn in progress and begins no other.
func TestDrainLetsATurnEnd(t *testing.T) {
	s := &Server{Handler: echo{}}
	c := dial(t, serve(t, s))
	must(t, c.Send(TypeAudioStart, PCM16(8000), nil))
	must(t, c.Send(TypeAudioChunk, PCM16(8000), make([]byte, 320)))
	until(t, c, TypeTranscriptChunk) // the turn has begun
	down := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		down <- s.Shutdown(ctx)
	}()
	must(t, c.Send(TypeAudioStop, nil, nil))
	until(t, c, TypeTranscript)
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestAnEndedContextEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	c, err := Dial(ctx, serve(t, &Server{Handler: echo{}}), Limits{})
	must(t, err)
	defer c.Close()
	why := errors.New("enough")
	cancel(why)
	if _, err := c.Receive(); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
