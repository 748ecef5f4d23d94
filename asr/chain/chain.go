package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/breaker"
)

// ErrLate is a backend that did not answer within its time, for errors.Is.
var ErrLate = errors.New("asr: no answer in time")

// Backend is one recogniser of the chain.
type Backend struct {
	Recognizer asr.Recognizer
	Label      string // in logs and figures; "": the Recognizer's Name
	// Timeout is the longest wait for its words, from the end of the turn or
	// from the failure of the backend before. 0: all the time that is left.
	Timeout time.Duration
}

// Outcome is what became of a turn at one backend.
type Outcome string

// The outcomes. Words and Nothing are answers.
const (
	Words   Outcome = "words"
	Nothing Outcome = "nothing"
	Failed  Outcome = "failed"
	Late    Outcome = "late"
	Busy    Outcome = "busy"
)

// Outcomes are all of them.
var Outcomes = []Outcome{Words, Nothing, Failed, Late, Busy}

// Config is the order and the patience. Zero values are the defaults.
type Config struct {
	Backends []Backend     // in their order, at least one; the chain closes them
	Within   time.Duration // longest wait for words from the end of a turn, over all backends; 0: 3 s
	Keep     time.Duration // sound of a turn that is kept for the next backend; 0: 30 s
	Failures int           // in a row, then a backend is left alone; 0: 2
	Rest     time.Duration // before it is tried again; 0: 15 s

	Log *slog.Logger // nil: nothing is logged
	// Turned is told what became of a turn at a backend, trials included;
	// Changed of a breaker that changed its state. Both may be nil.
	Turned  func(backend string, o Outcome)
	Changed func(backend string, s breaker.State)
	Now     func() time.Time // nil: time.Now
}

// Recognizer is the chain as one recogniser.
type Recognizer struct {
	cfg      Config
	name     string
	backends []*backend
	streams  asr.Streams
	ctx      context.Context // of trials
	stop     context.CancelFunc
	trials   sync.WaitGroup

	closing sync.Once
	closed  error
}

var _ asr.Recognizer = (*Recognizer)(nil)

// backend is a Backend and its breaker.
type backend struct {
	Backend
	breaker *breaker.Breaker
}

// New makes the chain.
func New(c Config) (*Recognizer, error) {
	if len(c.Backends) == 0 {
		return nil, errors.New("asr: a chain needs a backend")
	}
	setDefault(&c.Within, 3*time.Second)
	setDefault(&c.Keep, 30*time.Second)
	setDefault(&c.Failures, 2)
	setDefault(&c.Rest, 15*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Turned == nil {
		c.Turned = func(string, Outcome) {}
	}
	if c.Changed == nil {
		c.Changed = func(string, breaker.State) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	r := &Recognizer{cfg: c}
	r.ctx, r.stop = context.WithCancel(context.Background())
	var names []string
	for _, b := range c.Backends {
		names = append(names, b.Recognizer.Name())
		setDefault(&b.Label, b.Recognizer.Name())
		k, name := &backend{Backend: b}, b.Label
		k.breaker = breaker.New(breaker.Config{Failures: c.Failures, Rest: c.Rest, Now: c.Now, Changed: func(s breaker.State, why error) { r.changed(name, s, why) }})
		r.backends = append(r.backends, k)
	}
	r.name = strings.Join(names, ", then ")
	return r, nil
}

func setDefault[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

func (r *Recognizer) changed(name string, s breaker.State, why error) {
	r.cfg.Changed(name, s)
	switch s {
	case breaker.Open:
		r.cfg.Log.Error("a recogniser is left alone", "backend", name, "error", why, "for_s", r.cfg.Rest.Seconds())
	case breaker.HalfOpen:
		r.cfg.Log.Info("a recogniser is tried again", "backend", name)
	case breaker.Closed:
		r.cfg.Log.Info("a recogniser answers again", "backend", name)
	}
}

// Name lists the backends in their order.
func (r *Recognizer) Name() string { return r.name }

// States tells how each backend is used, in their order.
func (r *Recognizer) States() []breaker.State {
	var out []breaker.State
	for _, b := range r.backends {
		out = append(out, b.breaker.State())
	}
	return out
}

// first is the backend that turns begin with.
func (r *Recognizer) first() int {
	for i, b := range r.backends {
		if b.breaker.Usable() {
			return i
		}
	}
	return 0
}

// Open begins a stream; no backend is asked before the first sound.
func (r *Recognizer) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	s := &stream{of: r, format: f, results: asr.NewResults(r.name, f), keep: int(r.cfg.Keep.Seconds() * float64(f.SampleRate)),
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if err := r.streams.Add(ctx, s); err != nil {
		s.stop()
		return nil, err
	}
	go s.run()
	return s, nil
}

// Close ends the streams and the trials, then the backends.
func (r *Recognizer) Close() error {
	r.closing.Do(func() {
		r.streams.Close()
		r.stop()
		r.trials.Wait()
		for _, b := range r.backends {
			r.closed = errors.Join(r.closed, b.Recognizer.Close())
		}
	})
	return r.closed
}

// judge tells the breaker and whoever counts what became of a turn, and whether
// the answer counts. An answer with words counts whatever trouble came with it.
func (r *Recognizer) judge(b *backend, got asr.Result, err error) bool {
	if err == nil && got.Err != nil && got.Text() == "" {
		err = got.Err
	}
	name, o := b.Label, Failed
	switch {
	case err == nil && got.Text() != "":
		o = Words
	case err == nil:
		o = Nothing
	case errors.Is(err, asr.ErrBusy):
		o = Busy
	case errors.Is(err, ErrLate):
		o = Late
	}
	r.cfg.Turned(name, o)
	switch o {
	case Words, Nothing:
		b.breaker.Succeeded()
		return true
	case Busy:
		b.breaker.Spared()
	default:
		b.breaker.Failed(err)
	}
	r.cfg.Log.Warn("a recogniser did not answer", "backend", name, "outcome", string(o), "error", err)
	return false
}

// replay gives a whole turn to a backend, in a stream of its own.
func (r *Recognizer) replay(ctx context.Context, b *backend, f asr.Format, h asr.Hints, pcm []int16) (asr.Result, error) {
	s, err := b.Recognizer.Open(ctx, f)
	if err != nil {
		return asr.Result{}, err
	}
	defer s.Close()
	s.Expect(h)
	if err := s.Write(pcm); err != nil {
		return asr.Result{}, err
	}
	if err := s.EndTurn(); err != nil {
		return asr.Result{}, err
	}
	for {
		select {
		case got, ok := <-s.Results():
			if !ok {
				return asr.Result{}, ended(ctx)
			}
			if got.Final {
				return got, nil
			}
		case <-ctx.Done():
			return asr.Result{}, ended(ctx)
		}
	}
}

// ended says why a stream of a backend came to its end before its answer.
func ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrLate
	}
	return fmt.Errorf("asr: the backend's stream ended: %w", asr.ErrClosed)
}

// try gives a turn to the backends before the one that listens whose trial is
// due. Nobody waits for it.
func (r *Recognizer) try(listens int, f asr.Format, h asr.Hints, pcm []int16) {
	for _, b := range r.backends[:listens] {
		if r.ctx.Err() != nil || !b.breaker.Trial() {
			continue
		}
		r.trials.Go(func() {
			limit := b.Timeout
			if limit == 0 {
				limit = r.cfg.Within
			}
			ctx, cancel := context.WithTimeout(r.ctx, limit)
			defer cancel()
			got, err := r.replay(ctx, b, f, h, pcm)
			r.judge(b, got, err)
		})
	}
}
