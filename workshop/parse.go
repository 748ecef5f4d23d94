package workshop

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/place"
)

const (
	noDate = "is no date (write 2026-05-14, 14/05/2026 or 14 mai 2026)"
	noHour = "is no hour (write 14:30 or 14h30)"
)

// The years a workshop is believed in; outside, a cell is a slip of the pen ("0206").
const firstYear, lastYear = 2000, 2100

// datePatterns are the forms of a date that sources write, year-first and day-first; the rest of the text may hold an hour.
var datePatterns = sync.OnceValue(func() [3]*regexp.Regexp {
	return [3]*regexp.Regexp{
		regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:$|[T ]+(.*)$)`),
		regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:$|[ ]+(.*)$)`),
		regexp.MustCompile(`^(\d{1,2})(?:er)? ([a-z]+) (\d{4})(?:$|[ ]+(.*)$)`),
	}
})

// ParseDate reads a date of a source: 2026-05-14, 14/05/2026, 14.5.26, "jeudi 14 mai 2026", "1er avril 2026", and an instant such as
// 2026-05-14T14:30:00+02:00, whose hour in Paris it gives too (otherwise the Clock is unknown).
func ParseDate(s string) (Date, Clock, error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		t = t.In(Paris())
		return checkDate(t.Year(), int(t.Month()), t.Day(), NewClock(t.Hour(), t.Minute()), s)
	}
	p := datePatterns()
	if m := p[0].FindStringSubmatch(s); m != nil {
		return dateParts(m[1], m[2], m[3], m[4], s)
	}
	text := s
	if first, rest, ok := strings.Cut(s, " "); ok && vocabulary().weekdays[place.Fold(strings.TrimRight(first, ".,"))] {
		text = strings.TrimSpace(rest)
	}
	if m := p[1].FindStringSubmatch(text); m != nil {
		if len(m[3]) == 2 {
			m[3] = "20" + m[3]
		}
		return dateParts(m[3], m[2], m[1], m[4], s)
	}
	if m := p[2].FindStringSubmatch(strings.Join(strings.Fields(strings.ReplaceAll(place.Fold(text), ".", " ")), " ")); m != nil {
		if month, ok := vocabulary().months[m[2]]; ok {
			return dateParts(m[3], strconv.Itoa(month), m[1], m[4], s)
		}
	}
	return Date{}, Clock{}, invalid(s, noDate)
}

func dateParts(year, month, day, rest, whole string) (Date, Clock, error) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	var c Clock
	if rest != "" {
		var err error
		if c, _, err = ParseHours(rest); err != nil {
			return Date{}, Clock{}, invalid(whole, noDate)
		}
	}
	return checkDate(y, m, d, c, whole)
}

func checkDate(y, m, d int, c Clock, whole string) (Date, Clock, error) {
	date := Date{y, time.Month(m), d}
	if DateOf(time.Date(y, time.Month(m), d, 12, 0, 0, 0, time.UTC)) != date {
		return Date{}, Clock{}, invalid(whole, "is a day that no calendar has")
	}
	if y < firstYear || y > lastYear {
		return Date{}, Clock{}, invalid(whole, fmt.Sprintf("is a year outside %d to %d", firstYear, lastYear))
	}
	return date, c, nil
}

// hourPattern finds one hour; the words around it ("de", "à", "-") are not looked at but for the check of leftovers.
var hourPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(\d{1,2}) ?(?:heures?|h|:) ?(\d{2})?(?::\d{2}(?:\.\d+)?)?`)
})

// hourWords may stand around and between hours.
var hourWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:de|à|a|au|jusqu'à|jusqu’à|et|mn|min|-|–|—|→|/|\.|,|\s|\x{a0}|\x{202f})*$`)
})

// ParseHours reads one hour or a span: 14:30, 14h30, "14 h", 14:30:00, "14h30-16h", "de 14 h 30 à 16 h 30". The second Clock is unknown
// when there is only one. An empty text gives two unknown hours.
func ParseHours(s string) (start, end Clock, err error) {
	s = strings.Map(func(r rune) rune {
		if r == '\u00a0' || r == '\u202f' || r == '\u2009' {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
	if s == "" {
		return Clock{}, Clock{}, nil
	}
	found := hourPattern().FindAllStringSubmatch(s, -1)
	if len(found) == 0 || len(found) > 2 || !hourWords().MatchString(hourPattern().ReplaceAllString(s, " ")) {
		return Clock{}, Clock{}, invalid(s, noHour)
	}
	var hours [2]Clock
	for i, m := range found {
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		if hours[i] = NewClock(hour, minute); !hours[i].Known() {
			return Clock{}, Clock{}, invalid(s, noHour)
		}
	}
	return hours[0], hours[1], nil
}
