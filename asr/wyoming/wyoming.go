package wyoming

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/remote"
	proto "github.com/acotel/acotel-sbc/wyoming"
)

// rate is what servers work at; we resample better than they do.
const rate = 16000

// piece is the sound of one event at most.
const piece = rate / 2

// Config is one server.
type Config struct {
	Address    string        // host:port
	Model      string        // "": the server's choice
	Language   string        // "": fr
	Timeout    time.Duration // from the end of a turn to its words; 0: 5 s
	Confidence float64       // of words that come without one; 0: 0.7
	Late       bool          // the server is asked at the end of a turn, not at the first silence
}

// New makes the recogniser; nothing is asked of the server yet.
func New(c Config) asr.Recognizer {
	if c.Language == "" {
		c.Language = "fr"
	}
	if c.Confidence == 0 {
		c.Confidence = 0.7
	}
	name := "wyoming " + c.Address
	if c.Model != "" {
		name += " " + c.Model
	}
	return remote.New(remote.Config{Name: name, Rate: rate, Timeout: c.Timeout, Early: !c.Late,
		Open: func(ctx context.Context, _ int, h asr.Hints, partial func(string, float64)) (remote.Session, error) {
			return open(ctx, c, h, partial)
		}})
}

// session is one turn on one connection.
type session struct {
	cfg     Config
	conn    *proto.Conn
	partial func(string, float64)
	answer  chan answer   // holds one
	done    chan struct{} // listen has ended
}

type answer struct {
	words proto.Transcript
	err   error
}

func open(ctx context.Context, c Config, h asr.Hints, partial func(string, float64)) (remote.Session, error) {
	conn, err := proto.Dial(ctx, c.Address, proto.Limits{})
	if err != nil {
		return nil, err
	}
	s := &session{cfg: c, conn: conn, partial: partial, answer: make(chan answer, 1), done: make(chan struct{})}
	ask := proto.Transcribe{Name: c.Model, Language: c.Language, Terms: h.Phrases}
	if hints := remote.EncodeHints(h); hints != nil {
		ask.Context = &proto.Context{Acotel: hints}
	}
	if err = conn.Send(proto.TypeTranscribe, ask, nil); err == nil {
		err = conn.Send(proto.TypeAudioStart, proto.PCM16(rate), nil)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	go s.listen()
	return s, nil
}

// listen takes what the server says until its answer.
func (s *session) listen() {
	defer close(s.done)
	said := ""
	for {
		e, err := s.conn.Receive()
		if err != nil {
			var told proto.Failure
			if errors.As(err, &told) && told.Code == proto.CodeBusy {
				err = fmt.Errorf("%w: %w", asr.ErrBusy, err)
			}
			s.answer <- answer{err: err}
			return
		}
		switch e.Type {
		case proto.TypeTranscriptChunk:
			var c proto.Chunk
			if e.Decode(&c) == nil {
				if said += c.Text; len(said) > remote.MaxText {
					s.answer <- answer{err: remote.ErrTooMuch}
					return
				}
				s.partial(strings.TrimSpace(said), s.cfg.Confidence)
			}
		case proto.TypeTranscript:
			var t proto.Transcript
			err := e.Decode(&t)
			s.answer <- answer{words: t, err: err}
			return
		}
	}
}

// Write sends sound. A server that finds the end of speech by itself may have
// answered already; then there is nobody to send to.
func (s *session) Write(pcm []int16) error {
	for len(pcm) > 0 {
		select {
		case <-s.done:
			a := <-s.answer
			s.answer <- a
			return a.err
		default:
		}
		n := min(len(pcm), piece)
		if err := s.conn.Send(proto.TypeAudioChunk, proto.PCM16(rate), proto.Bytes(pcm[:n])); err != nil {
			return err
		}
		pcm = pcm[n:]
	}
	return nil
}

// Finish asks for the words. The answer's own error counts more than that of a
// connection that the server has closed.
func (s *session) Finish(asr.Hints) ([]asr.Alternative, error) {
	sent := s.conn.Send(proto.TypeAudioStop, nil, nil)
	a := <-s.answer
	if a.err != nil {
		if sent != nil {
			return nil, fmt.Errorf("%w; %w", sent, a.err)
		}
		return nil, a.err
	}
	if a.words.Context != nil && len(a.words.Context.Acotel) > 0 {
		var heard []remote.WireAlternative
		if err := json.Unmarshal(a.words.Context.Acotel, &heard); err != nil {
			return nil, fmt.Errorf("wyoming: the server's alternatives: %w", err)
		}
		return remote.FromWire(heard), nil
	}
	return remote.Words(strings.TrimSpace(a.words.Text), s.cfg.Confidence), nil
}

// Close ends the connection and waits for what listens on it.
func (s *session) Close() {
	s.conn.Close()
	<-s.done
}
