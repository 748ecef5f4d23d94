package demo

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/workshop"
)

// What is promised holds on whatever day the season begins and at whatever hour of it one calls: two years, by steps of three days and
// another seed each. Holidays push cycles back, and must not push them out of the extent in which they are promised.
func TestPromisesHoldOnEveryDay(t *testing.T) {
	g, d := gazetteer(t), mustRead(t)
	widened := map[string][]string{
		"04019": {"weeks:6"},
		"58062": {"weeks:6", "weeks:8"},
		"04039": {"weeks:6", "weeks:8", "radius_km:40"},
		"12202": {"weeks:6", "weeks:8", "radius_km:40", "radius_km:50"},
	}
	for i := 0; i < 2*366; i += 3 {
		o := Options{Seed: uint64(i), Today: day(2026, time.November, 24).AddDays(i), Cycles: 1, Gazetteer: g} // 1: only what is promised
		c, err := Catalogue(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []workshop.Clock{workshop.NewClock(0, 1), workshop.NewClock(12, 0), workshop.NewClock(23, 59)} {
			search := func(insee string) workshop.Result {
				p, ok := g.ByINSEE(insee)
				if !ok {
					t.Fatalf("no commune %s", insee)
				}
				return c.Search(workshop.Query{Area: workshop.AreaOfPlace(p), From: o.Today.At(at)}, workshop.DefaultSettings())
			}
			when := fmt.Sprintf("seed %d, %s at %s", o.Seed, o.Today, at)
			for _, insee := range d.places.WellServed {
				if r := search(insee); len(r.Themes) < 2 || len(r.Workshops) < 3 || len(r.Widened) > 0 {
					t.Errorf("%s, %s: %d workshops, themes %v, widened %v", when, r.Place, len(r.Workshops), r.Themes, r.Widened)
				}
			}
			for insee, want := range widened {
				if r := search(insee); !slices.Equal(r.Widened, want) || len(r.Workshops) == 0 {
					t.Errorf("%s, %s: %d workshops after %v, want them after %v", when, r.Place, len(r.Workshops), r.Widened, want)
				}
			}
			if r := search("29019"); len(r.Workshops) > 0 {
				t.Errorf("%s, %s: %d workshops", when, r.Place, len(r.Workshops))
			}
		}
	}
}

// The address of a session is in the commune it names: code, region and position are the gazetteer's.
func TestAddressesAreOfRealCommunes(t *testing.T) {
	for _, o := range seasons(t)[:2] {
		ws, _, err := Generate(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range ws {
			if w.Remote {
				continue
			}
			p, ok := o.Gazetteer.ByINSEE(w.INSEE)
			if !ok || p.Name != w.City || p.Region != w.Region || p.Lat != w.Lat || p.Lon != w.Lon || !slices.Contains(p.PostalCodes, w.PostalCode) {
				t.Fatalf("%s: %s %s (%s, %s) is not %+v", w.ID, w.PostalCode, w.City, w.INSEE, w.Region, p)
			}
		}
	}
}

// A summer or new-year season has workshops as any other: holidays move sessions, and lose none.
func TestEveryCycleHasAllItsSessions(t *testing.T) {
	for _, o := range seasons(t) {
		ws, _, err := Generate(o)
		if err != nil {
			t.Fatal(err)
		}
		n, of := map[string]int{}, map[string]int{}
		for _, w := range ws {
			n[w.Cycle]++
			of[w.Cycle] = w.Sessions
		}
		for cycle := range n {
			if n[cycle] != of[cycle] {
				t.Fatalf("%s, %s has %d sessions of %d", o.Today, cycle, n[cycle], of[cycle])
			}
		}
	}
}

func mustRead(t testing.TB) *data {
	t.Helper()
	d, err := readData()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
