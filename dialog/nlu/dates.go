package nlu

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/place/spoken"
)

// A date entity's value is an interval of days, "2026-12-01/2026-12-31", open at the end when it is "2027-02-01/"; or a day of the week
// said by itself, "tuesday", which is a wish for all weeks. Where the day on which it was said isn't known, what is counted from that day
// keeps its name: "next_week", "december".

var weekdays = map[string]time.Weekday{
	"dimanche": time.Sunday, "lundi": time.Monday, "mardi": time.Tuesday, "mercredi": time.Wednesday, "jeudi": time.Thursday,
	"vendredi": time.Friday, "samedi": time.Saturday,
}

var months = map[string]time.Month{
	"janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9, "octobre": 10,
	"novembre": 11, "decembre": 12,
}

// dates finds days, weeks, months and seasons.
func (p *Parser) dates(s *sentence, day time.Time, res *Result) {
	add := func(value string, from, to int) {
		if value == "" || s.taken(from, to) {
			return
		}
		if slices.ContainsFunc(res.Entities, func(e Entity) bool { return e.Type == "date" && (e.Value == value || strings.Contains(e.Value, "/")) }) {
			return
		}
		res.Entities = append(res.Entities, Entity{Type: "date", Value: value, Text: s.said(from, to), from: from, to: to})
		s.take(from, to)
	}
	for i := range s.words {
		if value, from, to := monthAt(s, i, day); to > from {
			add(value, from, to)
		}
	}
	if e, ok := bestValue(s, p.rules.dates); ok {
		add(since(s, e.from, relative(e.Value, day)), e.from, e.to)
	}
	for i, w := range s.words {
		weekday, ok := weekdays[strings.TrimSuffix(w, "s")]
		if !ok {
			continue
		}
		value, to := strings.ToLower(weekday.String()), i+1
		if to < len(s.words) && s.words[to] == "prochain" && !day.IsZero() {
			first := monday(day).AddDate(0, 0, 7)
			value, to = oneDay(first.AddDate(0, 0, (int(weekday)+6)%7)), to+1
		}
		if n, after := dayNumber(s, i+1); n > 0 && !day.IsZero() { // "mardi 14"
			value, to = oneDay(next(day, 0, n)), after
		}
		add(since(s, i, value), i, to)
	}
}

// sinceWords open an interval: "à partir de janvier".
var sinceWords = []string{"a partir de", "a partir du", "apres", "a compter du", "a compter de", "des", "depuis", "a partir du mois de", "pas avant", "pas avant le"}

// since opens the interval when what stands before words[from] says so.
func since(s *sentence, from int, value string) string {
	first, _, dated := strings.Cut(value, "/")
	if !dated {
		return value
	}
	before := " " + strings.Join(s.words[max(0, from-5):from], " ")
	for _, w := range sinceWords {
		if strings.HasSuffix(before, " "+w) || strings.HasSuffix(before, " "+w+" le") || strings.HasSuffix(before, " "+w+" mois de") {
			return first + "/"
		}
	}
	return value
}

// dayNumber reads the day of a month at words[i], 0 when there is none.
func dayNumber(s *sentence, i int) (n, to int) {
	if i >= len(s.words) {
		return 0, i
	}
	if w := s.words[i]; w == "premier" || w == "1er" {
		return 1, i + 1
	}
	for to = min(len(s.words), i+3); to > i; to-- { // "vingt et un"
		if v, ok := spoken.One(s.words[i:to]); ok && v >= 1 && v <= 31 {
			return v, to
		}
	}
	return 0, i
}

// monthAt reads "14 décembre", "début janvier", "en février" where words[i] is the month.
func monthAt(s *sentence, i int, day time.Time) (value string, from, to int) {
	m, ok := months[s.words[i]]
	if !ok || s.words[i] == "mars" && i == 0 {
		return "", 0, 0
	}
	for k := max(0, i-3); k < i; k++ {
		if n, after := dayNumber(s, k); n > 0 && after == i && (k == 0 || !spoken.IsWord(s.words[k-1])) {
			if day.IsZero() {
				return fmt.Sprintf("%s_%d", strings.ToLower(m.String()), n), k, i + 1
			}
			return since(s, k, oneDay(next(day, m, n))), k, i + 1
		}
	}
	first, last, from := 1, 31, i
	switch before := s.before(i); before {
	case "debut":
		last, from = 10, i-1
	case "mi":
		first, last, from = 11, 20, i-1
	case "fin":
		first, from = 21, i-1
	case "en", "au", "de", "d", "pour", "mois", "courant", "du", "":
	default:
		if m == time.March || m == time.May || m == time.August { // "mars", "mai" may be anything
			return "", 0, 0
		}
	}
	if day.IsZero() {
		return strings.ToLower(m.String()), from, i + 1
	}
	year := day.Year()
	if m < day.Month() {
		year++
	}
	begin := time.Date(year, m, first, 0, 0, 0, 0, time.UTC)
	end := time.Date(year, m+1, 0, 0, 0, 0, 0, time.UTC)
	if last < end.Day() {
		end = time.Date(year, m, last, 0, 0, 0, 0, time.UTC)
	}
	return since(s, from, interval(later(begin, day), end)), from, i + 1
}

// before is the word before words[i], "" at the beginning.
func (s *sentence) before(i int) string {
	if i == 0 {
		return ""
	}
	return s.words[i-1]
}

func interval(from, to time.Time) string {
	return from.Format(time.DateOnly) + "/" + to.Format(time.DateOnly)
}

func oneDay(d time.Time) string { return interval(d, d) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// monday is the first day of the week of day.
func monday(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }

// next is the first day n of month m (0: of any month) that is not past.
func next(day time.Time, m time.Month, n int) time.Time {
	for months := range 25 {
		d := time.Date(day.Year(), day.Month()+time.Month(months), n, 0, 0, 0, 0, time.UTC)
		if d.Day() == n && (m == 0 || d.Month() == m) && !d.Before(midnight(day)) {
			return d
		}
	}
	return day
}

func midnight(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
}

// seasons begin at these days, as calendars have it.
var seasons = map[string][2]struct {
	m time.Month
	d int
}{
	"spring": {{3, 20}, {6, 20}}, "summer": {{6, 21}, {9, 22}}, "autumn": {{9, 23}, {12, 20}}, "winter": {{12, 21}, {3, 19}},
}

// relative turns a name of entities.yaml into days, counted from day; a zero day leaves the name.
func relative(name string, day time.Time) string {
	if day.IsZero() {
		return name
	}
	day = midnight(day)
	week := monday(day)
	monthEnd := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	switch name {
	case "today":
		return oneDay(day)
	case "tomorrow":
		return oneDay(day.AddDate(0, 0, 1))
	case "day_after_tomorrow":
		return oneDay(day.AddDate(0, 0, 2))
	case "this_week":
		return interval(day, week.AddDate(0, 0, 6))
	case "next_week":
		return interval(week.AddDate(0, 0, 7), week.AddDate(0, 0, 13))
	case "week_after_next":
		return interval(week.AddDate(0, 0, 14), week.AddDate(0, 0, 20))
	case "weekend":
		return interval(later(week.AddDate(0, 0, 5), day), week.AddDate(0, 0, 6))
	case "this_month", "before_month_end":
		return interval(day, monthEnd)
	case "month_end":
		return interval(later(time.Date(day.Year(), day.Month(), 21, 0, 0, 0, 0, time.UTC), day), monthEnd)
	case "next_month":
		return interval(monthEnd.AddDate(0, 0, 1), time.Date(day.Year(), day.Month()+2, 0, 0, 0, 0, 0, time.UTC))
	case "this_year":
		return interval(day, time.Date(day.Year(), 12, 31, 0, 0, 0, 0, time.UTC))
	case "next_year":
		return interval(time.Date(day.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(day.Year()+1, 12, 31, 0, 0, 0, 0, time.UTC))
	case "before_christmas":
		return interval(day, next(day, time.December, 24))
	case "after_holidays":
		return next(day, time.January, 2).Format(time.DateOnly) + "/"
	case "after_summer":
		return next(day, time.September, 1).Format(time.DateOnly) + "/"
	}
	season, ok := seasons[name]
	if !ok {
		return name
	}
	end := next(day, season[1].m, season[1].d)
	begin := time.Date(end.Year(), season[0].m, season[0].d, 0, 0, 0, 0, time.UTC)
	if begin.After(end) {
		begin = begin.AddDate(-1, 0, 0)
	}
	return interval(later(begin, day), end)
}
