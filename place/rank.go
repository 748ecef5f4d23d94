package place

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// prior is how likely a place is before anything is said: by a power of
// its people, less outside the regions served.
func prior(p *Place) float64 {
	v := math.Pow(float64(p.Population)+50, populationPower)
	if p.Region == RegionOther {
		v *= otherRegion
	}
	return v
}

// rank turns candidates into matches: one for each place, each with its share of
// the confidence, best first.
func (g *Gazetteer) rank(list []candidate) []Match {
	distinct := g.distinct(list)
	var total float64
	for _, w := range distinct {
		total += w.weight
	}
	type scored struct {
		confidence float64
		*candidate
	}
	better := func(a, b scored) int {
		if order := cmp.Compare(b.confidence, a.confidence); order != 0 {
			return order
		}
		return cmp.Or(cmp.Compare(a.closeness, b.closeness), g.bigger(a.place, b.place))
	}
	var namesakes []scored // all of them, however small: each is called what was said
	others := make([]scored, 0, min(len(distinct), maxMatches)+1)
	for _, w := range distinct {
		c := &list[w.at]
		s := scored{w.top * w.weight / total, c}
		if c.closeness <= sketchOnly || c.closeness == byCode {
			namesakes = append(namesakes, s)
			continue
		}
		if at, _ := slices.BinarySearchFunc(others, s, better); at < maxMatches {
			others = slices.Insert(others, at, s)
			others = others[:min(len(others), maxMatches)]
		}
	}
	best := append(namesakes, others...)
	slices.SortFunc(best, better)
	out := make([]Match, len(best))
	for i, s := range best {
		out[i] = g.match(*s.candidate, s.confidence)
	}
	return out
}

// likeness gives the most confidence a candidate can have and its weight against
// the others.
func (g *Gazetteer) likeness(c *candidate) (top, w float64) {
	top, w = quality[c.closeness], weight[c.closeness]*g.prior[c.place]
	switch {
	case c.alias < 0:
	case g.aliases[c.alias].former:
		top, w = min(top, formerQuality), weight[c.closeness]*min(g.prior[c.place], formerPrior)*formerWeight
	default:
		// Its people are not known, and are few beside those of the commune around it.
		top, w = min(top, localityQuality), weight[c.closeness]*min(g.prior[c.place], localityPrior)*localityWeight
	}
	return top * c.keep, w * c.odds
}

// weighed is what ranking needs of a candidate. A single word such as "saint"
// brings thousands, so each is weighed once and little is moved about.
type weighed struct {
	at          int32   // in the list of candidates
	top, weight float64 // see likeness
}

// distinct weighs the candidates and keeps the heaviest of each place, its own
// name before another of the same weight.
func (g *Gazetteer) distinct(list []candidate) []weighed {
	out := make([]weighed, 0, len(list))
	seen := make(map[int32]int, len(list)) // place → index in out
	for i := range list {
		c := &list[i]
		w := weighed{at: int32(i)}
		w.top, w.weight = g.likeness(c)
		k, again := seen[c.place]
		switch {
		case !again:
			seen[c.place] = len(out)
			out = append(out, w)
		case w.weight > out[k].weight, w.weight == out[k].weight && c.alias < list[out[k].at].alias:
			out[k] = w
		}
	}
	return out
}

// nameFirst is what a place may weigh beside one of the regions served whose whole
// name was said: "Fos" is a village of Hérault, and who says it may mean Fos-sur-Mer.
const nameFirst = 0.95

// wholeNamesFirst keeps names that are said in part or sound alike behind those
// that were said letter by letter.
func (g *Gazetteer) wholeNamesFirst(list []candidate, weights []weighed) {
	whole := func(w weighed) bool {
		c := &list[w.at]
		return c.closeness == exact && c.alias < 0 && g.places[c.place].Region != RegionOther
	}
	var said, most float64
	for _, w := range weights {
		if whole(w) {
			said = max(said, w.weight)
		} else {
			most = max(most, w.weight)
		}
	}
	if said == 0 || most <= nameFirst*said {
		return
	}
	for i := range weights {
		if !whole(weights[i]) {
			weights[i].weight *= nameFirst * said / most
		}
	}
}

var reasons = [...]string{
	exact: "exact name", otherArticle: "name with another article", sketchOnly: "name but for its small words",
	wordPrefix: "begins with these words", letterPrefix: "begins with these letters", byCode: "",
	soundsLike: "sounds like it", shortSoundsLike: "a part of it sounds like it",
}

// match fills in the place as it was found: by an alias, with that name and
// where it has one its position.
func (g *Gazetteer) match(c candidate, confidence float64) Match {
	m := Match{Place: g.places[c.place], Confidence: confidence, Why: reasons[c.closeness]}
	if c.alias >= 0 {
		a := g.aliases[c.alias]
		m.Former = a.name
		if a.located {
			m.Lat, m.Lon, m.Approximate, m.ErrorKM = a.lat, a.lon, false, 0
		}
		kind := "locality"
		if a.former {
			kind = "former commune"
		}
		m.Why += ", " + kind + " " + a.name
	}
	m.Why = strings.TrimPrefix(m.Why+c.note, ", ")
	return m
}
