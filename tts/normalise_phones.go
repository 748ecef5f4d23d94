package tts

import (
	"regexp"
	"strings"
	"unicode"
)

// Telephone numbers, postal codes, and the short numbers of services.

var (
	frenchPhone   = regexp.MustCompile(`(?:(?:\+|00 ?)33[ .-]?(?:\(0\) ?)?|\(?0[ .-]?)([1-9]\)?(?:(?: ?[.-] ?| )?\d){8})`)
	slashPhone    = regexp.MustCompile(`0([1-9](?: ?/ ?\d\d){4})`)
	dateInFront   = regexp.MustCompile(`^\d{1,2}[.-]\d{1,2}[.-]\d{4}`)
	overseasPhone = regexp.MustCompile(`(?:\+|00)(?:262|508|590|594|596)[ .-]?(?:\(0\) ?)?(\d(?:[ .-]?\d){8})`)
	foreignPhone  = regexp.MustCompile(`\+(\d{1,3})((?:[ .-]?\(?\d\)?){5,12})`)
	phoneGroup    = regexp.MustCompile(`\d+`)
	allDay        = regexp.MustCompile(`24 ?[hH]? ?/ ?24(?: ?[hH]\b)?`)
	allWeek       = regexp.MustCompile(`7 ?j(?:ours)? ?/ ?7(?: ?j(?:ours)?\b)?|7/7(?: ?j(?:ours)?\b)?`)
	always        = regexp.MustCompile(`24 ?[hH]?/7(?: ?j\b)?`)
	numberSign    = regexp.MustCompile(`[nN]°(?:s\b)? ?|#(\d)`)
	code5         = regexp.MustCompile(`\d{5}`)
	serviceCode   = regexp.MustCompile(`3\d{3}`)
	servicePairs  = regexp.MustCompile(`(3\d)[.-](\d\d)`)
	directory     = regexp.MustCompile(`(11[68]) ?(\d{3})`)
)

// separators drops what parts digits, and the brackets around some.
var separators = strings.NewReplacer(" ", "", ".", "", "-", "", "/", "", "(", "", ")", "")

// phones says telephone numbers in pairs with pauses between them; one of another country, of which pairs are not the custom, in the
// groups it is written in.
func (n *normaliser) phones(s string) string {
	national := func(m []string, before, after string) (string, bool) {
		ok := alone(before, after) && lastRune(before) != '+' && !dateInFront.MatchString(m[0])
		bracket := ""
		if strings.HasPrefix(m[0], "(") && !strings.Contains(m[0], ")") { // of "Mme Roux (06 39…)", not of "(06) 39…"
			bracket = "("
		}
		return bracket + digitPairs("0"+separators.Replace(m[1])), ok
	}
	s = rewrite(s, frenchPhone, national)
	s = rewrite(s, slashPhone, national)
	s = rewrite(s, servicePairs, func(m []string, before, after string) (string, bool) {
		day := toUint(m[1]) < 32 && n.month(m[2]) != "" // "le 30.12"
		ok := alone(before, after) && !day && !n.measured(after) && n.lex.has("before_services", strings.ToLower(lastWord(before))) && firstRune(after) != '-'
		return digitPair(m[1]) + " " + digitPair(m[2]), ok
	})
	if !strings.Contains(s, "+") && !strings.Contains(s, "00") {
		return s
	}
	s = rewrite(s, overseasPhone, national)
	return rewrite(s, foreignPhone, func(m []string, before, after string) (string, bool) {
		said := n.lex.phrase("plus") + " " + cardinal(toUint(m[1]))
		groups := phoneGroup.FindAllString(m[2], -1)
		for _, g := range groups {
			switch {
			case len(g) > 3:
				said += ", " + digitPairs(g)
			case len(g) == 3 && g[0] == '0':
				said += ", " + digitsOneByOne(g)
			case g[0] == '0':
				said += ", " + digitPair(g)
			default:
				said += ", " + cardinal(toUint(g))
			}
		}
		return said, alone(before, after)
	})
}

// shorthand says "7j/7", "24h/24" and "n° 3".
func (n *normaliser) shorthand(s string) string {
	fixed := func(key string) func([]string, string, string) (string, bool) {
		return func(_ []string, before, after string) (string, bool) {
			return n.lex.phrase(key), alone(before, after)
		}
	}
	if strings.Contains(s, "/") {
		s = rewrite(s, allDay, fixed("all_day"))
		s = rewrite(s, always, func(_ []string, before, after string) (string, bool) {
			return n.lex.phrase("all_day") + ", " + n.lex.phrase("all_week"), alone(before, after)
		})
		s = rewrite(s, allWeek, func(m []string, before, after string) (string, bool) {
			date := m[0] == "7/7" && n.lex.has("before_dates", strings.ToLower(lastWord(before))) && !strings.Contains(before, "/24")
			return n.lex.phrase("all_week"), alone(before, after) && !date
		})
	}
	return s
}

// codes says postal codes and short service numbers, unless they count something: 13008 "treize, zéro zéro huit", 3960 "trente-neuf
// soixante".
func (n *normaliser) codes(s string) string {
	s = rewrite(s, directory, func(m []string, before, after string) (string, bool) {
		return cardinal(toUint(m[1])) + ", " + number(m[2], false), alone(before, after) && !n.counts(after)
	})
	s = rewrite(s, code5, func(m []string, before, after string) (string, bool) {
		return postalCode(m[0]), alone(before, after) && !n.counts(after) && !inDecimal(before, after)
	})
	return rewrite(s, serviceCode, func(m []string, before, after string) (string, bool) {
		ok := alone(before, after) && !n.counts(after) && !inDecimal(before, after) && m[0][2:] != "00"
		return digitPair(m[0][:2]) + " " + digitPair(m[0][2:]), ok
	})
}

// counts tells that a noun follows which makes the number an amount.
func (n *normaliser) counts(after string) bool {
	return n.lex.has("counted", strings.ToLower(nextWord(after)))
}

// measured tells that a unit or what is counted follows.
func (n *normaliser) measured(after string) bool {
	next := strings.TrimPrefix(after, " ")
	return n.counts(after) || n.lex.has("units", nextWord(after)) || strings.HasPrefix(next, "€") || strings.HasPrefix(next, "%") || strings.HasPrefix(next, "°") ||
		n.lex.has("between", strings.ToLower(nextWord(after)))
}

// inDecimal tells that the digits are a part of "1,23456" or "12345,6".
func inDecimal(before, after string) bool {
	if r := lastRune(before); r == ',' || r == '.' {
		return isDigit(lastRune(before[:len(before)-1]))
	}
	if r := firstRune(after); r == ',' || r == '.' {
		return isDigit(firstRune(after[1:]))
	}
	return false
}

// numberSigns says "n° 3" and "#3"; it needs no digit, "n° vert" is said too.
func (n *normaliser) numberSigns(s string) string {
	return rewrite(s, numberSign, func(m []string, before, after string) (string, bool) {
		if m[1] != "" {
			return n.lex.phrase("number") + " " + m[1], !isDigit(lastRune(before)) && !unicode.IsLetter(lastRune(before))
		}
		return n.lex.phrase("number") + " ", !unicode.IsLetter(lastRune(before))
	})
}
