package call

import (
	"context"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/record"
)

// Check is the line of the service's own test calls (T7). It is reached by a number that nobody else knows, is open when the others are
// closed, and leaves no trace but the facts that Facts gets.
type Check struct {
	Number string // called number, secret
	Trunk  string // whose calls may reach nothing but Number
	Facts  Facts
}

// Outage is a link of the chain without which callers would talk in vain (T3).
type Outage struct {
	Link  string // for the record
	Owner string // ours, operator, source or sms (T8)
	Tell  bool   // calls in progress are told, too
}

// outages is what keeps the lines closed. Safe for concurrent use.
type outages struct {
	mu     sync.Mutex
	now    []Outage
	struck chan struct{} // closed when an outage is to be told to calls in progress
}

// Close lets new calls hear the incident message until Open is called for the same link.
func (s *Service) Close(o Outage) {
	s.outages.mu.Lock()
	defer s.outages.mu.Unlock()
	for _, known := range s.outages.now {
		if known.Link == o.Link {
			return
		}
	}
	s.outages.now = append(s.outages.now, o)
	if o.Tell && s.outages.struck != nil {
		close(s.outages.struck)
		s.outages.struck = nil
	}
}

// Open takes the outage of a link back.
func (s *Service) Open(link string) {
	s.outages.mu.Lock()
	defer s.outages.mu.Unlock()
	for i, known := range s.outages.now {
		if known.Link == link {
			s.outages.now = append(s.outages.now[:i:i], s.outages.now[i+1:]...)
			return
		}
	}
}

// WithholdSMS has new calls offered no text message, or offered them again: what can't be sent must not be promised.
func (s *Service) WithholdSMS(yes bool) { s.noSMS.Store(yes) }

// Closed tells whether new calls hear the incident message alone, and for which link.
func (s *Service) Closed() (link string, yes bool) {
	o, yes := s.outages.first()
	return o.Link, yes
}

// first is the outage that lasts longest.
func (o *outages) first() (Outage, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.now) == 0 {
		return Outage{}, false
	}
	return o.now[0], true
}

// last is the newest outage that calls in progress are told of.
func (o *outages) last() Outage {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.now) - 1; i >= 0; i-- {
		if o.now[i].Tell {
			return o.now[i]
		}
	}
	return Outage{}
}

// strikes is closed at the next outage that calls in progress are told of.
func (o *outages) strikes() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.struck == nil {
		o.struck = make(chan struct{})
	}
	return o.struck
}

// checkLine finds the line of our own test calls; reserved tells a call that may reach no other line.
func (s *Service) checkLine(called, trunk string) (l line, ours, reserved bool) {
	k := s.cfg.Check
	if k == nil {
		return line{}, false, s.cfg.Phone != nil && s.cfg.Phone.Trunk != "" && trunk == s.cfg.Phone.Trunk
	}
	if called == k.Number {
		return line{Line: config.Line{Number: called, Kind: config.Test}}, true, true
	}
	return line{}, false, trunk == k.Trunk
}

// down answers with the incident message alone (T3). Like a suspended line it takes no slot.
func (l *leg) down(ctx context.Context, o Outage) {
	l.fact(record.Incident, map[string]any{"link": o.Link, "owner": o.Owner})
	l.answered(ctx, func(ctx context.Context) {
		l.announce(ctx, l.s.prompts().Incident)
		l.hangUp("incident")
	})
}

// owned adds whom an incident belongs to (T8).
func (l *leg) owned(link string) map[string]any {
	return map[string]any{"link": link, "owner": OwnerOf(link)}
}

// OwnerOf tells whom a link belongs to: ours, operator, source or sms (T8).
func OwnerOf(link string) string {
	switch link {
	case "trunk", "operator":
		return "operator"
	case "source", "workshops":
		return "source"
	case "sms":
		return "sms"
	}
	return "ours"
}

// checkAfter is a check call's longest time.
const checkAfter = 2 * time.Minute
