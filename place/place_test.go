package place

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func book(t testing.TB) *Gazetteer {
	t.Helper()
	g, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestFindFirst(t *testing.T) {
	g := book(t)
	for _, tt := range []struct {
		text, insee string
		least, most float64 // confidence
	}{
		{"Avignon", "84007", .95, 1}, {"avignon", "84007", .95, 1}, {"AVIGNON", "84007", .95, 1}, {" Avignon. ", "84007", .95, 1},
		{"à Avignon", "84007", .8, 1}, {"Nîmes", "30189", .95, 1}, {"nimes", "30189", .95, 1}, {"Orléans", "45234", .95, 1},
		{"L'Isle-sur-la-Sorgue", "84054", .95, 1}, {"l'isle sur la sorgue", "84054", .95, 1}, {"l’isle-sur-la-sorgue", "84054", .95, 1},
		{"Saint-Rémy-de-Provence", "13100", .95, 1}, {"st remy de provence", "13100", .95, 1}, {"saint rémy de provence", "13100", .95, 1},
		{"Aix", "13001", .5, .9}, {"Vaison", "84137", .8, .95}, {"Le Thor", "84132", .9, 1}, {"Thor", "84132", .3, .98},
		{"Marseille", "13055", .95, 1}, {"Marseille 8e", "13208", .8, 1}, {"lyon 3", "69383", .8, 1}, {"Paris", "75056", .9, 1},
		{"Montfavet", "84007", .7, .9},   // a locality of Avignon
		{"Castellane", "04039", .7, .95}, // the commune comes before Marseille's quarter
		{"Montpellier", "34172", .95, 1}, {"Tours", "37261", .9, 1}, {"Dijon", "21231", .95, 1}, {"Besançon", "25056", .95, 1},
		{"besancon", "25056", .95, 1}, {"Ajaccio", "2A004", .95, 1}, {"Bastia", "2B033", .95, 1},
		{"orange dans le vaucluse", "84087", .9, 1}, {"beaulieu 34", "34027", .8, 1},
		// Codes.
		{"84000", "84007", .9, 1}, {"84 000", "84007", .9, 1}, {"F-84000", "84007", .95, 1}, {"20000", "2A004", .9, 1},
		{"13008", "13208", .9, 1}, {"84100 Orange", "84087", .9, 1},
	} {
		got := g.Find(tt.text)
		if len(got) == 0 {
			t.Errorf("%q: nothing found", tt.text)
			continue
		}
		if m := got[0]; m.INSEE != tt.insee || m.Confidence < tt.least || m.Confidence > tt.most {
			t.Errorf("%q: %s %s at %.2f, want %s at %.2f to %.2f", tt.text, m.INSEE, m.Name, m.Confidence, tt.insee, tt.least, tt.most)
		}
	}
}

func TestFindNothing(t *testing.T) {
	g := book(t)
	for _, text := range []string{"", " ", "?", "99999", "00000", "xqzw", "123456789012345678901234567890", strings.Repeat("a", 100_000), "84", "\x00\xff"} {
		if got := g.Find(text); len(got) > 0 && got[0].Confidence > .5 {
			t.Errorf("%.40q: %s at %.2f", text, got[0].Name, got[0].Confidence)
		}
	}
}

// Namesakes share the confidence; no answer is sure of more than all of them.
func TestNamesakes(t *testing.T) {
	g := book(t)
	for _, text := range []string{"Saint-Denis", "Villeneuve", "Saint-Rémy", "Beaulieu", "Sainte-Colombe"} {
		got := g.Find(text)
		if len(got) < 2 || got[0].Confidence > .7 {
			t.Errorf("%s: %d answers, the first at %.2f", text, len(got), got[0].Confidence)
		}
		sum, last := 0.0, 1.0
		for _, m := range got {
			if m.Confidence > last || m.Confidence <= 0 {
				t.Errorf("%s: confidences out of order", text)
			}
			sum, last = sum+m.Confidence, m.Confidence
		}
		if sum > 1.0001 {
			t.Errorf("%s: confidences add up to %.3f", text, sum)
		}
	}
}

func TestPlaceIsTheContractsRow(t *testing.T) {
	b, err := json.Marshal(book(t).Find("84000")[0])
	if err != nil {
		t.Fatal(err)
	}
	var row map[string]any
	if err := json.Unmarshal(b, &row); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"insee", "name", "postal_codes", "department", "region", "lat", "lon", "approximate", "confidence", "why"} {
		if _, ok := row[key]; !ok {
			t.Errorf("no %q in %s", key, b)
		}
	}
	if row["department"] != "84" || row["region"] != "sud-est" || row["name"] != "Avignon" {
		t.Errorf("%s", b)
	}
}

func TestRegions(t *testing.T) {
	for region, list := range map[string]string{
		RegionSudEst: "04 05 06 13 83 84 2A 2B 2a", RegionLanguedoc: "11 30 34 48 66", RegionCentre: "18 28 36 37 41 45",
		RegionBourgogne: "21 25 39 58 70 71 89 90", RegionOther: "75 69 974 01 xx 20",
	} {
		for _, d := range strings.Fields(list) {
			if got := RegionOf(d); got != region {
				t.Errorf("%s is in %s, not %s", d, got, region)
			}
		}
	}
	for insee, want := range map[string]string{"84007": "84", "2A004": "2A", "2b033": "2B", "97411": "974", "123": "", "": ""} {
		if got := DepartmentOf(insee); got != want {
			t.Errorf("DepartmentOf(%q) = %q", insee, got)
		}
	}
}

func TestDepartments(t *testing.T) {
	for code, want := range map[string][2]string{"84": {"Vaucluse", "dans le Vaucluse"}, "2a": {"Corse-du-Sud", "en Corse-du-Sud"}, "99": {"", ""}} {
		if n, in := DepartmentName(code), InDepartment(code); n != want[0] || in != want[1] {
			t.Errorf("%s: %q, %q", code, n, in)
		}
	}
	for text, want := range map[string]string{"Vaucluse": "84", "le vaucluse": "84", "dans l'Hérault": "34", "84": "84"} {
		if code, ok := Department(text); !ok || code != want {
			t.Errorf("%q: %q, %v", text, code, ok)
		}
	}
	if code, ok := Department("Avignon"); ok {
		t.Errorf("Avignon is the department %s", code)
	}
}

func TestCodes(t *testing.T) {
	g := book(t)
	z, ok := g.PostalZone("84000")
	if !ok || z.Code != "84000" || len(z.Places) != 1 || z.Places[0].Name != "Avignon" || math.Abs(z.Lat-43.95) > .05 {
		t.Errorf("%+v, %v", z, ok)
	}
	if z, ok := g.PostalZone("84210"); !ok || len(z.Places) < 3 || z.RadiusKM < 1 {
		t.Errorf("84210: %+v, %v", z, ok)
	}
	for _, code := range []string{"", "84", "99999", "8400x"} {
		if _, ok := g.PostalZone(code); ok || len(g.ByPostalCode(code)) > 0 {
			t.Errorf("%q is a postal code", code)
		}
	}
	if p, ok := g.ByINSEE("84007"); !ok || p.Name != "Avignon" || p.Population < 80_000 {
		t.Errorf("%+v, %v", p, ok)
	}
	if p, ok := g.ByINSEE("48125"); !ok || p.INSEE != "48094" { // merged in 2016
		t.Errorf("a commune of earlier years: %+v, %v", p, ok)
	}
}

// Everything in the book is complete: a name, codes, a position in France.
func TestTheWholeBook(t *testing.T) {
	g := book(t)
	n, served, coded := 0, 0, 0
	for p := range g.Places {
		n++
		if p.Region != RegionOther {
			served++
		}
		if len(p.PostalCodes) > 0 {
			coded++
		}
		if p.Name == "" || len(p.INSEE) != 5 || p.Region != RegionOf(p.Department) || !slices.IsSorted(p.PostalCodes) {
			t.Fatalf("%+v", p)
		}
		if p.Lat < -90 || p.Lat > 52 || p.Lon < -180 || p.Lon > 180 || p.Approximate != (p.ErrorKM > 0) {
			t.Fatalf("%+v", p)
		}
	}
	if n != g.Len() || n < 35_000 || served < 8000 || coded < n-50 {
		t.Errorf("%d places, %d served, %d with a postal code", n, served, coded)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct{ lat1, lon1, lat2, lon2, km float64 }{
		{48.8566, 2.3522, 43.2965, 5.3698, 661}, {43.9493, 4.8055, 44.1381, 4.8073, 21}, {0, 0, 0, 0, 0}, {0, 179, 0, -179, 222},
	} {
		if got := DistanceKM(tt.lat1, tt.lon1, tt.lat2, tt.lon2); math.Abs(got-tt.km) > 1+tt.km/200 {
			t.Errorf("%.1f km, want %.1f", got, tt.km)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"L'Haÿ-les-Roses": "l hay les roses", "Œuilly": "oeuilly", "ST-RÉMY": "saint remy", "Ste Marie": "sainte marie", "  a  b ": "a b",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}
