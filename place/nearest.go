package place

import (
	"cmp"
	"slices"
	"strings"
)

// nearCode is a postal code that may be meant by digits that are none.
type nearCode struct {
	code       string
	odds, keep float64 // see candidate
	note       string
}

// Odds of slips in a code, against each other.
const (
	swappedOdds  = 1.0  // two neighbours change places
	wrongOdds    = 0.5  // one digit is another
	lastOdds     = 0.8  // and it is one of the last two: the department is said surely
	missingOdds  = 0.5  // one digit is missing
	zeroOdds     = 1.0  // and it is a zero
	extraOdds    = 0.7  // one digit too many
	cedexOdds    = 1.5  // a code for those who get much mail, served by the same office
	chiefOdds    = 0.4  // the same of the department's chief town
	cityOdds     = 3.0  // and that is one of the three cities that have most of them
	prefixOdds   = 0.5  // three digits of five
	slipKeep     = 0.6  // the most confidence in a code with a slip
	cedexKeep    = 0.75 // the most confidence in the commune of a CEDEX code
	nearestCodes = 12
)

// nearest gives the codes that exist and are one slip away from digits, and what
// a CEDEX code stands for, the likeliest first.
func (g *Gazetteer) nearest(digits string) []nearCode {
	var out []nearCode
	add := func(code string, odds, keep float64, why string) {
		if len(g.byPostal[code]) == 0 {
			return
		}
		for i := range out {
			if out[i].code == code {
				out[i].odds = max(out[i].odds, odds)
				return
			}
		}
		out = append(out, nearCode{code, odds, keep, digits + " is unknown, " + why})
	}
	switch len(digits) {
	case codeLen:
		g.cedex(digits, add)
		for i := range digits {
			for d := byte('0'); d <= '9'; d++ {
				odds := wrongOdds
				if i >= 3 {
					odds = lastOdds
				}
				if d != digits[i] {
					add(digits[:i]+string(d)+digits[i+1:], odds, slipKeep, "one digit differs")
				}
			}
			if i > 0 && digits[i] != digits[i-1] {
				add(digits[:i-1]+string([]byte{digits[i], digits[i-1]})+digits[i+1:], swappedOdds, slipKeep, "two digits are swapped")
			}
		}
	case codeLen - 1:
		for i := 0; i <= len(digits); i++ {
			for d := byte('0'); d <= '9'; d++ {
				odds := missingOdds
				if d == '0' {
					odds = zeroOdds
				}
				add(digits[:i]+string(d)+digits[i:], odds, slipKeep, "one digit is missing")
			}
		}
	case codeLen + 1:
		for i := range digits {
			add(digits[:i]+digits[i+1:], extraOdds, slipKeep, "one digit too many")
		}
	case codeLen - 2:
		for code := range g.byPostal {
			if strings.HasPrefix(code, digits) {
				add(code, prefixOdds, slipKeep, "only the first digits are known")
			}
		}
	}
	likely := func(n nearCode) float64 { return n.odds * g.peopled(n.code) }
	slices.SortFunc(out, func(a, b nearCode) int {
		return cmp.Or(cmp.Compare(likely(b), likely(a)), cmp.Compare(a.code, b.code))
	})
	return out[:min(len(out), nearestCodes)]
}

// cedex offers the communes of an unknown code's office: 84306 is served by that
// of 84300, 84906 by the chief town's. No table of these codes is public.
func (g *Gazetteer) cedex(digits string, add func(code string, odds, keep float64, why string)) {
	if digits[3:] == "00" {
		return
	}
	why := "as a CEDEX code it is of this office"
	add(digits[:3]+"00", cedexOdds, cedexKeep, why)
	if chief := digits[:2] + "000"; len(g.byPostal[chief]) > 0 {
		add(chief, chiefOdds, cedexKeep, why)
	} else {
		add(digits[:2]+"001", cityOdds, cedexKeep, why) // Paris, Lyon, Marseille
	}
}

// peopled is the prior of all communes of a code.
func (g *Gazetteer) peopled(code string) float64 {
	var sum float64
	for _, i := range g.byPostal[code] {
		sum += g.prior[i]
	}
	return sum
}
