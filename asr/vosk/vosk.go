package vosk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/wyoming"
)

const (
	maxMessage = 256 << 10     // bytes of a result
	maxHeard   = 1 << 20       // bytes of the results of one turn: their words come with times and confidences
	piece      = 400           // ms of sound in a message at most
	unknown    = "[unk]"       // what is in no grammar
	eof        = `{"eof" : 1}` // the server compares the text
)

// Config is one server.
type Config struct {
	URL        string        // ws://host:2700
	Grammar    bool          // expected phrases of closed questions as a grammar
	Timeout    time.Duration // from the end of a turn to its words; 0: 5 s
	Confidence float64       // of words that come without one; 0: 0.7
}

// New makes the recogniser; nothing is asked of the server yet.
func New(c Config) asr.Recognizer {
	if c.Confidence == 0 {
		c.Confidence = 0.7
	}
	// The address is the configuration's: nothing of the environment stands between, and no redirection leads the voices elsewhere.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	direct := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return remote.New(remote.Config{Name: "vosk " + c.URL, Timeout: c.Timeout, Close: transport.CloseIdleConnections,
		Open: func(ctx context.Context, rate int, h asr.Hints, partial func(string, float64)) (remote.Session, error) {
			return open(ctx, c, direct, rate, h, partial)
		}})
}

// settings is what the server is told first.
type settings struct {
	SampleRate int      `json:"sample_rate"` // Hz
	Words      bool     `json:"words"`
	PhraseList []string `json:"phrase_list,omitempty"`
}

// result is what the server says.
type result struct {
	Partial *string `json:"partial"`
	Text    *string `json:"text"`
	Result  []word  `json:"result"`
}

type word struct {
	Word string  `json:"word"`
	Conf float64 `json:"conf"`
}

// session is one turn on one connection.
type session struct {
	cfg     Config
	ctx     context.Context
	conn    *websocket.Conn
	rate    int
	partial func(string, float64)
	sent    atomic.Int64  // messages that are answered: the sound's, and eof
	ending  atomic.Bool   // eof was sent
	done    chan struct{} // listen has ended

	// Of listen; read once done is closed.
	words []word
	err   error // nil: the last result came
}

func open(ctx context.Context, c Config, direct *http.Client, rate int, h asr.Hints, partial func(string, float64)) (remote.Session, error) {
	conn, _, err := websocket.Dial(ctx, c.URL, &websocket.DialOptions{HTTPClient: direct})
	if err != nil {
		return nil, fmt.Errorf("vosk: %w", err)
	}
	conn.SetReadLimit(maxMessage)
	s := &session{cfg: c, ctx: ctx, conn: conn, rate: rate, partial: partial, done: make(chan struct{})}
	first, err := json.Marshal(map[string]settings{"config": {SampleRate: rate, Words: true, PhraseList: c.grammar(h)}})
	if err == nil {
		err = conn.Write(ctx, websocket.MessageText, first)
	}
	if err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("vosk: %w", err)
	}
	go s.listen()
	return s, nil
}

// grammar is the list of a closed question: one that expects phrases and no
// names or numbers besides.
func (c Config) grammar(h asr.Hints) []string {
	if !c.Grammar || len(h.Phrases) == 0 || len(h.Kinds) > 0 {
		return nil
	}
	list := make([]string, 0, len(h.Phrases)+1)
	for _, p := range h.Phrases {
		list = append(list, strings.ToLower(p))
	}
	return append(list, unknown)
}

// listen takes results until the last one, or until the connection ends: some
// servers leave a result out.
func (s *session) listen() {
	defer close(s.done)
	heard := 0 // bytes of the results that are kept
	for answered := int64(1); ; answered++ {
		_, text, err := s.conn.Read(s.ctx)
		var closed websocket.CloseError
		if s.ending.Load() && errors.As(err, &closed) && closed.Code == websocket.StatusNormalClosure {
			return
		}
		if err != nil {
			s.err = fmt.Errorf("vosk: no last result: %w", err)
			return
		}
		var r result
		if err := json.Unmarshal(text, &r); err != nil {
			s.err = fmt.Errorf("vosk: the server says what is no result: %w", err)
			return
		}
		if heard += len(text); len(r.Result) == 0 && r.Text == nil {
			heard -= len(text) // partial words replace each other
		}
		if heard > maxHeard {
			s.err = remote.ErrTooMuch
			_ = s.conn.CloseNow() // so that the next sound goes elsewhere
			return
		}
		switch {
		case r.Partial != nil:
			if p := clean(*r.Partial); p != "" {
				so, _ := join(s.words)
				s.partial(strings.TrimSpace(so+" "+p), s.cfg.Confidence)
			}
		case len(r.Result) > 0:
			s.words = append(s.words, r.Result...)
		case r.Text != nil:
			for w := range strings.FieldsSeq(*r.Text) {
				s.words = append(s.words, word{Word: w, Conf: s.cfg.Confidence})
			}
		}
		if s.ending.Load() && answered >= s.sent.Load() {
			return
		}
	}
}

// clean leaves out what is in no grammar.
func clean(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, unknown, " ")), " ")
}

// join makes the text of words, and the mean of their confidences.
func join(words []word) (text string, confidence float64) {
	var parts []string
	sum := 0.0
	for _, w := range words {
		if w.Word != unknown && w.Word != "" {
			parts = append(parts, w.Word)
			sum += w.Conf
		}
	}
	if len(parts) == 0 {
		return "", 0
	}
	return strings.Join(parts, " "), sum / float64(len(parts))
}

func (s *session) Write(pcm []int16) error {
	most := s.rate * piece / 1000
	for len(pcm) > 0 {
		n := min(len(pcm), most)
		if err := s.conn.Write(s.ctx, websocket.MessageBinary, wyoming.Bytes(pcm[:n])); err != nil {
			return fmt.Errorf("vosk: %w", err)
		}
		s.sent.Add(1)
		pcm = pcm[n:]
	}
	return nil
}

// Finish asks for the last result; the server closes the connection after it.
func (s *session) Finish(asr.Hints) ([]asr.Alternative, error) {
	s.sent.Add(1)
	s.ending.Store(true)
	if err := s.conn.Write(s.ctx, websocket.MessageText, []byte(eof)); err != nil {
		return nil, fmt.Errorf("vosk: %w", err)
	}
	<-s.done
	if s.err != nil {
		return nil, s.err
	}
	text, confidence := join(s.words)
	return remote.Words(text, confidence), nil
}

// Close ends the connection and waits for what listens on it.
func (s *session) Close() {
	_ = s.conn.CloseNow()
	<-s.done
}
