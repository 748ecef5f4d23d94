package call

import (
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/sip"
)

// line is a service line with its planned suspension.
type line struct {
	config.Line
	from, until time.Time // zero: open end; both: none planned
	opened      bool      // somebody opened it, whatever is configured
}

// suspended tells whether the line is closed at a moment, for good or as planned (T4).
func (l line) suspended(at time.Time) bool {
	switch {
	case l.opened:
		return false
	case l.Kind == config.Suspended:
		return true
	case l.from.IsZero() && l.until.IsZero():
		return false
	}
	return !at.Before(l.from) && (l.until.IsZero() || at.Before(l.until))
}

// lines finds the service line of a called number (T1, T4).
type lines struct {
	byNumber map[string]line
	other    *line // "*"
}

func newLines(list []config.Line) lines {
	l := lines{byNumber: map[string]line{}}
	for _, n := range list {
		one := line{Line: n}
		one.from, one.until, _ = n.Suspension() // the configuration has checked them
		if n.Number == "*" {
			l.other = &one
			continue
		}
		l.byNumber[canonical(n.Number)] = one
	}
	return l
}

// canonical is a called number as one key, however the operator writes it: E.164
// when it is a number, else the text itself ("accueil").
func canonical(number string) string {
	if n := sip.ParseNumber(number); !n.E164.IsZero() {
		return n.E164.Reveal() // a number of ours
	}
	return strings.ToLower(strings.TrimSpace(number))
}

// find looks the number dialled up, then the number first dialled before a
// diversion, then the line for every other number.
func (l lines) find(called, dialled string) (line, bool) {
	for _, n := range []string{called, dialled} {
		if line, ok := l.byNumber[canonical(n)]; ok && n != "" {
			return line, true
		}
	}
	if l.other != nil {
		return *l.other, true
	}
	return line{}, false
}

// masked is the caller's number as it may be kept: the French way, with the last
// four digits hidden (T5), "" when withheld or unknown.
func masked(n sip.Number) string {
	if n.Withheld {
		return ""
	}
	return n.E164.String()
}
