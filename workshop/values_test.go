package workshop

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for _, c := range []struct{ name, in, date, clock string }{
		{"ISO", "2026-05-14", "2026-05-14", ""},
		{"ISO with hour", "2026-05-14 14:30", "2026-05-14", "14:30"},
		{"ISO with T", "2026-05-14T14:30:00", "2026-05-14", "14:30"},
		{"instant in UTC is told in Paris", "2026-05-14T22:30:00Z", "2026-05-15", "00:30"},
		{"instant with offset", "2026-01-14T14:30:00+01:00", "2026-01-14", "14:30"},
		{"French slashes", "14/05/2026", "2026-05-14", ""},
		{"French without zeros", "4/5/2026", "2026-05-04", ""},
		{"French, short year", "14/05/26", "2026-05-14", ""},
		{"French dots", "14.05.2026", "2026-05-14", ""},
		{"French hyphens", "14-05-2026", "2026-05-14", ""},
		{"French with hour", "14/05/2026 14h30", "2026-05-14", "14:30"},
		{"in words", "14 mai 2026", "2026-05-14", ""},
		{"in words with weekday", "Jeudi 14 mai 2026", "2026-05-14", ""},
		{"first of the month", "1er août 2026", "2026-08-01", ""},
		{"month without accent", "3 fevrier 2026", "2026-02-03", ""},
		{"abbreviated month", "3 févr. 2026", "2026-02-03", ""},
		{"abbreviated weekday", "jeu. 14/05/2026", "2026-05-14", ""},
		{"leap day", "29/02/2028", "2028-02-29", ""},
		{"no leap day", "29/02/2026", "", ""},
		{"month 13", "14/13/2026", "", ""},
		{"day and month only", "14/05", "", ""},
		{"a word", "bientôt", "", ""},
		{"unknown month", "14 floréal 2026", "", ""},
		{"slip of the pen", "0206-05-14", "", ""},
		{"text behind", "2026-05-14 matin", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			date, clock, err := ParseDate(c.in)
			if (err != nil) != (c.date == "") {
				t.Fatalf("error %v", err)
			}
			if date.String() != c.date || clock.String() != c.clock {
				t.Errorf("%q is %s %s, want %s %s", c.in, date, clock, c.date, c.clock)
			}
		})
	}
}

func TestParseHours(t *testing.T) {
	for _, c := range []struct{ name, in, start, end string }{
		{"colon", "14:30", "14:30", ""},
		{"seconds", "14:30:00", "14:30", ""},
		{"h", "14h30", "14:30", ""},
		{"h with spaces", "14 h 30", "14:30", ""},
		{"capital", "14H30", "14:30", ""},
		{"full hour", "9h", "09:00", ""},
		{"in words", "9 heures", "09:00", ""},
		{"span", "14h30-16h", "14:30", "16:00"},
		{"span in words", "de 14 h 30 à 16 h 30", "14:30", "16:30"},
		{"span with no-break spaces", "14\u00a0h\u00a030 – 16\u00a0h", "14:30", "16:00"},
		{"empty", "", "", ""},
		{"midnight", "0h", "00:00", ""},
		{"25 o'clock", "25h", "!", ""},
		{"minute 60", "14h60", "!", ""},
		{"bare number", "14", "!", ""},
		{"a word", "le matin", "!", ""},
		{"word behind", "14h30 environ", "!", ""},
		{"three hours", "9h 10h 11h", "!", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, end, err := ParseHours(c.in)
			if c.start == "!" {
				if err == nil {
					t.Fatalf("%q is %s to %s, want an error", c.in, start, end)
				}
				return
			}
			if err != nil || start.String() != c.start || end.String() != c.end {
				t.Errorf("%q is %s to %s (%v), want %s to %s", c.in, start, end, err, c.start, c.end)
			}
		})
	}
}

func TestParsePrice(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Price
		spoken   string
	}{
		{"empty", "", Price{}, ""},
		{"zero", "0", Price{Kind: Free}, "gratuit"},
		{"zero euro", "0 €", Price{Kind: Free}, "gratuit"},
		{"gratuit", "Gratuit", Price{Kind: Free}, "gratuit"},
		{"gratuite", "gratuite", Price{Kind: Free}, "gratuit"},
		{"with a note", "Gratuit, sur inscription", Price{Kind: Free, Note: "sur inscription"}, "gratuit sur inscription"},
		{"number", "5", Euros(500, ""), "5 €"},
		{"sign", "5€", Euros(500, ""), "5 €"},
		{"sign in front", "€ 5", Euros(500, ""), "5 €"},
		{"cents", "7,50 €", Euros(750, ""), "7,50 €"},
		{"cents with point", "7.5 EUR", Euros(750, ""), "7,50 €"},
		{"one cent", "0,01 €", Euros(1, ""), "0,01 €"},
		{"in words", "20 euros pour le cycle", Euros(2000, "pour le cycle"), "20 € pour le cycle"},
		{"a session", "5 € la séance", Euros(500, "la séance"), "5 € la séance"},
		{"free will", "Participation libre", Price{Kind: FreeWill}, "participation libre"},
		{"unknown in words", "Se renseigner", Price{}, ""},
		{"a dash for nothing", "-", Price{}, ""},
		{"trailing zero", "15.00", Euros(1500, ""), "15 €"},
		{"no-break space", "5\u00a0€", Euros(500, ""), "5 €"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParsePrice(cleanLine(c.in))
			if err != nil || got != c.want || got.String() != c.spoken {
				t.Errorf("%q is %+v %q (%v), want %+v %q", c.in, got, got, err, c.want, c.spoken)
			}
			if back, err := ParsePrice(got.String()); err != nil || back != got {
				t.Errorf("%q read back is %+v (%v), want %+v", got, back, err, got)
			}
		})
	}
	for _, bad := range []string{"cher", "-5", "5,555", "12345", "1e3", "5x"} {
		var v *ValueError
		if p, err := ParsePrice(bad); !errors.As(err, &v) {
			t.Errorf("%q is %+v (%v), want a ValueError", bad, p, err)
		}
	}
}

func TestParsePhone(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", " ", ""},
		{"in pairs", "01 99 00 12 34", "01 99 00 12 34"},
		{"in one piece", "0199001234", "01 99 00 12 34"},
		{"dots", "01.99.00.12.34", "01 99 00 12 34"},
		{"hyphens", "06-39-98-12-34", "06 39 98 12 34"},
		{"no-break spaces", "01\u00a099\u00a000\u00a012\u00a034", "01 99 00 12 34"},
		{"international", "+33 1 99 00 12 34", "01 99 00 12 34"},
		{"international with a zero", "+33 (0)1 99 00 12 34", "01 99 00 12 34"},
		{"double zero", "0033199001234", "01 99 00 12 34"},
		{"without plus", "33199001234", "01 99 00 12 34"},
		{"zero dropped by a spreadsheet", "199001234", "01 99 00 12 34"},
		{"a word in front", "Tél. : 01 99 00 12 34", "01 99 00 12 34"},
		{"the first of two", "01 99 00 12 34 / 06 39 98 12 34", "01 99 00 12 34"},
		{"the first of two in words", "01 99 00 12 34 ou 06 39 98 12 34", "01 99 00 12 34"},
		{"Réunion mobile", "+262 692 12 34 56", "06 92 12 34 56"},
		{"Réunion landline", "+262 262 12 34 56", "02 62 12 34 56"},
		{"Saint-Pierre-et-Miquelon", "+508 41 23 45", "05 08 41 23 45"},
		{"short number", "3960", "39 60"},
		{"another country", "+32 2 123 45 67", "+3221234567"},
		{"too short", "01 99 00 12", "!"},
		{"too long", "01 99 00 12 34 5", "!"},
		{"00", "00 99 00 12 34", "!"},
		{"a word", "voir affiche", "!"},
		{"a letter inside", "01 99 OO 12 34", "!"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParsePhone(c.in)
			if c.want == "!" {
				if err == nil {
					t.Fatalf("%q is %q, want an error", c.in, got)
				}
				return
			}
			if err != nil || got != c.want {
				t.Fatalf("%q is %q (%v), want %q", c.in, got, err, c.want)
			}
			if back, err := ParsePhone(got); err != nil || back != got {
				t.Errorf("%q read back is %q (%v)", got, back, err)
			}
		})
	}
}

func TestThemes(t *testing.T) {
	var labels []string
	for _, th := range Themes() {
		labels = append(labels, th.Label)
		for _, word := range []string{th.Label, th.Key, strings.ToUpper(th.Label)} {
			if got, ok := ParseTheme(word); !ok || got != th {
				t.Errorf("%q is %+v, want %+v", word, got, th)
			}
		}
	}
	want := "Bien avec les autres, Bien chez soi, Bien dans sa tête, Bien dans mon corps"
	if got := strings.Join(labels, ", "); got != want {
		t.Errorf("themes %s, want %s (C7)", got, want)
	}
	if _, ok := ParseTheme("Bien au chaud"); ok {
		t.Error("an unknown theme was taken")
	}
}

func TestClockAndDate(t *testing.T) {
	if c := NewClock(0, 0); !c.Known() || c.String() != "00:00" {
		t.Errorf("midnight is %q, known %v", c, c.Known())
	}
	if (Clock{}).Known() || NewClock(24, 0).Known() {
		t.Error("an unknown hour counts as known")
	}
	d := Date{2026, time.December, 31}
	if next := d.AddDays(1); next != (Date{2027, time.January, 1}) || !d.Before(next) || !next.After(d) {
		t.Errorf("the day after %s is %s", d, next)
	}
	at := Date{2026, time.July, 1}.At(NewClock(14, 30))
	if got := at.UTC().Format(time.RFC3339); got != "2026-07-01T12:30:00Z" {
		t.Errorf("half past two in Paris is %s", got)
	}
}

func TestJSON(t *testing.T) {
	for name, w := range map[string]Workshop{"full": sample("a", 1), "empty": {}, "measured at no distance": {ID: "x", measured: true}} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(w)
			if err != nil {
				t.Fatal(err)
			}
			var back Workshop
			if err := json.Unmarshal(b, &back); err != nil || back != w {
				t.Errorf("%s came back as %+v (%v)", b, back, err)
			}
		})
	}
	b, _ := json.Marshal(Workshop{})
	var keys map[string]any
	if err := json.Unmarshal(b, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("id title theme module date start end venue address postal_code city distance_km price organiser phone status remote") {
		v, ok := keys[key]
		if !ok {
			t.Errorf("contracts want the key %s", key)
		}
		if key != "remote" && v != nil {
			t.Errorf("an unknown %s is %v, want null", key, v)
		}
	}
	for i, c := range Columns() {
		if _, ok := keys[c]; !ok {
			t.Errorf("column %d, %s, is no JSON key", i, c)
		}
	}
	if len(keys) != len(Columns()) {
		t.Errorf("%d JSON keys, %d columns", len(keys), len(Columns()))
	}
}

// sample is a workshop with every field set; n makes it one of many.
func sample(id string, n int) Workshop {
	return Workshop{
		ID: id, Title: "Gym équilibre, « en douceur »", Theme: Themes()[n%4].Label, Module: "Équilibre",
		Date: Date{2026, time.May, 1}.AddDays(n), Start: NewClock(14, 30), End: NewClock(16, 0),
		Venue: "Salle des fêtes", Address: "12, rue de l'Église", PostalCode: "84000", City: "Avignon",
		Price: Euros(500, "la séance"), Organiser: "CCAS d'Avignon", Phone: "01 99 00 12 34", Status: Open,
		Summary: "Retrouver un bon équilibre.", Description: "Première ligne ; \"entre guillemets\".\nDeuxième ligne.",
		Cycle: "c-" + id, Session: 1, Sessions: 8, Lat: 43.9493, Lon: 4.8055, Region: "sud-est", INSEE: "84007",
	}
}

// FuzzParse: what a value's text gives reads back as the same value.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"jeudi 14 mai 2026 14h30", "de 14 h 30 à 16 h", "7,50 € la séance", "+33 (0)1 99 00 12 34 / 12", "gratuit, sur place", "participation libre 5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = cleanLine(s)
		if d, _, err := ParseDate(s); err == nil {
			if back, _, err := ParseDate(d.String()); err != nil || back != d {
				t.Errorf("date %q: %s, then %s (%v)", s, d, back, err)
			}
		}
		if a, b, err := ParseHours(s); err == nil && a.Known() {
			if back, end, err := ParseHours(strings.TrimSuffix(a.String()+"-"+b.String(), "-")); err != nil || back != a || end != b {
				t.Errorf("hours %q: %s %s, then %s %s (%v)", s, a, b, back, end, err)
			}
		}
		if p, err := ParsePrice(s); err == nil {
			if back, err := ParsePrice(p.String()); err != nil || back != p {
				t.Errorf("price %q: %+v, then %+v (%v)", s, p, back, err)
			}
		}
		if p, err := ParsePhone(s); err == nil {
			if back, err := ParsePhone(p); err != nil || back != p {
				t.Errorf("phone %q: %q, then %q (%v)", s, p, back, err)
			}
		}
	})
}
