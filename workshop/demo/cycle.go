package demo

import (
	"fmt"
	"strings"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// draft is a cycle to be written out.
type draft struct {
	module module
	at     place.Place
	first  workshop.Date // not before this day
	open   bool          // places are left
	remote bool
	region string // of a remote one
}

// Hours in which a session may be, in minutes of the day.
const (
	earliest = 9 * 60
	latest   = 18 * 60
	noon     = 12 * 60
	lunchEnd = 14 * 60
)

// cycle writes all sessions of a cycle: one a week, at the same hour, never on a Sunday or a public holiday.
func (s *season) cycle(d draft) {
	s.cycles++
	m := d.module
	w := workshop.Workshop{
		Title: one(s.rng, m.Titles), Theme: themeLabel(m.Theme), Module: m.Name, Summary: one(s.rng, m.Summaries),
		Cycle: fmt.Sprintf("demo-%05d", s.cycles), Sessions: m.Sessions[0] + s.rng.IntN(m.Sessions[1]-m.Sessions[0]+1),
		Price: s.price(), Remote: d.remote, Region: d.region, Status: workshop.Open,
	}
	w.Start, w.End = s.hours(one(s.rng, m.Minutes))
	if d.remote {
		w.Venue, w.Organiser = one(s.rng, s.data.words.Remote.Venues), one(s.rng, s.data.words.Remote.Organisers)
	} else {
		s.house(&w, m, d.at)
	}
	w.Phone = s.phones.of(w.Organiser)
	if !d.open && !d.remote {
		w.Status = workshop.Full
	}
	dates := sessionDates(d.first, w.Sessions)
	w.Description = s.description(&w, m, dates)
	for i, date := range dates {
		w.ID, w.Session, w.Date = fmt.Sprintf("%s-%02d", w.Cycle, i+1), i+1, date
		kept := w.Status
		if i > 0 && s.rng.Float64() < cancelShare {
			w.Status = workshop.Cancelled
		}
		s.out = append(s.out, w)
		w.Status = kept
	}
}

func themeLabel(key string) string {
	t, _ := workshop.ParseTheme(key) // that all keys of the data are themes is tested
	return t.Label
}

// house gives the cycle its place.
func (s *season) house(w *workshop.Workshop, m module, p place.Place) {
	village := p.Population < townSize
	words := &s.data.words
	venue := words.Venues[draw(s.rng, len(words.Venues), func(i int) int {
		v := words.Venues[i]
		return weigh(v.in(village) && (v.Movement || !m.Movement) && (m.Movement || !v.OnlyMovement), 1)
	})]
	street := words.Streets[draw(s.rng, len(words.Streets), func(i int) int { return weigh(words.Streets[i].in(village), 1) })]
	organiser := words.Organisers[draw(s.rng, len(words.Organisers), func(i int) int {
		return weigh(words.Organisers[i].in(village), words.Organisers[i].Weight)
	})]
	w.Venue, w.Address = venue.Name, street.Name
	if street.Numbered {
		w.Address = fmt.Sprintf("%d %s", 1+s.rng.IntN(60), street.Name)
	}
	w.Organiser = strings.ReplaceAll(organiser.Name, "{de_ville}", s.of(p.Name))
	w.PostalCode, w.City, w.INSEE, w.Region, w.Lat, w.Lon = p.PostalCodes[0], p.Name, p.INSEE, p.Region, p.Lat, p.Lon
}

func weigh(fits bool, weight int) int {
	if fits {
		return weight
	}
	return 0
}

// price draws one; its words are those of the data.
func (s *season) price() workshop.Price {
	list := s.data.words.Prices
	p, _ := workshop.ParsePrice(list[draw(s.rng, len(list), func(i int) int { return list[i].Weight })].Price) // all are tested
	return p
}

// hours are a beginning on the half hour and its end, in the morning or the afternoon, lunch left free.
func (s *season) hours(minutes int) (start, end workshop.Clock) {
	var fits []int
	for at := earliest; at+minutes <= latest; at += 30 {
		if at+minutes <= noon+30 || at >= lunchEnd {
			fits = append(fits, at)
		}
	}
	at := one(s.rng, fits)
	return workshop.NewClock(at/60, at%60), workshop.NewClock((at+minutes)/60, (at+minutes)%60)
}

// sessionDates are n days a week apart, from the first working day on; a holiday pushes the rest back.
func sessionDates(first workshop.Date, n int) []workshop.Date {
	for closed(first) {
		first = first.AddDays(1)
	}
	var out []workshop.Date
	for d := first; len(out) < n; d = d.AddDays(7) {
		if !closed(d) {
			out = append(out, d)
		}
	}
	return out
}
