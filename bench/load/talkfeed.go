package load

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/record"
)

// served is one line of the server's /debug/conversations.
type served struct {
	Call    string         `json:"call"`
	At      time.Time      `json:"at"`
	Who     string         `json:"who"`
	Text    string         `json:"text"`
	Keys    bool           `json:"keys"`
	State   string         `json:"state"`
	Message string         `json:"message"`
	Queued  time.Time      `json:"queued"`
	Turn    *servedTurn    `json:"turn"`
	Fact    record.Kind    `json:"fact"`
	Data    map[string]any `json:"data"`
}

// servedTurn is where the time of a turn went in the service.
type servedTurn struct {
	SpokenUntil, Asked, Understood time.Time
	Parts                          int
	Spent                          asr.Spent
	Confidence                     float64
	Complete                       bool
}

// feedOf hands the events of each call to the caller who made it, whom it knows by the visible digits of the number.
type feedOf struct {
	mu     sync.Mutex
	by     map[string]*talker // visible digits → the caller on the line
	calls  map[string]*talker // the server's name of a call → the caller
	closed chan struct{}
	err    error
}

// follow reads the feed until ctx ends.
func (s *Server) conversations(ctx context.Context) (*feedOf, error) {
	res, err := s.get(ctx, "/debug/conversations")
	if err != nil {
		return nil, fmt.Errorf("load: the server's conversations: %w", err)
	}
	if res.StatusCode != 200 {
		_ = res.Body.Close()
		return nil, fmt.Errorf("load: the server's conversations: %s", res.Status)
	}
	f := &feedOf{by: map[string]*talker{}, calls: map[string]*talker{}, closed: make(chan struct{})}
	go func() {
		defer close(f.closed)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e served
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				f.err = fmt.Errorf("load: the server's conversations: %w", err)
				return
			}
			f.take(e)
		}
	}()
	return f, nil
}

// expect says who will ring with a number.
func (f *feedOf) expect(number string, t *talker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.by[number[:visibleDigits]] = t
}

func (f *feedOf) take(e served) {
	f.mu.Lock()
	if e.Fact == record.Presented {
		masked, _ := e.Data["caller_masked"].(string)
		if runes := []rune(masked); len(runes) >= visibleDigits {
			if t := f.by[string(runes[:visibleDigits])]; t != nil {
				f.calls[e.Call] = t
				delete(f.by, string(runes[:visibleDigits]))
			}
		}
	}
	t := f.calls[e.Call]
	if e.Who == "end" {
		delete(f.calls, e.Call)
	}
	f.mu.Unlock()
	if t != nil {
		t.told(e)
	}
}
