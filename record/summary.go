package record

import (
	"math"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Summary is one call as its facts tell it: the row of the table calls. A nil pointer is an unknown value.
type Summary struct {
	ID, Line, Called, Trunk, Codec string
	CallerMasked, CallerHash       string
	Origin                         string // mobile, fixe, autre, masque
	StartedAt                      time.Time
	AnsweredAt, EndedAt            *time.Time
	EndedBy, EndReason, EndCause   string // by: local, remote, none, interrupted; cause: of the Reason headers (RFC 3326)

	// Duration is the time with the call answered; Welcome runs from the first sample of the welcome to its end (or the
	// call's), Conversation from there to the end. What is left of Duration was spent waiting for a slot.
	Duration, Welcome, Conversation *time.Duration
	Wait                            *time.Duration // for a slot, however it ended (T2); nil: there was no wait

	Statuses      []Status
	Welcomed      bool   // the welcome was heard to begin (K12)
	Searches      int    // that had a result (K13)
	Region        string // of the place found last; "" unknown
	PostalCode    string
	INSEE         string
	PlaceAsked    bool
	PlaceFound    bool
	PlaceTries    *int // tries until the first place was found, or tries made in vain; nil: none
	SMSSent       int
	Rating        *int // mark of the first question
	MOS           *float64
	Quality       *TraceQuality
	IncidentLink  string
	IncidentOwner string     // ours, operator, source, sms (T8)
	IncidentAt    *time.Time // of the first incident
}

// Summarise makes the summary of one call out of its facts, in their order. It is pure.
func Summarise(facts []Fact) Summary {
	s := newFold()
	for _, f := range facts {
		s.add(f)
	}
	return s.summary()
}

// fold is a summary in the making: facts go in one by one.
type fold struct {
	Summary

	welcomeStarted, welcomed               *time.Time
	understood, goodbye, found             bool
	whyRefused                             string
	waitsSince                             *time.Time
	refused, waitingAbandoned, interrupted bool
	tries                                  int
	marks                                  map[string]bool
	asked, rated                           map[string]bool // rating questions
	sms                                    map[string]bool // keys of SMS sent
	last                                   time.Time
}

func newFold() *fold {
	return &fold{marks: map[string]bool{}, asked: map[string]bool{}, rated: map[string]bool{}, sms: map[string]bool{}}
}

// add takes in the next fact.
func (s *fold) add(f Fact) {
	at := f.At.UTC().Truncate(time.Microsecond) // as stored
	if s.ID == "" {
		s.ID, s.StartedAt = f.CallID, at
	}
	if at.After(s.last) {
		s.last = at
	}
	switch f.Kind {
	case Presented:
		s.StartedAt = at
		s.Line, s.Called, s.Trunk, s.Codec = f.text("line"), f.text("called"), f.text("trunk"), f.text("codec")
		s.CallerMasked, s.CallerHash, s.Origin = f.text("caller_masked"), f.text("caller_hash"), f.text("origin")
	case Answered:
		setOnce(&s.AnsweredAt, at)
		if c := f.text("codec"); c != "" {
			s.Codec = c
		}
	case WelcomeStarted:
		setOnce(&s.welcomeStarted, at)
		s.Welcomed = true
	case Welcomed:
		setOnce(&s.welcomed, at)
	case Waiting:
		setOnce(&s.waitsSince, at)
	case Admitted:
		s.waited(f)
	case WaitingAbandoned:
		s.waitingAbandoned = true
		s.waited(f)
	case Refused:
		s.refused, s.whyRefused = true, f.text("reason")
		s.waited(f)
	case Ended:
		s.EndedAt, s.EndedBy, s.EndReason, s.EndCause = &at, f.text("by"), f.text("reason"), f.text("cause")
		if s.EndReason == "refused" && s.whyRefused != "" {
			s.EndReason += ": " + s.whyRefused
		}
	case Interrupted:
		s.interrupt(f, at)
	case Incident:
		if s.IncidentAt == nil {
			s.IncidentAt, s.IncidentLink, s.IncidentOwner = &at, f.text("link"), f.text("owner")
		}
	case Quality:
		if mos, ok := f.number("mos"); ok {
			s.MOS = &mos
		}
		s.Quality = qualityOf(f)
	default:
		s.addConversation(f)
	}
}

// waited takes in how long the caller was in the waiting room, as it was measured, or else by the facts' times.
func (s *fold) waited(f Fact) {
	if v, ok := f.number("waited_s"); ok {
		d := time.Duration(v * float64(time.Second)).Truncate(time.Millisecond)
		s.Wait = &d
	} else if s.waitsSince != nil {
		s.Wait = between(*s.waitsSince, f.At)
	}
}

// addConversation takes in the facts that the dialogue makes.
func (s *fold) addConversation(f Fact) {
	switch f.Kind {
	case Understood:
		s.understood = true
	case PlaceAsked:
		s.PlaceAsked = true
	case PlaceHeard:
		s.tries++
	case PlaceFound:
		s.addPlace(f)
	case Search:
		s.Searches++
		if n, _ := f.number("found"); n > 0 {
			s.found = true
		}
	case Goodbye:
		s.goodbye = true
	case SMSSent:
		s.addSMS(f)
	case RatingAsked:
		s.asked[f.text("question")] = true
	case Rated:
		s.rated[f.text("question")] = true
		if mark, ok := f.number("mark"); ok && s.Rating == nil {
			s.Rating = whole(mark)
		}
	case Marked:
		s.marks[f.text("mark")] = true
	}
}

// addPlace keeps the last place (the caller may have corrected it, or looked elsewhere), but the tries of the first.
func (s *fold) addPlace(f Fact) {
	if !s.PlaceFound {
		if n, ok := f.number("tries"); ok && n > 0 {
			s.PlaceTries = whole(n)
		} else if s.tries > 0 {
			s.PlaceTries = whole(float64(s.tries))
		}
	}
	s.PlaceFound = true
	s.Region, s.PostalCode, s.INSEE = f.text("region"), f.text("postal_code"), f.text("insee")
}

// addSMS counts an SMS once, also when a restart reported it again.
func (s *fold) addSMS(f Fact) {
	if key := f.text("key"); key != "" {
		if s.sms[key] {
			return
		}
		s.sms[key] = true
	}
	s.SMSSent++
}

// interrupt ends the call at its last sign of life, not at the restart that noticed.
func (s *fold) interrupt(f Fact, at time.Time) {
	s.interrupted = true
	if s.EndedAt != nil {
		return
	}
	if last, err := store.ParseTime(f.text("last_at")); err == nil {
		at = last
	}
	s.EndedAt, s.EndedBy = &at, "interrupted"
}

// summary closes the computation; more facts may be added afterwards.
func (s *fold) summary() Summary {
	out := s.Summary
	out.Statuses = s.statuses()
	if !s.PlaceFound && s.tries > 0 {
		out.PlaceTries = whole(float64(s.tries))
	}
	if s.waitsSince != nil && out.Wait == nil && s.EndedAt != nil { // our program died meanwhile
		out.Wait = between(*s.waitsSince, *s.EndedAt)
	}
	if s.EndedAt == nil || s.AnsweredAt == nil {
		return out
	}
	out.Duration = between(*s.AnsweredAt, *s.EndedAt)
	if s.welcomeStarted != nil {
		end := *s.EndedAt
		if s.welcomed != nil {
			end = *s.welcomed
			out.Conversation = between(end, *s.EndedAt)
		}
		out.Welcome = between(*s.welcomeStarted, end)
	}
	return out
}

// between measures in whole milliseconds, as stored; a clock that was set back gives 0.
func between(a, b time.Time) *time.Duration {
	d := max(0, b.Sub(a)).Truncate(time.Millisecond)
	return &d
}

func setOnce(p **time.Time, at time.Time) {
	if *p == nil {
		*p = &at
	}
}

func whole(f float64) *int {
	n := int(math.Round(f))
	return &n
}
