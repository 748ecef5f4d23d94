package call

import (
	"testing"

	"github.com/acotel/acotel-sbc/config"
)

// TestPhoneReachesTestLinesAlone: the telephone in the browser, known by its prefix, rings test and echo lines and no other, however the call
// comes in; who guesses wrong is nobody.
func TestPhoneReachesTestLinesAlone(t *testing.T) {
	s := &Service{cfg: Config{Check: &Check{Number: "check-1", Trunk: "own"}, Phone: &Phone{Prefix: "telephone-SECRET-", Trunk: "own"}},
		lines: newLines([]config.Line{{Number: "0970000000", Kind: config.Production}, {Number: "0970000001", Kind: config.Test}, {Number: "0970000002", Kind: config.Echo}, {Number: "*", Kind: config.Production}})}
	for name, c := range map[string]struct {
		called, trunk string
		line          string // "" refused
	}{
		"test line":             {"telephone-SECRET-0970000001", "own", "0970000001"},
		"by an operator's way":  {"telephone-SECRET-0970000001", "operator", "0970000001"},
		"echo line":             {"telephone-SECRET-0970000002", "own", "0970000002"},
		"production":            {"telephone-SECRET-0970000000", "own", ""},
		"any other number":      {"telephone-SECRET-0199000001", "own", ""},
		"own way, no prefix":    {"0970000001", "own", ""},
		"own way, wrong prefix": {"telephone-GUESS-0970000001", "own", ""},
		"check line":            {"check-1", "own", "check-1"},
		"operator":              {"0970000000", "operator", "0970000000"},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, ok := s.lineOf(c.called, "", c.trunk)
			if got := l.Number; ok != (c.line != "") || ok && got != c.line {
				t.Errorf("line %q, %v", got, ok)
			}
		})
	}
}
