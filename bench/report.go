package bench

import "time"

// Report is what one test call saw (JSON of `acotel-sbc call`).
type Report struct {
	Status     int     `json:"status"` // final SIP status of the INVITE, 0: no answer
	Reason     string  `json:"reason"`
	Codec      string  `json:"codec"`
	SRTP       string  `json:"srtp"` // suite that protects the sound, "" in clear
	CallID     string  `json:"call_id"`
	DurationMS int64   `json:"duration_ms"` // from the answer to the end
	EndedBy    string  `json:"ended_by"`    // local, remote, "" when never answered
	Heard      Heard   `json:"heard"`
	Timeline   []Event `json:"timeline"`
}

// Heard is what came from the other side.
type Heard struct {
	Packets       uint64  `json:"packets"`
	Lost          uint64  `json:"lost"`
	Seconds       float64 `json:"seconds"`
	SpeechSeconds float64 `json:"speech_seconds"`
}

// EventKind is the name of a moment in a call.
type EventKind string

// The moments of a call.
const (
	Ringing    EventKind = "ringing"
	Answered   EventKind = "answered"
	FirstAudio EventKind = "first_audio" // first sound that is not silence
	Quiet      EventKind = "quiet"       // the other side fell silent
	Said       EventKind = "said"        // a spoken step ended
	Keyed      EventKind = "keyed"       // a keyed step ended
	HeardText  EventKind = "heard"       // detail: what a recogniser made of what the other side said
	Ended      EventKind = "ended"
)

// Event is one moment, in ms from the INVITE.
type Event struct {
	TMS    int64     `json:"t_ms"`
	Kind   EventKind `json:"event"`
	Detail string    `json:"detail,omitempty"`
}

// Find gives the first event of a kind.
func (r Report) Find(kind EventKind) (Event, bool) {
	for _, e := range r.Timeline {
		if e.Kind == kind {
			return e, true
		}
	}
	return Event{}, false
}

// timeline collects events.
type timeline struct {
	start  time.Time
	events []Event
	watch  func(Event)
}

func (t *timeline) add(at time.Time, kind EventKind, detail string) {
	e := Event{TMS: at.Sub(t.start).Milliseconds(), Kind: kind, Detail: detail}
	t.events = append(t.events, e)
	if t.watch != nil {
		t.watch(e)
	}
}
