package voskpeer

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// Peer is one server. Its exported fields are set before Serve.
type Peer struct {
	Lines []string // what is heard, one a connection, from the start again after the last
	// Segment is how many bytes of sound end a sentence, so that a line comes in two results. 0: never.
	Segment int

	mu      sync.Mutex
	configs []Config
	sound   []int // bytes of each connection
	http    *http.Server
}

// Config is what a client sent as its configuration.
type Config struct {
	SampleRate float64  `json:"sample_rate"`
	Words      bool     `json:"words"`
	PhraseList []string `json:"phrase_list"`
}

type result struct {
	Partial *string `json:"partial,omitempty"`
	Text    *string `json:"text,omitempty"`
	Result  []word  `json:"result,omitempty"`
}

type word struct {
	Conf  float64 `json:"conf"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Word  string  `json:"word"`
}

// Serve serves connections of ln until Close.
func (p *Peer) Serve(ln net.Listener) error {
	p.mu.Lock()
	p.http = &http.Server{Handler: p}
	p.mu.Unlock()
	return p.http.Serve(ln)
}

// Close ends it at once.
func (p *Peer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.http.Close()
}

// Seen gives the configurations that came, and the bytes of sound of each
// connection that had some.
func (p *Peer) Seen() ([]Config, []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Config(nil), p.configs...), append([]int(nil), p.sound...)
}

// ServeHTTP serves one connection.
func (p *Peer) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	c, err := websocket.Accept(w, q, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	_ = p.recognise(q.Context(), c)
}

// recognise is the loop of asr_server.py.
func (p *Peer) recognise(ctx context.Context, c *websocket.Conn) error {
	var conf Config
	var line []string
	n, heard, said, ended := -1, 0, 0, false
	for {
		kind, message, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if kind == websocket.MessageText && strings.Contains(string(message), "config") {
			var j struct{ Config Config }
			if err := json.Unmarshal(message, &j); err != nil {
				return err
			}
			conf = j.Config
			p.mu.Lock()
			p.configs = append(p.configs, conf)
			p.mu.Unlock()
			continue
		}
		if n < 0 {
			p.mu.Lock()
			n = len(p.sound)
			p.sound = append(p.sound, 0)
			p.mu.Unlock()
			if len(p.Lines) > 0 {
				line = strings.Fields(p.Lines[n%len(p.Lines)])
			}
		}
		r := result{}
		last := kind == websocket.MessageText && string(message) == `{"eof" : 1}`
		switch heard += len(message); {
		case last:
			r = whole(line[said:], conf.Words)
		case !ended && p.Segment > 0 && heard >= p.Segment:
			ended = true
			half := len(line) / 2
			r = whole(line[:half], conf.Words)
			said = half
		default:
			text := strings.Join(line[said:min(len(line), said+1)], " ")
			r.Partial = &text
		}
		if !last {
			p.mu.Lock()
			p.sound[n] = heard
			p.mu.Unlock()
		}
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := c.Write(ctx, websocket.MessageText, text); err != nil {
			return err
		}
		if last {
			return c.Close(websocket.StatusNormalClosure, "")
		}
	}
}

// whole is a result of words that do not change any more.
func whole(words []string, each bool) result {
	text := strings.Join(words, " ")
	r := result{Text: &text}
	if !each {
		return r
	}
	for i, w := range words {
		r.Result = append(r.Result, word{Conf: 0.8, Start: float64(i), End: float64(i) + 0.5, Word: w})
	}
	return r
}
