package tts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Days, dates, hours and durations.

var (
	isoDate     = regexp.MustCompile(`(\d{4})-(\d{2})-(\d{2})`)
	dashDate    = regexp.MustCompile(`(\d{1,2})-(\d{1,2})-(\d{4})`)
	slashDate   = regexp.MustCompile(`(\d{1,2})(?:er)?([/.])(\d{1,2})(?:[/.](\d{4}|\d{2}))?`)
	dateChain   = regexp.MustCompile(`\d{1,2}/\d{1,2}(?:/\d{4}|/\d\d)?(?: ?[-–] ?\d{1,2}/\d{1,2}(?:/\d{4}|/\d\d)?)+`)
	dashes      = regexp.MustCompile(` ?[-–] ?`)
	years       = regexp.MustCompile(`((?:19|20)\d\d) ?[-–/] ?((?:19|20)?\d\d)`)
	clockRange  = regexp.MustCompile(`(\d{1,2})( ?[hH:] ?(?:[0-5]\d)?)? ?([-–/]) ?(\d{1,2}) ?([hH:])`)
	clockTime   = regexp.MustCompile(`(\d{1,3}) ?[hH](?: ?([0-5]\d)(?: ?(?:min|mn|'))?)?`)
	clockHalf   = regexp.MustCompile(`(\d{1,2}) ?(?:[hH]|heures?) ?1/2`)
	hourMinutes = regexp.MustCompile(`(\d{1,2} heures? )1(\D|$)`)
	colonTime   = regexp.MustCompile(`([01]?\d|2[0-3]):([0-5]\d)`)
	prime       = regexp.MustCompile(`(\d{1,3})('{1,2})`)
)

// calendar says days and dates: "mar. 14/05" "mardi quatorze mai".
func (n *normaliser) calendar(s string) string {
	s = rewrite(s, n.dayList, func(m []string, before, after string) (string, bool) {
		return strings.NewReplacer("-", ", ", "–", ", ", "/", ", ").Replace(m[1]) + " " + m[2], alone(before, after)
	})
	s = rewrite(s, n.dayRange, func(m []string, before, after string) (string, bool) {
		first := m[1]
		if first == "1" {
			first = "1er"
		}
		return first + " " + n.lex.phrase("to") + " " + m[2], alone(before, "") && lastRune(before) != '-' && toUint(m[1]) < toUint(strings.Fields(m[2])[0])
	})
	s = n.firstDay.ReplaceAllString(s, "$1 1er$2")
	s = rewrite(s, n.dates, func(m []string, before, after string) (string, bool) {
		if len(m[3]) == 2 && isLatin(firstRune(strings.TrimLeft(after, " "))) { // "le 14 mai 12 personnes"
			return "", false
		}
		said, ok := n.date(m[1], n.lex.sections["months"][strings.ToLower(m[2])], m[3])
		if m[3] == "" {
			said = ending(said, m[0], after)
			if strings.HasSuffix(m[0], ".") && unicode.IsUpper(firstRune(strings.TrimLeft(after, " "))) { // "le 1er décembre. Demandez…"
				said += "."
			}
		}
		return said, ok && alone(before, after)
	})
	s = rewrite(s, isoDate, func(m []string, before, after string) (string, bool) {
		said, ok := n.date(m[3], n.month(m[2]), m[1])
		return said, ok && alone(before, after)
	})
	s = rewrite(s, dashDate, func(m []string, before, after string) (string, bool) {
		said, ok := n.date(m[1], n.month(m[2]), m[3])
		return said, ok && alone(before, after)
	})
	s = rewrite(s, dateChain, func(m []string, before, after string) (string, bool) {
		dates := dashes.Split(m[0], -1)
		sure := n.lex.has("before_dates", strings.ToLower(lastWord(before)))
		for _, d := range dates {
			part := strings.Split(d, "/")
			if n.month(part[1]) == "" || toUint(part[0]) > 31 {
				return "", false
			}
			sure = sure || len(part[1]) == 2
		}
		if !sure { // "1/2 - 3/4"
			return "", false
		}
		link := ", "
		if len(dates) == 2 && !n.lex.has("several", strings.ToLower(lastWord(before))) {
			link = " " + n.lex.phrase("until") + " "
		}
		return strings.Join(dates, link), alone(before, after) && lastRune(before) != '/' && firstRune(after) != '/'
	})
	last := "" // up to the date before: what is joined to a date is one, "les 22/1, 29/1 & 5/2"
	s = rewrite(s, slashDate, func(m []string, before, after string) (string, bool) {
		joined, near := strings.CutPrefix(before, last)
		near = near && last != "" && m[2] == "/" && n.lex.has("joins", strings.TrimSpace(joined))
		if m[4] == "" && !near && !n.isDate(m, before, after) || !alone(before, after) || firstRune(after) == '/' {
			return "", false
		}
		if len(m[4]) == 2 {
			m[4] = "20" + m[4]
		}
		said, ok := n.date(m[1], n.month(m[3]), m[4])
		if ok {
			last = before + m[0]
		}
		return said, ok
	})
	return rewrite(s, years, func(m []string, before, after string) (string, bool) {
		from, to := toUint(m[1]), toUint(m[2])
		if len(m[2]) == 2 {
			to += from / 100 * 100
		}
		return m[1] + ", " + cardinal(to), alone(before, after) && firstRune(after) != '-' && to == from+1
	})
}

// isDate tells a day and a month without a year from a decimal ("2.05"), a share ("8/10 places"), two house numbers ("10/12, rue…").
func (n *normaliser) isDate(m []string, before, after string) bool {
	next := strings.ToLower(nextWord(strings.TrimPrefix(after, ",")))
	switch {
	case m[2] == "." && (len(m[3]) != 2 || n.measured(after) || !n.lex.has("before_dates", strings.ToLower(lastWord(before)))), lastRune(before) == '/', n.counts(after), n.lex.has("between", next), n.lex.has("streets", next), next == "h",
		n.lex.has("of", strings.ToLower(lastWord(before))), strings.HasPrefix(strings.TrimPrefix(after, " "), "€"):
		return false
	case len(m[3]) == 1:
		return n.lex.has("before_dates", strings.ToLower(lastWord(before)))
	}
	return true
}

// hasDay tells that a word of three letters is a day's.
func (n *normaliser) hasDay(s string) bool {
	for start := 0; start < len(s); {
		end := start
		for end < len(s) && (s[end]|0x20) >= 'a' && (s[end]|0x20) <= 'z' {
			end++
		}
		if end-start == 3 && n.lex.has("days", strings.ToLower(s[start:end])) {
			return true
		}
		start = end + 1
	}
	return false
}

// dayNames writes the days out: "lun. et jeu." before anything that makes them days.
func (n *normaliser) dayNames(s string) string {
	if strings.Contains(s, ". ") { // september is the one month cut short that is a word, too: "de sept. à déc."
		s = rewrite(s, n.september, func(m []string, before, after string) (string, bool) {
			return n.lex.sections["months"][strings.ToLower(m[1])] + " ", n.lex.has("before_months", strings.ToLower(lastWord(before)))
		})
	}
	if n.joinsMonth(s) {
		s = n.months(s)
	}
	if !n.hasDay(s) {
		return s
	}
	s = n.dayChain.ReplaceAllStringFunc(s, func(chain string) string { // "lun-mar-jeu": no range
		return dashes.ReplaceAllString(chain, ", ")
	})
	full := func(day string) string {
		if name, ok := n.lex.sections["days"][strings.ToLower(day)]; ok {
			return likeCase(day, name)
		}
		return day
	}
	s = rewrite(s, n.days, func(m []string, before, after string) (string, bool) {
		return full(m[1]) + " " + m[2], !unicode.IsLetter(lastRune(before))
	})
	for range 6 { // each round does every second pair of a chain
		said := rewrite(s, n.dayPair, func(m []string, before, after string) (string, bool) {
			first, second := full(m[1]), full(m[4])
			if first == m[1] && second == m[4] || unicode.IsLetter(lastRune(before)) {
				return "", false
			}
			link := m[3]
			if t := strings.TrimSpace(link); t == "-" || t == "–" {
				link = " " + n.lex.phrase("to") + " "
			}
			dot := ""
			if strings.TrimSpace(after) == "" {
				dot = m[5]
			}
			return first + link + second + dot, true
		})
		if said == s {
			break
		}
		s = said
	}
	return s
}

// joinsMonth tells that a month follows a sign that may join it to another; it is a look, no decision.
func (n *normaliser) joinsMonth(s string) bool {
	for i, r := range s {
		if r != '-' && r != '–' && r != '/' && r != '&' {
			continue
		}
		next := strings.TrimLeft(s[i+utf8.RuneLen(r):], " ")
		if end := strings.IndexFunc(next, func(r rune) bool { return !unicode.IsLetter(r) }); end >= 0 {
			next = next[:end]
		}
		if len(next) >= 3 && n.lex.has("months", strings.ToLower(next)) {
			return true
		}
	}
	return false
}

// months writes out two months joined by a sign: "sept.-déc." "septembre à décembre".
func (n *normaliser) months(s string) string {
	return rewrite(s, n.monthPair, func(m []string, before, after string) (string, bool) {
		link := ", "
		switch strings.TrimSpace(m[3]) {
		case "&":
			link = " & "
		case "-", "–":
			link = " " + n.lex.phrase("to") + " "
		}
		name := func(month string) string { return likeCase(month, n.lex.sections["months"][strings.ToLower(month)]) }
		dot := ""
		if strings.TrimSpace(after) == "" {
			dot = m[5]
		}
		return name(m[1]) + m[2] + link + name(m[4]) + dot, !unicode.IsLetter(lastRune(before))
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
	s = rewrite(s, clockHalf, func(m []string, before, after string) (string, bool) {
		return n.hour(m[1], "") + " " + n.lex.phrase("and_a_half_f"), alone(before, after)
	})
	s = rewrite(s, clockRange, func(m []string, before, after string) (string, bool) {
		if m[2] == "" { // "14-16h": both are hours
			m[2] = m[5]
			if m[5] == ":" {
				m[2] = "h"
			}
		}
		if m[5] == ":" && !isDigit(firstRune(after)) { // "Module 2/6 : ..."
			return "", false
		}
		b := lastRune(before)
		ok := !unicode.IsLetter(b) && !isDigit(b) && b != '-' && b != '/' && !unicode.IsLetter(firstRune(after))
		return m[1] + m[2] + " " + n.lex.phrase("to") + " " + m[4] + m[5], ok
	})
	s = rewrite(s, clockTime, func(m []string, before, after string) (string, bool) {
		return n.hour(m[1], m[2]), alone(before, after) && firstRune(after) != '\''
	})
	s = rewrite(s, colonTime, func(m []string, before, after string) (string, bool) {
		return n.hour(m[1], m[2]), alone(before, after) && firstRune(after) != ':'
	})
	s = hourMinutes.ReplaceAllString(s, "${1}une$2")
	return rewrite(s, prime, func(m []string, before, after string) (string, bool) {
		count, one, many := toUint(m[1]), "minute", "minutes"
		if m[2] == "''" {
			one, many = "second_f", "seconds"
		}
		if count < 2 {
			many = one
		}
		quoted := strings.Contains(before, " '") || strings.HasPrefix(before, "'")
		return feminine(count) + " " + n.lex.phrase(many), alone(before, after) && !quoted
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
