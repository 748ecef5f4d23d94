package wyoming

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/asr/remote/remotetest"
	proto "github.com/acotel/acotel-sbc/wyoming"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server hears what answer says, and remembers what it was asked.
type server struct {
	answer  proto.Transcript
	partial string

	mu      sync.Mutex
	asked   []proto.Transcribe
	samples []int
}

func (*server) Info() proto.Info { return proto.Info{} }
func (*server) Synthesize(context.Context, proto.Synthesize, func(int, *proto.Context) error, func([]int16) error) error {
	return errors.New("no voice")
}

func (s *server) Transcribe(_ context.Context, req proto.Transcribe, _ int, partial func(string)) (proto.Transcription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.samples = append(s.asked, req), append(s.samples, 0)
	return &turn{s, len(s.samples) - 1, partial}, nil
}

type turn struct {
	*server
	n       int
	partial func(string)
}

func (u *turn) Write(pcm []int16) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.samples[u.n] == 0 && u.server.partial != "" {
		u.partial(u.server.partial)
	}
	u.samples[u.n] += len(pcm)
	return nil
}

func (u *turn) Finish(context.Context) (proto.Transcript, error) { return u.answer, nil }
func (u *turn) Close()                                           {}

// serve returns the address, and what ends the server at once.
func serve(t *testing.T, h proto.Handler, at string) (address string, kill func()) {
	t.Helper()
	ln, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	s, done := &proto.Server{Handler: h}, make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ln) }()
	kill = sync.OnceFunc(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(ctx)
		<-done
	})
	t.Cleanup(kill)
	return ln.Addr().String(), kill
}

func TestKeepsThePromiseOfStream(t *testing.T) {
	address, _ := serve(t, &server{answer: proto.Transcript{Text: "bonjour"}, partial: "bon"}, "127.0.0.1:0")
	asrtest.Run(t, func(*testing.T) asr.Recognizer { return New(Config{Address: address}) })
}

func TestServersThatMisbehave(t *testing.T) {
	remotetest.Misbehaving(t, func(address string) asr.Recognizer {
		return New(Config{Address: address, Timeout: remotetest.Timeout})
	}, nil)
}

func listen(t *testing.T, c Config) asr.Stream {
	t.Helper()
	r := New(c)
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return s
}

// say speaks a second and returns what was heard of it, partials first.
func say(t *testing.T, s asr.Stream) (partials []string, final asr.Result) {
	t.Helper()
	for range 50 {
		if err := s.Write(make([]int16, 160)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	for r := range s.Results() {
		if r.Final {
			return partials, r
		}
		partials = append(partials, r.Text())
	}
	t.Fatal("no answer")
	return nil, final
}

func TestWhatIsAskedAndAnswered(t *testing.T) {
	hints := asr.Hints{State: "confirm", Phrases: []string{"oui", "à volonté"}}
	for _, c := range []struct {
		name   string
		answer proto.Transcript
		want   []asr.Alternative
	}{
		{"a text alone", proto.Transcript{Text: " Avignon. "}, []asr.Alternative{{Text: "Avignon.", Confidence: 0.7}}},
		{"nothing", proto.Transcript{Text: " "}, nil},
		{"alternatives of our own", proto.Transcript{Text: "a", Context: &proto.Context{Acotel: []byte(
			`[{"text":"Avignon","confidence":0.9,"insee":"84007"},{"text":"","confidence":0.8},{"text":"84000","confidence":2,"postal_code":"84000"}]`)}},
			[]asr.Alternative{{Text: "Avignon", Confidence: 0.9, INSEE: "84007"}, {Text: "84000", Confidence: 0.9, PostalCode: "84000"}}},
		{"our own heard nothing", proto.Transcript{Context: &proto.Context{Acotel: []byte(`[]`)}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &server{answer: c.answer}
			address, _ := serve(t, h, "127.0.0.1:0")
			s := listen(t, Config{Address: address, Model: "base"})
			s.Expect(hints)
			_, got := say(t, s)
			if !slices.Equal(got.Alternatives, c.want) || got.Err != nil {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			asked := h.asked[0]
			if asked.Name != "base" || asked.Language != "fr" || !slices.Equal(asked.Terms, hints.Phrases) || h.samples[0] != 16000 {
				t.Errorf("asked %+v about %d samples of 16 kHz", asked, h.samples[0])
			}
			if back, err := remote.DecodeHints(asked.Context.Acotel); err != nil || back.State != "confirm" || !slices.Equal(back.Phrases, hints.Phrases) {
				t.Errorf("hints came as %s", asked.Context.Acotel)
			}
		})
	}
}

func TestPartialWords(t *testing.T) {
	address, _ := serve(t, &server{answer: proto.Transcript{Text: "bonjour"}, partial: "bon"}, "127.0.0.1:0")
	s := listen(t, Config{Address: address})
	if err := s.Write(make([]int16, 1600)); err != nil {
		t.Fatal(err)
	}
	if r := <-s.Results(); r.Final || r.Text() != "bon" {
		t.Errorf("%+v", r)
	}
}

// The server is asked at the first silence, and the end of the turn asks it nothing more.
func TestAnsweredAtTheFirstSilence(t *testing.T) {
	h := &server{answer: proto.Transcript{Text: "bonjour"}}
	address, _ := serve(t, h, "127.0.0.1:0")
	s := listen(t, Config{Address: address})
	if err := s.Write(make([]int16, 1600)); err != nil {
		t.Fatal(err)
	}
	s.(asr.Preparer).Prepare()
	if r := <-s.Results(); !r.Prepared || r.Text() != "bonjour" {
		t.Errorf("%+v", r)
	}
	if partials, r := say(t, s); r.Text() != "bonjour" || len(partials) > 0 {
		t.Errorf("%+v after %q", r, partials)
	}
	if len(h.asked) != 1 {
		t.Errorf("the server was asked %d times", len(h.asked))
	}
}

// A server that is started again in mid-sentence hears the whole sentence.
func TestARestartInMidSentenceCostsNothing(t *testing.T) {
	first := &server{answer: proto.Transcript{Text: "x"}, partial: "x"}
	address, kill := serve(t, first, "127.0.0.1:0")
	s := listen(t, Config{Address: address, Timeout: 20 * time.Second})
	if err := s.Write(make([]int16, 8000)); err != nil {
		t.Fatal(err)
	}
	<-s.Results() // a partial: the first server listens
	kill()
	second := &server{answer: proto.Transcript{Text: "Orange"}}
	serve(t, second, address)
	if _, r := say(t, s); r.Text() != "Orange" || r.Err != nil {
		t.Errorf("%+v", r)
	}
	if got := second.samples[len(second.samples)-1]; got != 32000 {
		t.Errorf("the second server heard %d samples, want the whole 2 s", got)
	}
}

func TestATurnThatIsTooLongIsCutAndSaysSo(t *testing.T) {
	h := &server{answer: proto.Transcript{Text: "long"}}
	address, _ := serve(t, h, "127.0.0.1:0")
	s := listen(t, Config{Address: address, Timeout: 20 * time.Second})
	for range 61 {
		if err := s.Write(make([]int16, 8000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	if r := <-s.Results(); r.Text() != "long" || !errors.Is(r.Err, remote.ErrDropped) || h.samples[0] != 60*16000 {
		t.Errorf("%+v after %d samples", r, h.samples[0])
	}
}

// babbler says partial words without end, or a whole book as its answer.
type babbler struct {
	server
	partials bool
}

func (b *babbler) Transcribe(_ context.Context, _ proto.Transcribe, _ int, partial func(string)) (proto.Transcription, error) {
	return &babble{b, partial}, nil
}

type babble struct {
	of      *babbler
	partial func(string)
}

func (*babble) Write([]int16) error { return nil }
func (u *babble) Finish(ctx context.Context) (proto.Transcript, error) {
	for u.of.partials && ctx.Err() == nil {
		u.partial(strings.Repeat("mot ", 256))
	}
	return proto.Transcript{Text: strings.Repeat("mot ", remote.MaxText)}, ctx.Err()
}
func (*babble) Close() {}

// A server that never ends, in the protocol's own words, is a failure and fills no memory.
func TestAServerThatSaysTooMuch(t *testing.T) {
	for _, c := range []struct {
		name     string
		partials bool
	}{{"a book", false}, {"words without end", true}} {
		t.Run(c.name, func(t *testing.T) {
			address, _ := serve(t, &babbler{partials: c.partials}, "127.0.0.1:0")
			partials, got := say(t, listen(t, Config{Address: address, Timeout: 20 * time.Second}))
			if !errors.Is(got.Err, remote.ErrTooMuch) || got.Text() != "" {
				t.Errorf("%v, %d bytes", got.Err, len(got.Text()))
			}
			for _, p := range partials {
				if len(p) > remote.MaxText {
					t.Errorf("%d bytes of partial words", len(p))
				}
			}
		})
	}
}
