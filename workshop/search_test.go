package workshop

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/place"
)

// noon of the tests' today, a Monday.
var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, Paris())

// avignon is the place asked for in the tests; north gives a point so many km north of it.
var avignon = Area{Label: "Avignon", Lat: 43.9493, Lon: 4.8055, Region: place.RegionSudEst, INSEE: "84007"}

func north(km float64) (lat, lon float64) { return avignon.Lat + km/111.195, avignon.Lon }

// near makes an open workshop so many km from the place, so many days ahead, at 14:30.
func near(id string, km float64, days int, change ...func(*Workshop)) Workshop {
	w := Workshop{ID: id, Title: id, Theme: Themes()[0].Label, Date: DateOf(noon).AddDays(days), Start: NewClock(14, 30), Status: Open}
	w.Lat, w.Lon = north(km)
	for _, c := range change {
		c(&w)
	}
	return w
}

func status(s Status) func(*Workshop) { return func(w *Workshop) { w.Status = s } }
func cycle(c string) func(*Workshop)  { return func(w *Workshop) { w.Cycle = c } }
func at(h, m int) func(*Workshop)     { return func(w *Workshop) { w.Start = NewClock(h, m) } }
func theme(n int, module string) func(*Workshop) {
	return func(w *Workshop) { w.Theme, w.Module = Themes()[n].Label, module }
}
func remote(region string) func(*Workshop) {
	return func(w *Workshop) { w.Remote, w.Region, w.Lat, w.Lon = true, region, 0, 0 }
}

func catalogueOf(ws ...Workshop) *Catalogue {
	c := NewCatalogue(func() time.Time { return noon })
	c.Set(ws, Meta{Source: "test", LoadedAt: noon.Add(-time.Hour)})
	return c
}

func TestSearch(t *testing.T) {
	all := "weeks:6 weeks:8 radius_km:40 radius_km:50"
	for _, c := range []struct {
		name    string
		stock   []Workshop
		change  func(*Query)
		found   string // IDs in order
		widened string
		radius  float64
		weeks   int
	}{
		{"near and soon", []Workshop{near("a", 9, 27)}, nil, "a", "", 10, 4},
		{"the last day of the four weeks counts", []Workshop{near("a", 9, 28)}, nil, "a", "", 10, 4},
		{"a day later needs six weeks", []Workshop{near("a", 9, 29)}, nil, "a", "weeks:6", 10, 6},
		{"eight weeks", []Workshop{near("a", 9, 56)}, nil, "a", "weeks:6 weeks:8", 10, 8},
		{"40 km, at eight weeks", []Workshop{near("a", 11, 3)}, nil, "a", "weeks:6 weeks:8 radius_km:40", 40, 8},
		{"50 km", []Workshop{near("a", 49, 3)}, nil, "a", all, 50, 8},
		{"nothing within 50 km", []Workshop{near("a", 51, 3)}, nil, "", all, 50, 8},
		{"nothing in eight weeks", []Workshop{near("a", 1, 57)}, nil, "", all, 50, 8},
		{"nothing at all", nil, nil, "", all, 50, 8},
		{"what is near keeps the far away out", []Workshop{near("a", 9, 27), near("far", 11, 1)}, nil, "a", "", 10, 4},
		{"an approximate place widens every radius", []Workshop{near("a", 13, 3)}, func(q *Query) { q.Area.ErrorKM = 4 }, "a", "", 10, 4},
		{"by date, then distance", []Workshop{near("later", 1, 9), near("farther", 8, 5), near("nearer", 2, 5)}, nil, "nearer farther later", "", 10, 4},
		{"yesterday is over", []Workshop{near("a", 1, -1), near("b", 1, 30)}, nil, "b", "weeks:6", 10, 6},
		{"this morning is over", []Workshop{near("a", 1, 0, at(11, 59)), near("b", 1, 0, at(12, 1))}, nil, "b", "", 10, 4},
		{"what begins this minute has begun", []Workshop{near("a", 1, 0, at(12, 0)), near("b", 1, 1)}, nil, "b", "", 10, 4},
		{"today at an unknown hour may still come", []Workshop{near("a", 1, 0, func(w *Workshop) { w.Start = Clock{} })}, nil, "a", "", 10, 4},
		{"full, closed and cancelled are not proposed", []Workshop{near("a", 1, 3, status(Full)), near("b", 1, 3, status(Closed)), near("c", 1, 3, status(Cancelled)), near("d", 9, 40)}, nil, "d", "weeks:6", 10, 6},
		{"a cycle is one entry, its next session", []Workshop{near("s3", 1, 16, cycle("c")), near("s2", 1, 9, cycle("c")), near("s1", 1, 2, cycle("c"))}, nil, "s1", "", 10, 4},
		{"a cycle under way gives its next session", []Workshop{near("s1", 1, -5, cycle("c")), near("s2", 1, 2, cycle("c"))}, nil, "s2", "", 10, 4},
		{"a cycle gives the first session that takes people", []Workshop{near("s1", 1, 2, cycle("c"), status(Full)), near("s2", 1, 9, cycle("c"))}, nil, "s2", "", 10, 4},
		{"a cycle at two sites is one entry", []Workshop{near("s1", 5, 2, cycle("c")), near("s2", 1, 9, cycle("c"))}, nil, "s1", "", 10, 4},
		{"theme by label", []Workshop{near("a", 1, 2), near("b", 1, 3, theme(2, ""))}, func(q *Query) { q.Theme = "Bien dans sa tête" }, "b", "", 10, 4},
		{"theme by another word", []Workshop{near("a", 1, 2), near("b", 1, 3, theme(2, ""))}, func(q *Query) { q.Theme = "bien dans ma tete" }, "b", "", 10, 4},
		{"theme that is none", []Workshop{near("a", 1, 2)}, func(q *Query) { q.Theme = "jardin" }, "", all, 50, 8},
		{"theme widens", []Workshop{near("a", 1, 2), near("b", 20, 3, theme(2, ""))}, func(q *Query) { q.Theme = "tete" }, "b", "weeks:6 weeks:8 radius_km:40", 40, 8},
		{"module", []Workshop{near("a", 1, 2, theme(2, "Sommeil")), near("b", 1, 3, theme(2, "Mémoire"))}, func(q *Query) { q.Module = "memoire" }, "b", "", 10, 4},
		{"module that is none", []Workshop{near("a", 1, 2, theme(2, "Sommeil"))}, func(q *Query) { q.Module = "couture" }, "", all, 50, 8},
		{"told already, by ID", []Workshop{near("a", 1, 2), near("b", 1, 3)}, func(q *Query) { q.Exclude = []string{"a"} }, "b", "", 10, 4},
		{"told already takes the cycle along", []Workshop{near("s1", 1, 2, cycle("c")), near("s2", 1, 9, cycle("c")), near("b", 1, 12)}, func(q *Query) { q.Exclude = []string{"s1"} }, "b", "", 10, 4},
		{"told already, by cycle", []Workshop{near("s1", 1, 2, cycle("c")), near("b", 1, 12)}, func(q *Query) { q.Exclude = []string{"c"} }, "b", "", 10, 4},
		{"remote ones come last", []Workshop{near("r", 0, 1, remote("sud-est")), near("a", 1, 9)}, nil, "a r", "", 10, 4},
		{"remote ones do not end the widening", []Workshop{near("r", 0, 1, remote("sud-est")), near("a", 30, 9)}, nil, "a r", "weeks:6 weeks:8 radius_km:40", 40, 8},
		{"remote ones are told when nothing is near", []Workshop{near("r", 0, 1, remote("sud-est"))}, nil, "r", all, 50, 8},
		{"remote ones of another region are not", []Workshop{near("r", 0, 1, remote("bourgogne-franche-comte"))}, nil, "", all, 50, 8},
		{"remote ones of no region are for all", []Workshop{near("r", 0, 1, remote(""))}, nil, "r", all, 50, 8},
		{"a remote cycle is one entry", []Workshop{near("r1", 0, 1, remote(""), cycle("c")), near("r2", 0, 8, remote(""), cycle("c"))}, nil, "r1", all, 50, 8},
		{"a workshop without a point is not near", []Workshop{near("a", 0, 1, func(w *Workshop) { w.Lat, w.Lon = 0, 0 })}, nil, "", all, 50, 8},
		{"a place without a point finds what is remote", []Workshop{near("a", 0, 1), near("r", 0, 1, remote(""))}, func(q *Query) { q.Area = Area{} }, "r", all, 50, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := Query{Area: avignon, From: noon}
			if c.change != nil {
				c.change(&q)
			}
			r := catalogueOf(c.stock...).Search(q, Settings{})
			var ids []string
			for _, w := range r.Workshops {
				ids = append(ids, w.ID)
			}
			if got := strings.Join(ids, " "); got != c.found {
				t.Errorf("found %q, want %q", got, c.found)
			}
			if got := strings.Join(r.Widened, " "); got != c.widened || r.RadiusKM != c.radius || r.Weeks != c.weeks {
				t.Errorf("widened %q to %v km and %d weeks, want %q, %v and %d", got, r.RadiusKM, r.Weeks, c.widened, c.radius, c.weeks)
			}
		})
	}
}

func TestSearchSettings(t *testing.T) {
	c := catalogueOf(near("a", 80, 30))
	r := c.Search(Query{Area: avignon, From: noon}, Settings{RadiiKM: []float64{10, 40, 90}, Weeks: []int{4, 5, 8}}) // section 3.4.2 of the source
	if got := strings.Join(r.Widened, " "); got != "weeks:5 weeks:8 radius_km:40 radius_km:90" || len(r.Workshops) != 1 {
		t.Errorf("widened %q, %d found", got, len(r.Workshops))
	}
	r = c.Search(Query{Area: avignon, From: noon}, Settings{RadiiKM: []float64{7.5}, Weeks: []int{2}})
	if len(r.Widened) != 0 || r.RadiusKM != 7.5 || r.Weeks != 2 {
		t.Errorf("a single step was widened: %+v", r)
	}
}

func TestResultJSON(t *testing.T) {
	c := catalogueOf(near("a", 2.04, 3, theme(3, "x")), near("b", 3, 3), near("r", 0, 2, remote("")))
	b, err := json.Marshal(c.Search(Query{Area: avignon}, Settings{}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Place     string
		RadiusKM  float64 `json:"radius_km"`
		Weeks     int
		Widened   []string
		Themes    []string
		Workshops []map[string]any
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Place != "Avignon" || got.RadiusKM != 10 || got.Weeks != 4 || got.Widened == nil {
		t.Errorf("%s", b)
	}
	if got.Workshops[0]["distance_km"] != 2.0 || got.Workshops[2]["distance_km"] != nil || got.Workshops[2]["lat"] != nil {
		t.Errorf("distances %v %v", got.Workshops[0]["distance_km"], got.Workshops[2]["distance_km"])
	}
	if want := []string{Themes()[0].Label, Themes()[3].Label}; !slices.Equal(got.Themes, want) {
		t.Errorf("themes %q, want %q", got.Themes, want)
	}
	empty, _ := json.Marshal(catalogueOf().Search(Query{Area: avignon}, Settings{RadiiKM: []float64{1}, Weeks: []int{1}}))
	if want := `{"place":"Avignon","radius_km":1,"weeks":1,"widened":[],"workshops":[],"themes":[]}`; string(empty) != want {
		t.Errorf("nothing found is %s, want %s", empty, want)
	}
}

// TestSearchAgainstCounting compares the index with a count over all sessions, step by step: nothing outside, nothing forgotten, no
// step too many.
func TestSearchAgainstCounting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		stock := randomStock(rng, 1+rng.IntN(150))
		c := catalogueOf(slices.Clone(stock)...)
		q := Query{Area: Area{Lat: 42 + rng.Float64()*6, Lon: 1 + rng.Float64()*6, ErrorKM: float64(rng.IntN(3)) * 4}, From: noon}
		if rng.IntN(3) == 0 {
			q.Theme = Themes()[rng.IntN(4)].Label
		}
		got := c.Search(q, Settings{})
		var want map[string]bool
		var widened []string
		for i, st := range (Settings{}).steps() {
			if i > 0 {
				widened = append(widened, st.word)
			}
			if want = count(stock, q, st); len(want) > 0 {
				break
			}
		}
		if !slices.Equal(got.Widened, widened) && len(widened)+len(got.Widened) > 0 {
			t.Fatalf("round %d: widened %q, want %q", round, got.Widened, widened)
		}
		if len(got.Workshops) != len(want) {
			t.Fatalf("round %d: %d entries, want %d", round, len(got.Workshops), len(want))
		}
		for i, w := range got.Workshops {
			if !want[w.ID] {
				t.Fatalf("round %d: %s was not to be found", round, w.ID)
			}
			if w.DistanceKM > got.RadiusKM+q.Area.ErrorKM+0.05 || w.Date.After(DateOf(noon).AddDays(7*got.Weeks)) {
				t.Fatalf("round %d: %s lies outside: %v km, %s", round, w.ID, w.DistanceKM, w.Date)
			}
			if i > 0 {
				if before := got.Workshops[i-1]; w.Date.Before(before.Date) || w.Date == before.Date && w.DistanceKM < before.DistanceKM {
					t.Fatalf("round %d: %s stands after %s", round, w.ID, before.ID)
				}
			}
		}
	}
}

// count gives the sessions to be proposed at one extent, the plain way.
func count(stock []Workshop, q Query, st step) map[string]bool {
	best := map[string]Workshop{}
	until := DateOf(noon).AddDays(7 * st.weeks)
	for _, w := range stock {
		soon := w.Date.At(w.Start).After(noon) && !w.Date.After(until)
		if !soon || w.Status != Open || q.Theme != "" && w.Theme != q.Theme ||
			place.DistanceKM(q.Area.Lat, q.Area.Lon, w.Lat, w.Lon) > st.radiusKM+q.Area.ErrorKM {
			continue
		}
		if b, ok := best[w.Key()]; !ok || byTime(&w, &b) < 0 {
			best[w.Key()] = w
		}
	}
	ids := map[string]bool{}
	for _, w := range best {
		ids[w.ID] = true
	}
	return ids
}

func randomStock(rng *rand.Rand, n int) []Workshop {
	var stock []Workshop
	for i := range n {
		w := Workshop{ID: fmt.Sprintf("%06d", i), Theme: Themes()[rng.IntN(4)].Label, Date: DateOf(noon).AddDays(rng.IntN(80) - 7),
			Start: NewClock(8+rng.IntN(12), 30*rng.IntN(2)), Status: Open, Lat: 42 + rng.Float64()*6, Lon: 1 + rng.Float64()*6}
		if rng.IntN(6) == 0 {
			w.Status = []Status{Full, Closed, Cancelled}[rng.IntN(3)]
		}
		if i > 0 && rng.IntN(2) == 0 { // another session of an earlier one, often at its site
			w.Cycle = stock[rng.IntN(len(stock))].Key()
			if rng.IntN(4) > 0 {
				w.Lat, w.Lon = stock[i-1].Lat, stock[i-1].Lon
			}
		}
		stock = append(stock, w)
	}
	return stock
}

func TestCatalogue(t *testing.T) {
	c := NewCatalogue(func() time.Time { return noon })
	if c.Len() != 0 || c.Age() != 0 || !c.Meta().LoadedAt.IsZero() {
		t.Errorf("a new catalogue has %d sessions, age %v", c.Len(), c.Age())
	}
	c.Set([]Workshop{near("b", 1, 9, cycle("c")), near("a", 1, 2, cycle("c")), near("x", 1, 5, status(Full))}, Meta{Source: "s", LoadedAt: noon.Add(-90 * time.Minute)})
	if c.Age() != 90*time.Minute || c.Len() != 3 {
		t.Errorf("age %v, %d sessions", c.Age(), c.Len())
	}
	m := c.Meta()
	if m.Rows != 3 || m.Cycles != 2 || m.Open != 2 || m.First.String() != "2026-05-06" || m.Last.String() != "2026-05-13" {
		t.Errorf("counts %+v", m)
	}
	if w, ok := c.ByID("x"); !ok || w.Status != Full {
		t.Errorf("x is %+v, %v", w, ok)
	}
	if _, ok := c.ByID("none"); ok {
		t.Error("found what is not there")
	}
}

func TestAreas(t *testing.T) {
	p := place.Place{INSEE: "84007", Name: "Avignon", PostalCodes: []string{"84000", "84140"}, Region: place.RegionSudEst, Lat: 43.9, Lon: 4.8, ErrorKM: 2}
	if a := AreaOfPlace(p); a.Label != "Avignon" || a.ErrorKM != 2 || a.PostalCode != "" || a.INSEE != "84007" || a.Region != place.RegionSudEst {
		t.Errorf("area of a commune: %+v", a)
	}
	z := place.Zone{Code: "84000", Lat: 43.9, Lon: 4.8, RadiusKM: 4, ErrorKM: 1, Places: []place.Place{p}}
	if a := AreaOfZone(z); a.Label != "Avignon" || a.ErrorKM != 5 || a.PostalCode != "84000" || a.INSEE != "84007" {
		t.Errorf("area of a postal code: %+v", a)
	}
	z.RadiusKM, z.Places = 24, append(z.Places, place.Place{INSEE: "84001"})
	if a := AreaOfZone(z); a.ErrorKM != 11 || a.INSEE != "" {
		t.Errorf("area of a wide postal code: %+v", a)
	}
}

func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{5_000, 50_000} {
		c := catalogueOf(randomStock(rand.New(rand.NewPCG(1, 2)), n)...)
		for _, bench := range []struct {
			name string
			area Area
		}{{"near", Area{Lat: 45, Lon: 4}}, {"widened to the end", Area{Lat: 49.5, Lon: -3}}} {
			b.Run(fmt.Sprintf("%d/%s", n, bench.name), func(b *testing.B) {
				for b.Loop() {
					c.Search(Query{Area: bench.area, From: noon}, Settings{})
				}
			})
		}
	}
}
