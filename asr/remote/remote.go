package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/media"
)

// MaxText is what a server may say of one turn, in bytes: ten times what a minute of hurried speech has. More would keep the dialogue
// busy, and fill the memory.
const MaxText = 16 << 10

// Errors in the Err of a final result, for errors.Is.
var (
	// ErrTimeout is a server that did not answer in time.
	ErrTimeout = errors.New("asr: no answer of the recogniser in time")
	// ErrDropped is a turn longer than is kept: its end was not heard.
	ErrDropped = errors.New("asr: the turn was too long, its end was dropped")

	// ErrTooMuch is a server that says more than anybody says in a turn.
	ErrTooMuch = fmt.Errorf("asr: the recogniser says more than %d bytes of one turn", MaxText)

	// ErrPermanent is wrapped by errors that another try would not mend: a
	// wrong key, a model that is not there.
	ErrPermanent = errors.New("asr: refused by the server")

	errCancelled = errors.New("asr: the turn was cancelled")
)

// Session hears one turn. Its methods are called from one goroutine, and obey
// the context it was opened with.
type Session interface {
	// Write gives the server more of the turn.
	Write(pcm []int16) error
	// Finish says that this was all, under which expectations, and waits for
	// the words, best first; none when nothing was said.
	Finish(h asr.Hints) ([]asr.Alternative, error)
	// Close frees the session, also after Finish.
	Close()
}

// Config is one server.
type Config struct {
	Name string // of the recogniser
	// Rate of the sound that sessions get, in Hz. 0: the line's own.
	Rate int
	// Open begins a session. rate is of the sound that it will get; partial
	// takes words that may still change, from any goroutine.
	Open func(ctx context.Context, rate int, h asr.Hints, partial func(text string, confidence float64)) (Session, error)
	// Early has a turn answered at the first silence (asr.Preparer): for servers
	// that do their work at the end. One that hears while the sound comes has
	// little to do by then, and would have to hear the turn again each time that
	// the caller goes on.
	Early bool
	// Timeout is the longest wait from the end of a turn to its words. 0: 5 s.
	Timeout time.Duration
	// MaxTurn is how much of one turn is kept. 0: 60 s.
	MaxTurn time.Duration
	// Close frees what the sessions share; may be nil.
	Close func()
}

// Recognizer is a server as asr.Recognizer.
type Recognizer struct {
	cfg     Config
	streams asr.Streams
}

var _ asr.Recognizer = (*Recognizer)(nil)

// New makes a recogniser. Nothing is asked of the server yet.
func New(c Config) *Recognizer {
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.MaxTurn == 0 {
		c.MaxTurn = time.Minute
	}
	return &Recognizer{cfg: c}
}

// Name tells protocol and server.
func (r *Recognizer) Name() string { return r.cfg.Name }

// Open begins a stream (asr.Recognizer).
func (r *Recognizer) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	rate := r.cfg.Rate
	if rate == 0 {
		rate = f.SampleRate
	}
	converter, err := media.NewResampler(f.SampleRate, rate)
	if err != nil {
		return nil, err
	}
	s := &stream{of: r, line: f.SampleRate, rate: rate, most: int(r.cfg.MaxTurn.Seconds() * float64(f.SampleRate)), converter: converter,
		results: asr.NewResults(r.Name(), f), wake: make(chan struct{}, 1), done: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.current = s.newTurn()
	s.queue = []*turn{s.current}
	if err := r.streams.Add(ctx, s); err != nil {
		s.stop()
		s.current.cancel(nil)
		return nil, err
	}
	go s.run()
	return s, nil
}

// Close ends all streams.
func (r *Recognizer) Close() error {
	r.streams.Close()
	if r.cfg.Close != nil {
		r.cfg.Close()
	}
	return nil
}
