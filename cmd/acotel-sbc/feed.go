package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/record"
)

// feedQueue is how many events wait for a reader; one that is later loses some, and is told.
const feedQueue = 4096

// feed shows the conversations as they happen to who measures the service: one JSON object a line, in clear, never stored. It exists with
// http.debug alone.
type feed struct {
	then call.Observer // who looks on besides, nil: nobody

	mu      sync.Mutex
	readers map[chan fed]bool
}

// fed is one line.
type fed struct {
	Call    string          `json:"call"`
	At      time.Time       `json:"at"`
	Who     string          `json:"who,omitempty"` // caller, service, sms, end; empty: a fact
	Text    string          `json:"text,omitempty"`
	Keys    bool            `json:"keys,omitempty"`
	State   string          `json:"state,omitempty"`
	Message string          `json:"message,omitempty"`
	Queued  time.Time       `json:"queued,omitzero"`
	Turn    *call.TurnTimes `json:"turn,omitempty"`
	Fact    string          `json:"fact,omitempty"`
	Data    map[string]any  `json:"data,omitempty"`
}

func newFeed(then call.Observer) *feed { return &feed{then: then, readers: map[chan fed]bool{}} }

// See takes what is said in a call.
func (f *feed) See(s call.Seen) {
	if f.then != nil {
		f.then.See(s)
	}
	if s.Who == call.TheStart || s.Partial { // the facts tell of the one, the other is no turn yet
		return
	}
	f.tell(fed{Call: s.CallID, At: s.At, Who: string(s.Who), Text: s.Text, Keys: s.Keys, State: s.State, Message: s.Message, Queued: s.Queued, Turn: s.Turn})
}

func (f *feed) tell(e fed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r := range f.readers {
		select {
		case r <- e:
		default: // the reader is too late, and must not hold the calls
		}
	}
}

// facts lets the feed see the facts on their way to the record.
type facts struct {
	call.Facts
	feed *feed
}

func (t facts) Add(f record.Fact) {
	t.Facts.Add(f)
	t.feed.tell(fed{Call: f.CallID, At: f.At, Fact: string(f.Kind), Data: f.Data})
}

// ServeHTTP streams the events until the reader leaves.
func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	events := make(chan fed, feedQueue)
	f.mu.Lock()
	f.readers[events] = true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.readers, events)
		f.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	out, lines := http.NewResponseController(w), json.NewEncoder(w)
	if out.Flush() != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case e := <-events:
			if lines.Encode(e) != nil || out.Flush() != nil {
				return
			}
		}
	}
}
