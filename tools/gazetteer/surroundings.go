package main

import (
	"fmt"
	"math"
)

// A commune without a position of its own is looked for among its neighbours.
// Where they are gives a first guess: those with the same postal code count
// fully, those of the same group of communes (EPCI), sub-prefecture or
// department far less, but there are more of them. Then every spot of a grid
// around the guess is weighed by what stands near it:
//   - a known village's ground is not another village's: each one digs a hole;
//   - ground among villages with other postal codes is less likely ours.
//
// The position is the mean of the grid, its error the spread of the grid.
const (
	weightPostal     = 1
	weightGroup      = 0.02
	weightDistrict   = 0.0005
	weightDepartment = 0.00002

	holeKM   = 2.0 // radius of the ground that a known village takes
	kernelKM = 3.5 // how far a village speaks for the ground around it
	reachKM  = 25  // villages farther from the guess are not asked

	// spreadPostal and spreadGroup are how far (km, each axis) a commune lies from
	// the first guess when a neighbour shares its postal code, or only its group.
	spreadPostal = 7
	spreadGroup  = 14
	gridSteps    = 9 // on each side of the guess, up to two spreads away

	// A position farther than this from where the neighbours are is a slip of the
	// source (another commune of that name) in mainland France.
	doubtKM = 35
	// Districts of Paris, Lyon and Marseille without a position lie about this
	// far from the middle of their city.
	districtKM = 3.5
)

// How much a located commune shares with the one looked for, 0 to 1.
const (
	sharesBoth   = 1.0 // postal code and group, or postal code where there is no group
	sharesPostal = 0.6
	sharesGroup  = 0.3
	sharesFloor  = 0.02 // for ground without any village near
)

// surroundings holds the communes with a position, by what they share and by
// where they are.
type surroundings struct {
	group   map[string]string
	sharing map[string][]*commune
	cells   map[[2]int][]*commune
}

func newSurroundings(a *atlas) *surroundings {
	s := &surroundings{group: a.group, sharing: map[string][]*commune{}, cells: map[[2]int][]*commune{}}
	for _, c := range a.communes {
		if !c.located || c.Type == typeArrondissement {
			continue
		}
		for tie := range s.ties(c) {
			s.sharing[tie] = append(s.sharing[tie], c)
		}
		s.cells[cell(c.at)] = append(s.cells[cell(c.at)], c)
	}
	return s
}

const cellsPerDegree = 4

func cell(p point) [2]int {
	return [2]int{int(math.Floor(p.lat * cellsPerDegree)), int(math.Floor(p.lon * cellsPerDegree))}
}

// ties yields what c may share with others and how much that says about where it is.
func (s *surroundings) ties(c *commune) func(func(string, float64) bool) {
	return func(yield func(string, float64) bool) {
		for _, p := range c.PostalCodes {
			if !yield("postal "+p, weightPostal) {
				return
			}
		}
		if g := s.group[c.Code]; g != "" && !yield("group "+g, weightGroup) {
			return
		}
		if c.Arrondissement != "" && !yield("district "+c.Arrondissement, weightDistrict) {
			return
		}
		yield("department "+c.Department, weightDepartment)
	}
}

// guess is the weighted mean of the neighbours of c, itself left out: strength is
// the weight of the strongest tie, spread the root mean square distance (km) of
// those who share it.
func (s *surroundings) guess(c *commune) (at point, strength, spread float64) {
	var lat, lon, sum float64
	strongest := ""
	for tie, weight := range s.ties(c) {
		for _, n := range s.sharing[tie] {
			if n == c {
				continue
			}
			lat, lon, sum = lat+weight*n.at.lat, lon+weight*n.at.lon, sum+weight
			if strength == 0 {
				strength, strongest = weight, tie
			}
		}
	}
	if sum == 0 {
		return point{}, 0, 0
	}
	at = point{lat / sum, lon / sum}
	var squares float64
	for _, n := range s.sharing[strongest] {
		d := at.km(n.at)
		squares += d * d
	}
	return at, strength, math.Sqrt(squares / float64(len(s.sharing[strongest])))
}

func (s *surroundings) share(c, n *commune) float64 {
	samePostal := false
	for _, p := range c.PostalCodes {
		for _, q := range n.PostalCodes {
			samePostal = samePostal || p == q
		}
	}
	g := s.group[c.Code]
	sameGroup := g != "" && g == s.group[n.Code]
	switch {
	case samePostal && (sameGroup || g == ""):
		return sharesBoth
	case samePostal:
		return sharesPostal
	case sameGroup:
		return sharesGroup
	}
	return 0
}

// neighbour is a located commune in km east and north of a guess.
type neighbour struct{ x, y, share float64 }

func (s *surroundings) near(c *commune, at point, kmPerLon float64) []neighbour {
	var out []neighbour
	middle := cell(at)
	for i := -1; i <= 1; i++ {
		for j := -2; j <= 2; j++ {
			for _, n := range s.cells[[2]int{middle[0] + i, middle[1] + j}] {
				x, y := (n.at.lon-at.lon)*kmPerLon, (n.at.lat-at.lat)*kmPerLat
				if n != c && x*x+y*y < reachKM*reachKM {
					out = append(out, neighbour{x, y, s.share(c, n)})
				}
			}
		}
	}
	return out
}

const kmPerLat = 111.2

// estimate gives the likeliest position of c and its root mean square error in km.
func (s *surroundings) estimate(c *commune) (point, float64) {
	at, strength, spread := s.guess(c)
	sigma := 0.0
	switch strength {
	case weightPostal:
		sigma = spreadPostal
	case weightGroup:
		sigma = spreadGroup
	default: // nobody near: the ground tells nothing
		return at, math.Max(spread, 2*spreadGroup)
	}
	kmPerLon := kmPerLat * math.Cos(at.lat*math.Pi/180)
	near := s.near(c, at, kmPerLon)
	step := 2 * sigma / gridSteps
	var sum, sx, sy, sxx, syy float64
	for i := -gridSteps; i <= gridSteps; i++ {
		for j := -gridSteps; j <= gridSteps; j++ {
			x, y := float64(i)*step, float64(j)*step
			w := math.Exp(-(x*x+y*y)/(2*sigma*sigma)) * likelihood(near, x, y)
			sum, sx, sy, sxx, syy = sum+w, sx+w*x, sy+w*y, sxx+w*x*x, syy+w*y*y
		}
	}
	mx, my := sx/sum, sy/sum
	variance := sxx/sum - mx*mx + syy/sum - my*my
	return point{at.lat + my/kmPerLat, at.lon + mx/kmPerLon}, math.Sqrt(variance)
}

// likelihood weighs the spot (x, y), km from the guess, by the villages near it.
func likelihood(near []neighbour, x, y float64) float64 {
	free, ours, all := 1.0, sharesFloor, 3*sharesFloor
	for _, n := range near {
		d2 := (x-n.x)*(x-n.x) + (y-n.y)*(y-n.y)
		if d2 > 16*kernelKM*kernelKM {
			continue
		}
		if d2 < 9*holeKM*holeKM {
			free *= 1 - math.Exp(-d2/(2*holeKM*holeKM))
		}
		k := math.Exp(-d2 / (2 * kernelKM * kernelKM))
		ours, all = ours+k*n.share, all+k
	}
	return free * ours / all
}

// doubt takes back, the worst first, positions that are far from all communes
// with the same postal code.
func (a *atlas) doubt() {
	for {
		s := newSurroundings(a)
		var worst *commune
		far := float64(doubtKM)
		for _, c := range a.communes {
			if !c.located || c.Department >= "97" || c.Type == typeArrondissement {
				continue
			}
			at, strength, _ := s.guess(c)
			if d := at.km(c.at); strength == weightPostal && d > far {
				worst, far = c, d
			}
		}
		if worst == nil {
			return
		}
		a.doubted = append(a.doubted, fmt.Sprintf("%s %s: %.0f km from its neighbours", worst.Code, worst.Name, far))
		worst.located = false
	}
}

// surround gives a position to every commune that has none.
func (a *atlas) surround() error {
	s := newSurroundings(a)
	for _, c := range a.communes {
		switch {
		case c.located || c.errorKM > 0:
		case c.Type == typeArrondissement:
			c.at, c.errorKM = a.byCode[c.City].at, districtKM
		default:
			if c.at, c.errorKM = s.estimate(c); c.errorKM == 0 {
				return fmt.Errorf("gazetteer: no neighbour of %s %s has a position", c.Code, c.Name)
			}
		}
	}
	return nil
}
