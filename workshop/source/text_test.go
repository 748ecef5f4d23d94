package source

import (
	"reflect"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
)

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"  rien à faire  ":                       "rien à faire",
		"<p>Un &eacute;t&eacute;</p><p>deux</p>": "Un été\ndeux",
		"a<br/>b<br>c":                           "a\nb\nc",
		"<script>alert(1)</script>reste":         "reste",
		"moins de 10 places, 5 < 10":             "moins de 10 places, 5 < 10",
		"Dupont & fils":                          "Dupont & fils",
		"<ul><li>un</li><li>deux</li></ul>":      "un\ndeux",
		"l&#039;atelier":                         "l'atelier",
	} {
		if got := plainText(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestFirstPhone(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   string
	}{
		{[]string{"01 99 00 12 34"}, "01 99 00 12 34"},
		{[]string{"accueil@example.org", "+33199001234"}, "+33199001234"},
		{[]string{"Inscription : 01.99.00.12.34, le matin"}, "01.99.00.12.34"},
		{[]string{"Appelez le +33 (0)1 99 00 12 34."}, "+33 (0)1 99 00 12 34"},
		{[]string{"SIRET 12345678901234 et rien d'autre"}, ""},
		{[]string{"du 12/05/2026 au 13/05/2026"}, ""},
		{[]string{"sans numéro"}, ""},
		{[]string{"0199"}, "0199"}, // the row tells that it is none
		{nil, ""},
	} {
		if got := firstPhone(c.values); got != c.want {
			t.Errorf("%q gives %q, want %q", c.values, got, c.want)
		}
	}
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"court", 10, "court"},
		{"Une phrase assez longue. Une autre", 30, "Une phrase assez longue."},
		{"des mots sans aucun point final", 15, "des mots sans"},
		{strings.Repeat("é", 30), 10, strings.Repeat("é", 10)},
	} {
		if got := cutText(c.in, c.limit); got != c.want {
			t.Errorf("%q gives %q, want %q", c.in, got, c.want)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	for in, want := range map[string]map[string]string{
		"Salle des fêtes, 3 rue du Lac, 84000 Avignon": {"venue": "Salle des fêtes", "address": "3 rue du Lac", "postal_code": "84000", "city": "Avignon"},
		"3 rue du Lac\n84000 Avignon\nFrance":          {"address": "3 rue du Lac", "postal_code": "84000", "city": "Avignon"},
		"Mairie":                                       {"venue": "Mairie"},
		"04100 Manosque":                               {"venue": "", "postal_code": "04100", "city": "Manosque"},
		"Salle 12, 21000 Dijon":                        {"venue": "Salle 12", "postal_code": "21000", "city": "Dijon"},
	} {
		v := ics.NewEvent("x")
		v.SetLocation(in)
		if got := placeOf(&v.ComponentBase, text(&v.ComponentBase, "LOCATION")); !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %v, want %v", in, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for in, want := range map[string]string{"PT1H30M": "1h30m0s", "P1D": "24h0m0s", "P1W": "168h0m0s", "PT45M": "45m0s", "P": "0s"} {
		if d, ok := durationOf(in); !ok || d.String() != want {
			t.Errorf("%s is %v, want %s", in, d, want)
		}
	}
	for _, in := range []string{"", "1H", "PT-1H", "PT1H30"} {
		if _, ok := durationOf(in); ok {
			t.Errorf("%q is no duration", in)
		}
	}
}
