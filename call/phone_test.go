package call

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/media"
	gazetteer "github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
	"github.com/acotel/acotel-sbc/sms"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/workshop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// buzz is d of something that voice activity takes for a voice.
func buzz(d time.Duration) []int16 {
	pcm := make([]int16, int(d*media.LineRate/time.Second))
	for i := range pcm {
		x := 2 * math.Pi * float64(i) / media.LineRate
		pcm[i] = int16(9000 * math.Sin(180*x) * math.Sin(700*x))
	}
	return pcm
}

// buzzer is a voice that buzzes 100 ms for each word.
type buzzer struct {
	broken atomic.Bool
	cannot string // sentences with this word
}

var errBroken = errors.New("the voice is broken")

func (b *buzzer) Sentences(text string) []string {
	return strings.SplitAfter(strings.TrimSpace(text), ". ")
}

func (b *buzzer) Say(ctx context.Context, sentence string, _ tts.Options, emit func([]int16) error) (tts.Info, error) {
	if b.broken.Load() || b.cannot != "" && strings.Contains(sentence, b.cannot) {
		return tts.Info{}, errBroken
	}
	for range strings.Fields(sentence) {
		if err := emit(buzz(100 * time.Millisecond)); err != nil {
			return tts.Info{}, err
		}
	}
	return tts.Info{}, ctx.Err()
}

// recorder keeps everything that observers, facts and outbox are told.
type recorder struct {
	mu    sync.Mutex
	seen  []Seen
	facts []record.Fact
	sms   []sms.Message
}

func (r *recorder) See(s Seen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Who != TheStart && !s.Partial {
		r.seen = append(r.seen, s)
	}
}
func (r *recorder) Add(f record.Fact) { r.mu.Lock(); defer r.mu.Unlock(); r.facts = append(r.facts, f) }

func (r *recorder) Enqueue(_ context.Context, m sms.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sms = append(r.sms, m)
	return nil
}

// said is how often the service said something that holds text.
func (r *recorder) said(text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seen {
		if s.Who == TheService && strings.Contains(s.Text, text) {
			n++
		}
	}
	return n
}

// fact finds the first fact of a kind.
func (r *recorder) fact(kind record.Kind) (record.Fact, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.facts {
		if f.Kind == kind {
			return f, true
		}
	}
	return record.Fact{}, false
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, s := range r.seen {
		b.WriteString(string(s.Who) + ": " + s.Text + "\n")
	}
	for _, f := range r.facts {
		b.WriteString(string(f.Kind) + " ")
	}
	return b.String()
}

// exchange is a Service behind a real SIP endpoint on loopback.
type exchange struct {
	*recorder
	t       *testing.T
	voice   *buzzer
	service *Service
	addr    string
}

// serving starts a Service; change may alter its configuration.
func serving(t *testing.T, change func(*Config)) *exchange {
	t.Helper()
	g, err := gazetteer.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, err := nlu.New(g)
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{recorder: &recorder{}, t: t, voice: &buzzer{}}
	d := config.Default()
	c := Config{
		Calls: d.Calls, Turns: d.Turns, BargeIn: d.BargeIn, Lines: []config.Line{{Number: "*", Kind: config.Production}}, BusyStatus: 503,
		Prompts:    Prompts{Suspended: "Fermé", Waiting: "Patientez", WaitingAgain: "Encore", WaitingNext: "Bientôt", Waited: "Merci", Full: "Occupé", TooLong: "Terminé", Searching: "Je cherche encore", Thinking: "Je réfléchis"},
		Recognizer: none.New(), Voice: x.voice,
		Ending: func(state string, h []dialog.Hypothesis) dialog.Ending { return dialog.EndingOf(p, state, h) },
		Search: func(context.Context, workshop.Query, workshop.Settings) (workshop.Result, error) {
			return workshop.Result{}, nil
		},
		Messenger: x.recorder, Facts: x.recorder, Observer: x.recorder, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	set := dialog.Settings{NoInput: ms(c.Turns.NoInputMS), LoneKey: ms(c.Turns.LoneKeyMS), KeyGap: ms(c.Turns.KeyGapMS)}
	c.NewDialog = func() *dialog.Dialog { return dialog.New(dialog.Config{Gazetteer: g, Parser: p, Settings: set}) }
	x.service = New(c)
	ep, err := sip.Listen(context.Background(), sip.Config{Listen: "127.0.0.1:0", Log: c.Log, Trunks: []sip.Trunk{{Name: "test", Peers: []netip.Prefix{loopback}}}}, x.service)
	if err != nil {
		t.Fatal(err)
	}
	x.addr = ep.Addr().String()
	t.Cleanup(func() {
		_ = ep.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := x.service.Wait(ctx); err != nil {
			t.Errorf("calls outlive their endpoint: %v", err)
		}
		if t.Failed() {
			t.Log(x.text())
		}
		_ = c.Recognizer.Close()
	})
	return x
}

// phone is a caller in mid-call.
type phone struct {
	t       *testing.T
	call    *sip.Call
	session *media.Session
	status  int // when the call was not taken

	// Times are those of the phone's own clock, which stops with the machine: what is heard late is not heard long.
	mu    sync.Mutex
	now   time.Duration   // of the last frame
	loud  []time.Duration // frames with sound in them
	sound time.Duration   // of the last of them
	pcm   []int16         // all that was heard
}

func (p *phone) Frame(pcm []int16, at time.Duration, _ bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pcm = append(p.pcm, pcm...)
	p.now = at
	if media.LevelDBov(pcm) > -45 {
		p.loud = append(p.loud, at)
		p.sound = at
	}
}

func (p *phone) Digit(rune) {}

// moment is now, by the phone's clock.
func (p *phone) moment() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// lives lets d of the call go by.
func (p *phone) lives(d time.Duration) {
	p.t.Helper()
	end := p.moment() + d
	until(p.t, "time to go by", func() bool { return p.moment() >= end })
}

// heard is how many 20 ms frames of sound came after a moment.
func (p *phone) heard(after time.Duration) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.loud {
		if at > after {
			n++
		}
	}
	return n
}

// mended is how many frames the phone's jitter buffer made up, added or left out: so many of what was said may be missing or heard twice.
func (p *phone) mended() int {
	st := p.session.Stats()
	return int(st.Concealed + st.Inserted + st.Dropped)
}

// ring calls a number of the exchange; change may alter the request.
func (x *exchange) ring(number string, change ...func(*sip.DialRequest)) *phone {
	x.t.Helper()
	p := &phone{t: x.t}
	ep, err := sip.Listen(context.Background(), sip.Config{Listen: "127.0.0.1:0", Trunks: []sip.Trunk{{Name: "called", Peers: []netip.Prefix{loopback}}}},
		sip.HandlerFunc(func(_ context.Context, c *sip.Call) { _ = c.Reject(486, 0) }))
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = ep.Close() })
	if p.session, err = media.NewSession(media.SessionConfig{IP: netip.MustParseAddr("127.0.0.1"), Listener: p}); err != nil {
		x.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.session.Run(ctx) })
	x.t.Cleanup(func() { cancel(); running.Wait(); _ = p.session.Close() })
	req := sip.DialRequest{URI: "sip:" + number + "@" + x.addr, From: "0639980001", Local: sip.LocalMedia{Addr: p.session.Addr(), Agreed: p.session.Configure}}
	for _, f := range change {
		f(&req)
	}
	p.call, err = ep.Dial(ctx, req)
	var refused *sip.StatusError
	switch {
	case errors.As(err, &refused):
		p.status = refused.Code
	case err != nil:
		x.t.Fatal(err)
	}
	return p
}

// say makes a sound and waits until it is out.
func (p *phone) say(d time.Duration) {
	p.t.Helper()
	p.play(buzz(d))
}

// recording is all that was heard so far.
func (p *phone) recording() []int16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.pcm)
}

// play makes a sound and waits until it is out.
func (p *phone) play(pcm []int16) {
	p.t.Helper()
	u := p.session.Playout().Begin("say", true)
	if err := u.Write(pcm); err != nil {
		p.t.Error(err)
	}
	u.End()
	until(p.t, "the caller's own sound", p.session.Playout().Idle)
}

func (p *phone) key(keys string) {
	p.t.Helper()
	if err := p.session.SendDigits(keys); err != nil {
		p.t.Error(err)
	}
}

func (p *phone) over() bool {
	select {
	case <-p.call.Done():
		return true
	default:
		return false
	}
}

func (p *phone) hangUp() {
	p.t.Helper()
	if p.call == nil {
		p.t.Fatalf("the call was not taken: status %d", p.status)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := p.call.Hangup(ctx, "test"); err != nil {
		p.t.Error(err)
	}
}

// patience is far more than anything here takes.
const patience = 30 * time.Second

// until waits for something.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// quietFor waits until nothing has been heard for d.
func (p *phone) quietFor(d time.Duration) {
	p.t.Helper()
	until(p.t, "silence", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.loud) > 0 && p.now-p.sound > d
	})
}

// deaf is a recogniser that never answers.
type deaf struct{ none.Recognizer }

func (d *deaf) Open(context.Context, asr.Format) (asr.Stream, error) {
	return &deafStream{results: make(chan asr.Result)}, nil
}

type deafStream struct{ results chan asr.Result }

func (s *deafStream) Write([]int16) error        { return nil }
func (s *deafStream) Expect(asr.Hints)           {}
func (s *deafStream) EndTurn() error             { return nil }
func (s *deafStream) Cancel()                    {}
func (s *deafStream) Results() <-chan asr.Result { return s.results }
func (s *deafStream) Close() error               { return nil }

// meter counts what the voice did.
type meter struct {
	nobody
	bargeIns, falseStarts, deaf, covered, unheard atomic.Int64
}

func (m *meter) BargedIn()   { m.bargeIns.Add(1) }
func (m *meter) FalseStart() { m.falseStarts.Add(1) }
func (m *meter) Covered()    { m.covered.Add(1) }
func (m *meter) Unheard()    { m.unheard.Add(1) }
func (m *meter) Ended(e Ending) {
	if e.Deaf {
		m.deaf.Add(1)
	}
}
