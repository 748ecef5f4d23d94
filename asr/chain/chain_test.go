package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/asr/scripted"
	"github.com/acotel/acotel-sbc/breaker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// far is a patience that no test uses up.
const far = time.Minute

var errBroken = errors.New("broken")

// server is a recogniser whose answers a test holds in its hands.
type server struct {
	name string

	mu    sync.Mutex
	does  func(ctx context.Context, pcm int) ([]asr.Alternative, error) // at the end of a turn of so many samples
	turns int
	hints []asr.Hints // of the ends of turns
}

func (s *server) set(f func(ctx context.Context, pcm int) ([]asr.Alternative, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.does = f
}

func (s *server) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns
}

// says answers with text and the samples heard.
func says(text string) func(context.Context, int) ([]asr.Alternative, error) {
	return func(_ context.Context, pcm int) ([]asr.Alternative, error) {
		return []asr.Alternative{{Text: fmt.Sprintf("%s %d", text, pcm), Confidence: 0.9}}, nil
	}
}

func fails(err error) func(context.Context, int) ([]asr.Alternative, error) {
	return func(context.Context, int) ([]asr.Alternative, error) { return nil, err }
}

func silent(context.Context, int) ([]asr.Alternative, error) { return nil, nil }

func hangs(ctx context.Context, _ int) ([]asr.Alternative, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

type session struct {
	*server
	ctx context.Context
	pcm int
}

func (s *session) Write(pcm []int16) error { s.pcm += len(pcm); return nil }
func (s *session) Close()                  {}
func (s *session) Finish(h asr.Hints) ([]asr.Alternative, error) {
	s.mu.Lock()
	does := s.does
	s.turns++
	s.hints = append(s.hints, h)
	s.mu.Unlock()
	return does(s.ctx, s.pcm)
}

func (s *server) recogniser() asr.Recognizer {
	return remote.New(remote.Config{Name: s.name, Timeout: far, Open: func(ctx context.Context, _ int, _ asr.Hints, _ func(string, float64)) (remote.Session, error) {
		return &session{server: s, ctx: ctx}, nil
	}})
}

// setup is a chain of servers and what it told of itself.
type setup struct {
	*Recognizer
	mu     sync.Mutex
	events []string
	clock  time.Time
	news   chan string
}

func chained(t *testing.T, c Config) *setup {
	t.Helper()
	u := &setup{clock: time.Unix(0, 0), news: make(chan string, 100)}
	tell := func(what string) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.events = append(u.events, what)
		u.news <- what
	}
	c.Turned = func(b string, o Outcome) { tell(b + " " + string(o)) }
	c.Changed = func(b string, s breaker.State) { tell(b + " " + s.String()) }
	c.Now = func() time.Time { u.mu.Lock(); defer u.mu.Unlock(); return u.clock }
	var err error
	if u.Recognizer, err = New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
	return u
}

func (u *setup) told() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.events)
}

// until waits for an event.
func (u *setup) until(t *testing.T, what string) {
	t.Helper()
	limit := time.After(far)
	for {
		select {
		case got := <-u.news:
			if got == what {
				return
			}
		case <-limit:
			t.Fatalf("never: %q; %q", what, u.told())
		}
	}
}

func (u *setup) advance(d time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clock = u.clock.Add(d)
}

func (u *setup) open(t *testing.T) asr.Stream {
	t.Helper()
	s, err := u.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// say speaks a tenth of a second.
func say(t *testing.T, s asr.Stream) asr.Result {
	t.Helper()
	for range 5 {
		if err := s.Write(make([]int16, 160)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	for r := range s.Results() {
		if r.Final {
			return r
		}
	}
	t.Fatal("no answer")
	return asr.Result{}
}

func TestKeepsThePromiseOfStream(t *testing.T) {
	for name, backends := range map[string]func() []Backend{
		"one that answers": func() []Backend { return []Backend{{Recognizer: scripted.New("un atelier", "", "à Orange")}} },
		"one that fails, then one that answers": func() []Backend {
			return []Backend{{Recognizer: (&server{name: "a", does: fails(errBroken)}).recogniser()}, {Recognizer: scripted.New("un", "deux", "trois")}}
		},
		"all fail": func() []Backend {
			return []Backend{{Recognizer: (&server{name: "a", does: fails(errBroken)}).recogniser()}, {Recognizer: (&server{name: "b", does: fails(errBroken)}).recogniser()}}
		},
		"one that is late, then keys": func() []Backend {
			return []Backend{{Recognizer: (&server{name: "a", does: hangs}).recogniser(), Timeout: 20 * time.Millisecond}, {Recognizer: none.New()}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			asrtest.Run(t, func(t *testing.T) asr.Recognizer {
				r, err := New(Config{Backends: backends()})
				if err != nil {
					t.Fatal(err)
				}
				return r
			})
		})
	}
}

func TestWhoAnswersATurn(t *testing.T) {
	for _, c := range []struct {
		name  string
		a, b  func(context.Context, int) ([]asr.Alternative, error)
		want  string
		err   error
		asked [2]int
		told  []string
	}{
		{"the first", says("a"), says("b"), "a 800", nil, [2]int{1, 0}, []string{"a words"}},
		{"the first hears nothing", silent, says("b"), "", nil, [2]int{1, 0}, []string{"a nothing"}},
		{"the second has the whole turn", fails(errBroken), says("b"), "b 800", nil, [2]int{2, 1}, []string{"a failed", "b words"}}, // remote tries twice
		{"the first is late", hangs, says("b"), "b 800", nil, [2]int{1, 1}, []string{"a late", "b words"}},
		{"the first is busy", fails(asr.ErrBusy), says("b"), "b 800", nil, [2]int{1, 1}, []string{"a busy", "b words"}},
		{"none", fails(errBroken), fails(errBroken), "", errBroken, [2]int{2, 2}, []string{"a failed", "b failed"}},
		{"nothing after trouble is still trouble", fails(errBroken), silent, "", errBroken, [2]int{2, 1}, []string{"a failed", "b nothing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := &server{name: "a", does: c.a}, &server{name: "b", does: c.b}
			patience := far
			if slices.Contains(c.told, "a late") {
				patience = 200 * time.Millisecond
			}
			u := chained(t, Config{Backends: []Backend{{Recognizer: a.recogniser(), Timeout: patience}, {Recognizer: b.recogniser()}}, Within: far})
			s := u.open(t)
			h := asr.Hints{State: "confirm", Phrases: []string{"oui"}}
			s.Expect(h)
			got := say(t, s)
			if got.Text() != c.want || !errors.Is(got.Err, c.err) || (got.Err == nil) != (c.err == nil) {
				t.Errorf("%+v, want %q and %v", got, c.want, c.err)
			}
			if now := [2]int{a.asked(), b.asked()}; now != c.asked || !slices.Equal(u.told(), c.told) {
				t.Errorf("asked %v, want %v; %q, want %q", now, c.asked, u.told(), c.told)
			}
			for _, srv := range []*server{a, b} {
				for _, got := range srv.hints {
					if got.State != "confirm" || !slices.Equal(got.Phrases, h.Phrases) {
						t.Errorf("%s was told to expect %+v", srv.name, got)
					}
				}
			}
		})
	}
}

// A backend that fails twice is left alone; after a rest it is tried beside the
// one that answers, and listens again when it does.
func TestTheBreaker(t *testing.T) {
	a, b := &server{name: "a", does: fails(errBroken)}, &server{name: "b", does: says("b")}
	u := chained(t, Config{Backends: []Backend{{Recognizer: a.recogniser()}, {Recognizer: b.recogniser()}}, Within: far, Failures: 2, Rest: time.Second})
	s := u.open(t)
	for range 3 {
		if r := say(t, s); r.Text() != "b 800" {
			t.Fatalf("%+v", r)
		}
	}
	want := []string{"a failed", "b words", "a failed", "a open", "b words", "b words"}
	if !slices.Equal(u.told(), want) {
		t.Fatalf("%q, want %q", u.told(), want)
	}
	// A trial that hangs keeps nobody waiting.
	release := make(chan struct{})
	a.set(func(ctx context.Context, _ int) ([]asr.Alternative, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil, errBroken
	})
	u.advance(2 * time.Second)
	if r := say(t, s); r.Text() != "b 800" {
		t.Fatalf("%+v", r)
	}
	u.until(t, "a half_open")
	if r := say(t, s); r.Text() != "b 800" { // one trial at a time
		t.Fatalf("%+v", r)
	}
	close(release)
	u.until(t, "a failed")
	u.until(t, "a open")
	a.set(says("a"))
	if r := say(t, s); r.Text() != "b 800" { // not yet
		t.Fatalf("%+v", r)
	}
	u.advance(2 * time.Second)
	if r := say(t, s); r.Text() != "b 800" { // tried beside
		t.Fatalf("%+v", r)
	}
	u.until(t, "a closed")
	if r := say(t, s); r.Text() != "a 800" {
		t.Fatalf("%+v", r)
	}
	if got := u.States(); !slices.Equal(got, []breaker.State{breaker.Closed, breaker.Closed}) {
		t.Errorf("%v", got)
	}
}

// Where all are left alone the first is asked nevertheless.
func TestTheLastHope(t *testing.T) {
	a := &server{name: "a", does: fails(errBroken)}
	u := chained(t, Config{Backends: []Backend{{Recognizer: a.recogniser()}}, Within: far, Failures: 1})
	s := u.open(t)
	if r := say(t, s); !errors.Is(r.Err, errBroken) {
		t.Fatalf("%+v", r)
	}
	a.set(says("a"))
	if r := say(t, s); r.Text() != "a 800" || r.Err != nil {
		t.Errorf("%+v", r)
	}
}

// A stream that ends under the caller's words costs nothing: the turn goes on
// with the next backend.
func TestABackendThatIsClosedInMidSentence(t *testing.T) {
	first, b := scripted.New("perdu"), &server{name: "b", does: says("b")}
	u := chained(t, Config{Backends: []Backend{{Recognizer: first}, {Recognizer: b.recogniser()}}, Within: far})
	s := u.open(t)
	if err := s.Write(make([]int16, 800)); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if r := say(t, s); r.Text() != "b 1600" {
		t.Errorf("%+v", r)
	}
}

func TestPartialsAndCancelledTurns(t *testing.T) {
	u := chained(t, Config{Backends: []Backend{{Recognizer: scripted.New("je cherche un atelier")}, {Recognizer: none.New()}}})
	s := u.open(t)
	if err := s.Write(make([]int16, 2400)); err != nil {
		t.Fatal(err)
	}
	if r := <-s.Results(); r.Final || r.Text() != "je" || r.Turn != 0 {
		t.Errorf("%+v", r)
	}
	s.Cancel()
	if err := s.Write(make([]int16, 4800)); err != nil {
		t.Fatal(err)
	}
	if r := <-s.Results(); r.Final || r.Text() != "je cherche" || r.Turn != 1 || !strings.HasPrefix(r.Backend, "scripted, then none") {
		t.Errorf("%+v", r)
	}
	if r := say(t, s); r.Text() != "je cherche un atelier" || r.Turn != 1 {
		t.Errorf("%+v", r)
	}
}

// preparing is a recogniser that works ahead, whose answers cost a second.
type preparing struct{ *none.Recognizer }

func (p preparing) Open(_ context.Context, f asr.Format) (asr.Stream, error) {
	return &ahead{results: asr.NewResults("ahead", f)}, nil
}

type ahead struct {
	asr.Stream
	results *asr.Results
}

func (a *ahead) Write(pcm []int16) error { _, err := a.results.Write(len(pcm)); return err }
func (a *ahead) Expect(asr.Hints)        {}
func (a *ahead) Prepare() {
	a.results.Prepared([]asr.Alternative{{Text: "oui", Confidence: 1}, {Text: "ouïe"}}, 0, asr.Spent{Queue: time.Second})
}
func (a *ahead) EndTurn() error {
	t, err := a.results.EndTurn()
	if err == nil {
		a.results.FinalSpent(t, []asr.Alternative{{Text: "oui", Confidence: 1}}, asr.Spent{Queue: time.Second}, nil)
	}
	return err
}
func (a *ahead) Results() <-chan asr.Result { return a.results.C() }
func (a *ahead) Close() error               { a.results.Close(); return nil }

func TestWorkAheadIsPassedOn(t *testing.T) {
	u := chained(t, Config{Backends: []Backend{{Recognizer: preparing{none.New()}}}, Within: far})
	s := u.open(t)
	if err := s.Write(make([]int16, 800)); err != nil {
		t.Fatal(err)
	}
	s.(asr.Preparer).Prepare()
	if r := <-s.Results(); !r.Prepared || r.Final || len(r.Alternatives) != 2 || r.Spent.Queue != time.Second {
		t.Errorf("%+v", r)
	}
	if r := say(t, s); r.Text() != "oui" || r.Spent.Queue != time.Second {
		t.Errorf("%+v", r)
	}
}

// Sound past what is kept is lost for the next backend alone.
func TestTheSoundKeptIsBounded(t *testing.T) {
	a, b := &server{name: "a", does: fails(errBroken)}, &server{name: "b", does: says("b")}
	u := chained(t, Config{Backends: []Backend{{Recognizer: a.recogniser()}, {Recognizer: b.recogniser()}}, Within: far, Keep: 50 * time.Millisecond})
	if r := say(t, u.open(t)); r.Text() != "b 400" {
		t.Errorf("%+v", r)
	}
}

func TestAnEmptyChainIsRefused(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("no error")
	}
}
