package softphone

import (
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/call"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/record"
)

// hub tells the calls of our own telephones from all others, and hands what is seen of them to their journals. A call is announced by its
// Call-ID before it is placed; when the service presents it, its own name is learnt.
type hub struct {
	mu        sync.Mutex
	awaited   map[string]*watched // by Call-ID
	presented map[string]*watched // by the service's name
}

// watched is one call.
type watched struct {
	journal    *journal
	understand func(text, state string) nlu.Result
	over       chan struct{} // closed when the service has told the end

	mu    sync.Mutex
	id    string    // the service's name
	ended bool      // over is closed
	spoke time.Time // when the caller's last turn ended, zero once it was answered
}

func newHub() *hub { return &hub{awaited: map[string]*watched{}, presented: map[string]*watched{}} }

// await announces a call.
func (h *hub) await(callID string, j *journal, understand func(text, state string) nlu.Result) *watched {
	w := &watched{journal: j, understand: understand, over: make(chan struct{})}
	h.mu.Lock()
	h.awaited[callID] = w
	h.mu.Unlock()
	return w
}

// forget ends it.
func (h *hub) forget(callID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.awaited[callID]; w != nil {
		delete(h.presented, w.name())
	}
	delete(h.awaited, callID)
}

// name is the service's own name for the call, "" while it has none.
func (w *watched) name() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id
}

// See takes what is said in a call; it is a call.Observer's.
func (g *Gateway) See(s call.Seen) {
	h := g.hub
	h.mu.Lock()
	w := h.awaited[s.Peer]
	if w != nil && s.Who == call.TheStart {
		w.mu.Lock()
		w.id = s.CallID
		w.mu.Unlock()
		h.presented[s.CallID] = w
	}
	h.mu.Unlock()
	if w != nil {
		w.see(s)
	}
}

// Add takes a fact on its way to the record.
func (g *Gateway) Add(f record.Fact) {
	g.hub.mu.Lock()
	w := g.hub.presented[f.CallID]
	g.hub.mu.Unlock()
	if w != nil {
		w.fact(f)
	}
}

// see writes it into the journal.
func (w *watched) see(s call.Seen) {
	e := Event{At: s.At, Kind: EventCaption, Who: string(s.Who), Text: s.Text, Dialog: s.State}
	switch s.Who {
	case call.TheStart:
		return
	case call.TheEnd:
		w.mu.Lock()
		if !w.ended {
			w.ended = true
			close(w.over)
		}
		w.mu.Unlock()
		return
	case call.TheSMS:
		w.journal.add(Event{At: s.At, Kind: EventSMS, Text: s.Text})
		return
	case call.TheService:
		e.Message, e.AnswerMS = s.Message, w.answered(s.At)
	case call.TheCaller:
		w.turn(&e, s)
	}
	w.journal.add(e)
}

// turn adds what was made of the caller's turn.
func (w *watched) turn(e *Event, s call.Seen) {
	e.Keys, e.Partial = s.Keys, s.Partial
	if s.Partial {
		return
	}
	spoke := s.At
	if s.Turn != nil {
		e.Confidence, e.Complete = s.Turn.Confidence, s.Turn.Complete
		if !s.Turn.SpokenUntil.IsZero() {
			spoke = s.Turn.SpokenUntil
		}
	}
	w.mu.Lock()
	w.spoke = spoke
	w.mu.Unlock()
	for _, r := range s.Readings {
		e.Alternatives = append(e.Alternatives, Reading{r.Text, r.Confidence})
	}
	if w.understand != nil && !s.Keys && s.Text != "" {
		r := w.understand(s.Text, s.State)
		e.Intents, e.Entities = r.Intents[:min(len(r.Intents), 3)], r.Entities
	}
}

// answered is how long the caller waited for the sound that began at a moment; nil when it answers nothing.
func (w *watched) answered(at time.Time) *int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spoke.IsZero() {
		return nil
	}
	ms := at.Sub(w.spoke).Milliseconds()
	w.spoke = time.Time{}
	return &ms
}

// shown are the facts that tell a tester more than the captions do.
var shown = map[record.Kind]bool{
	record.Waiting: true, record.Admitted: true, record.Refused: true, record.NotUnderstood: true, record.NoInput: true, record.PlaceFound: true, record.Search: true,
	record.SMSOffered: true, record.SMSQueued: true, record.SMSFailed: true, record.Marked: true, record.Incident: true, record.Rated: true,
}

// fact writes a step into the journal.
func (w *watched) fact(f record.Fact) {
	switch {
	case f.Kind == record.BargeIn:
		w.journal.add(Event{At: f.At, Kind: EventBargeIn})
	case shown[f.Kind]:
		w.journal.add(Event{At: f.At, Kind: EventFact, Fact: f.Kind, Data: f.Data})
	}
}
