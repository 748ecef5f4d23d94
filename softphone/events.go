package softphone

import (
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/record"
)

// Event is one thing that a page shows, as JSON in a server-sent event. Kind says which of the fields are there.
type Event struct {
	Seq  int       `json:"seq"` // 1, 2, … of the call
	At   time.Time `json:"at"`
	TMS  int64     `json:"t_ms"` // since the call was asked for
	Kind EventKind `json:"kind"`

	// Of state and end.
	State  string        `json:"state,omitempty"`  // connecting, ringing, talking, ended
	Reason Reason        `json:"reason,omitempty"` // of end
	Status int           `json:"status,omitempty"` // of end: the SIP status of a call that was refused
	Trace  *record.Trace `json:"trace,omitempty"`  // of end

	// Of caption: what was said, by whom, and when it was heard.
	Who          string       `json:"who,omitempty"` // service, caller
	Text         string       `json:"text,omitempty"`
	Partial      bool         `json:"partial,omitempty"`
	Keys         bool         `json:"keys,omitempty"`
	Dialog       string       `json:"dialog,omitempty"`  // state of the conversation
	Message      string       `json:"message,omitempty"` // key of the service's message
	Confidence   float64      `json:"confidence,omitempty"`
	Complete     bool         `json:"complete,omitempty"` // it answers the question
	Alternatives []Reading    `json:"alternatives,omitempty"`
	Intents      []nlu.Intent `json:"intents,omitempty"`
	Entities     []nlu.Entity `json:"entities,omitempty"`
	AnswerMS     *int64       `json:"answer_ms,omitempty"` // of the service: from the end of the caller's speech, or the keys, to its first sound

	// Of fact: a step of the conversation as the record keeps it.
	Fact record.Kind    `json:"fact,omitempty"`
	Data map[string]any `json:"data,omitempty"`
}

// Reading is one thing that the caller may have said.
type Reading struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
}

// EventKind names an Event.
type EventKind string

// The kinds of events.
const (
	EventState     EventKind = "state"
	EventCaption   EventKind = "caption"
	EventSMS       EventKind = "sms"       // text: what would be sent
	EventBargeIn   EventKind = "barge_in"  // the caller stopped the voice
	EventFact      EventKind = "fact"      // see facts
	EventKey       EventKind = "key"       // text: a key that the service sent
	EventRecording EventKind = "recording" // the recording has begun
	EventEnd       EventKind = "end"
)

// Reason is why a call is over.
type Reason string

// The reasons.
const (
	ByService    Reason = "service"   // the service hung up
	ByTester     Reason = "tester"    // the page hung up
	PageGone     Reason = "page_gone" // the browser went away
	NoConnection Reason = "ice"       // the browser did not reach us
	NotAnswered  Reason = "refused"   // the service did not take the call
	Stopping     Reason = "stopping"  // the service stops
	TooLong      Reason = "too_long"  // the longest time is over
	Broken       Reason = "broken"    // something of ours failed
)

// reasons are all of them.
var reasons = []Reason{ByService, ByTester, PageGone, NoConnection, NotAnswered, Stopping, TooLong, Broken}

// The states of a call.
const (
	stateConnecting = "connecting"
	stateRinging    = "ringing"
	stateTalking    = "talking"
	stateEnded      = "ended"
)

// mostEvents is how many of one call are kept: more than ten minutes of talk bring.
const mostEvents = 4000

// journal is the events of one call, for who reads them now or a little later.
type journal struct {
	start time.Time

	mu      sync.Mutex
	events  []Event
	changed chan struct{} // closed at the next event
	ended   time.Time
}

func newJournal() *journal { return &journal{start: time.Now(), changed: make(chan struct{})} }

// add takes an event. Nothing comes after the end.
func (j *journal) add(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.ended.IsZero() || len(j.events) >= mostEvents && e.Kind != EventEnd {
		return
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.Seq, e.TMS = len(j.events)+1, e.At.Sub(j.start).Milliseconds()
	j.events = append(j.events, e)
	if e.Kind == EventEnd {
		j.ended = e.At
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// after gives the events past the first n, whether the last one is among all there are, and what is closed when there are more.
func (j *journal) after(n int) (events []Event, over bool, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n < len(j.events) {
		events = j.events[max(n, 0):]
	}
	return events, !j.ended.IsZero(), j.changed
}

// endedAt is when the call ended, and whether it did.
func (j *journal) endedAt() (time.Time, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ended, !j.ended.IsZero()
}

// state tells of a new state.
func (j *journal) state(s string) { j.add(Event{Kind: EventState, State: s}) }

// find gives an event by its number.
func (j *journal) find(seq int) (Event, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq < 1 || seq > len(j.events) {
		return Event{}, false
	}
	return j.events[seq-1], true
}
