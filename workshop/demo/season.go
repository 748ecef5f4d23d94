package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// How a season is spread.
const (
	spread       = 98   // days from the first to the last beginning of a cycle
	soonEach     = 2    // cycles of each theme that begin soon in a well-served town
	outsideEach  = 3    // cycles in a town outside the four regions
	remoteEvery  = 40   // one cycle in so many is held at a distance
	townSize     = 3000 // inhabitants
	fullShare    = .06  // of cycles, that have no place left
	cancelShare  = .01  // of sessions
	soonestBegin = 2    // days: what is promised soon begins between these
	latestSoon   = 20
)

// season is being written.
type season struct {
	data   *data
	today  workshop.Date
	gaz    Gazetteer
	rng    *rand.Rand
	phones *phonebook
	out    []workshop.Workshop
	cycles int

	pool    []place.Place // where cycles may be held
	weights []float64     // running sums over pool
}

// write makes the promised cycles, then others up to n.
func (s *season) write(n int) error {
	for _, step := range []func() error{s.gatherPlaces, s.promise, s.quiet, s.outside} {
		if err := step(); err != nil {
			return err
		}
	}
	regions := []string{place.RegionSudEst, place.RegionLanguedoc, place.RegionCentre, place.RegionBourgogne}
	for i := 0; s.cycles < n; i++ {
		if i%remoteEvery == 0 {
			m := s.module(func(m module) bool { return m.Distance })
			s.cycle(draft{module: m, remote: true, region: regions[i/remoteEvery%len(regions)], first: s.day(1, spread)})
			continue
		}
		s.cycle(draft{module: s.module(nil), at: s.somewhere(), first: s.day(1, spread), open: s.rng.Float64() >= fullShare})
	}
	return nil
}

// gatherPlaces takes the communes of the four regions but those near a quiet place.
func (s *season) gatherPlaces() error {
	var centres []place.Place
	for _, q := range s.data.places.Quiet {
		p, err := s.place(q.INSEE)
		if err != nil {
			return err
		}
		centres = append(centres, p)
	}
	near := func(p place.Place) bool {
		for i, c := range centres {
			if place.DistanceKM(p.Lat, p.Lon, c.Lat, c.Lon)-p.ErrorKM-c.ErrorKM <= s.data.places.Quiet[i].ClearKM {
				return true
			}
		}
		return false
	}
	total := 0.0
	for p := range s.gaz.Places {
		if p.Region == place.RegionOther || p.Population == 0 || len(p.PostalCodes) == 0 || near(p) {
			continue
		}
		total += math.Sqrt(float64(p.Population))
		s.pool, s.weights = append(s.pool, p), append(s.weights, total)
	}
	if len(s.pool) == 0 {
		return fmt.Errorf("%w: the gazetteer has no communes in the regions served", ErrOptions)
	}
	return nil
}

func (s *season) place(insee string) (place.Place, error) {
	p, ok := s.gaz.ByINSEE(insee)
	if !ok || len(p.PostalCodes) == 0 {
		return p, fmt.Errorf("%w: the gazetteer has no commune %s", ErrOptions, insee)
	}
	return p, nil
}

// somewhere is a place by its size: a town has more workshops than a village, but not in proportion.
func (s *season) somewhere() place.Place {
	i, _ := slices.BinarySearch(s.weights, s.rng.Float64()*s.weights[len(s.weights)-1])
	return s.pool[min(i, len(s.pool)-1)]
}

// day is one between two, counted from today.
func (s *season) day(first, last int) workshop.Date {
	return s.today.AddDays(first + s.rng.IntN(last-first+1))
}

// module draws one of those that fit.
func (s *season) module(fits func(module) bool) module {
	return s.data.modules[draw(s.rng, len(s.data.modules), func(i int) int {
		if m := s.data.modules[i]; fits == nil || fits(m) {
			return m.Weight
		}
		return 0
	})]
}

// promise gives the well-known towns two cycles of every theme soon.
func (s *season) promise() error {
	for _, insee := range s.data.places.WellServed {
		p, err := s.place(insee)
		if err != nil {
			return err
		}
		for _, t := range workshop.Themes() {
			for range soonEach {
				s.soon(p, t.Key, [2]int{soonestBegin, latestSoon})
			}
		}
	}
	return nil
}

// soon is one open cycle of a theme that begins between two days.
func (s *season) soon(p place.Place, theme string, days [2]int) {
	m := s.module(func(m module) bool { return m.Theme == theme })
	s.cycle(draft{module: m, at: p, first: s.day(days[0], days[1]), open: true})
}

// quiet gives each quiet place its own offers, and nothing else.
func (s *season) quiet() error {
	for _, q := range s.data.places.Quiet {
		for _, o := range q.Offers {
			p, err := s.place(o.INSEE)
			if err != nil {
				return err
			}
			for _, theme := range o.Themes {
				s.soon(p, theme, o.Days)
			}
		}
	}
	return nil
}

// outside gives towns of other regions a little, which the figures count apart.
func (s *season) outside() error {
	for _, insee := range s.data.places.Outside {
		p, err := s.place(insee)
		if err != nil {
			return err
		}
		for range outsideEach {
			s.cycle(draft{module: s.module(nil), at: p, first: s.day(1, spread/2), open: true})
		}
	}
	return nil
}

// draw picks one of n by weight; at least one weight is positive.
func draw(rng *rand.Rand, n int, weight func(int) int) int {
	total := 0
	for i := range n {
		total += weight(i)
	}
	x := rng.IntN(total)
	for i := range n {
		if x -= weight(i); x < 0 {
			return i
		}
	}
	return n - 1
}

func one[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
