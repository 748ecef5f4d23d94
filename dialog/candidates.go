package dialog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// candidate is a place that may have been meant.
type candidate struct {
	spot
	likely float64 // 0..1
	called string  // the name that was said: a former commune's, or the commune's own; empty for a code
}

// How places are weighed against one another.
const (
	// likely is how likely a commune must be when what was said is not its whole name: "Aix", "Beaumes". The whole name is never refused,
	// however many communes share it.
	likely = 0.15
	// codeAlone and codeOfMany are how likely a code that exists is, when it is the only reading of the figures and when it is not;
	// codeOther, the other readings.
	codeAlone, codeOfMany, codeOther = 0.97, 0.6, 0.3
	// agreeing is what a place gains when another reading of the turn names it, too; hinting, when an earlier answer did.
	agreeing, hinting = 0.3, 0.6
	// refused is what is left of a place that the caller has said no to: a "no" may be misheard, so it is not lost.
	refused = 0.4
	// guessed is how likely a place must be when nothing in the words says that there is one.
	guessed = 0.3
	// mostCandidates bounds what is kept.
	mostCandidates = 6
)

// candidates weighs all places that the readings of a turn name, u first, together with what earlier answers to the same question hinted at.
func (d *Dialog) candidates(u understanding) []candidate {
	var all []candidate
	add := func(list []candidate) {
		for _, c := range list {
			i := slices.IndexFunc(all, func(o candidate) bool { return o.key() == c.key() })
			if i < 0 {
				all = append(all, c)
				continue
			}
			more, less := max(all[i].likely, c.likely), min(all[i].likely, c.likely)
			all[i].likely = 1 - (1-more)*(1-agreeing*less)
		}
	}
	whole := d.answered()
	add(whole)
	if len(whole) == 0 || whole[0].likely < plainly {
		add(d.named(u))
		for _, other := range d.readings {
			if other.text != u.text {
				add(d.named(other))
			}
		}
	}
	hinted := maps.Clone(d.hinted)
	if hinted == nil {
		hinted = map[string]float64{}
	}
	for i := range all {
		c := &all[i]
		heard := c.likely
		if slices.Contains(d.rejected, c.key()) {
			c.likely *= refused
		} else {
			c.likely = 1 - (1-c.likely)*(1-hinting*d.hinted[c.key()])
		}
		hinted[c.key()] = max(hinted[c.key()], heard)
	}
	d.hinted = hinted
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.likely, a.likely) })
	return all[:min(len(all), mostCandidates)]
}

// answered lists what the whole answer to "where?" may name, all its readings together: names that sound like it, too.
func (d *Dialog) answered() []candidate {
	if d.at.state() != "place" || len(d.readings) == 0 {
		return nil
	}
	heard, doubt := d.heardWhole()
	answer := d.gaz.Resolve(heard, d.caller.Zone)
	if answer.Relation == place.Between {
		return nil
	}
	var out []candidate
	for i, code := range answer.Codes {
		c := candidate{likely: codeAlone * doubt}
		switch {
		case i > 0:
			c.likely = codeOther * doubt
		case len(answer.Codes) > 1:
			c.likely = codeOfMany * doubt
		}
		if strings.HasSuffix(code, roundCode) && doubt < 1 {
			c.likely *= roundDoubt
		}
		if z, ok := d.gaz.PostalZone(code); ok {
			c.spot = spotOfZone(z)
			out = append(out, c)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, m := range answer.Matches {
		if c := (candidate{spot: spotOfPlace(m.Place), likely: min(1, m.Confidence) * doubt, called: calledName(m)}); c.likely >= likely {
			out = append(out, c)
		}
	}
	return out
}

// "quatre-vingt-quatre mille" is also the beginning of "quatre-vingt-quatre mille cent cinquante": where a word went wrong, it may be that.
const (
	roundCode  = "000"
	roundDoubt = 0.75
)

// heardWhole are all readings of the turn, as place takes them, and what doubt leaves of the likeliest.
func (d *Dialog) heardWhole() (heard []place.Heard, doubt float64) {
	for _, r := range d.readings {
		heard = append(heard, place.Heard{Text: r.text, Weight: r.confidence})
		doubt = max(doubt, r.doubt())
	}
	return heard, doubt
}

// doubt is what is left of a place's likelihood when the recogniser doubts the turn: most of it, as with intents.
func (u understanding) doubt() float64 { return 1 - placeDoubt*(1-min(1, u.confidence/wellHeard)) }

// placeDoubt is how much of the recogniser's doubt counts against a place.
const placeDoubt = 0.8

// named lists the places that one reading names.
func (d *Dialog) named(u understanding) []candidate {
	var out []candidate
	town, _ := u.Entity("place")
	if e, ok := u.Entity("postal_code"); ok && e.Known {
		first := codeAlone
		if len(e.Codes) > 0 {
			first = codeOfMany
		}
		for i, code := range append([]string{e.Value}, e.Codes...) {
			z, known := d.gaz.PostalZone(code)
			if !known {
				continue
			}
			c := candidate{spot: spotOfZone(z), likely: first * u.doubt()}
			if strings.HasSuffix(code, roundCode) && u.doubt() < 1 {
				c.likely *= roundDoubt
			}
			if i > 0 {
				c.likely = codeOther * u.doubt()
			}
			if slices.ContainsFunc(town.Places, func(m place.Match) bool { return slices.Contains(m.PostalCodes, code) }) {
				c.likely = 1 - (1-c.likely)*(1-u.confidence) // "Orange, 84100": each proves the other
			}
			out = append(out, c)
		}
	}
	fits := town.Places
	if d.department != "" {
		if there := inside(fits, d.department); len(there) > 0 {
			fits = slices.Clone(there)
			fits[0].Confidence = max(fits[0].Confidence, d.set.Accept/u.doubt()) // the department is a second proof
		}
	}
	for _, m := range fits {
		c := candidate{spot: spotOfPlace(m.Place), likely: min(1, m.Confidence) * u.doubt(), called: calledName(m)}
		if carriesName(m, town.Text) || c.likely >= likely {
			out = append(out, c)
		}
	}
	return out
}

// inside keeps the places of one department.
func inside(all []place.Match, department string) []place.Match {
	var out []place.Match
	for _, m := range all {
		if m.Department == department {
			out = append(out, m)
		}
	}
	return out
}

// carriesName says that what was said is the place's whole name, with or without its article.
func carriesName(m place.Match, said string) bool {
	return slices.Contains([]string{place.Core(m.Name), place.Core(m.Former)}, place.Core(said)) && place.Core(said) != ""
}

// sameName keeps the places that carry the name of the first, one for each department: within one, the biggest is meant.
func sameName(fits []candidate) []candidate {
	var out []candidate
	name := place.Fold(fits[0].called)
	for _, c := range fits {
		if name == "" || place.Fold(c.called) != name || c.likely < fits[0].likely/homonymShare {
			continue
		}
		if !slices.ContainsFunc(out, func(o candidate) bool { return o.department == c.department }) {
			out = append(out, c)
		}
	}
	return out
}

// homonymShare: a place this many times less likely than the first of its name is not asked about.
const homonymShare = 6

// calledName is the name that was said: a former commune's, or the commune's own.
func calledName(m place.Match) string {
	if m.Former != "" {
		return m.Former
	}
	return m.Name
}

func spotsOf(list []candidate) []spot {
	out := make([]spot, 0, len(list))
	for _, c := range list {
		out = append(out, c.spot)
	}
	return out
}
