package place

import (
	"slices"
	"strings"
	"testing"
)

func first(t *testing.T, text string) Match {
	t.Helper()
	got := book(t).Find(text)
	if len(got) == 0 {
		t.Fatalf("%q: nothing found", text)
	}
	return got[0]
}

func TestPostalCodesAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{
		"84000", "84 000", "84 0 00", "8 4 0 0 0", "84.000", "84-000", " 84000. ", "F-84000", "f 84000", "code postal 84000", "c'est le 84 000",
		"mon code postal c'est 84000", "84000 Avignon", "Avignon 84000", "Avignon (84000)", "AVIGNON CEDEX 84000", "84000 cedex", "j'habite à Avignon, 84000",
	} {
		if m := first(t, text); m.INSEE != "84007" || m.Confidence < .9 {
			t.Errorf("%q: %s at %.2f, %s", text, m.Name, m.Confidence, m.Why)
		}
	}
}

func TestWhatIsNoPostalCodeFindsNothing(t *testing.T) {
	for _, text := range []string{"8400", "840", "84", "840000", "84 00", "8400x", "00000", "99999", "13000", "69000", "84000 13000 0"} {
		if got := book(t).Find(text); len(got) > 0 && text != "84000 13000 0" {
			t.Errorf("%q: %s", text, got[0].Name)
		} else if len(got) == 0 && text == "84000 13000 0" {
			t.Errorf("%q: the first of two codes counts", text)
		}
	}
}

// A code of several communes gives all, the largest first, and each its share.
func TestCodeOfSeveralCommunes(t *testing.T) {
	g := book(t)
	got := g.Find("05110")
	want := g.ByPostalCode("05110")
	if len(got) != len(want) || len(got) < 6 {
		t.Fatalf("%d answers, %d communes", len(got), len(want))
	}
	for i, m := range got {
		if m.INSEE != want[i].INSEE || i > 0 && m.Population > got[i-1].Population {
			t.Errorf("%d: %s, want %s", i, m.Name, want[i].Name)
		}
	}
	if !slices.ContainsFunc(got, func(m Match) bool { return m.INSEE == "04058" }) {
		t.Error("Claret, of another department, is missing")
	}
	if got := g.Find("70000"); len(got) != len(g.ByPostalCode("70000")) || len(got) < 40 {
		t.Errorf("70000: %d communes", len(got))
	}
}

// Every postal code finds the communes that have it, and none other.
func TestEveryPostalCode(t *testing.T) {
	g := book(t)
	for p := range g.Places {
		for _, code := range p.PostalCodes {
			list := g.ByPostalCode(code)
			if len(list) == 0 {
				t.Fatalf("%s of %s is not found", code, p.Name)
			}
			for _, q := range list {
				if !slices.Contains(q.PostalCodes, code) {
					t.Fatalf("%s gives %s", code, q.Name)
				}
			}
		}
	}
}

func TestNameAgainstCode(t *testing.T) {
	g := book(t)
	for text, want := range map[string]string{
		"beaulieu 34160": "34027", "beaulieu 58420": "58026", "claret 05110": "04058", "marseille 13008": "13208", "montfavet 84140": "84007",
		"pernes 84210": "84088", "vers 71240": "71572", // the word "vers" is a commune here
	} {
		if m := first(t, text); m.INSEE != want || m.Confidence < .8 || !strings.Contains(m.Why, "postal code") {
			t.Errorf("%q: %s %s at %.2f, %s", text, m.INSEE, m.Name, m.Confidence, m.Why)
		}
	}
	// They disagree: both are answered, neither is sure.
	got := g.Find("avignon 30000")
	names := []string{}
	for _, m := range got {
		if names = append(names, m.Name); m.Confidence > .5 {
			t.Errorf("%s at %.2f", m.Name, m.Confidence)
		}
	}
	if !slices.Contains(names, "Nîmes") || !slices.Contains(names, "Avignon") {
		t.Errorf("%v", names)
	}
	// A code that doesn't exist leaves the name, a little less sure; words that name nothing leave the code.
	for _, text := range []string{"avignon 84999", "xqzw 84000"} {
		if m := first(t, text); m.INSEE != "84007" || m.Confidence > .9 || m.Confidence < .85 {
			t.Errorf("%q: %s at %.2f", text, m.Name, m.Confidence)
		}
	}
}

func TestZoneIsAmongItsCommunes(t *testing.T) {
	g := book(t)
	z, ok := g.PostalZone("05110")
	if !ok || z.Code != "05110" || z.RadiusKM <= 0 || z.RadiusKM > 40 || z.ErrorKM < 0 {
		t.Fatalf("%+v", z)
	}
	for _, p := range z.Places {
		if d := DistanceKM(z.Lat, z.Lon, p.Lat, p.Lon); d > z.RadiusKM+.001 {
			t.Errorf("%s is %.1f km from the middle, the radius %.1f", p.Name, d, z.RadiusKM)
		}
	}
}
