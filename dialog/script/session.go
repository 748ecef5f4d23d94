package script

import (
	"context"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu/chooser"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// Search answers a search, as workshop.Catalogue does behind an adapter.
type Search func(ctx context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error)

// Config is what a Session needs.
type Config struct {
	Dialog *dialog.Dialog
	Caller dialog.Caller
	Search Search
	Start  time.Time // when the call is answered; the clock of the conversation runs on from there

	// The rest may be nil. Fact gets every fact as it happens; SMS takes a message for sending.
	Fact func(record.Fact)
	SMS  func(dialog.SendSMS) error
	// Chooser is the language model for turns of which the rules are unsure.
	Chooser *chooser.Chooser
}

// Pace of a conversation in text (contracts): words a minute of both sides, and the time that a change of turn takes.
const (
	wordsPerMinute = 155
	turnTime       = 800 * time.Millisecond
)

// Reply is what the service did after something that the caller did.
type Reply struct {
	Said   []dialog.Say
	SMS    []dialog.SendSMS
	State  string // what is expected now, contract word
	Over   bool   // the service hangs up
	Reason string // why
}

// Text is all that was said, one Say a line.
func (r Reply) Text() string {
	lines := make([]string, 0, len(r.Said))
	for _, s := range r.Said {
		lines = append(lines, s.Text)
	}
	return strings.Join(lines, "\n")
}

// Session is one conversation in text. Not safe for concurrent use.
type Session struct {
	cfg    Config
	now    time.Time
	listen dialog.Listen
	over   bool
	reason string
}

// NewSession makes a session; Begin starts it.
func NewSession(c Config) *Session { return &Session{cfg: c, now: c.Start} }

// Now is the time of the conversation.
func (s *Session) Now() time.Time { return s.now }

// Over says that the call has ended.
func (s *Session) Over() bool { return s.over }

// Reason is why the service hung up.
func (s *Session) Reason() string { return s.reason }

// Listen is what the service expects now.
func (s *Session) Listen() dialog.Listen { return s.listen }

// Begin answers the call.
func (s *Session) Begin(ctx context.Context) Reply {
	return s.play(ctx, dialog.Started{At: s.now, Caller: s.cfg.Caller})
}

// Say is the caller speaking.
func (s *Session) Say(ctx context.Context, text string) Reply {
	return s.Hear(ctx, []dialog.Hypothesis{{Text: text, Confidence: 1}})
}

// Hear is the caller speaking, as a recogniser heard it.
func (s *Session) Hear(ctx context.Context, h []dialog.Hypothesis) Reply {
	s.now = s.now.Add(turnTime)
	if len(h) > 0 {
		s.now = s.now.Add(spoken(h[0].Text))
	}
	e := dialog.Heard{At: s.now, Hypotheses: h}
	if text, state, r, ok := s.cfg.Dialog.Reading(h); ok {
		if q, unsure := s.cfg.Chooser.Ask(text, state, r); unsure {
			if choice, ok := s.cfg.Chooser.Choose(ctx, q); ok {
				e.Choice = &choice
			}
		}
	}
	return s.play(ctx, e)
}

// Key is the caller pressing keys, such as "84000#" or "1".
func (s *Session) Key(ctx context.Context, keys string) Reply {
	var all Reply
	for _, k := range dialog.SplitKeys(keys) {
		s.now = s.now.Add(turnTime)
		r := s.play(ctx, dialog.Keyed{At: s.now, Keys: k})
		r.Said, r.SMS = append(all.Said, r.Said...), append(all.SMS, r.SMS...)
		all = r
	}
	return all
}

// Silence is the caller saying nothing until the service has had enough of it.
func (s *Session) Silence(ctx context.Context) Reply {
	s.now = s.now.Add(s.listen.NoInput)
	return s.play(ctx, dialog.NoInput{At: s.now})
}

// HangUp is the caller hanging up.
func (s *Session) HangUp(ctx context.Context) {
	if !s.over {
		s.play(ctx, dialog.HungUp{At: s.now})
		s.over, s.reason = true, "hung_up"
	}
}

// play hands an event in and does all that follows from it, until the service waits for the caller.
func (s *Session) play(ctx context.Context, first dialog.Event) Reply {
	var r Reply
	if s.over {
		return Reply{Over: true, Reason: s.reason}
	}
	said := false // since the last Spoken
	for events := []dialog.Event{first}; len(events) > 0; events = events[1:] {
		for _, a := range s.cfg.Dialog.Handle(events[0]) {
			if _, ok := a.(dialog.Say); ok {
				said = true
			}
			if answer := s.do(ctx, a, &r); answer != nil {
				events = append(events, answer)
			}
		}
		if said && !s.over && len(events) == 1 {
			events = append(events, dialog.Spoken{At: s.now})
			said = false
		}
	}
	r.State, r.Over, r.Reason = s.cfg.Dialog.State(), s.over, s.reason
	return r
}

// do executes one action; an action that is answered gives the answer.
func (s *Session) do(ctx context.Context, a dialog.Action, r *Reply) dialog.Event {
	switch a := a.(type) {
	case dialog.Say:
		r.Said = append(r.Said, a)
		s.now = s.now.Add(spoken(a.Text))
	case dialog.Listen:
		s.listen = a
	case dialog.Note:
		if s.cfg.Fact != nil {
			s.cfg.Fact(a.Fact)
		}
	case dialog.Search:
		found, err := s.cfg.Search(ctx, a.Query, a.Settings)
		if err != nil {
			return dialog.SearchFailed{At: s.now, Reason: err.Error()}
		}
		return dialog.SearchDone{At: s.now, Result: found}
	case dialog.SendSMS:
		r.SMS = append(r.SMS, a)
		if s.cfg.SMS != nil {
			if err := s.cfg.SMS(a); err != nil {
				return dialog.SMSDone{At: s.now, Reason: err.Error()}
			}
		}
		return dialog.SMSDone{At: s.now, OK: true}
	case dialog.HangUp:
		s.over, s.reason = true, a.Reason
	}
	return nil
}

// spoken is how long a text takes to say.
func spoken(text string) time.Duration {
	return time.Duration(len(strings.Fields(text))) * time.Minute / wordsPerMinute
}
