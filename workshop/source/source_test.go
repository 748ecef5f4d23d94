package source

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

// today is the day of the tests.
var today = time.Date(2026, 11, 25, 9, 0, 0, 0, workshop.Paris())

// quick limits make misbehaviour fail within a test's patience.
var quick = Limits{Timeout: 2 * time.Second, Total: 10 * time.Second, Delay: time.Millisecond, Backoff: time.Millisecond, Retries: 2, MaxBytes: 1 << 20, MaxPages: 20}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func open(t *testing.T, c Config) *Source {
	t.Helper()
	if c.Limits == (Limits{}) {
		c.Limits = quick
	}
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c, Options{Gazetteer: g, Now: func() time.Time { return today }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fetch(t *testing.T, c Config) Fetched {
	t.Helper()
	f, err := open(t, c).Fetch(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// brief says a workshop in one line.
func brief(w workshop.Workshop) string {
	return fmt.Sprintf("%s|%s|%s|%s %s-%s|%s|%s|%s %s|%s|%s|%s|%v|%d/%d", w.ID, w.Title, w.Theme, w.Date, w.Start, w.End, w.Venue, w.Address, w.PostalCode, w.City,
		w.Price, w.Phone, w.Status, w.Remote, w.Session, w.Sessions)
}

func check(t *testing.T, f Fetched, want, broken []string) {
	t.Helper()
	var got, faults []string
	for _, w := range f.Workshops {
		got = append(got, brief(w))
	}
	for _, b := range f.Broken {
		_, reason, _ := strings.Cut(strings.TrimPrefix(b.Error(), "http://"), ":")
		_, reason, _ = strings.Cut(reason, ":")
		faults = append(faults, reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("workshops\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(faults, broken) {
		t.Errorf("broken\n%s\nwant\n%s", strings.Join(faults, "\n"), strings.Join(broken, "\n"))
	}
}

func TestOpenAgenda(t *testing.T) {
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		if r.URL.Query().Get("after[]") == "" {
			fmt.Fprint(w, file(t, "openagenda-1.json"))
			return
		}
		fmt.Fprint(w, file(t, "openagenda-2.json"))
	})
	f := fetch(t, Config{Kind: OpenAgenda, URL: url + "/v2/agendas/1/events?detailed=1&key=k"})
	check(t, f, []string{
		"50000001/2026-12-01T14:30|Gym équilibre|Bien dans mon corps|2026-12-01 14:30-16:00|Salle des fêtes|3 rue du Lac|84000 Avignon|5 € la séance|01 99 00 12 34|open|false|1/2",
		"50000001/2026-12-08T14:30|Gym équilibre|Bien dans mon corps|2026-12-08 14:30-16:00|Salle des fêtes|3 rue du Lac|84000 Avignon|5 € la séance|01 99 00 12 34|open|false|2/2",
		"50000002/2026-12-03T10:00|Atelier mémoire|Bien dans sa tête|2026-12-03 10:00-12:00|Mairie|1 place de la Mairie|84100 Orange|gratuit|01 99 00 56 78|cancelled|false|0/0",
		"50000003/2026-12-05T10:00|Bien dormir|Bien dans sa tête|2026-12-05 10:00-11:00||| |||full|true|0/0",
	}, nil)
	if d := f.Workshops[0].Description; d != "Des exercices doux & progressifs.\ndebout\nassis" {
		t.Errorf("description %q", d)
	}
	want := []string{"detailed=1&key=k&size=100", "after%5B%5D=1796116000&after%5B%5D=50000002&detailed=1&key=k&size=100"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func siteMapping() Mapping {
	return Mapping{
		Items: "data.ateliers", Dates: []string{"%d/%m/%Y %Hh%M"}, Themes: map[string]string{"Activités physiques": "corps"},
		Fields: map[string][]string{"id": {"reference"}, "title": {"intitule"}, "theme": {"rubrique"}, "start": {"debut"}, "end": {"fin"},
			"venue": {"lieu.nom"}, "address": {"lieu.rue"}, "postal_code": {"lieu.cp"}, "city": {"lieu.ville"}, "price": {"tarif"},
			"phone": {"contact.tel", "texte"}, "description": {"texte"}, "status": {"complet"}},
		Statuses: map[string]string{"true": "full", "false": "open"},
	}
}

func TestSiteOfItsOwnShape(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 100)
		n, _ := r.Body.Read(body)
		if r.Method != "POST" || r.Header.Get("X-Key") != "secret" || string(body[:n]) != `{"public":"seniors"}` {
			t.Errorf("asked %s %v %q", r.Method, r.Header, body[:n])
		}
		fmt.Fprint(w, file(t, "site.json"))
	})
	f := fetch(t, Config{Kind: JSON, URL: url, Method: "post", Body: `{"public":"seniors"}`, Headers: map[string]string{"X-Key": "secret"}, Mapping: siteMapping()})
	check(t, f, []string{
		"A-1|Marche douce|Bien dans mon corps|2026-12-02 09:30-11:00|Départ mairie|Place de la Mairie|13090 Aix-en-Provence|gratuit|01 99 00 11 22|open|false|0/0",
		"A-2|Cuisine du marché|Bien chez soi|2026-12-03 09:30-11:00|Centre social||84000 Avignon|3,50 €|01 99 00 33 44|full|false|0/0",
	}, []string{
		"3: date: is empty",
		`4: intitule: is no text but {"fr": "Un objet"}; name a field in it`,
	})
}

func TestSchemaOrg(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, file(t, "schema_org.json")) })
	check(t, fetch(t, Config{Kind: SchemaOrg, URL: url, Mapping: Mapping{Statuses: map[string]string{}}}), []string{
		"https://example.org/e/1|Lecture à voix haute|Bien avec les autres|2026-12-10 14:00-16:00|Médiathèque|2 cours Mirabeau|13100 Aix-en-Provence|gratuit|01 99 00 45 67|open|false|0/0",
		"https://example.org/e/2|Chant|Bien avec les autres|2026-12-11 14:00-|Salle Pasteur||21000 Dijon|||cancelled|false|0/0",
	}, nil)
}

func TestCalendarWithRecurrence(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.ReplaceAll(file(t, "calendar.ics"), "\n", "\r\n"))
	})
	const gym = "gym@example.org/2026-%s|Gym sur chaise, en douceur|Bien dans mon corps|2026-%s 10:00-11:30|Salle des fêtes|3 rue du Lac|84000 Avignon||01 99 00 77 88|open|false|0/0"
	check(t, fetch(t, Config{Kind: ICalendar, URL: url}), []string{
		// 1 December is moved to the 2nd, 8 December left out, COUNT=12 ends on 22 December; the sessions before yesterday are over.
		fmt.Sprintf(gym, "11-24T10:00", "11-24"), fmt.Sprintf(gym, "12-15T10:00", "12-15"), fmt.Sprintf(gym, "12-22T10:00", "12-22"),
		"gym@example.org/2026-12-02T15:00|Gym sur chaise, en douceur|Bien dans mon corps|2026-12-02 15:00-16:30|Salle des fêtes||84000 Avignon|||open|false|0/0",
		"memoire@example.org/2026-12-15|Journée de la mémoire|Bien dans sa tête|2026-12-15 -|||21000 Dijon|||cancelled|false|0/0",
	}, []string{`4: broken@example.org: DTSTART: "tomorrow" is no instant of a calendar`})
}

func TestSessionsOfARecurrenceAreOneCycle(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, file(t, "calendar.ics")) })
	for _, w := range fetch(t, Config{Kind: ICalendar, URL: url}).Workshops {
		if want := strings.HasPrefix(w.ID, "gym"); want != (w.Cycle == "gym@example.org") {
			t.Errorf("%s is of cycle %q", w.ID, w.Cycle)
		}
	}
}

func TestCSVOverHTTP(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "Intitulé;Thème;Date;CP\nMarche;corps;02/12/2026;84000\nMarche;corps;jamais;84000\n")
	})
	f := fetch(t, Config{Kind: CSV, URL: url})
	if len(f.Workshops) != 1 || f.BrokenRows != 1 {
		t.Errorf("%d workshops, %d broken", len(f.Workshops), f.BrokenRows)
	}
}

func TestPages(t *testing.T) {
	const all = 7
	// list gives the items from (from 0) on, at most n.
	list := func(from, n int) string {
		var items []string
		for i := from; i < min(from+n, all); i++ {
			items = append(items, fmt.Sprintf(`{"id":"%d","t":"T","th":"corps","d":"2026-12-%02d","cp":"84000"}`, i, i+1))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	number := func(r *http.Request, key string) int {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get(key), &n)
		return n
	}
	zero := 0
	m := Mapping{Items: "l", Fields: map[string][]string{"id": {"id"}, "title": {"t"}, "theme": {"th"}, "date": {"d"}, "postal_code": {"cp"}}}
	for _, c := range []struct {
		name   string
		paging Paging
		serve  http.HandlerFunc
	}{
		{"page", Paging{Kind: ByPage}, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"l":%s}`, list(3*(number(r, "page")-1), 3))
		}},
		{"page from 0, with size", Paging{Kind: ByPage, Parameter: "p", First: &zero, SizeParameter: "n", Size: 4}, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"l":%s}`, list(4*number(r, "p"), number(r, "n")))
		}},
		{"offset", Paging{Kind: Offset, SizeParameter: "limit", Size: 3}, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"l":%s}`, list(number(r, "offset"), number(r, "limit")))
		}},
		{"cursor", Paging{Kind: Cursor, Parameter: "c", Next: "next"}, func(w http.ResponseWriter, r *http.Request) {
			at := number(r, "c")
			next := "null"
			if at+3 < all {
				next = fmt.Sprintf(`"%d"`, at+3)
			}
			fmt.Fprintf(w, `{"l":%s,"next":%s}`, list(at, 3), next)
		}},
		{"link in the body", Paging{Kind: ByLink, Next: "links.next"}, func(w http.ResponseWriter, r *http.Request) {
			at := number(r, "at")
			link := ""
			if at+3 < all {
				link = fmt.Sprintf(`,"links":{"next":"/x?at=%d"}`, at+3)
			}
			fmt.Fprintf(w, `{"l":%s%s}`, list(at, 3), link)
		}},
		{"link in the header", Paging{Kind: ByLink}, func(w http.ResponseWriter, r *http.Request) {
			at := number(r, "at")
			if at+3 < all {
				w.Header().Set("Link", fmt.Sprintf(`</x?at=0>; rel="first", </x?at=%d>; rel="next"`, at+3))
			}
			fmt.Fprintf(w, `{"l":%s}`, list(at, 3))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fetch(t, Config{Kind: JSON, URL: serve(t, c.serve), Paging: c.paging, Mapping: m})
			var ids []string
			for _, w := range f.Workshops {
				ids = append(ids, w.ID)
			}
			if got := strings.Join(ids, ""); got != "0123456" || f.BrokenRows != 0 {
				t.Errorf("read %q, %d broken, want 0123456", got, f.BrokenRows)
			}
		})
	}
}

func TestConfigurationThatCannotBe(t *testing.T) {
	ok := func() Config { return Config{Kind: JSON, URL: "http://127.0.0.1:9/a", Mapping: siteMapping()} }
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"kind", func(c *Config) { c.Kind = "xml" }, `kind "xml", known`},
		{"address", func(c *Config) { c.URL = "ftp://example.org" }, "no address such as"},
		{"method", func(c *Config) { c.Method = "PUT" }, "use GET or POST"},
		{"field", func(c *Config) { c.Mapping.Fields["titel"] = []string{"x"} }, `no field "titel"`},
		{"no title", func(c *Config) { delete(c.Mapping.Fields, "title") }, "title has no path"},
		{"no date", func(c *Config) { delete(c.Mapping.Fields, "start") }, "neither date nor start"},
		{"each without list", func(c *Config) { c.Mapping.Fields["start"] = []string{"each.begin"} }, "each names no list"},
		{"date form", func(c *Config) { c.Mapping.Dates = []string{"JJ/MM"} }, "no form of a date"},
		{"theme", func(c *Config) { c.Mapping.Themes = map[string]string{"x": "y"} }, "themes"},
		{"state", func(c *Config) { c.Mapping.Statuses = map[string]string{"x": "y"} }, "statuses"},
		{"paging", func(c *Config) { c.Paging.Kind = "scroll" }, "paging.kind"},
		{"cursor", func(c *Config) { c.Paging.Kind = Cursor }, "paging.next"},
		{"pages of a calendar", func(c *Config) { c.Kind = ICalendar; c.Paging.Kind = ByPage }, "has no pages"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := ok()
			c.change(&conf)
			if _, err := New(conf, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := New(ok(), Options{}); err != nil {
		t.Errorf("the good one: %v", err)
	}
}
