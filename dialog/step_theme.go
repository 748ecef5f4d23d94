package dialog

import (
	"slices"

	"github.com/acotel/acotel-sbc/workshop"
)

// optionsAtOnce is how many options are said in one breath; more cannot be kept in mind on the telephone.
const optionsAtOnce = 2

// mayRefine says that a theme is worth asking for: many workshops, of several themes, and none was named.
func (d *Dialog) mayRefine() bool {
	return len(d.list) > d.set.Refine && len(d.result.Themes) > 1 && (d.wanted.theme == "" || d.without == 2)
}

// themeStep offers the themes that have a workshop, two at a time (C7).
type themeStep struct{}

func (themeStep) name() string  { return "theme" }
func (themeStep) state() string { return "theme" }
func (themeStep) ways() []way {
	return append(elsewhereWays(), way{"give_theme", resultsStep{}}, way{"choose", resultsStep{}}, way{"no", themeStep{}}, way{"no", themeAloneStep{}},
		way{"no", resultsStep{}}, way{"unclear", resultsStep{}})
}

func (themeStep) base() string { return "theme" }

func (themeStep) expects(d *Dialog) expectation {
	return expectation{kinds: []string{"theme", "module", "ordinal"}, keys: "123", phrases: append(slices.Clone(d.offered), "peu importe", "autre")}
}

func (themeStep) vars(d *Dialog) vars {
	v := vars{"first": small(d.offered[0])}
	if len(d.offered) > 1 {
		v["second"] = small(d.offered[1])
	}
	return v
}

func (s themeStep) ask(d *Dialog) {
	v := s.vars(d)
	if !d.withoutKeys("theme.ask") {
		v = vars{"first": capital(v["first"]), "second": capital(v["second"])} // each begins a sentence
	}
	if len(d.themes) < len(d.result.Themes) {
		d.ask("theme.ask_more", v)
	} else {
		d.ask("theme.ask", v)
	}
	if len(d.themes) > len(d.offered) {
		d.ask("theme.others", nil)
	}
}

// themeAloneStep offers the last theme left.
type themeAloneStep struct{ themeStep }

func (themeAloneStep) name() string { return "theme.one" }
func (themeAloneStep) base() string { return "theme.one" }
func (themeAloneStep) ways() []way {
	return append(elsewhereWays(), way{"yes", resultsStep{}}, way{"no", resultsStep{}}, way{"unclear", resultsStep{}})
}
func (themeAloneStep) ask(d *Dialog) {
	d.ask("theme.ask_one", vars{"first": small(d.offered[0])})
}
func (themeAloneStep) expects(d *Dialog) expectation {
	x := yesNo()
	x.kinds = []string{"theme", "module"}
	return x
}

// refine begins to offer the themes of the result.
func (d *Dialog) refine() {
	d.themes = slices.Clone(d.result.Themes)
	d.offerThemes()
}

// offerThemes offers the next one or two.
func (d *Dialog) offerThemes() {
	n := min(optionsAtOnce, len(d.themes))
	d.offered = d.themes[:n]
	if n == 1 {
		d.enter(themeAloneStep{})
		return
	}
	d.enter(themeStep{})
}

func (themeStep) heard(d *Dialog, u understanding) bool {
	if e, ok := u.Entity("theme"); ok && e.Value == "any" {
		d.anyTheme()
		return true
	}
	if d.elsewhere(u) {
		return true
	}
	if d.want(u) {
		d.takeWanted()
		return true
	}
	if e, ok := u.Entity("ordinal"); ok && d.takeOffered(e.Value) {
		return true
	}
	switch {
	case u.yes() && len(d.offered) == 1:
		return d.takeOffered("1")
	case u.no(), u.is("next"):
		d.otherThemes()
	case u.is("hesitation") && d.misses > 0:
		d.anyTheme()
	default:
		return false
	}
	return true
}

func (themeStep) keyed(d *Dialog, key string) bool {
	if len(d.offered) == 1 && key == "2" || key == "3" {
		d.otherThemes()
		return true
	}
	return d.takeOffered(key)
}

func (s themeAloneStep) heard(d *Dialog, u understanding) bool { return s.themeStep.heard(d, u) }

// takeOffered takes the first or second theme on offer.
func (d *Dialog) takeOffered(which string) bool {
	i := slices.Index([]string{"1", "2"}, which)
	if i < 0 || i >= len(d.offered) {
		return false
	}
	d.wanted = wanted{theme: d.offered[i], label: small(d.offered[i])}
	d.takeWanted()
	return true
}

// takeWanted keeps the workshops of the theme or module that was named. When the result has none of it, the caller hears so and the
// question stands.
func (d *Dialog) takeWanted() {
	w := d.wanted
	kept := keep(d.result.Workshops, func(x workshop.Workshop) bool { return w.module != "" && x.Module == w.module })
	if len(kept) == 0 {
		kept = keep(d.result.Workshops, func(x workshop.Workshop) bool { return x.Theme == w.theme })
	}
	d.turnOver()
	if len(kept) == 0 {
		d.wanted = wanted{}
		d.aside("theme.not_here", d.placeVars(d.spot))
		d.at.ask(d)
		d.listen()
		return
	}
	d.list, d.index, d.batch = kept, 0, 0
	d.aside("theme.chosen", vars{"theme": capital(w.label)})
	d.beginResults()
}

func keep(all []workshop.Workshop, good func(workshop.Workshop) bool) []workshop.Workshop {
	var out []workshop.Workshop
	for _, w := range all {
		if good(w) {
			out = append(out, w)
		}
	}
	return out
}

// otherThemes goes on to the themes not yet offered; after the last one everything is told.
func (d *Dialog) otherThemes() {
	if len(d.themes) == len(d.offered) {
		d.anyTheme()
		return
	}
	d.turnOver()
	d.remember() // the same step with other options is worth coming back to
	d.themes = d.themes[len(d.offered):]
	d.offerThemes()
}

// anyTheme tells all that was found.
func (d *Dialog) anyTheme() {
	d.turnOver()
	d.aside("theme.any", nil)
	d.list, d.index, d.batch = d.result.Workshops, 0, 0
	d.beginResults()
}

// yield: whoever cannot choose hears them all.
func (themeStep) yield(d *Dialog) bool {
	d.turnOver()
	d.aside("theme.move_on", nil)
	d.list, d.index, d.batch = d.result.Workshops, 0, 0
	d.beginResults()
	return true
}
