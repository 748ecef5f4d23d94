package call

import "time"

// Who speaks in a Seen.
type Who string

// The parties of a call as an observer sees them.
const (
	TheCaller  Who = "caller"
	TheService Who = "service"
	TheSMS     Who = "sms"
	TheEnd     Who = "end"
)

// Seen is one thing of a call as it happens, for someone who looks on: the
// demonstration's terminal now, the browser phone later. It holds what was said
// in clear and must not be stored.
type Seen struct {
	CallID string
	At     time.Time
	Who    Who
	Text   string
	Keys   bool   // the caller pressed keys
	State  string // of the conversation
}

// Observer looks on. See is called on the call's goroutines and must not block.
type Observer interface{ See(Seen) }

// ObserverFunc makes an Observer of a function.
type ObserverFunc func(Seen)

// See calls f.
func (f ObserverFunc) See(s Seen) { f(s) }
