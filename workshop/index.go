package workshop

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// index is one immutable catalogue in memory. Sessions are grouped by site (one point, many dates), sites by cell of a grid, so that a
// search computes each distance once and touches only the cells that its circle meets.
type index struct {
	all     []Workshop // by ID
	meta    Meta
	byID    map[string]int32
	cells   map[cell][]site
	remote  []int32           // by date
	entry   []int32           // session → number of its entry: sessions of one cycle share it
	modules map[string]string // module label → folded
}

// site is a point with its sessions in the order of date and hour.
type site struct {
	lat, lon float64
	sessions []int32
}

type cell struct{ lat, lon int16 }

// cellDegrees is the side of a grid cell: 0.25° is 28 km of latitude and about 19 km of longitude in France, so that a 10 km circle
// meets 1 to 4 cells.
const cellDegrees = 0.25

// kmPerDegree of latitude, a little low so that the box of cells is never too small.
const kmPerDegree = 110.5

func cellOf(lat, lon float64) cell {
	return cell{int16(math.Floor(lat / cellDegrees)), int16(math.Floor(lon / cellDegrees))}
}

func newIndex(ws []Workshop, m Meta) *index {
	slices.SortFunc(ws, func(a, b Workshop) int { return strings.Compare(a.ID, b.ID) })
	ix := &index{all: ws, meta: m, byID: make(map[string]int32, len(ws)), cells: map[cell][]site{}, entry: make([]int32, len(ws)),
		modules: map[string]string{}}
	entries := map[string]int32{}
	type point struct{ lat, lon float64 }
	at := map[point][]int32{}
	for i, w := range ws {
		ix.byID[w.ID] = int32(i)
		if _, ok := entries[w.Key()]; !ok {
			entries[w.Key()] = int32(len(entries))
		}
		ix.entry[i] = entries[w.Key()]
		if _, ok := ix.modules[w.Module]; !ok {
			ix.modules[w.Module] = place.Fold(w.Module)
		}
		switch {
		case w.Remote:
			ix.remote = append(ix.remote, int32(i))
		case w.Located():
			p := point{w.Lat, w.Lon}
			at[p] = append(at[p], int32(i))
		}
	}
	for p, sessions := range at {
		ix.sortByTime(sessions)
		c := cellOf(p.lat, p.lon)
		ix.cells[c] = append(ix.cells[c], site{p.lat, p.lon, sessions})
	}
	ix.sortByTime(ix.remote)
	return ix
}

func (ix *index) sortByTime(sessions []int32) {
	slices.SortFunc(sessions, func(a, b int32) int { return byTime(&ix.all[a], &ix.all[b]) })
}

// byTime orders by date, hour and then ID, so that results are the same from run to run.
func byTime(a, b *Workshop) int {
	return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Start.Minutes(), b.Start.Minutes()), strings.Compare(a.ID, b.ID))
}

// near calls yield for every site within km of the point, with its distance in km.
func (ix *index) near(lat, lon, km float64, yield func(s *site, distance float64)) {
	dLat := km / kmPerDegree
	// The circle is widest in longitude at its edge nearest the pole.
	edge := min(math.Abs(lat)+dLat, 89)
	dLon := km / (kmPerDegree * math.Cos(edge*math.Pi/180))
	low, high := cellOf(lat-dLat, lon-dLon), cellOf(lat+dLat, lon+dLon)
	for i := low.lat; i <= high.lat; i++ {
		for j := low.lon; j <= high.lon; j++ {
			sites := ix.cells[cell{i, j}]
			for k := range sites {
				if d := place.DistanceKM(lat, lon, sites[k].lat, sites[k].lon); d <= km {
					yield(&sites[k], d)
				}
			}
		}
	}
}
