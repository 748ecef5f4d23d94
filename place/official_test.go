package place

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const hexasmal = `#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Libellé_d_acheminement;Ligne_5;_geopoint
84007;AVIGNON;84000;AVIGNON;;43.9416497, 4.8298617
84007;AVIGNON;84140;AVIGNON;MONTFAVET;43.9416497, 4.8298617
01004;AMBERIEU EN BUGEY;01500;AMBERIEU EN BUGEY;;45.9576066, 5.3706567
1001;L ABERGEMENT CLEMENCIAT;1400;L ABERGEMENT CLEMENCIAT;;46.1517, 4.9306
`

// checkOfficial: all good forms say this of the same three communes.
func checkOfficial(t *testing.T, file OfficialFile) {
	t.Helper()
	if len(file.Broken) > 0 || len(file.Places) != 3 {
		t.Fatalf("%+v", file)
	}
	for i, want := range []struct {
		insee, codes string
		lat, lon     float64
	}{{"01001", "01400", 46.1517, 4.9306}, {"01004", "01500", 45.9576066, 5.3706567}, {"84007", "84000 84140", 43.9416497, 4.8298617}} {
		p := file.Places[i]
		if p.INSEE != want.insee || strings.Join(p.PostalCodes, " ") != want.codes || !p.Located || p.Lat != want.lat || p.Lon != want.lon {
			t.Errorf("%+v, want %+v", p, want)
		}
	}
}

func TestOfficialForms(t *testing.T) {
	t.Parallel()
	latin1 := make([]byte, 0, len(hexasmal))
	for _, r := range hexasmal {
		latin1 = append(latin1, byte(r))
	}
	for name, text := range map[string]string{
		"La Poste": hexasmal, "La Poste with byte order mark": "\ufeff" + hexasmal, "La Poste in Latin-1": string(latin1), "Windows line ends": strings.ReplaceAll(hexasmal, "\n", "\r\n"),
		"commas and two columns": "code_commune_INSEE,nom_commune_postal,code_postal,latitude,longitude,population\n" +
			"84007,AVIGNON,84000,43.9416497,4.8298617,\n84007,AVIGNON,84140,43.9416497,4.8298617,\n01004,X,01500,45.9576066,5.3706567,15934\n01001,Y,01400,46.1517,4.9306,\n",
		"geo.api.gouv.fr": `[{"nom":"Avignon","code":"84007","codesPostaux":["84140","84000"],"centre":{"type":"Point","coordinates":[4.8298617,43.9416497]},"population":90330},
{"nom":"L'Abergement-Clémenciat","code":"01001","codesPostaux":["01400"],"centre":{"type":"Point","coordinates":[4.9306,46.1517]}},
{"nom":"Ambérieu-en-Bugey","code":"01004","codesPostaux":["01500"],"centre":{"type":"Point","coordinates":[5.3706567,45.9576066]},"population":15934}]`,
		"GeoJSON": `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"nom":"Avignon","code":"84007","codesPostaux":["84000","84140"]},"geometry":{"type":"Point","coordinates":[4.8298617,43.9416497]}},
{"type":"Feature","properties":{"nom":"X","code":"01001","codesPostaux":["01400"]},"geometry":{"type":"Point","coordinates":[4.9306,46.1517]}},
{"type":"Feature","properties":{"nom":"Y","code":"01004","codesPostaux":["01500"],"population":15934},"geometry":{"type":"Point","coordinates":[5.3706567,45.9576066]}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			file, err := book(t).ReadOfficial(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			checkOfficial(t, file)
		})
	}
}

// Rows that can't be right are listed by line; the others are kept.
func TestOfficialBrokenRows(t *testing.T) {
	t.Parallel()
	text := hexasmal + `84008;AUBIGNAN;8481;AUBIGNAN;;nord, est
84008;AUBIGNAN;84x10;AUBIGNAN;;
84009;AUREL;84390;AUREL;;5.4, 44.1
99999;NULLE PART;84000;;;
x;NULLE PART;84000;;;
12345;NULLE PART;84000;;;
84010;AURIBEAU;84400;AURIBEAU;;143.8, 5.4
99138;MONACO;98000;MONACO;;43.73, 7.41

84010;AURIBEAU;84400;AURIBEAU;;43.8, 5.4
`
	file, err := book(t).ReadOfficial(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range file.Broken {
		got = append(got, b.Reason)
	}
	want := []struct {
		line   int
		reason string
	}{{6, "no latitude and longitude"}, {7, "no postal code"}, {8, "are latitude and longitude in each other's place"}, {10, "no INSEE code"}, {11, "INSEE code 12345 is no commune"}, {12, "nowhere on Earth"}}
	if len(file.Broken) != len(want) || file.Elsewhere != 2 || len(file.Places) != 4 {
		t.Fatalf("%q, %d elsewhere, %d places", got, file.Elsewhere, len(file.Places))
	}
	for i, w := range want {
		if b := file.Broken[i]; b.Line != w.line || !strings.Contains(b.Reason, w.reason) {
			t.Errorf("line %d: %s, want line %d: %s", b.Line, b.Reason, w.line, w.reason)
		}
	}

	file, err = book(t).ReadOfficial(strings.NewReader("[\n{\"code\":\"84007\",\"codesPostaux\":[\"84000\"]},\n{\"code\":7},\n{\"code\":\"84008\",\"centre\":{\"type\":\"Point\",\"coordinates\":[5]}},\n{\"code\":\"84008\",\"population\":-1},\n{\"code\":"))
	if err != nil || len(file.Places) != 1 || len(file.Broken) != 4 || file.Broken[0].Line != 3 || file.Broken[1].Line != 4 || file.Broken[2].Line != 5 || file.Broken[3].Line != 6 {
		t.Errorf("%+v, %v", file, err)
	}
}

func TestOfficialNothingUsable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "  \n", "[]", "{}", "{\"features\":[]}", "a;b;c\n1;2;3\n", "Code_commune_INSEE;Nom\n84007;Avignon\n", "Code_commune_INSEE;Code_postal\n", "<html></html>", "[{]"} {
		if file, err := book(t).ReadOfficial(strings.NewReader(text)); err == nil {
			t.Errorf("%q: %+v", text, file)
		}
	}
}

// What is imported is saved, opened again, and stands in the place of estimates.
func TestImportedReplacesEstimates(t *testing.T) {
	t.Parallel()
	g := book(t)
	before, _ := g.ByINSEE("01001")
	if !before.Approximate {
		t.Fatal("the position of the test's commune is exact already")
	}
	file, err := g.ReadOfficial(strings.NewReader(hexasmal))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "data")
	if none, err := Open(folder); err != nil || none != g {
		t.Fatalf("without an import: %v", err)
	}
	if err := Save(folder, file.Places); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := opened.ByINSEE("01001")
	if p.Approximate || p.ErrorKM != 0 || p.Lat != 46.1517 || p.Lon != 4.9306 || p.Population != before.Population {
		t.Errorf("%+v", p)
	}
	if z, ok := opened.PostalZone("84140"); !ok || z.Places[0].Name != "Avignon" {
		t.Errorf("%+v", z)
	}
	if m := opened.Resolve([]Heard{{"l'abergement clémenciat", 1}}, "").Matches; len(m) == 0 || m[0].Lat != 46.1517 || m[0].Approximate {
		t.Errorf("%+v", m)
	}
	if still, _ := g.ByINSEE("01001"); !still.Approximate {
		t.Error("the embedded gazetteer has changed")
	}
	if _, n := g.With(file.Places); n.Places != 3 || n.Positions != 1 || n.Estimated < 10_000 {
		t.Errorf("%+v", n)
	}
	for _, text := range []string{"", "x\n", importedLine + "\n", importedLine + "\n84007\n", importedLine + "\n84007\t84000\tx\t\t\n", importedLine + "\n84007\t84000\t\t443\t1\n"} {
		if err := os.WriteFile(filepath.Join(folder, ImportedFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), ImportedFile) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := g.ReadOfficial(strings.NewReader("")); !errors.Is(err, ErrNoPlaces) {
		t.Errorf("%v", err)
	}
}

// Whatever the file, nothing breaks, and what is taken is right.
func FuzzReadOfficial(f *testing.F) {
	g, err := Read(strings.NewReader(small))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(hexasmal)
	f.Add(`[{"code":"84007","centre":{"type":"Point","coordinates":[4.8,43.9]}}]`)
	f.Add(`{"features":[{"properties":null}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := g.ReadOfficial(strings.NewReader(text))
		if err == nil && len(file.Places) == 0 {
			t.Error("no place and no error")
		}
		for _, o := range file.Places {
			if _, ok := g.ByINSEE(o.INSEE); !ok || o.Located && !(o.Lat >= -90 && o.Lat <= 90) {
				t.Fatalf("%+v", o)
			}
		}
		g.With(file.Places)
	})
}
