package call

import (
	"strings"

	"github.com/acotel/acotel-sbc/config"
)

// Phone lets our own telephone in the browser call in, whoever the trunks are: as Prefix and the number of a test line. It reaches no other
// line.
type Phone struct {
	Prefix    string    // that nobody can guess, new at each start
	Trunk     string    // by which such calls come in where no operator's covers our own address; others by it are refused. "": none
	Messenger Messenger // takes the messages of such calls; nil: the one of all calls
}

// phoneLine gives the number that was rung, and whether our telephone in the browser rang it.
func (s *Service) phoneLine(called string) (number string, ours bool) {
	p := s.cfg.Phone
	if p == nil || p.Prefix == "" {
		return called, false
	}
	if number, ours = strings.CutPrefix(called, p.Prefix); !ours {
		return called, false
	}
	return number, true
}

// lineOf finds the line of a call, and whether it is our own test call; ok is false when it may reach none.
func (s *Service) lineOf(called, dialled, trunk string) (l line, own, ok bool) {
	l, own, reserved := s.checkLine(called, trunk)
	number, phone := s.phoneLine(called)
	if own || reserved && !phone {
		return l, own, own
	}
	l, ok = s.lines.find(number, dialled)
	l = s.planned(l, number)
	return l, false, ok && (!phone || l.Kind == config.Test || l.Kind == config.Echo)
}

// messenger takes the messages of this call.
func (l *leg) messenger() Messenger {
	if p := l.s.cfg.Phone; l.phone && p.Messenger != nil {
		return p.Messenger
	}
	return l.s.cfg.Messenger
}
