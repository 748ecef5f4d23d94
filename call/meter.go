package call

import (
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/tts"
)

// Meter counts and times what happens in calls; metrics.Calls is one. Its methods are called on the calls' goroutines and must not
// block.
type Meter interface {
	// Presented: an INVITE for a line that exists.
	Presented(line config.LineKind)
	// Answered: our 200 went out, took after the INVITE came.
	Answered(line config.LineKind, took time.Duration)
	// FirstSound: the first sound of ours went out, took after the 200.
	FirstSound(took time.Duration)
	// Spoken: a sentence was rendered for a caller, or could not be.
	Spoken(i tts.Info, err error)
	// Recognised: a recogniser's final result.
	Recognised(r asr.Result)
	// Covered: the recogniser took so long that words were said meanwhile.
	Covered()
	// Unheard: the recogniser was too busy for a turn; the caller was offered the keys.
	Unheard()
	// BargedIn: a caller's words or keys stopped the voice.
	BargedIn()
	// FalseStart: what had paused the voice was no turn, the voice went on.
	FalseStart()
	// Ended: the call is over.
	Ended(Ending)
}

// Ending is how a call came to its end.
type Ending struct {
	Line     config.LineKind
	By       string // local, remote or none
	Reason   string // in English, see sip.End and dialog.HangUp
	Answered bool
	Talked   time.Duration // answered time
	Quality  Quality
	// Deaf: in more than a second nothing of the caller's sound came: one-way audio, mostly a wrong address in somebody's SDP.
	Deaf bool
}

// nobody is the Meter of a Service without one.
type nobody struct{}

func (nobody) Presented(config.LineKind)               {}
func (nobody) Answered(config.LineKind, time.Duration) {}
func (nobody) FirstSound(time.Duration)                {}
func (nobody) Spoken(tts.Info, error)                  {}
func (nobody) Recognised(asr.Result)                   {}
func (nobody) Covered()                                {}
func (nobody) Unheard()                                {}
func (nobody) BargedIn()                               {}
func (nobody) FalseStart()                             {}
func (nobody) Ended(Ending)                            {}
