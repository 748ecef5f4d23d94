package dialog

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// at is "à Orange", "au Thor", "aux Angles".
func (w words) at(name string) string {
	form, rest := w.At, name
	if after, ok := strings.CutPrefix(name, "Le "); ok {
		form, rest = w.AtLe, after
	} else if after, ok := strings.CutPrefix(name, "Les "); ok {
		form, rest = w.AtLes, after
	}
	return expand(form, vars{"name": rest})
}

// near is "près de Carpentras", "près d'Orange", "près du Thor".
func (w words) near(name string) string {
	form, rest := w.Near, name
	if after, ok := strings.CutPrefix(name, "Le "); ok {
		form, rest = w.NearLe, after
	} else if after, ok := strings.CutPrefix(name, "Les "); ok {
		form, rest = w.NearLes, after
	} else if beginsWithVowel(place.Fold(name)) {
		form = w.NearVowel
	}
	return expand(form, vars{"name": rest})
}

// beginsWithVowel: towns in Hy- have a silent h ("près d'Hyères"), most others in H- come from the Germanic and have not.
func beginsWithVowel(folded string) bool {
	return folded != "" && strings.Contains("aeiouy", folded[:1]) || strings.HasPrefix(folded, "hy")
}

// department is "dans le Vaucluse".
func (w words) department(code string) string {
	if in, ok := w.Departments[code]; ok {
		return in
	}
	return place.DepartmentName(code)
}

// date is "mardi 14 mai", "vendredi 1er mai".
func (w words) date(d workshop.Date) string {
	number := strconv.Itoa(d.Day)
	if d.Day == 1 {
		number = w.FirstOfMonth
	}
	if d.IsZero() || d.Month < 1 || d.Month > 12 || len(w.Days) != 7 || len(w.Months) != 12 {
		return ""
	}
	return expand(w.Date, vars{"day": w.Days[d.Weekday()], "number": number, "month": w.Months[d.Month-1]})
}

// hour is "14 h 30", "9 h", "midi".
func (w words) hour(c workshop.Clock) string {
	switch {
	case c.Hour() == 12 && c.Minute() == 0:
		return w.Midday
	case c.Minute() == 0:
		return expand(w.Hour, vars{"h": strconv.Itoa(c.Hour())})
	}
	return expand(w.HourMinutes, vars{"h": strconv.Itoa(c.Hour()), "m": fmt.Sprintf("%02d", c.Minute())})
}

// ordinal is "Premier" for 1: it begins a sentence.
func (w words) ordinal(n int) string {
	if n < 1 || n > len(w.Ordinals) {
		return capital(w.OrdinalBeyond)
	}
	return capital(w.Ordinals[n-1])
}

func (w words) workshops(n int) string { return count(n, w.OneWorkshop, w.ManyWorkshops) }
func (w words) left(n int) string      { return count(n, w.OneLeft, w.ManyLeft) }

func count(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return expand(many, vars{"n": strconv.Itoa(n)})
}

// capital makes the first letter a capital: "à Orange" → "À Orange".
func capital(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}

// small makes the first letter small: "Bien chez soi" → "bien chez soi".
func small(s string) string {
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(next) {
		return s // "CCAS", "MJC"
	}
	return strings.ToLower(string(r)) + s[n:]
}

// sentence prepares a text of the source that is a sentence of its own.
func sentence(s string) string {
	s = plain(s)
	if s == "" || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

// plain prepares a text of the source for speech: one line, no final stop, since the message around it has its own.
func plain(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(s), " "), ".;:, ")
}
