package workshop

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/acotel/acotel-sbc/place"
)

// Query asks for workshops around an area from an instant on.
type Query struct {
	Area    Area
	From    time.Time // sessions that have begun by then are left out; zero: now
	Theme   string    // label, key or any word of vocabulary.yaml for a theme; empty: every theme
	Module  string    // module label, compared without case and accents; empty: every module
	Exclude []string  // IDs or cycles that were already told; an ID stands for its whole cycle
}

// Settings of the widening (C4). The zero value means DefaultSettings.
type Settings struct {
	RadiiKM []float64 `yaml:"radii_km" json:"radii_km"` // rising, in km
	Weeks   []int     `yaml:"weeks" json:"weeks"`       // rising
}

// DefaultSettings: 10 km and 4 weeks, then 6 and 8 weeks, then 40 and 50 km.
func DefaultSettings() Settings {
	return Settings{RadiiKM: []float64{10, 40, 50}, Weeks: []int{4, 6, 8}}
}

// step is one extent of a search; word is what it adds to Result.Widened, empty for the first.
type step struct {
	radiusKM float64
	weeks    int
	word     string
}

// steps in the order of C4: the first extent, then more time at the first radius, then more distance at the longest time.
func (s Settings) steps() []step {
	d := DefaultSettings()
	if len(s.RadiiKM) == 0 {
		s.RadiiKM = d.RadiiKM
	}
	if len(s.Weeks) == 0 {
		s.Weeks = d.Weeks
	}
	list := []step{{radiusKM: s.RadiiKM[0], weeks: s.Weeks[0]}}
	for _, w := range s.Weeks[1:] {
		list = append(list, step{s.RadiiKM[0], w, "weeks:" + strconv.Itoa(w)})
	}
	for _, r := range s.RadiiKM[1:] {
		list = append(list, step{r, s.Weeks[len(s.Weeks)-1], "radius_km:" + strconv.FormatFloat(r, 'f', -1, 64)})
	}
	return list
}

// Result of a search; its JSON is that of contracts `search`. RadiusKM and Weeks are those of the last step tried. Widened lists the
// steps taken past the first in order, such as "weeks:6", "radius_km:40"; all of them and no workshop: nothing was found.
type Result struct {
	Place     string     `json:"place"`
	RadiusKM  float64    `json:"radius_km"`
	Weeks     int        `json:"weeks"`
	Widened   []string   `json:"widened"`
	Workshops []Workshop `json:"workshops"` // by date, then distance; remote ones last
	Themes    []string   `json:"themes"`    // present in Workshops, in the order of Themes
	AsOf      time.Time  `json:"-"`         // when the source last had what the copy holds (D3)
}

// search tries the steps until a workshop with a place is found; remote ones join the result but do not end the widening, as the caller
// asked for something near.
func (ix *index) search(q Query, s Settings) Result {
	r := Result{Place: q.Area.Label, Widened: []string{}, Workshops: []Workshop{}, Themes: []string{}}
	f := ix.filter(q)
	var found []hit
	for _, st := range s.steps() {
		if st.word != "" {
			r.Widened = append(r.Widened, st.word)
		}
		r.RadiusKM, r.Weeks = st.radiusKM, st.weeks
		f.until = f.today.AddDays(7 * st.weeks)
		if found = ix.local(q.Area, st.radiusKM, f); len(found) > 0 {
			break
		}
	}
	for _, h := range append(found, ix.distant(q.Area, f)...) {
		w := ix.all[h.session]
		if !w.Remote {
			w.DistanceKM, w.measured = math.Round(h.km*10)/10, true
		}
		r.Workshops = append(r.Workshops, w)
	}
	for _, t := range Themes() {
		if slices.ContainsFunc(r.Workshops, func(w Workshop) bool { return w.Theme == t.Label }) {
			r.Themes = append(r.Themes, t.Label)
		}
	}
	return r
}

// hit is a session within the extent of a search.
type hit struct {
	session int32
	km      float64
}

// filter is what a session must be to be proposed.
type filter struct {
	today, until Date // both included
	now          int  // minutes since midnight of today
	theme        string
	modules      map[string]bool // labels; nil: every module
	exclude      map[string]bool // keys of entries
}

func (ix *index) filter(q Query) filter {
	from := q.From.In(Paris())
	f := filter{today: DateOf(from), now: from.Hour()*60 + from.Minute(), theme: q.Theme}
	if t, ok := ParseTheme(q.Theme); ok {
		f.theme = t.Label
	}
	if q.Module != "" {
		f.modules = map[string]bool{}
		for label, folded := range ix.modules {
			if folded == place.Fold(q.Module) {
				f.modules[label] = true
			}
		}
	}
	if len(q.Exclude) > 0 {
		f.exclude = make(map[string]bool, len(q.Exclude))
		for _, id := range q.Exclude {
			f.exclude[id] = true
			if i, ok := ix.byID[id]; ok { // a session that was told takes its whole cycle with it
				f.exclude[ix.all[i].Key()] = true
			}
		}
	}
	return f
}

// takes reports whether a session of the right dates can be proposed. One of today must not have begun; without an hour it may.
func (f *filter) takes(w *Workshop) bool {
	return w.Proposable() &&
		(w.Date != f.today || !w.Start.Known() || w.Start.Minutes() > f.now) &&
		(f.theme == "" || w.Theme == f.theme) &&
		(f.modules == nil || f.modules[w.Module]) &&
		!f.exclude[w.Key()]
}

// pick gives the sessions of a list in the order of time that the filter takes.
func (ix *index) pick(sessions []int32, f *filter, yield func(session int32)) {
	first := sort.Search(len(sessions), func(i int) bool { return !ix.all[sessions[i]].Date.Before(f.today) })
	for _, i := range sessions[first:] {
		w := &ix.all[i]
		if w.Date.After(f.until) {
			return
		}
		if f.takes(w) {
			yield(i)
		}
	}
}

// local finds the workshops with a place: one entry for each cycle, its next session that still takes people, by date, then distance.
func (ix *index) local(a Area, radiusKM float64, f filter) []hit {
	if a.Lat == 0 && a.Lon == 0 {
		return nil
	}
	entry := map[int32]hit{} // by entry number
	ix.near(a.Lat, a.Lon, radiusKM+a.ErrorKM, func(s *site, km float64) {
		ix.pick(s.sessions, &f, func(i int32) {
			if best, ok := entry[ix.entry[i]]; !ok || byTime(&ix.all[i], &ix.all[best.session]) < 0 {
				entry[ix.entry[i]] = hit{i, km}
			}
		})
	})
	hits := make([]hit, 0, len(entry))
	for _, h := range entry {
		hits = append(hits, h)
	}
	slices.SortFunc(hits, func(a, b hit) int {
		x, y := &ix.all[a.session], &ix.all[b.session]
		return cmp.Or(x.Date.Compare(y.Date), cmp.Compare(a.km, b.km), byTime(x, y))
	})
	return hits
}

// distant finds the remote workshops that people of the area may join: those of its region and those of no region, by date.
func (ix *index) distant(a Area, f filter) []hit {
	var hits []hit
	seen := map[int32]bool{}
	ix.pick(ix.remote, &f, func(i int32) {
		w := &ix.all[i]
		if seen[ix.entry[i]] || (w.Region != "" && a.Region != "" && w.Region != a.Region) {
			return
		}
		seen[ix.entry[i]] = true
		hits = append(hits, hit{session: i})
	})
	return hits
}
