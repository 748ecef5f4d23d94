package place

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/place/spoken"
)

func resolve(t testing.TB, texts ...string) Answer {
	t.Helper()
	var heard []Heard
	for _, text := range texts {
		heard = append(heard, Heard{Text: text, Weight: 1})
	}
	return book(t).Resolve(heard, "")
}

// The postal code is heard in whatever way it is said.
func TestPostalCodesAsTheyAreSaid(t *testing.T) {
	t.Parallel()
	for said, code := range map[string]string{
		"quatre-vingt-quatre mille": "84000", "le quatre-vingt-quatre mille s'il vous plaît": "84000", "quatre-vingt-quatre cent": "84100",
		"84 puis zéro zéro zéro": "84000", "huit quatre deux fois zéro zéro": "84000", "huit quatre trois fois zéro": "84000", "80 4000": "84000", "84 mille": "84000",
		"80 4 100": "84100", "6 mille": "06000", "6000": "06000", "zéro six deux cents": "06200", "treize zéro zéro huit": "13008",
		"nonante mille": "90000", "septante et un mille": "71000", "vingt mille": "20000", "2A 100": "20100", "2B 200": "20200",
		"quatre vingt quatre mille sans": "84100", "cat vingt quatre mille": "84000", "trente mille": "30000", "euh trente quatre euh mille": "34000",
		"j'habite à Orange, quatre-vingt-quatre mille cent": "84100", "mon code postal c'est le huit quatre un zéro zéro": "84100",
		"quarante et un mille": "41000", "dix-huit mille": "18000", "quarante-cinq zéro zéro zéro": "45000",
	} {
		a := resolve(t, said)
		got := ""
		if len(a.Codes) > 0 {
			got = a.Codes[0]
		}
		if got != code {
			t.Errorf("%q: %v (digits %q), want %s", said, a.Codes, a.Digits, code)
		}
	}
}

// spokenForms are the ways in which people say a postal code.
func spokenForms(code string) map[string]string {
	whole, _ := strconv.Atoi(code)
	head, _ := strconv.Atoi(code[:2])
	tail, _ := strconv.Atoi(code[2:])
	say := func(n int) string { return strings.Join(spoken.Say(n), " ") }
	each := func(digits string) string {
		var out []string
		for _, d := range digits {
			out = append(out, say(int(d-'0')))
		}
		return strings.Join(out, " ")
	}
	number := func(digits string) string { // leading zeros are said
		zeros := len(digits) - len(strings.TrimLeft(digits, "0"))
		rest := ""
		if n, err := strconv.Atoi(digits[zeros:]); err == nil {
			rest = " " + say(n)
		}
		return strings.TrimSpace(strings.Repeat("zéro ", zeros) + rest)
	}
	belgian := strings.NewReplacer("soixante et onze", "septante et un", "soixante dix", "septante", "soixante douze", "septante deux", "soixante treize", "septante trois",
		"soixante quatorze", "septante quatre", "soixante quinze", "septante cinq", "soixante seize", "septante six", "quatre vingt dix", "nonante",
		"quatre vingt onze", "nonante et un", "quatre vingt douze", "nonante deux", "quatre vingt treize", "nonante trois", "quatre vingt quatorze", "nonante quatre",
		"quatre vingt quinze", "nonante cinq", "quatre vingt seize", "nonante six")
	forms := map[string]string{
		"number": say(whole), "digits": each(code), "two and three": number(code[:2]) + " " + number(code[2:]),
		"pairs": number(code[:2]) + " " + number(code[2:4]) + " " + each(code[4:]), "two and digits": number(code[:2]) + " " + each(code[2:]),
		"belgian": belgian.Replace(say(whole)), "figures": code, "figures apart": code[:2] + " " + code[2:], "hyphens": strings.ReplaceAll(say(whole), " ", "-"),
		"puis":          number(code[:2]) + " puis " + number(code[2:]),
		"in a sentence": "alors euh mon code c'est le " + say(whole) + " voilà",
	}
	if tail > 0 && head > 1 {
		forms["figures and mille"] = strconv.Itoa(head) + " mille " + say(tail)
	}
	if tail == 0 {
		forms["three zeros"] = number(code[:2]) + " trois fois zéro"
		forms["counted"] = number(code[:2]) + " et trois zéros"
	}
	if code[0] == '0' {
		forms["zero and number"] = "zéro " + say(whole)
	}
	if strings.HasSuffix(code, "00") {
		forms["double zero"] = each(code[:3]) + " double zéro"
	}
	return forms
}

// Every postal code of the regions served, in every spoken form, parses back to
// itself. Where the same words are said for another code too, it is among them.
func TestEveryCodeInEverySpokenForm(t *testing.T) {
	t.Parallel()
	g := book(t)
	codes, forms, second := 0, 0, 0
	for code := range g.byPostal {
		if !g.served(code) {
			continue
		}
		codes++
		for form, said := range spokenForms(code) {
			forms++
			a := resolve(t, said)
			switch at := slices.Index(a.Codes, code); {
			case at < 0:
				t.Errorf("%s as %s, %q: %v", code, form, said, a.Codes)
			case at > 0:
				second++
			}
			if !slices.ContainsFunc(a.Matches, func(m Match) bool { return slices.Contains(m.PostalCodes, code) }) {
				t.Errorf("%s as %s, %q: none of its communes", code, form, said)
			}
		}
	}
	if codes < 1400 {
		t.Errorf("%d codes", codes)
	}
	if second*50 > forms {
		t.Errorf("%d of %d forms are understood as another code first", second, forms)
	}
	t.Logf("%d codes, %d forms, of which %d are said for another code too and come second", codes, forms, second)
}

// A code with a slip leads to those that exist, none of them sure.
func TestCodesWithASlip(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"84006": "84000", "840000": "84000", "48400 0": "84000", "8410": "84100", "34001": "34000", "13284": "13001", "84906": "84000", "84306 cedex": "84300",
		"quatre-vingt-quatre mille six": "84000", "huit quatre un zéro": "84100", "54100": "54100", "30 zéro zéro": "30000",
	} {
		a := resolve(t, said)
		if !slices.Contains(a.Nearest, want) && !slices.Contains(a.Codes, want) {
			t.Errorf("%q: digits %q, nearest %v, codes %v, want %s", said, a.Digits, a.Nearest, a.Codes, want)
		}
		if len(a.Nearest) > 3 || len(a.Nearest) > 0 && (a.Digits == "" || len(a.Codes) > 0) {
			t.Errorf("%q: %+v", said, a)
		}
		for _, m := range a.Matches {
			if len(a.Codes) == 0 && m.Confidence >= .8 {
				t.Errorf("%q: %s is sure at %.2f", said, m.Name, m.Confidence)
			}
		}
	}
}

// Departments and regions in place of a town: whoever gets them asks for the town.
func TestDepartmentsAndRegionsSaid(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"84": "84", "quatre-vingt-quatre": "84", "le quatre-vingt-quatre": "84", "dans le Vaucluse": "84", "vingt A": "2A", "deux B": "2B", "2b": "2B", "20 A": "2A", "le 6": "06",
		"en Bourgogne": "21 58 71 89", "la Corse": "2A 2B", "dans le Languedoc": "11 30 34 48", "l'Hérault": "34", "Saône-et-Loire": "71", "le territoire de Belfort": "90",
		"je suis dans le Loiret": "45",
	} {
		a := resolve(t, said)
		if got := strings.Join(a.Departments, " "); got != want {
			t.Errorf("%q: %s, want %s", said, got, want)
		}
		for _, m := range a.Matches {
			if m.Confidence > .5 {
				t.Errorf("%q: %s at %.2f", said, m.Name, m.Confidence)
			}
		}
	}
}

func TestRelations(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]struct {
		relation Relation
		first    string
	}{
		"à Orange": {At, "84087"}, "près d'Orange": {Near, "84087"}, "à côté de Carpentras": {Near, "84031"}, "du côté de Nevers": {Near, "58194"},
		"pas très loin d'Avignon": {Near, "84007"}, "j'habite dans un village aux alentours de Gien": {Near, "45155"}, "Vers-Pont-du-Gard": {At, "30346"},
		"vers Beaune": {Near, "21054"}, "entre Orange et Avignon": {Between, "84007"}, "entre Gien et Briare": {Between, "45155"},
		"tout près de Mâcon": {Near, "71270"},
	} {
		a := resolve(t, said)
		if a.Relation != want.relation || len(a.Matches) == 0 || a.Matches[0].INSEE != want.first {
			t.Errorf("%q: %q, %+v", said, a.Relation, a.Matches[:min(1, len(a.Matches))])
			continue
		}
		if want.relation == Between && (len(a.Matches) != 2 || a.Matches[0].Confidence >= .8) {
			t.Errorf("%q: %d matches, %.2f", said, len(a.Matches), a.Matches[0].Confidence)
		}
	}
}

// Where the caller's line is decides between places that fit alike.
func TestLandlineIsAPrior(t *testing.T) {
	t.Parallel()
	g := book(t)
	for _, tt := range []struct{ said, near, insee string }{
		{"Villeneuve", "0492", "04242"}, {"Brion", "0385", "71062"}, {"Brion", "0386", "89056"}, {"Claret", "04 92 00 00 00", "04058"}, {"Claret", "+33467123456", "34078"},
	} {
		a := g.Resolve([]Heard{{tt.said, 1}}, tt.near)
		if len(a.Matches) == 0 || a.Matches[0].INSEE != tt.insee {
			t.Errorf("%s from %s: %+v", tt.said, tt.near, a.Matches[:min(2, len(a.Matches))])
		}
	}
	for number, want := range map[string]string{"04 90 82 00 00": "84 13", "+33490820000": "84 13", "0033247050000": "37", "0612345678": "", "0972000000": "", "04": "", "": ""} {
		if got := strings.Join(Landline(number), " "); got != want {
			t.Errorf("%q: %s, want %s", number, got, want)
		}
	}
	for _, near := range []string{"", "84", "2A", "04", "0490", "06", "xx", "+", "0699999999"} {
		if a := g.Resolve([]Heard{{"Avignon", 1}}, near); a.Matches[0].INSEE != "84007" {
			t.Errorf("near %q", near)
		}
	}
}

// Tables written by hand name departments that exist.
func TestTables(t *testing.T) {
	t.Parallel()
	for name, codes := range regionBook() {
		for _, c := range codes {
			if DepartmentName(c) == "" {
				t.Errorf("regions.tsv: %s: %q", name, c)
			}
		}
	}
	for prefix, codes := range zoneBook() {
		for _, c := range codes {
			if DepartmentName(c) == "" || len(prefix) != 4 || prefix[0] != '0' {
				t.Errorf("zones.tsv: %s: %q", prefix, c)
			}
		}
	}
	// Every department served has a landline area.
	for code := range departments().name {
		if RegionOf(code) == RegionOther {
			continue
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(zoneBook())), func(list []string) bool { return slices.Contains(list, code) }) {
			t.Errorf("zones.tsv: no number for %s", code)
		}
	}
}

// Every commune of the regions served is found by its own name, and the
// first found has that name.
func TestEveryCommuneServedIsFirstOfItsName(t *testing.T) {
	t.Parallel()
	g := book(t)
	districts := map[int32]bool{}
	for _, list := range g.districts {
		for _, i := range list {
			districts[i] = true
		}
	}
	served := 0
	for i, p := range g.places {
		if p.Region == RegionOther || districts[int32(i)] {
			continue
		}
		served++
		matches := resolve(t, p.Name).Matches
		at := slices.IndexFunc(matches, func(m Match) bool { return m.INSEE == p.INSEE })
		if at < 0 {
			t.Errorf("%s %s is not found by its name", p.INSEE, p.Name)
			continue
		}
		if m := matches[0]; Fold(m.Name) != Fold(p.Name) && Fold(m.Former) != Fold(p.Name) {
			t.Errorf("%s %s comes after %s, %s", p.INSEE, p.Name, m.Name, m.Why)
		}
	}
	if served < 8200 {
		t.Errorf("%d communes", served)
	}
}
