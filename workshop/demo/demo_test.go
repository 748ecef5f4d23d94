package demo

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/store/storetest"
	"github.com/acotel/acotel-sbc/workshop"
)

func gazetteer(t testing.TB) *place.Gazetteer {
	t.Helper()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func day(y int, m time.Month, d int) workshop.Date {
	return workshop.DateOf(time.Date(y, m, d, 12, 0, 0, 0, time.UTC))
}

// seasons are made of different seeds, on days that are hard: the new year, a
// holiday, the change of the clock, the end of February of a leap year.
func seasons(t testing.TB) []Options {
	g := gazetteer(t)
	return []Options{
		{Seed: 0, Today: day(2026, time.November, 24), Gazetteer: g}, {Seed: 1, Today: day(2026, time.December, 31), Gazetteer: g},
		{Seed: 2, Today: day(2027, time.March, 27), Gazetteer: g}, {Seed: 3, Today: day(2027, time.July, 14), Gazetteer: g},
		{Seed: 4, Today: day(2028, time.February, 28), Gazetteer: g}, {Seed: 5, Today: day(2027, time.May, 1), Gazetteer: g},
	}
}

// find searches around a commune as a call does.
func find(t testing.TB, c *workshop.Catalogue, o Options, insee string) workshop.Result {
	t.Helper()
	p, ok := o.Gazetteer.ByINSEE(insee)
	if !ok {
		t.Fatalf("no commune %s", insee)
	}
	return c.Search(workshop.Query{Area: workshop.AreaOfPlace(p), From: o.Today.At(workshop.NewClock(8, 0))}, workshop.DefaultSettings())
}

func TestWhatIsPromisedIsThere(t *testing.T) {
	for _, o := range seasons(t) {
		c, err := Catalogue(o)
		if err != nil {
			t.Fatal(err)
		}
		d, _ := readData()
		for _, insee := range d.places.WellServed {
			r := find(t, c, o, insee)
			if len(r.Themes) != 4 || len(r.Workshops) < 8 || len(r.Widened) > 0 {
				t.Errorf("%s, %s: %d workshops of the themes %v, widened %v", o.Today, r.Place, len(r.Workshops), r.Themes, r.Widened)
			}
		}
		for insee, widened := range map[string][]string{
			"04019": {"weeks:6"},
			"58062": {"weeks:6", "weeks:8"},
			"04039": {"weeks:6", "weeks:8", "radius_km:40"},
			"12202": {"weeks:6", "weeks:8", "radius_km:40", "radius_km:50"},
		} {
			r := find(t, c, o, insee)
			local := slices.ContainsFunc(r.Workshops, func(w workshop.Workshop) bool { return !w.Remote })
			if !slices.Equal(r.Widened, widened) || !local {
				t.Errorf("%s, %s: %d workshops after %v, want them after %v", o.Today, r.Place, len(r.Workshops), r.Widened, widened)
			}
		}
		if r := find(t, c, o, "29019"); len(r.Workshops) != 0 {
			t.Errorf("%s: %d workshops near Brest", o.Today, len(r.Workshops))
		}
		for _, insee := range d.places.Outside {
			if r := find(t, c, o, insee); len(r.Workshops) == 0 {
				t.Errorf("%s: nothing at %s", o.Today, r.Place)
			}
		}
	}
}

func TestEveryWorkshopIsAsItShould(t *testing.T) {
	for _, o := range seasons(t) {
		ws, meta, err := Generate(o)
		if err != nil {
			t.Fatal(err)
		}
		if len(ws) < 3000 || !strings.HasPrefix(meta.Source, "demo:") {
			t.Fatalf("%d workshops of %q", len(ws), meta.Source)
		}
		regions, themes, modules, cycles := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]int{}
		free := 0
		for i, w := range ws {
			regions[w.Region]++
			themes[w.Theme]++
			modules[w.Module] = true
			cycles[w.Cycle]++
			if w.Price.Kind == workshop.Free {
				free++
			}
			switch {
			case i > 0 && ws[i-1].ID >= w.ID:
				t.Fatalf("%s comes after %s", w.ID, ws[i-1].ID)
			case w.Date.Before(o.Today) || w.Date.Weekday() == time.Sunday || closed(w.Date):
				t.Fatalf("%s is on %s, %s", w.ID, w.Date.Weekday(), w.Date)
			case w.Start.Hour() < 9 || w.End.Minutes() > 18*60 || w.End.Minutes() <= w.Start.Minutes():
				t.Fatalf("%s is from %s to %s", w.ID, w.Start, w.End)
			case w.Sessions < 6 || w.Sessions > 12 || w.Session < 1 || w.Session > w.Sessions:
				t.Fatalf("%s is session %d of %d", w.ID, w.Session, w.Sessions)
			case !strings.HasPrefix(w.Phone, "01 99 00 ") && !strings.HasPrefix(w.Phone, "06 39 98 "):
				t.Fatalf("%s has the number %s, which may be somebody's", w.ID, w.Phone)
			case strings.ContainsAny(w.Title+w.Summary+w.Description+w.Venue+w.Address+w.Organiser, "{}"):
				t.Fatalf("%s has a variable left: %+v", w.ID, w)
			case !w.Remote && (!w.Located() || w.City == "" || len(w.PostalCode) != 5 || w.Address == "" || w.Venue == ""):
				t.Fatalf("%s has no place: %+v", w.ID, w)
			case w.Title == "" || w.Theme == "" || w.Module == "" || w.Summary == "" || w.Description == "" || w.Organiser == "":
				t.Fatalf("%s lacks something: %+v", w.ID, w)
			}
		}
		if len(themes) != 4 || len(modules) < 25 || len(cycles) < DefaultCycles {
			t.Errorf("themes %v, %d modules, %d cycles", themes, len(modules), len(cycles))
		}
		for _, r := range []string{place.RegionSudEst, place.RegionLanguedoc, place.RegionCentre, place.RegionBourgogne, place.RegionOther} {
			if regions[r] < 50 {
				t.Errorf("%d sessions in %s", regions[r], r)
			}
		}
		if free < len(ws)/3 {
			t.Errorf("%d of %d are free", free, len(ws))
		}
	}
}

// The search shows sessions of one cycle as one entry, a week apart at one hour.
func TestCyclesAreWeekly(t *testing.T) {
	ws, _, err := Generate(seasons(t)[1])
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(ws); i++ {
		a, b := ws[i-1], ws[i]
		if a.Cycle != b.Cycle {
			continue
		}
		if a.Date.Weekday() != b.Date.Weekday() || !b.Date.After(a.Date) || a.Start != b.Start || b.Session != a.Session+1 {
			t.Fatalf("%s on %s, then %s on %s", a.ID, a.Date, b.ID, b.Date)
		}
		if next := a.Date.AddDays(7); next != b.Date && !closed(next) {
			t.Fatalf("%s skips %s", a.Cycle, next)
		}
	}
}

func TestSameOptionsGiveTheSameSeason(t *testing.T) {
	o := seasons(t)[0]
	a, _, err := Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	b, _, _ := Generate(o)
	if !slices.Equal(a, b) {
		t.Error("two seasons of the same options differ")
	}
	o.Seed++
	if b, _, _ = Generate(o); slices.Equal(a, b) {
		t.Error("another seed gives the same season")
	}
}

func TestStoreOnce(t *testing.T) {
	db := storetest.Open(t)
	o := seasons(t)[0]
	o.Cycles = 200
	first, err := Store(t.Context(), db, o)
	if err != nil || first.Cycles < 200 || first.Rows < 1000 {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := Store(t.Context(), db, o)
	if err != nil || again != first {
		t.Errorf("the same season was stored again: %+v, %v", again, err)
	}
	o.Today = o.Today.AddDays(1)
	next, err := Store(t.Context(), db, o)
	if err != nil || next.Source == first.Source {
		t.Errorf("the next day's season: %+v, %v", next, err)
	}
	ws, _, err := workshop.Load(t.Context(), db)
	want, _, _ := Generate(o)
	if err != nil || !slices.Equal(ws, want) {
		t.Errorf("%d workshops read back, %d written, %v", len(ws), len(want), err)
	}
}

func TestDataIsSound(t *testing.T) {
	d, err := readData()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range d.modules {
		if th, ok := workshop.ParseTheme(m.Theme); !ok || th.Key != m.Theme {
			t.Errorf("%s: no theme %q", m.Name, m.Theme)
		}
		if m.Weight < 1 || m.Sessions[0] < 6 || m.Sessions[1] > 12 || m.Sessions[0] > m.Sessions[1] || len(m.Minutes) == 0 {
			t.Errorf("%s: weight %d, sessions %v, minutes %v", m.Name, m.Weight, m.Sessions, m.Minutes)
		}
	}
	for _, p := range d.words.Prices {
		if price, err := workshop.ParsePrice(p.Price); err != nil || price.Kind == 0 || p.Weight < 1 {
			t.Errorf("price %q: %v %v", p.Price, price, err)
		}
	}
	for n := 6; n <= 15; n++ {
		if d.words.Numbers[n] == "" {
			t.Errorf("no word for %d", n)
		}
	}
}

func TestOf(t *testing.T) {
	d, _ := readData()
	s := &season{data: d}
	for name, want := range map[string]string{
		"Avignon": "d'Avignon", "Le Pontet": "du Pontet", "Les Angles": "des Angles", "La Ciotat": "de La Ciotat", "Orléans": "d'Orléans",
		"L'Isle-sur-la-Sorgue": "de L'Isle-sur-la-Sorgue", "Hyères": "d'Hyères", "Hauterives": "de Hauterives", "Hauts de Bienne": "de Hauts de Bienne", "Héricourt": "d'Héricourt", "Houx": "de Houx", "Dijon": "de Dijon",
		"Évreux": "d'Évreux",
	} {
		if got := s.of(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestHolidays(t *testing.T) {
	for _, d := range []workshop.Date{
		day(2026, time.April, 6), day(2026, time.May, 14), day(2026, time.May, 25), day(2027, time.March, 29), day(2028, time.April, 17),
		day(2026, time.November, 11), day(2026, time.December, 25), day(2026, time.November, 29),
	} {
		if !closed(d) {
			t.Errorf("%s should be a holiday", d)
		}
	}
	for _, d := range []workshop.Date{day(2026, time.April, 7), day(2026, time.May, 9), day(2026, time.November, 24)} {
		if closed(d) {
			t.Errorf("%s is a working day", d)
		}
	}
}

func TestPhonebook(t *testing.T) {
	b := newPhonebook()
	seen := map[string]bool{}
	for i := range 3000 {
		n := b.of("CCAS " + string(rune('A'+i%26)) + strings.Repeat("x", i/26))
		if seen[n] {
			t.Fatalf("%s twice", n)
		}
		seen[n] = true
	}
	first := b.of("CCAS A")
	if again := b.of("CCAS A"); again != first {
		t.Errorf("an organiser has two numbers, %s and %s", first, again)
	}
}

func TestBadOptions(t *testing.T) {
	g := gazetteer(t)
	for _, o := range []Options{{}, {Gazetteer: g}, {Gazetteer: g, Today: day(2026, 1, 1), Cycles: -1}} {
		if _, _, err := Generate(o); err == nil {
			t.Errorf("%+v makes a season", o)
		}
	}
}

func TestDrawFollowsWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	n := [3]int{}
	for range 4000 {
		n[draw(rng, 3, func(i int) int { return []int{3, 0, 1}[i] })]++
	}
	if n[1] != 0 || n[0] < 2800 || n[0] > 3200 {
		t.Errorf("%v", n)
	}
}

func BenchmarkGenerate(b *testing.B) {
	o := seasons(b)[0]
	for b.Loop() {
		if _, _, err := Generate(o); err != nil {
			b.Fatal(err)
		}
	}
}
