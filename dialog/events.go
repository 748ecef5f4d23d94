package dialog

import (
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/workshop"
)

// Event is something that happened on the call. The types of this file are all of them; they are passed by value.
type Event interface {
	// when is the instant of the event, in any zone.
	when() time.Time
}

// Origin says what kind of line the caller rings from; it decides whether an SMS can be offered (C9).
type Origin string

// The origins, in the words that the record uses.
const (
	Mobile   Origin = "mobile"
	Landline Origin = "fixe"
	Other    Origin = "autre"
	Withheld Origin = "masque"
)

// Caller is what is known of who rings.
type Caller struct {
	Origin Origin
	// Zone is where the line probably is: a department code ("84") or a number prefix ("04"); a prior for places, empty when unknown.
	Zone string
	// NoSMS: no message can be sent for the time being, so that none is offered.
	NoSMS bool
}

// sms tells whether what was told can be offered in writing (C9).
func (c Caller) sms() bool { return c.Origin == Mobile && !c.NoSMS }

// Hypothesis is one reading of what was said, best first in Heard.
type Hypothesis struct {
	Text       string  // French as one would write it
	Confidence float64 // 0..1, calibrated; typed text has 1
	INSEE      string  // commune code when the recogniser heard a place of the gazetteer
	PostalCode string  // when it heard a code
}

// Started begins the conversation: the call was answered and speech can flow.
type Started struct {
	At     time.Time
	Caller Caller
}

// Heard is a finished turn of the caller. No hypothesis, or only empty texts: someone spoke and nothing could be made of it.
type Heard struct {
	At         time.Time
	Hypotheses []Hypothesis
	Choice     *nlu.Choice // what a language model takes the likeliest reading for, in place of the rules; nil: nothing
}

// Keyed is what was pressed, put together by a KeyBuffer: one key ("1", "*", "0"), a postal code ("84000"), or what is left of one.
type Keyed struct {
	At   time.Time
	Keys string
}

// Unheard says that the caller spoke and the machine was too busy to listen: nothing is known of what was said, and it was not the
// caller's fault.
type Unheard struct{ At time.Time }

// NoInput says that the time given by the last Listen went by in silence.
type NoInput struct{ At time.Time }

// Spoken says that everything queued was played to the end.
type Spoken struct{ At time.Time }

// Cut says that the caller spoke over the voice: SayID was being played, Fraction (0..1) of it was heard, and nothing queued after it.
// The words follow in a Heard or Keyed.
type Cut struct {
	At       time.Time
	SayID    string
	Fraction float64
}

// SearchDone answers a Search.
type SearchDone struct {
	At     time.Time
	Result workshop.Result
}

// SearchFailed says that the search did not answer (C5).
type SearchFailed struct {
	At     time.Time
	Reason string
}

// SMSDone answers a SendSMS: the message was taken over for sending, or not.
type SMSDone struct {
	At     time.Time
	OK     bool
	Reason string // when not OK
}

// Returned says that the caller, who had put the call on hold, is back, and that nothing was being said.
type Returned struct{ At time.Time }

// Incident says that a link of the chain is down (T3). Link is a name for the record: recogniser, voice, catalogue, …
type Incident struct {
	At   time.Time
	Link string
}

// HungUp says that the caller is gone. Only notes can follow.
type HungUp struct{ At time.Time }

func (e Started) when() time.Time      { return e.At }
func (e Heard) when() time.Time        { return e.At }
func (e Keyed) when() time.Time        { return e.At }
func (e Unheard) when() time.Time      { return e.At }
func (e NoInput) when() time.Time      { return e.At }
func (e Spoken) when() time.Time       { return e.At }
func (e Cut) when() time.Time          { return e.At }
func (e SearchDone) when() time.Time   { return e.At }
func (e SearchFailed) when() time.Time { return e.At }
func (e SMSDone) when() time.Time      { return e.At }
func (e Returned) when() time.Time     { return e.At }
func (e Incident) when() time.Time     { return e.At }
func (e HungUp) when() time.Time       { return e.At }
