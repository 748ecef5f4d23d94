package main

import (
	"cmp"
	"slices"

	"github.com/acotel/acotel-sbc/place"
)

// point is a position in degrees.
type point struct{ lat, lon float64 }

func (p point) km(q point) float64 { return place.DistanceKM(p.lat, p.lon, q.lat, q.lon) }

// commune is a current commune, or a municipal arrondissement (city set), as it
// will be written. errorKM is 0 where a source had the position itself.
type commune struct {
	*entry
	at      point
	errorKM float64
	located bool
}

// atlas is everything known while the file is being made.
type atlas struct {
	*sources
	communes []*commune // by INSEE code
	byCode   map[string]*commune
	current  map[string]string       // any code, old ones too → current code
	settled  map[string][]settlement // current code → its populated places
	doubted  []string                // what was not believed, for people to read
}

func newAtlas(s *sources) *atlas {
	a := &atlas{sources: s, byCode: map[string]*commune{}, current: map[string]string{}, settled: map[string][]settlement{}}
	for i := range s.entries {
		e := &s.entries[i]
		if e.Type != typeCurrent && e.Type != typeArrondissement {
			continue
		}
		slices.Sort(e.PostalCodes)
		c := &commune{entry: e}
		a.communes = append(a.communes, c)
		a.byCode[e.Code] = c
		a.current[e.Code] = e.Code
	}
	slices.SortFunc(a.communes, func(x, y *commune) int { return cmp.Compare(x.Code, y.Code) })
	for _, c := range a.communes {
		for _, old := range c.OldCodes {
			if _, taken := a.current[old]; !taken {
				a.current[old] = c.Code
			}
		}
	}
	for _, e := range s.entries {
		if _, known := a.current[e.Code]; !known && e.Main != "" {
			a.current[e.Code] = e.Main
		}
	}
	a.settle()
	return a
}

// settle gives every populated place to its commune: by the INSEE code, else in
// the small territories that have none in GeoNames by the territory or the name.
func (a *atlas) settle() {
	named := map[string][]string{} // department and folded name → codes
	for _, c := range a.communes {
		key := c.Department + " " + place.Core(c.Name)
		named[key] = append(named[key], c.Code)
	}
	for _, s := range a.settlements {
		if code := a.codeOf(s, named); code != "" {
			a.settled[code] = append(a.settled[code], s)
		}
	}
	for _, list := range a.settled {
		slices.SortStableFunc(list, func(x, y settlement) int {
			return cmp.Or(cmp.Compare(y.population, x.population), cmp.Compare(x.name, y.name))
		})
	}
}

// territories are GeoNames' countries that are one French department-like
// territory; the two with a single commune name it.
var territories = map[string]string{"BL": "97701", "MF": "97801", "PF": "987", "NC": "988", "WF": "986", "YT": "976", "PM": "975"}

func (a *atlas) codeOf(s settlement, named map[string][]string) string {
	for _, code := range s.codes {
		if current := a.current[code]; current != "" {
			return current
		}
	}
	t := territories[s.country]
	if len(t) == 5 {
		return t
	}
	if same := named[t+" "+place.Core(s.name)]; t != "" && len(same) == 1 {
		return same[0]
	}
	return ""
}

// locate sets the positions that the sources have: the populated place with the
// commune's name, else its biggest one.
func (a *atlas) locate() {
	for _, c := range a.communes {
		if c.Type == typeArrondissement {
			if s, ok := a.district(c); ok {
				c.at, c.located = s.at, true
			}
			continue
		}
		list := a.settled[c.Code]
		if len(list) == 0 {
			continue
		}
		best := max(0, slices.IndexFunc(list, func(s settlement) bool { return place.Core(s.name) == place.Core(c.Name) }))
		c.at, c.located = list[best].at, true
	}
	for code, p := range remote {
		c := a.byCode[code]
		c.at, c.errorKM = p.point, p.errorKM
	}
}

// district finds "Marseille 08" for "Marseille 8e Arrondissement".
func (a *atlas) district(c *commune) (settlement, bool) {
	city := a.byCode[c.City]
	for _, s := range a.settled[c.City] {
		if s.name == city.Name+" "+c.Code[3:] {
			return s, true
		}
	}
	return settlement{}, false
}

// remote are the territories without inhabitants of their own, which no source
// places: the middle of the main island, and the reach of the archipelago in km.
var remote = map[string]struct {
	point
	errorKM float64
}{
	"98411": {point{-37.83, 77.55}, 50},  // Saint-Paul and Amsterdam
	"98412": {point{-49.35, 70.22}, 60},  // Kerguelen
	"98413": {point{-46.42, 51.85}, 60},  // Crozet
	"98414": {point{-66.66, 140.0}, 500}, // Terre Adélie
	"98415": {point{-11.55, 47.30}, 900}, // Îles Éparses: Glorieuses
	"98901": {point{10.30, -109.22}, 5},  // Clipperton
}
