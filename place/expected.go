package place

// What a recogniser needs to know before anything is said.

// Prior is how likely callers are to name p before anything is heard, against
// other places: it grows with the population and falls outside the regions served.
func Prior(p Place) float64 { return prior(&p) }

// NearZone turns what is known of where the caller is (see Gazetteer.Resolve) into a factor
// for the places of each department; nil when nothing is known.
func NearZone(zone string) func(department string) float64 { return nearby(zone) }

// OtherNames yields the names that places have beside their own: of former
// communes, and of localities.
func (g *Gazetteer) OtherNames(yield func(p Place, name string, former bool) bool) {
	for _, a := range g.aliases {
		if !yield(g.places[a.place], a.name, a.former) {
			return
		}
	}
}
