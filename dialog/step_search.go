package dialog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// wanted is what the caller would like to do; empty: anything.
type wanted struct {
	theme, module string
	label         string // as it is said back
}

func (w wanted) none() bool { return w.theme == "" && w.module == "" }

// want takes a theme or a module out of what was said; true when there was one.
func (d *Dialog) want(u understanding) bool {
	if e, ok := u.Entity("module"); ok {
		d.wanted = wanted{theme: e.Theme, module: e.Value, label: small(e.Value)}
		return true
	}
	if e, ok := u.Entity("theme"); ok && e.Value != "any" {
		d.wanted = wanted{theme: e.Value, label: small(e.Value)}
		return true
	}
	return false
}

// searchStep is while a search runs: nothing is asked.
type searchStep struct{ quiet }

func (searchStep) name() string                { return "search" }
func (searchStep) state() string               { return "" }
func (searchStep) base() string                { return "" }
func (searchStep) expects(*Dialog) expectation { return expectation{} }
func (searchStep) ask(d *Dialog)               {}
func (searchStep) ways() []way {
	return []way{{"many", themeStep{}}, {"found", resultsStep{}}, {"nothing", moreStep{}}, {"other_theme", searchStep{}}}
}

// search asks the catalogue, leaving out of what was wanted: 0 nothing, 1 the module, 2 the theme too.
func (d *Dialog) search(without int) {
	d.goTo(searchStep{})
	d.without = without
	q := workshop.Query{Area: d.spot.area, From: d.wished.begin(d.now), Exclude: slices.Clone(d.told)}
	switch {
	case without == 0 && d.wanted.module != "":
		q.Module = d.wanted.module
	case without <= 1:
		q.Theme = d.wanted.theme
	}
	d.out = append(d.out, Search{Query: q, Settings: d.set.Search})
}

// searchDone tells what was found, or looks again for less than was wanted.
func (d *Dialog) searchDone(e SearchDone) {
	if d.at != step(searchStep{}) {
		return
	}
	r := e.Result
	if len(r.Workshops) == 0 && d.wished.begin(d.now).After(d.now) {
		d.wished, d.missedWish = wishes{}, true // what is earlier may do
		d.search(0)
		return
	}
	theme := d.wanted.theme
	if d.without >= 2 {
		theme = ""
	}
	data := []any{"radius_km", r.RadiusKM, "weeks", r.Weeks, "found", len(r.Workshops), "widened", r.Widened, "theme", theme}
	if !r.AsOf.IsZero() {
		data = append(data, "copy_age_s", int(d.now.Sub(r.AsOf).Seconds()))
	}
	d.note(record.Search, data...)
	d.searched = true
	switch {
	case len(r.Workshops) > 0:
		var fits bool
		if r.Workshops, fits = d.asWished(r.Workshops); !fits {
			d.missedWish = true
		}
		d.found(r)
	case d.without == 0 && d.wanted.module != "" && d.wanted.theme != "":
		d.search(1)
	case d.without < 2 && !d.wanted.none():
		d.search(2)
	default:
		d.nothing(r)
	}
}

// found says how much there is and how far one had to look (C4), and goes on to the themes or the workshops.
func (d *Dialog) found(r workshop.Result) {
	d.turnOver()
	d.result, d.list, d.index, d.batch, d.chosen, d.detail = r, r.Workshops, 0, 0, "", ""
	v := d.foundVars(r)
	if d.without > 0 {
		d.aside("found.other_theme", v)
	}
	if d.missedWish {
		d.aside("found.other_wish", nil)
		d.missedWish = false
	}
	first := d.set.Search
	switch {
	case r.Workshops[0].Remote:
		d.say("found.remote", v)
	case r.RadiusKM > first.RadiiKM[0]:
		d.say("found.farther", v)
	case r.Weeks > first.Weeks[0]:
		d.say("found.later", v)
	default:
		d.say("found.near", v)
	}
	d.tellAge(r)
	if d.mayRefine() {
		d.refine()
		return
	}
	d.beginResults()
}

// tellAge warns, once in a call, that the copy of the workshops is old (D3).
func (d *Dialog) tellAge(r workshop.Result) {
	if r.AsOf.IsZero() || d.now.Sub(r.AsOf) <= d.set.OldData || d.uses["found.old"] > 0 {
		return
	}
	d.say("found.old", vars{"date": d.msgs.words.date(workshop.DateOf(r.AsOf.In(workshop.Paris())))})
}

func (d *Dialog) foundVars(r workshop.Result) vars {
	v := d.placeVars(d.spot)
	v["workshops"] = d.msgs.words.workshops(len(r.Workshops))
	v["wanted"] = d.wanted.label
	v["km"] = kilometres(r.RadiusKM)
	v["weeks"] = strconv.Itoa(r.Weeks)
	v["km_first"] = kilometres(d.set.Search.RadiiKM[0])
	v["weeks_first"] = strconv.Itoa(d.set.Search.Weeks[0])
	return v
}

// kilometres says a distance as one does: whole, and never less than one.
func kilometres(km float64) string { return strconv.Itoa(max(1, int(km+0.5))) }

// nothing says that there is none, when to ring again, whom the region has to ring (C6), and offers another town.
func (d *Dialog) nothing(r workshop.Result) {
	d.turnOver()
	v := d.foundVars(r)
	d.list = nil
	if len(d.told) > 0 && slices.ContainsFunc(d.result.Workshops, func(w workshop.Workshop) bool { return slices.Contains(d.told, w.ID) }) {
		d.say("nothing.no_more", v)
	} else {
		d.say("nothing.here", v)
		if region := d.spot.area.Region; region == "autre" || region == "" {
			d.say("nothing.outside", nil)
		}
		d.say("nothing.region."+strings.TrimSpace(d.spot.area.Region), nil)
		d.say("nothing.again", nil)
	}
	d.goTo(moreStep{})
	d.at.ask(d)
	d.listen()
}
