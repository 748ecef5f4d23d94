package place

import "math"

// Gazetteer answers look-ups. It never changes once built: every method is safe
// for concurrent use.
type Gazetteer struct {
	places    []Place
	prior     []float64 // of each place, see prior
	aliases   []alias
	byCode    map[string]int32   // INSEE code, earlier ones too
	byPostal  map[string][]int32 // biggest first
	districts map[int32][]int32  // city → its municipal arrondissements, 1st first
	alone     map[string]bool    // departments that are a single commune (Paris)
	names     nameIndex
	sounds    func() *soundIndex // made by the first call
}

// Len returns the number of places.
func (g *Gazetteer) Len() int { return len(g.places) }

// Places yields every place, by INSEE code.
func (g *Gazetteer) Places(yield func(Place) bool) {
	for _, p := range g.places {
		if !yield(p) {
			return
		}
	}
}

// ByINSEE returns the place with this INSEE code, or the current commune of a
// code of earlier years.
func (g *Gazetteer) ByINSEE(code string) (Place, bool) {
	i, ok := g.byCode[code]
	if !ok {
		return Place{}, false
	}
	return g.places[i], true
}

// ByPostalCode returns the places that a postal code of five digits serves,
// biggest first; nil when it is unknown, as CEDEX codes are. Codes of Paris, Lyon
// and Marseille give the arrondissement.
func (g *Gazetteer) ByPostalCode(code string) []Place {
	list := g.byPostal[code]
	if list == nil {
		return nil
	}
	out := make([]Place, len(list))
	for k, i := range list {
		out[k] = g.places[i]
	}
	return out
}

// PostalZone returns the area that a postal code serves. A zone is good enough
// for a search within 10 km: nobody need ask which of its communes is meant.
func (g *Gazetteer) PostalZone(code string) (Zone, bool) {
	places := g.ByPostalCode(code)
	if len(places) == 0 {
		return Zone{}, false
	}
	z := Zone{Code: code, Places: places}
	var sum, squares float64
	for _, p := range places {
		w := float64(p.Population) + 1 // villages that died in 1916 have nobody
		sum += w
		z.Lat += w * p.Lat
		z.Lon += w * p.Lon
		squares += w * w * p.ErrorKM * p.ErrorKM // the errors are independent
	}
	z.Lat, z.Lon, z.ErrorKM = z.Lat/sum, z.Lon/sum, math.Sqrt(squares)/sum
	for _, p := range places {
		z.RadiusKM = max(z.RadiusKM, DistanceKM(z.Lat, z.Lon, p.Lat, p.Lon))
	}
	return z, true
}
