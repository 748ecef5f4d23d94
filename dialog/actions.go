package dialog

import (
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// Action is something the run loop must do, in the order given. The types of this file are all of them; they are passed by value.
type Action interface{ action() }

// Say queues speech behind what is already queued.
type Say struct {
	ID      string // unique in the call, named again by Cut
	Message string // key in the message file, for the logs and for recorded prompts
	Text    string // French, one or more sentences, no markup
	// Interruptible is false for the notice alone: it is played to its end whatever the caller does, and what is keyed meanwhile is
	// kept and handed in after it.
	Interruptible bool
	Rate, Volume  float64 // 1 is normal
}

// Listen says what may be answered from now on. It holds until the next Listen; NoInput is owed at most once for it, counted from the
// moment when everything queued has been said.
type Listen struct {
	State   string        // contracts.md word: open, place, confirm, theme, results, sms, more, rating, reason
	Hints   asr.Hints     // the same, for the recogniser
	NoInput time.Duration // silence after which NoInput is due
	Keys    KeyRule       // what keys mean here
}

// Search asks the catalogue; SearchDone or SearchFailed answers. Nothing is asked while it runs.
type Search struct {
	Query    workshop.Query
	Settings workshop.Settings
}

// SendSMS hands a message to the outbox; SMSDone answers. It is only ever emitted after a clear yes (C9).
type SendSMS struct {
	Text      string   // at most two workshops
	Workshops []string // their IDs
	Consent   string   // the caller's own words, or the key
	Key       string   // unique in the call: the same key twice is the same message
}

// Note is a fact for the record. CallID is empty: the run loop knows the call.
type Note struct{ record.Fact }

// HangUp ends the call once everything queued has been said.
type HangUp struct {
	// Reason is one of: goodbye, silence, not_understood, incident, insult, voicemail.
	Reason string
}

func (Say) action()     {}
func (Listen) action()  {}
func (Search) action()  {}
func (SendSMS) action() {}
func (Note) action()    {}
func (HangUp) action()  {}
