package call

import (
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/dialog"
)

// Who speaks in a Seen.
type Who string

// The parties of a call as an observer sees them.
const (
	TheCaller  Who = "caller"
	TheService Who = "service"
	TheSMS     Who = "sms"
	TheEnd     Who = "end"
	TheStart   Who = "start" // the call was presented; it comes before everything else of the call
)

// Seen is one thing of a call as it happens, for someone who looks on: the
// demonstration's terminal, the browser phone. It holds what was said in clear
// and must not be stored.
type Seen struct {
	CallID string
	Peer   string // Call-ID of the calling side, by which who placed the call knows it
	At     time.Time
	Who    Who
	Text   string
	Keys   bool   // the caller pressed keys
	State  string // of the conversation

	Message string     // of the service: the key of the message
	Queued  time.Time  // of the service: when the voice was told to say it
	Turn    *TurnTimes // of the caller who spoke: where the time went; nil for keys, and when nobody could listen

	Partial  bool                // of the caller: words so far, the turn goes on
	Readings []dialog.Hypothesis // of the caller who spoke: all that the recogniser proposes, best first
}

// TurnTimes is where the time of a spoken turn went.
type TurnTimes struct {
	SpokenUntil time.Time // the last speech, as voice activity found it
	Asked       time.Time // the silence was long enough: the recogniser had to answer
	Understood  time.Time // the turn was handed to the dialog
	Parts       int       // that the recogniser was asked about
	Spent       asr.Spent // inside the recogniser, some of it while the silence was still growing
	Backend     string
	Confidence  float64 // of the best reading
	Complete    bool    // it answers the question
}

// take adds what a result took.
func (t *TurnTimes) take(r asr.Result) {
	t.Parts++
	t.Backend = r.Backend
	t.Spent.Queue += r.Spent.Queue
	t.Spent.Encode += r.Spent.Encode
	t.Spent.Search += r.Spent.Search
	t.Spent.Decode += r.Spent.Decode
}

// Observer looks on. See is called on the call's goroutines and must not block.
type Observer interface{ See(Seen) }

// ObserverFunc makes an Observer of a function.
type ObserverFunc func(Seen)

// See calls f.
func (f ObserverFunc) See(s Seen) { f(s) }
