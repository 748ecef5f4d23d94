package place

import (
	"cmp"
	"slices"
	"testing"
)

// The ways in which one name is written or said all lead to its commune.
func TestNamesAsTheyAreWritten(t *testing.T) {
	for insee, forms := range map[string][]string{
		"84054": {"L'Isle-sur-la-Sorgue", "l'isle sur la sorgue", "L’ISLE SUR LA SORGUE", "isle sur sorgue", "isle-sur-la-sorgue", "l isle sur sorgue"},
		"13100": {"Saint-Rémy-de-Provence", "ST REMY DE PROVENCE", "st. rémy de provence", "Saint Re\u0301my de Provence", "saint remy provence"},
		"83115": {"Sainte-Maxime", "ste maxime", "STE-MAXIME"},
		"84092": {"Le Pontet", "pontet", "le  pontet", "au Pontet"},
		"06057": {"L'Escarène", "escarene", "l escarène"},
		"11190": {"La Redorte", "laredorte", "redorte"},
		"30028": {"Bagnols-sur-Cèze", "bagnols ceze", "bagnols s/ Cèze", "bagnols sur cèze"},
		"71076": {"Chalon-sur-Saône", "chalon s/ saône", "Chalon", "chalon sur saone"},
		"84087": {"Orange", "à Orange", "j'habite à Orange", "oui alors moi je suis à Orange", "la ville d'Orange", "du côté d'Orange"},
		"13001": {"Aix", "aix", "aix en provence", "Aix-en-Provence"},
		"84137": {"Vaison", "vaison la romaine"},
		"30351": {"Villeneuve-lès-Avignon", "villeneuve les avignon", "villeneuve lez avignon"},
		"25388": {"Montbéliard", "MONTBELIARD", "montbeliard"},
		"13208": {"Marseille 8e", "marseille 8eme", "Marseille 8ème arrondissement", "le huitième de Marseille", "marseille huitieme", "Marseille 08", "13008"},
		"69383": {"Lyon 3", "lyon troisième", "3e arrondissement de Lyon"},
	} {
		for _, text := range forms {
			if m := first(t, text); m.INSEE != insee {
				t.Errorf("%q: %s %s at %.2f, want %s", text, m.INSEE, m.Name, m.Confidence, insee)
			}
		}
	}
}

// Every current commune is found by its own name, alone of its name or among its namesakes.
func TestEveryCommuneIsFoundByItsName(t *testing.T) {
	g := book(t)
	districts := map[string]bool{}
	for _, list := range g.districts {
		for _, i := range list {
			districts[g.places[i].INSEE] = true
		}
	}
	missing := 0
	for p := range g.Places {
		if districts[p.INSEE] {
			continue
		}
		if !slices.ContainsFunc(g.Find(p.Name), func(m Match) bool { return m.INSEE == p.INSEE }) {
			if missing++; missing < 10 {
				t.Errorf("%s %s is not found by its name", p.INSEE, p.Name)
			}
		}
	}
	if missing > 0 {
		t.Errorf("%d communes", missing)
	}
}

// The nearer a name, the surer: whole, without its article, without its small words, its first letters.
func TestNearerIsSurer(t *testing.T) {
	last := 1.0
	for _, text := range []string{"L'Isle-sur-la-Sorgue", "isle sur la sorgue", "isle sur sorgue", "isle sur la sor"} {
		m := first(t, text)
		if m.INSEE != "84054" || m.Confidence > last {
			t.Errorf("%q: %s at %.3f, after %.3f for what is nearer", text, m.Name, m.Confidence, last)
		}
		last = m.Confidence
	}
}

// Names that are cut short are found from three letters on, and never surely.
func TestNamesCutShort(t *testing.T) {
	for text, insee := range map[string]string{"carpentra": "84031", "carpen": "84031", "avig": "84007", "nîme": "30189", "marseil": "13055", "montpell": "34172"} {
		if m := first(t, text); m.INSEE != insee || m.Confidence > .61 {
			t.Errorf("%q: %s at %.2f, %s", text, m.Name, m.Confidence, m.Why)
		}
	}
	for _, text := range []string{"a", "av", "ca"} {
		for _, m := range book(t).Find(text) {
			if m.Confidence > .61 {
				t.Errorf("%q: %s at %.2f", text, m.Name, m.Confidence)
			}
		}
	}
}

// What is misspelt or misheard within the name is the recogniser's to mend: here it finds nothing, rather than another place surely.
func TestMisspeltNamesAreNeverSure(t *testing.T) {
	for _, text := range []string{"bollaine", "boléne", "marseile", "montpelier", "avinion", "karpentras", "perpinian", "oranje"} {
		for _, m := range book(t).Find(text) {
			if m.Confidence >= .8 {
				t.Errorf("%q: %s at %.2f, %s", text, m.Name, m.Confidence, m.Why)
			}
		}
	}
}

// Of namesakes the larger comes first, and one in the regions served before one of its size elsewhere.
func TestOrderOfNamesakes(t *testing.T) {
	g := book(t)
	for _, text := range []string{"Beaulieu", "Saint-Denis", "Villeneuve", "Sainte-Cécile"} {
		var served []Match
		for _, m := range g.Find(text) {
			if m.Region != RegionOther && m.Former == "" && Fold(m.Name) == Fold(text) {
				served = append(served, m)
			}
		}
		if len(served) == 0 || !slices.IsSortedFunc(served, func(a, b Match) int { return cmp.Compare(b.Population, a.Population) }) {
			t.Errorf("%s: %d served, or the smaller before the larger", text, len(served))
		}
	}
	if m := first(t, "Claret"); m.INSEE != "34078" { // 1,600 people, 300 in the other
		t.Errorf("Claret: %s", m.INSEE)
	}
	near := Place{Population: 1000, Region: RegionSudEst}
	far := Place{Population: 1000, Region: RegionOther}
	larger := Place{Population: 2000, Region: RegionSudEst}
	if prior(&near) <= prior(&far) || prior(&larger) <= prior(&near) {
		t.Error("the weight of a place doesn't grow with its people and its region")
	}
}

func TestDepartmentTellsNamesakesApart(t *testing.T) {
	for text, want := range map[string]string{
		"beaulieu 34": "34027", "beaulieu dans l'hérault": "34027", "beaulieu dans la nièvre": "58026", "beaulieu en indre": "36015",
		"beaulieu dans le département de la Côte-d'Or": "21052", "claret 04": "04058", "claret 34": "34078", "saint-denis dans l'aude": "11339",
		"ajaccio 2a": "2A004", "Saint-Rémy 13": "13100",
		"claret 05": "04058", // its people have the postal code of the next department
	} {
		if m := first(t, text); m.INSEE != want || m.Confidence < .85 {
			t.Errorf("%q: %s %s at %.2f, %s", text, m.INSEE, m.Name, m.Confidence, m.Why)
		}
	}
	// The wrong department: the town is still found, and no longer sure.
	for _, text := range []string{"orange 26", "orange dans la drôme", "avignon dans le gard", "paris 21"} {
		if m := first(t, text); m.Confidence > .5 {
			t.Errorf("%q: %s at %.2f, %s", text, m.Name, m.Confidence, m.Why)
		}
	}
}

// A department alone is no place; Paris, which is both, is.
func TestDepartmentAlone(t *testing.T) {
	for text, code := range map[string]string{"Hérault": "34", "l'hérault": "34", "dans le 84": "84", "le 2A": "2A", "la Nièvre": "58", "en Corse-du-Sud": "2A",
		"bouches du rhône": "13", "le département du gard": "30"} {
		if got, ok := Department(text); !ok || got != code {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
		for _, m := range book(t).Find(text) {
			if m.Confidence > .5 {
				t.Errorf("%q: %s at %.2f", text, m.Name, m.Confidence)
			}
		}
	}
	if m := first(t, "Paris"); m.INSEE != "75056" || m.Confidence < .9 {
		t.Errorf("Paris: %s at %.2f", m.INSEE, m.Confidence)
	}
	if m := first(t, "Vaucluse"); m.Confidence > .5 { // a village of Doubs too
		t.Errorf("Vaucluse: %s at %.2f", m.Name, m.Confidence)
	}
}

// People say the names of before; the answer tells which one it was.
func TestFormerCommunes(t *testing.T) {
	m := first(t, "Annecy-le-Vieux")
	if m.INSEE != "74010" || m.Former != "Annecy-le-Vieux" || m.Confidence < .9 || m.Confidence > .95 {
		t.Errorf("%s, former %q, at %.2f", m.Name, m.Former, m.Confidence)
	}
	g := book(t)
	served := 0
	for i, a := range g.aliases {
		p := g.places[a.place]
		if !a.former || p.Region == RegionOther {
			continue
		}
		served++
		if !slices.ContainsFunc(g.Find(a.name), func(m Match) bool { return m.INSEE == p.INSEE }) {
			t.Errorf("%s (%d) does not lead to %s", a.name, i, p.Name)
		}
	}
	if served < 300 {
		t.Errorf("%d former communes in the regions served", served)
	}
}
