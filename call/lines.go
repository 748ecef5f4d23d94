package call

import (
	"strings"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/sip"
)

// lines finds the service line of a called number (T1, T4).
type lines struct {
	byNumber map[string]config.Line
	other    *config.Line // "*"
}

func newLines(list []config.Line) lines {
	l := lines{byNumber: map[string]config.Line{}}
	for _, n := range list {
		if n.Number == "*" {
			l.other = &n
			continue
		}
		l.byNumber[canonical(n.Number)] = n
	}
	return l
}

// canonical is a called number as one key, however the operator writes it: E.164
// when it is a number, else the text itself ("accueil").
func canonical(number string) string {
	if n := sip.ParseNumber(number); n.E164 != "" {
		return n.E164
	}
	return strings.ToLower(strings.TrimSpace(number))
}

// find looks the number dialled up, then the number first dialled before a
// diversion, then the line for every other number.
func (l lines) find(c *sip.Call) (config.Line, bool) {
	for _, n := range []string{c.Called(), c.Dialled()} {
		if line, ok := l.byNumber[canonical(n)]; ok && n != "" {
			return line, true
		}
	}
	if l.other != nil {
		return *l.other, true
	}
	return config.Line{}, false
}

// masked is the caller's number as it may be kept: the French way, with the last
// four digits hidden (T5), "" when withheld or unknown.
func masked(n sip.Number) string {
	if n.Withheld {
		return ""
	}
	number := n.E164
	if rest, ok := strings.CutPrefix(number, "+33"); ok {
		number = "0" + rest
	}
	return record.MaskNumber(number)
}
