package wyoming

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Handler is what a Server offers. Its methods are called from one goroutine
// for each connection; ctx ends with the connection.
type Handler interface {
	// Info says what there is.
	Info() Info
	// Transcribe begins to listen to a turn whose sound is written as f says
	// (16-bit mono always: the Server mixes channels). Partial words may go to
	// partial, from one goroutine at a time, until Finish returns.
	Transcribe(ctx context.Context, req Transcribe, rate int, partial func(text string)) (Transcription, error)
	// Synthesize says a text: start once with the rate and what the peer may be told of how it is said (nil: nothing), then emit.
	Synthesize(ctx context.Context, req Synthesize, start func(rate int, how *Context) error, emit func(pcm []int16) error) error
}

// Transcription is one turn that is being listened to.
type Transcription interface {
	Write(pcm []int16) error
	// Finish waits for the words.
	Finish(ctx context.Context) (Transcript, error)
	// Close frees it, also after Finish.
	Close()
}

// Server serves the protocol on TCP. Its fields are not changed after Serve.
type Server struct {
	Handler Handler
	Limits  Limits
	// MaxConns is how many connections may be open; more are told so and
	// closed. 0: 64.
	MaxConns int
	// Idle is how long a connection may be silent, within a turn or outside,
	// and how long a peer may take to read. 0: 30 s.
	Idle time.Duration
	// MaxSound bounds the sound of one turn, in seconds. 0: 60.
	MaxSound int
	Log      *slog.Logger // nil: nothing is logged

	mu       sync.Mutex
	listener net.Listener
	conns    map[*served]struct{}
	draining bool
	work     sync.WaitGroup
}

// ErrServerClosed is what Serve returns after Shutdown.
var ErrServerClosed = errors.New("wyoming: the server is closed")

func (s *Server) defaults() {
	if s.MaxConns == 0 {
		s.MaxConns = 64
	}
	if s.Idle == 0 {
		s.Idle = 30 * time.Second
	}
	if s.MaxSound == 0 {
		s.MaxSound = 60
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
}

// Serve takes connections until Shutdown, or until ln fails for good.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		_ = ln.Close()
		return ErrServerClosed
	}
	s.defaults()
	s.listener, s.conns = ln, map[*served]struct{}{}
	s.mu.Unlock()
	for pause := firstPause; ; {
		c, err := ln.Accept()
		switch {
		case err == nil:
			pause = firstPause
			s.take(c)
		case s.drains():
			return ErrServerClosed
		case passing(err):
			s.Log.Warn("a Wyoming connection could not be taken", "error", err, "again_in_ms", pause.Milliseconds())
			time.Sleep(pause)
			pause = min(2*pause, longestPause)
		default:
			return fmt.Errorf("wyoming: %w", err)
		}
	}
}

func (s *Server) drains() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// Pauses after an Accept that failed, so that a process without descriptors does not spin.
const (
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// passing tells whether an Accept may succeed later: the peer was gone already, or the process or the machine has too much open.
func passing(err error) bool {
	for _, e := range []error{syscall.ECONNABORTED, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// take begins to serve a connection, when there is room.
func (s *Server) take(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &served{Server: s, conn: c, reader: NewReader(c, s.Limits), writer: NewWriter(c)}
	if s.draining || len(s.conns) >= s.MaxConns {
		s.work.Go(func() {
			_ = v.send(TypeError, Failure{Text: "the server is full", Code: CodeBusy}, nil)
			_ = c.Close()
		})
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	v.cancel = cancel
	s.conns[v] = struct{}{}
	s.work.Go(func() {
		v.serve(ctx)
		cancel()
		_ = c.Close()
		s.mu.Lock()
		delete(s.conns, v)
		s.mu.Unlock()
	})
}

// Shutdown takes no more connections, lets the turns and sentences in progress
// end, and cuts them when ctx ends. It waits for all goroutines.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
	for v := range s.conns {
		v.drain()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for v := range s.conns {
		v.cancel()
		_ = v.conn.Close()
	}
	s.mu.Unlock()
	<-done
	return ctx.Err()
}

// served is one connection.
type served struct {
	*Server
	conn   net.Conn
	reader *Reader
	writer *Writer
	cancel context.CancelFunc

	mu   sync.Mutex
	busy bool // a turn or a sentence is in progress
	over bool // no more is begun

	// Of the turn.
	asked  Transcribe
	turn   Transcription
	format Format
	sound  int // samples of the turn
}

// drain ends the connection now if nothing is in progress, else after that.
func (v *served) drain() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.over = true
	if !v.busy {
		_ = v.conn.Close()
	}
}

// begin tells whether a piece of work may begin.
func (v *served) begin() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		return false
	}
	v.busy = true
	return true
}

// end tells whether more may come.
func (v *served) end() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.busy = false
	return !v.over
}

func (v *served) send(kind string, data any, payload []byte) error {
	e, err := NewEvent(kind, data, payload)
	if err != nil {
		return err
	}
	return v.write(e)
}

// write sends an event to a peer who has Idle to take it.
func (v *served) write(e Event) error {
	if err := v.conn.SetWriteDeadline(time.Now().Add(v.Idle)); err != nil {
		return err
	}
	return v.writer.Write(e)
}

func (v *served) serve(ctx context.Context) {
	defer func() {
		if v.turn != nil {
			v.turn.Close()
		}
	}()
	for {
		if err := v.conn.SetReadDeadline(time.Now().Add(v.Idle)); err != nil {
			return
		}
		e, err := v.reader.Read()
		if err == nil {
			var more bool
			if more, err = v.handle(ctx, e); err == nil && more {
				continue
			}
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && ctx.Err() == nil {
			level := slog.LevelWarn
			if errors.Is(err, errHungUp) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
				level = slog.LevelDebug // as whoever goes on speaking does
			}
			v.Log.Log(ctx, level, "a Wyoming connection ended", "peer", v.conn.RemoteAddr().String(), "error", err)
			var f Failure
			if !errors.As(err, &f) {
				f.Text = err.Error()
			}
			_ = v.send(TypeError, f, nil)
		}
		return
	}
}

// handle does what an event asks for and tells whether the connection goes on.
// Events that it does not know are left out, as the protocol wants it.
func (v *served) handle(ctx context.Context, e Event) (more bool, err error) {
	switch e.Type {
	case TypeDescribe:
		return true, v.send(TypeInfo, v.Handler.Info(), nil)
	case TypePing:
		return true, v.write(Event{Type: TypePong, Data: e.Data})
	case TypeTranscribe:
		v.asked = Transcribe{}
		return true, e.Decode(&v.asked)
	case TypeAudioStart:
		return v.start(ctx, e)
	case TypeAudioChunk:
		return v.chunk(ctx, e)
	case TypeAudioStop:
		return v.stop(ctx)
	case TypeSynthesize:
		return v.say(ctx, e)
	}
	return true, nil
}

// start begins a turn; one that has not ended is forgotten.
func (v *served) start(ctx context.Context, e Event) (bool, error) {
	var f Format
	if err := e.Decode(&f); err != nil {
		return false, err
	}
	if _, err := f.Samples(nil); err != nil {
		return false, err
	}
	if v.turn != nil {
		v.turn.Close()
		v.turn = nil
		v.end()
	}
	if !v.begin() {
		return false, nil
	}
	t, err := v.Handler.Transcribe(ctx, v.asked, f.Rate, func(text string) {
		_ = v.send(TypeTranscriptChunk, Chunk{Text: text}, nil) // when the peer is gone the reader sees it
	})
	if err != nil {
		v.end()
		return false, err
	}
	v.turn, v.format, v.sound = t, f, 0
	return true, nil
}

// chunk adds sound to the turn. Some clients leave audio-start out.
func (v *served) chunk(ctx context.Context, e Event) (bool, error) {
	if v.turn == nil {
		if more, err := v.start(ctx, e); !more {
			return false, err
		}
	}
	f := v.format
	if err := e.Decode(&f); err != nil {
		return false, err
	}
	if f != v.format {
		return false, fmt.Errorf("%w: sound of %d Hz, %d bytes a sample, %d channels in a turn that began with %d Hz, %d bytes, %d channels: give all of it as audio-start says",
			ErrSyntax, f.Rate, f.Width, f.Channels, v.format.Rate, v.format.Width, v.format.Channels)
	}
	pcm, err := f.Samples(e.Payload)
	if err != nil {
		return false, err
	}
	if v.sound += len(pcm); v.sound > v.MaxSound*v.format.Rate {
		return false, fmt.Errorf("%w: a turn has more than %d s", ErrTooLong, v.MaxSound)
	}
	return true, v.turn.Write(pcm)
}

// stop answers the turn.
func (v *served) stop(ctx context.Context) (bool, error) {
	if v.turn == nil {
		return true, v.send(TypeTranscript, Transcript{}, nil)
	}
	t := v.turn
	v.turn = nil
	defer t.Close()
	answer, err := v.watched(ctx, func(ctx context.Context) (any, error) {
		a, err := t.Finish(ctx)
		return a, err
	})
	if err != nil {
		return false, err
	}
	if err := v.send(TypeTranscript, answer, nil); err != nil {
		return false, err
	}
	return v.end(), nil
}

// say answers a sentence.
func (v *served) say(ctx context.Context, e Event) (bool, error) {
	var req Synthesize
	if err := e.Decode(&req); err != nil {
		return false, err
	}
	if !v.begin() {
		return false, nil
	}
	var f Format
	_, err := v.watched(ctx, func(ctx context.Context) (any, error) {
		return nil, v.Handler.Synthesize(ctx, req, func(rate int, how *Context) error {
			f = PCM16(rate)
			return v.send(TypeAudioStart, Start{f, how}, nil)
		}, func(pcm []int16) error { return v.send(TypeAudioChunk, f, Bytes(pcm)) })
	})
	if err != nil {
		return false, err
	}
	if err := v.send(TypeAudioStop, nil, nil); err != nil {
		return false, err
	}
	return v.end(), nil
}

// errHungUp is a peer who closed the connection, or its own side of it, while it was worked for.
var errHungUp = errors.New("the connection was closed before the answer came: keep it open until then")

// watched does work whose context ends when the peer hangs up meanwhile: nobody
// computes for a caller who is gone. What the peer sends meanwhile stays in the
// reader.
func (v *served) watched(ctx context.Context, work func(context.Context) (any, error)) (any, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := v.conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	gone := make(chan bool, 1)
	go func() {
		_, err := v.reader.r.Peek(1)
		hungUp := err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
		if hungUp {
			cancel(errHungUp)
		}
		gone <- hungUp
	}()
	out, err := work(ctx)
	_ = v.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the look-out
	if <-gone && err != nil {
		return nil, errHungUp
	}
	return out, err
}
