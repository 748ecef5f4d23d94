package tts

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// What is written in digits, from telephone numbers to plain numbers.

var (
	frenchPhone   = regexp.MustCompile(`(?:(?:\+|00)33[ .-]?(?:\(0\) ?)?|0[ .-]?)([1-9](?:[ .-]?\d){8})`)
	overseasPhone = regexp.MustCompile(`(?:\+|00)(?:262|508|590|594|596)[ .-]?(?:\(0\) ?)?(\d(?:[ .-]?\d){8})`)
	foreignPhone  = regexp.MustCompile(`\+(\d{1,3}(?:[ .-]?\d){6,12})`)
	allDay        = regexp.MustCompile(`24 ?[hH]? ?/ ?24(?: ?[hH]\b)?`)
	allWeek       = regexp.MustCompile(`7 ?j(?:ours)? ?/ ?7(?: ?j\b)?|7/7`)
	numberSign    = regexp.MustCompile(`[nN]°s? ?`)
	isoDate       = regexp.MustCompile(`(\d{4})-(\d{2})-(\d{2})`)
	slashDate     = regexp.MustCompile(`(\d{1,2})([/.])(\d{2})(?:[/.](\d{4}|\d{2}))?`)
	clockRange    = regexp.MustCompile(`(\d{1,2})( ?[hH:] ?(?:[0-5]\d)?)? ?[-–] ?(\d{1,2}) ?([hH:])`)
	clockTime     = regexp.MustCompile(`(\d{1,3}) ?[hH](?: ?([0-5]\d)(?: ?(?:min|mn))?)?`)
	colonTime     = regexp.MustCompile(`([01]?\d|2[0-3]):([0-5]\d)`)
	numberRange   = regexp.MustCompile(`(\d+(?:[.,]\d+)?) ?[-–] ?(\d+)`)
	price         = regexp.MustCompile(numeral + ` ?(?:€|[eE]uros?|EUR)(?: ?/ ?(\pL+))?`)
	code5         = regexp.MustCompile(`\d{5}`)
	serviceCode   = regexp.MustCompile(`3\d{3}`)
	directory     = regexp.MustCompile(`(11[68]) (\d{3})`)
	ordinalSign   = regexp.MustCompile(`(\d+|[IVX]+) ?(ères?|eres?|èmes?|emes?|ers?|res?|ndes?|nds?|es?|è)`)
	romanNumber   = regexp.MustCompile(`[IVX]{2,}`)
	halfOf        = regexp.MustCompile(`1/2 ([hj]\b|journée|heure)`)
	fraction      = regexp.MustCompile(`(\d+) ?/ ?(\d+)`)
	timesSign     = regexp.MustCompile(`(\d) ?[xX×] ?(\d)`)
	anyNumber     = regexp.MustCompile(numeral)
)

var separators = strings.NewReplacer(" ", "", ".", "", "-", "")

// phones says telephone numbers in pairs with pauses between them.
func (n *normaliser) phones(s string) string {
	national := func(m []string, before, after string) (string, bool) {
		return digitPairs("0" + separators.Replace(m[1])), alone(before, after)
	}
	s = rewrite(s, frenchPhone, national)
	s = rewrite(s, overseasPhone, national)
	return rewrite(s, foreignPhone, func(m []string, before, after string) (string, bool) {
		return n.lex.phrase("plus") + " " + digitPairs(separators.Replace(m[1])), alone(before, after)
	})
}

// shorthand says "7j/7", "24h/24" and "n° 3".
func (n *normaliser) shorthand(s string) string {
	fixed := func(key string) func([]string, string, string) (string, bool) {
		return func(_ []string, before, after string) (string, bool) {
			return n.lex.phrase(key), alone(before, after)
		}
	}
	s = rewrite(s, allDay, fixed("all_day"))
	s = rewrite(s, allWeek, fixed("all_week"))
	return rewrite(s, numberSign, func(_ []string, before, after string) (string, bool) {
		return n.lex.phrase("number") + " ", !unicode.IsLetter(lastRune(before))
	})
}

// calendar says days and dates: "mar. 14/05" "mardi quatorze mai".
func (n *normaliser) calendar(s string) string {
	s = rewrite(s, n.days, func(m []string, before, after string) (string, bool) {
		return n.lex.sections["days"][strings.ToLower(m[1])] + " " + m[2], !unicode.IsLetter(lastRune(before))
	})
	s = rewrite(s, n.dates, func(m []string, before, after string) (string, bool) {
		said, ok := n.date(m[1], n.lex.sections["months"][strings.ToLower(m[2])], m[3])
		return said, ok && alone(before, after)
	})
	s = rewrite(s, isoDate, func(m []string, before, after string) (string, bool) {
		said, ok := n.date(m[3], n.month(m[2]), m[1])
		return said, ok && alone(before, after)
	})
	return rewrite(s, slashDate, func(m []string, before, after string) (string, bool) {
		if m[4] == "" && (m[2] == "." || n.counts(after)) { // "2.05" is a decimal, "8/10 places" a share
			return "", false
		}
		if len(m[4]) == 2 {
			m[4] = "20" + m[4]
		}
		said, ok := n.date(m[1], n.month(m[3]), m[4])
		return said, ok && alone(before, after)
	})
}

// month is the name of a month written as a number, "" for none.
func (n *normaliser) month(digits string) string {
	return n.lex.sections["month_names"][strings.TrimLeft(digits, "0")]
}

// date says a day of a month; year may be empty.
func (n *normaliser) date(day, month, year string) (string, bool) {
	d := toUint(day)
	if d < 1 || d > 31 || month == "" {
		return "", false
	}
	said := cardinal(d)
	if d == 1 {
		said = ordinal(1, false)
	}
	said += " " + month
	if year != "" {
		said += " " + cardinal(toUint(year))
	}
	return said, true
}

// clock says hours and durations: "14h30" "quatorze heures trente".
func (n *normaliser) clock(s string) string {
	s = rewrite(s, clockRange, func(m []string, before, after string) (string, bool) {
		if m[2] == "" { // "14-16h": both are hours
			m[2] = m[4]
			if m[4] == ":" {
				m[2] = "h"
			}
		}
		b := lastRune(before)
		ok := !unicode.IsLetter(b) && !isDigit(b) && b != '-' && !unicode.IsLetter(firstRune(after))
		return m[1] + m[2] + " " + n.lex.phrase("to") + " " + m[3] + m[4], ok
	})
	s = rewrite(s, clockTime, func(m []string, before, after string) (string, bool) {
		return n.hour(m[1], m[2]), alone(before, after) && firstRune(after) != '\''
	})
	return rewrite(s, colonTime, func(m []string, before, after string) (string, bool) {
		return n.hour(m[1], m[2]), alone(before, after) && firstRune(after) != ':'
	})
}

func (n *normaliser) hour(hours, minutes string) string {
	h := toUint(hours)
	said := feminine(h) + " " + n.lex.phrase("hours")
	if h < 2 {
		said = feminine(h) + " " + n.lex.phrase("hour")
	}
	if m := toUint(minutes); m > 0 {
		said += " " + feminine(m)
	}
	return said
}

// ranges turns "60-75 ans" into "60 à 75 ans", and parts other digits joined
// by a dash with a pause.
func (n *normaliser) ranges(s string) string {
	return rewrite(s, numberRange, func(m []string, before, after string) (string, bool) {
		b := lastRune(before)
		if unicode.IsLetter(b) || isDigit(b) || b == ',' || b == '.' || isDigit(firstRune(after)) {
			return "", false
		}
		from, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
		to, err2 := strconv.ParseFloat(m[2], 64)
		if err != nil || err2 != nil || from >= to || len(m[2]) > 4 || m[2][0] == '0' || firstRune(after) == '-' {
			return m[1] + ", " + m[2], true
		}
		return m[1] + " " + n.lex.phrase("to") + " " + m[2], true
	})
}

// prices says amounts: "5,50 €" "cinq euros cinquante", "2 €/séance" "deux
// euros par séance".
func (n *normaliser) prices(s string) string {
	return rewrite(s, price, func(m []string, before, after string) (string, bool) {
		if !alone(before, after) {
			return "", false
		}
		euros, cents := separators.Replace(m[1]), m[2]
		if len(cents) > 2 || len(euros) > 15 { // not money; said as a number
			return "", false
		}
		if len(cents) == 1 {
			cents += "0"
		}
		said := n.amount(toUint(euros), cents)
		if m[3] != "" {
			said += " " + n.lex.phrase("per") + " " + m[3]
		}
		return said, true
	})
}

func (n *normaliser) amount(euros uint64, cents string) string {
	c := toUint(cents)
	if euros == 0 && c > 0 {
		if c == 1 {
			return cardinal(c) + " " + n.lex.phrase("centime")
		}
		return cardinal(c) + " " + n.lex.phrase("centimes")
	}
	said := cardinal(euros)
	switch {
	case strings.HasSuffix(said, "lion"), strings.HasSuffix(said, "lions"), strings.HasSuffix(said, "liard"), strings.HasSuffix(said, "liards"):
		said += " " + n.lex.phrase("of_euros")
	case euros < 2:
		said += " " + n.lex.phrase("euro")
	default:
		said += " " + n.lex.phrase("euros")
	}
	if c > 0 {
		said += " " + digitPair(cents)
	}
	return said
}

// measures says numbers with a unit: "2,5 km" "deux virgule cinq kilomètres".
func (n *normaliser) measures(s string) string {
	return rewrite(s, n.units, func(m []string, before, after string) (string, bool) {
		a := firstRune(after)
		if !alone(before, after) || a == '\'' || a == '/' {
			return "", false
		}
		u := n.lex.units[m[3]]
		word := u.many
		if whole := separators.Replace(m[1]); len(whole) < 2 && whole < "2" {
			word = u.one
		}
		return n.decimal(m[1], m[2], u.female) + " " + word, true
	})
}

// codes says postal codes and short service numbers, unless they count
// something: 13008 "treize, zéro zéro huit", 3960 "trente-neuf soixante".
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

// ordinals says "1er", "2e", "XXe" and the numbers of kings and popes.
func (n *normaliser) ordinals(s string) string {
	s = rewrite(s, ordinalSign, func(m []string, before, after string) (string, bool) {
		value, ok := toUint(m[1]), len(m[1]) < 16
		if !isDigit(rune(m[1][0])) {
			if value, ok = roman(m[1]); ok && value < 2 && m[2][0] != 'e' && !strings.HasPrefix(m[2], "è") {
				ok = false
			}
			ok = ok && !strings.Contains(m[0], " ") // "XX es" is no century
		} else if strings.Contains(m[0], " ") && m[2] != "er" && m[2] != "ème" {
			ok = false // "5 es" is not "cinquième"
		}
		if !ok || !alone(before, after) || value == 0 || firstRune(after) == '\'' {
			return "", false
		}
		switch suffix := strings.TrimSuffix(m[2], "s"); {
		case suffix == "nd":
			return n.lex.phrase("second_m"), value == 2
		case suffix == "nde":
			return n.lex.phrase("second_f"), value == 2
		default:
			return ordinal(value, suffix == "ère" || suffix == "ere" || suffix == "re"), true
		}
	})
	return rewrite(s, romanNumber, func(m []string, before, after string) (string, bool) {
		value, ok := roman(m[0])
		return cardinal(value), ok && alone(before, after)
	})
}

// roman reads a Roman numeral of I, V and X as it is properly written.
func roman(s string) (uint64, bool) {
	digits := []struct {
		value uint64
		sign  string
	}{{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}
	var n uint64
	var proper strings.Builder
	rest := s
	for _, d := range digits {
		for strings.HasPrefix(rest, d.sign) {
			n, rest = n+d.value, rest[len(d.sign):]
		}
	}
	left := n
	for _, d := range digits {
		for ; left >= d.value; left -= d.value {
			proper.WriteString(d.sign)
		}
	}
	return n, rest == "" && n > 0 && n < 40 && proper.String() == s
}

// fractions says "1/2 journée", "3/4", "10/12" and "8 x 2".
func (n *normaliser) fractions(s string) string {
	s = rewrite(s, halfOf, func(m []string, before, after string) (string, bool) {
		noun := map[string]string{"h": "heure", "j": "journée"}[m[1]]
		if noun == "" {
			noun = m[1]
		}
		return n.lex.phrase("half_f") + "-" + noun, alone(before, after)
	})
	s = rewrite(s, fraction, func(m []string, before, after string) (string, bool) {
		known := map[string]string{"1/2": "half", "1/4": "quarter", "3/4": "three_quarters"}
		if key, ok := known[m[1]+"/"+m[2]]; ok && alone(before, after) {
			return n.lex.phrase(key), true
		}
		return m[1] + " " + n.lex.phrase("over") + " " + m[2], true
	})
	return rewrite(s, timesSign, func(m []string, _, _ string) (string, bool) {
		return m[1] + " " + n.lex.phrase("times") + " " + m[2], true
	})
}

// numbers says all digits that are left, parted from the letters they touch.
func (n *normaliser) numbers(s string) string {
	return rewrite(s, anyNumber, func(m []string, before, after string) (string, bool) {
		said := n.decimal(m[1], m[2], n.lex.has("feminine", strings.ToLower(nextWord(after))))
		if unicode.IsLetter(lastRune(before)) || isDigit(lastRune(before)) {
			said = " " + said
		}
		if unicode.IsLetter(firstRune(after)) || isDigit(firstRune(after)) {
			said += " "
		}
		return said, true
	})
}

// decimal says a number with its decimals: "2,05" "deux virgule zéro cinq".
func (n *normaliser) decimal(whole, decimals string, female bool) string {
	said := number(separators.Replace(whole), female && decimals == "")
	if decimals == "" {
		return said
	}
	said += " " + n.lex.phrase("comma")
	for len(decimals) > 1 && decimals[0] == '0' {
		said, decimals = said+" "+small[0], decimals[1:]
	}
	return said + " " + number(decimals, false)
}
