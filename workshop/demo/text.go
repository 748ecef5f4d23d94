package demo

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// description is what is told on request: what it is about, what to bring, when, how many, how one is welcomed.
func (s *season) description(w *workshop.Workshop, m module, dates []workshop.Date) string {
	words := &s.data.words
	lines := []string{one(s.rng, m.Descriptions)}
	if len(m.Bring) > 0 && !w.Remote {
		lines[0] += " " + one(s.rng, m.Bring)
	}
	sessions := words.Numbers[len(dates)]
	places := words.Numbers[8+s.rng.IntN(8)]
	fill := strings.NewReplacer(
		"{seances}", sessions, "{Seances}", capital(sessions), "{jour}", words.Weekdays[dates[0].Weekday()],
		"{debut}", hour(w.Start), "{fin}", hour(w.End), "{du}", s.date(dates[0]), "{au}", s.date(dates[len(dates)-1]), "{places}", places)
	welcome := words.Welcome
	if w.Remote {
		welcome = words.WelcomeRemote
	}
	lines = append(lines, fill.Replace(one(s.rng, words.Rhythm)+" "+one(s.rng, words.Group)), one(s.rng, welcome))
	return strings.Join(lines, "\n")
}

func capital(s string) string {
	r := []rune(s)
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

// hour is "14 h 30" or "14 h".
func hour(c workshop.Clock) string {
	if c.Minute() == 0 {
		return fmt.Sprintf("%d h", c.Hour())
	}
	return fmt.Sprintf("%d h %02d", c.Hour(), c.Minute())
}

// date is "3 mars" or "1er mars".
func (s *season) date(d workshop.Date) string {
	day := fmt.Sprint(d.Day)
	if d.Day == 1 {
		day = s.data.words.FirstOfMonth
	}
	return day + " " + s.data.words.Months[int(d.Month)-1]
}

// of puts "de" before the name of a commune: "d'Avignon", "du Creusot", "des Angles", "de La Ciotat", "de Hauteville".
func (s *season) of(name string) string {
	switch {
	case strings.HasPrefix(name, "Le "):
		return "du " + name[len("Le "):]
	case strings.HasPrefix(name, "Les "):
		return "des " + name[len("Les "):]
	}
	first, _, _ := strings.Cut(place.Fold(name), " ")
	if first != "" && strings.ContainsRune("aeiouyh", rune(first[0])) && !slices.ContainsFunc(s.data.words.Aspirated, func(w string) bool {
		return strings.HasPrefix(first, place.Fold(w))
	}) {
		return "d'" + name
	}
	return "de " + name
}
