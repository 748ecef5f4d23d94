package speech

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/wyoming"
)

// Bounds of what clients may ask.
const (
	maxSound    = 120              // s of one turn
	maxUpload   = 25 << 20         // bytes of a form, OpenAI's own limit
	maxRequest  = 64 << 10         // bytes of a request for speech
	maxInput    = 4096             // characters of a text, OpenAI's own limit
	slotWait    = time.Second      // for a piece of work to begin: a node's usual patience is 1.5 s, it goes elsewhere in what is left
	writeLimit  = 30 * time.Second // for a client to take what is written
	uploads     = 64               // forms read at once, each up to maxUpload
	uploadLimit = 60 * time.Second // for a form to come
	idleLimit   = 2 * time.Minute  // of a connection that is kept
	headerLimit = 5 * time.Second
	connections = 256 // of Wyoming
)

// Voice says sentences; *tts.Speaker is one.
type Voice interface {
	Sentences(text string) []string
	Say(ctx context.Context, sentence string, o tts.Options, emit func([]int16) error) (tts.Info, error)
}

// Config is what is served.
type Config struct {
	Recognizer asr.Recognizer
	Voice      Voice
	VoiceName  string // as clients name it
	VoiceRate  int    // Hz of what Voice says
	Key        string // that HTTP clients must have; "": none is asked for
	Slots      int    // pieces of work at once; 0: two for each processor
	Version    string // of the program
	Log        *slog.Logger
}

// Server is both servers. Make it with New.
type Server struct {
	cfg     Config
	slots   chan struct{}
	forms   chan struct{} // those that are being read
	http    *http.Server
	wyoming *wyoming.Server
}

// New makes the servers; Serve* opens them.
func New(c Config) *Server {
	if c.Slots == 0 {
		c.Slots = 2 * runtime.GOMAXPROCS(0)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: c, slots: make(chan struct{}, c.Slots), forms: make(chan struct{}, uploads)}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: headerLimit, ReadTimeout: uploadLimit, IdleTimeout: idleLimit,
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug)}
	s.wyoming = &wyoming.Server{Handler: &wyomingHandler{s}, MaxConns: connections, MaxSound: maxSound, Log: c.Log}
	return s
}

// ServeHTTP serves OpenAI's interface on ln until Shutdown.
func (s *Server) ServeHTTP(ln net.Listener) error {
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeWyoming serves the Wyoming protocol on ln until Shutdown.
func (s *Server) ServeWyoming(ln net.Listener) error {
	if err := s.wyoming.Serve(ln); !errors.Is(err, wyoming.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown takes no more work and waits for what is in progress, until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.wyoming.Shutdown(ctx) }()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	return errors.Join(err, <-done)
}

// errFull is all slots taken for longer than is bearable.
var errFull = errors.New("speech: too much at once")

// slot waits for the right to work, and returns what gives it back.
func (s *Server) slot(ctx context.Context) (func(), error) { return room(ctx, s.slots) }

// room waits for a place in a channel, as long as is bearable, and returns what gives it back.
func room(ctx context.Context, places chan struct{}) (func(), error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
	}
	t := time.NewTimer(slotWait)
	defer t.Stop()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-t.C:
		return nil, errFull
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// allowed compares a key in constant time.
func (s *Server) allowed(key string) bool {
	return s.cfg.Key == "" || subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.Key)) == 1
}

// final waits for the answer to EndTurn; partials go to partial.
func final(ctx context.Context, st asr.Stream, partial func(asr.Result)) (asr.Result, error) {
	for {
		select {
		case r, ok := <-st.Results():
			switch {
			case !ok:
				return asr.Result{}, asr.ErrClosed
			case r.Final:
				return r, nil
			case partial != nil:
				partial(r)
			}
		case <-ctx.Done():
			return asr.Result{}, context.Cause(ctx)
		}
	}
}
