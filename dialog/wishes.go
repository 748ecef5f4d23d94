package dialog

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/workshop"
)

// wishes are when and how far the caller would like to go: "la semaine prochaine", "le matin", "à moins de quinze kilomètres". They choose
// among what is found and never keep a caller from it: where nothing fits, the rest is told.
type wishes struct {
	from, to  workshop.Date // zero: any day
	weekday   string        // "monday" …; "": any
	timeOfDay string        // as nlu gives it; "": any
	km        float64       // 0: any distance
}

func (w wishes) none() bool { return w == wishes{} }

// The hours between parts of the day.
const noon, evening = 12, 18

// wish takes the wishes out of what was said before anything is found; a new one of a kind takes the place of the old.
func (d *Dialog) wish(u understanding) {
	switch d.at.state() {
	case "open", "place", "confirm":
	default:
		return
	}
	if e, ok := u.Entity("date"); ok {
		d.wished.from, d.wished.to, d.wished.weekday = workshop.Date{}, workshop.Date{}, ""
		if first, last, span := strings.Cut(e.Value, "/"); span {
			d.wished.from, _ = workshop.ParseISODate(first) // half open spans have one of them
			d.wished.to, _ = workshop.ParseISODate(last)
		} else if day, err := workshop.ParseISODate(e.Value); err == nil {
			d.wished.from, d.wished.to = day, day
		} else {
			d.wished.weekday = e.Value
		}
	}
	if e, ok := u.Entity("time_of_day"); ok {
		d.wished.timeOfDay = e.Value
	}
	if e, ok := u.Entity("distance"); ok {
		if n, err := strconv.ParseFloat(strings.TrimSuffix(e.Value, " km"), 64); err == nil {
			d.wished.km = n
		}
	}
}

// begin is when the search begins: the weeks of C4 count from the day that was wished for.
func (w wishes) begin(now time.Time) time.Time {
	if !w.from.IsZero() {
		if day := w.from.At(workshop.NewClock(0, 0)); day.After(now) {
			return day
		}
	}
	return now
}

// fits says that a workshop is as wished; one whose hour or distance is unknown may be.
func (w wishes) fits(x *workshop.Workshop) bool {
	switch {
	case !w.from.IsZero() && x.Date.Before(w.from), !w.to.IsZero() && x.Date.After(w.to):
		return false
	case w.weekday != "" && !strings.EqualFold(x.Date.Weekday().String(), w.weekday):
		return false
	case w.km > 0 && !x.Remote && x.DistanceKM > w.km:
		return false
	}
	if w.timeOfDay == "" || !x.Start.Known() {
		return true
	}
	switch h := x.Start.Hour(); w.timeOfDay {
	case "matin":
		return h < noon
	case "soir":
		return h >= evening
	case "après-midi":
		return h >= noon && h < evening
	}
	return true
}

// asWished leaves what fits; everything, and false, when nothing does.
func (d *Dialog) asWished(all []workshop.Workshop) ([]workshop.Workshop, bool) {
	if d.wished.none() {
		return all, true
	}
	fitting := slices.DeleteFunc(slices.Clone(all), func(x workshop.Workshop) bool { return !d.wished.fits(&x) })
	if len(fitting) == 0 {
		return all, false
	}
	return fitting, true
}
