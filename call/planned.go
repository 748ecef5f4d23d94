package call

import (
	"sync/atomic"
	"time"
)

// Planned is what was decided for a line while the service runs (T4): open, or suspended from the one to the other moment; a zero time is
// an open end.
type Planned struct {
	Open        bool
	From, Until time.Time
	Message     string // "" the standard one
}

// plan is what holds for calls from now on.
type plan struct {
	lines   map[string]Planned // by canonical number
	prompts Prompts
}

// Plan puts decisions over the configured lines, by number, and what is said outside conversations. It takes effect at the next call.
func (s *Service) Plan(lines map[string]Planned, p Prompts) {
	now := &plan{lines: map[string]Planned{}, prompts: p}
	for number, l := range lines {
		now.lines[canonical(number)] = l
	}
	s.plan.Store(now)
}

// SameLine tells whether two ways of writing a number name the same line.
func SameLine(a, b string) bool { return canonical(a) == canonical(b) }

// prompts are the messages in force.
func (s *Service) prompts() Prompts {
	if p := s.plan.Load(); p != nil {
		return p.prompts
	}
	return s.cfg.Prompts
}

// planned puts what was decided for a line over what is configured.
func (s *Service) planned(l line, called string) line {
	p := s.plan.Load()
	if p == nil {
		return l
	}
	d, ok := p.lines[canonical(called)] // one number of those that "*" stands for
	if !ok {
		d, ok = p.lines[canonical(l.Number)]
	}
	switch {
	case !ok:
	case d.Open:
		l.from, l.until = time.Time{}, time.Time{}
		l.opened = true
	default:
		l.from, l.until = d.From, d.Until
		if d.Message != "" {
			l.Message = d.Message
		}
	}
	return l
}

type planPointer = atomic.Pointer[plan]
