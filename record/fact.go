package record

import (
	"encoding/json"
	"time"
)

// Kind names what a fact states.
type Kind string

// The kinds of facts and the keys of their Data. Numbers are numbers, not text; an unknown value has no key.
const (
	Presented        Kind = "presented"         // line, called, caller_masked, caller_hash, origin, trunk, codec: an INVITE was accepted for handling
	Waiting          Kind = "waiting"           // position, 1 for who is next: every slot is taken, the caller waits (T2)
	WaitingAbandoned Kind = "waiting_abandoned" // waited_s: the caller left while waiting
	Admitted         Kind = "admitted"          // waited_s: the slot came, the conversation begins
	Refused          Kind = "refused"           // reason (full, waited, cpu, clock, codec, suspended), status when refused by SIP, waited_s: turned away
	Answered         Kind = "answered"          // codec: the 200 was sent
	WelcomeStarted   Kind = "welcome_started"   // first sample of the welcome
	Welcomed         Kind = "welcomed"          // the welcome was heard to its end
	QuestionAsked    Kind = "question_asked"    // the first open question was put
	Turn             Kind = "turn"              // who (service, caller), text, state, intent, confidence
	Understood       Kind = "understood"        // rephrased: the answer to the first open question was understood
	NotUnderstood    Kind = "not_understood"    // state
	PlaceAsked       Kind = "place_asked"       // kind: town or postal code was asked for (K5)
	PlaceHeard       Kind = "place_heard"       // try, text
	PlaceFound       Kind = "place_found"       // insee, postal_code, region, tries (K5, K6)
	Search           Kind = "search"            // radius_km, weeks, found, widened, theme: a search has its result
	Told             Kind = "told"              // workshop_id
	SMSOffered       Kind = "sms_offered"       //
	SMSConsent       Kind = "sms_consent"       // words
	SMSQueued        Kind = "sms_queued"        // count: workshops in it; key
	SMSSent          Kind = "sms_sent"          // key: the provider took it
	SMSFailed        Kind = "sms_failed"        // reason; key
	AnotherSearch    Kind = "another_search"    //
	Goodbye          Kind = "goodbye"           // the goodbye was reached; not said after insults (C14)
	RatingAsked      Kind = "rating_asked"      // question
	Rated            Kind = "rated"             // mark, question
	RatingReason     Kind = "rating_reason"     // text
	Marked           Kind = "marked"            // mark: malade, incivilite, hors_sujet
	Incident         Kind = "incident"          // link; owner: ours, operator, source, sms (T8)
	NoInput          Kind = "no_input"          //
	BargeIn          Kind = "barge_in"          //
	Captured         Kind = "captured"          // signalling and sound were captured for a diagnosis (G1)
	Quality          Kind = "quality"           // mos, and the keys of TraceQuality
	Ended            Kind = "ended"             // by (local, remote, none), reason, cause (of the Reason headers)
	Interrupted      Kind = "interrupted"       // last_at: the program died during the call; last sign of life
)

// Fact is one thing that happened in one call. Facts of a call are ordered as they were added.
type Fact struct {
	CallID string
	At     time.Time
	Kind   Kind
	Data   map[string]any // what JSON can hold
}

// text gives a string of the data, "" when absent.
func (f Fact) text(key string) string {
	s, _ := f.Data[key].(string)
	return s
}

// number gives a number of the data in whatever Go type it came, and whether there was one.
func (f Fact) number(key string) (float64, bool) {
	switch v := f.Data[key].(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case int32:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint:
		return float64(v), true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	}
	return 0, false
}
