package workshop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/acotel/acotel-sbc/place"
)

// atlas is a small gazetteer of the tests.
type atlas []place.Place

var towns = atlas{
	{INSEE: "84007", Name: "Avignon", PostalCodes: []string{"84000", "84140"}, Department: "84", Region: place.RegionSudEst, Lat: 43.9493, Lon: 4.8055, Population: 90000},
	{INSEE: "84087", Name: "Orange", PostalCodes: []string{"84100"}, Department: "84", Region: place.RegionSudEst, Lat: 44.1383, Lon: 4.8089, Population: 28000},
	{INSEE: "84122", Name: "Sannes", PostalCodes: []string{"84240"}, Department: "84", Region: place.RegionSudEst, Lat: 43.76, Lon: 5.47, Population: 180},
	{INSEE: "84014", Name: "La Bastidonne", PostalCodes: []string{"84120"}, Department: "84", Region: place.RegionSudEst, Lat: 43.70, Lon: 5.57, Population: 800},
	{INSEE: "84151", Name: "Beaumont", PostalCodes: []string{"84120"}, Department: "84", Region: place.RegionSudEst, Lat: 43.71, Lon: 5.6, Population: 1200},
	{INSEE: "34028", Name: "Brion", PostalCodes: []string{"34999"}, Department: "34", Region: place.RegionLanguedoc, Lat: 43.6, Lon: 3.1, Population: 300},
	{INSEE: "89056", Name: "Brion", PostalCodes: []string{"89400"}, Department: "89", Region: place.RegionBourgogne, Lat: 48.0, Lon: 3.5, Population: 600},
}

func (a atlas) ByINSEE(code string) (place.Place, bool) {
	for _, p := range a {
		if p.INSEE == code {
			return p, true
		}
	}
	return place.Place{}, false
}

func (a atlas) ByPostalCode(code string) []place.Place {
	var found []place.Place
	for _, p := range a {
		if slices.Contains(p.PostalCodes, code) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(p, q place.Place) int { return q.Population - p.Population })
	return found
}

func (a atlas) Find(text string) []place.Match {
	var found []place.Match
	for _, p := range a {
		if place.Fold(p.Name) == place.Fold(text) {
			found = append(found, place.Match{Place: p, Confidence: 0.9})
		}
	}
	return found
}

func read(t *testing.T, text string, f Format) Read {
	t.Helper()
	got, err := ReadCSV(context.Background(), strings.NewReader(text), "f.csv", f, towns)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func reasons(r Read) []string {
	list := []string{}
	for _, b := range r.Broken {
		list = append(list, b.Error())
	}
	return list
}

// French is what a person exports from a French spreadsheet.
const french = `Intitulé;Thématique;Date;Horaires;Lieu;Code postal;Ville;Tarif;Structure;Téléphone;Statut
Mémoire et malice;Bien dans ma tête;jeudi 14 mai 2026;de 14h30 à 16h;Médiathèque;84000;Avignon;Gratuit;CCAS d'Avignon;01.99.00.12.34;Ouvert
"Gym douce; niveau 1";Bien dans son corps;15/05/2026;9h30;Foyer rural;84100;Orange;"7,50 €";"Le club ""Les Cigales""";+33 1 99 00 12 35;Complet
`

func frenchFormat() Format {
	return Format{Columns: map[string]string{"start": "Horaires", "end": "horaires"}}
}

func TestReadFrenchSpreadsheet(t *testing.T) {
	encode := func(text string, encoder interface{ String(string) (string, error) }) string {
		s, err := encoder.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, text := range map[string]string{
		"UTF-8":                       french,
		"UTF-8 with byte order mark":  "\ufeff" + french,
		"CRLF":                        strings.ReplaceAll(french, "\n", "\r\n"),
		"Windows-1252":                encode(french, charmap.Windows1252.NewEncoder()),
		"UTF-16 as spreadsheets save": encode(french, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"no line end at the end":      strings.TrimSuffix(french, "\n"),
		"blank lines":                 "\n" + strings.ReplaceAll(french, "\n", "\n;;;;;;;;;;\n\n"),
		"sep line":                    "sep=;\n" + french,
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, text, frenchFormat())
			if len(got.Workshops) != 2 || got.BrokenRows != 0 {
				t.Fatalf("%d workshops, broken %q", len(got.Workshops), reasons(got))
			}
			w, v := got.Workshops[0], got.Workshops[1]
			for what, pair := range map[string][2]string{
				"title": {w.Title, "Mémoire et malice"}, "theme": {w.Theme, "Bien dans sa tête"}, "date": {w.Date.String(), "2026-05-14"},
				"start": {w.Start.String(), "14:30"}, "end": {w.End.String(), "16:00"}, "venue": {w.Venue, "Médiathèque"},
				"price": {w.Price.String(), "gratuit"}, "phone": {w.Phone, "01 99 00 12 34"}, "status": {string(w.Status), "open"},
				"insee": {w.INSEE, "84007"}, "region": {w.Region, "sud-est"}, "second title": {v.Title, "Gym douce; niveau 1"},
				"second end": {v.End.String(), ""}, "second price": {v.Price.String(), "7,50 €"},
				"second organiser": {v.Organiser, `Le club "Les Cigales"`}, "second status": {string(v.Status), "full"},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
				}
			}
			if w.Lat != 43.9493 || w.ID == "" || w.ID == v.ID {
				t.Errorf("point %v, IDs %q %q", w.Lat, w.ID, v.ID)
			}
		})
	}
}

func TestBrokenRows(t *testing.T) {
	const header = "id,title,theme,date,start,end,postal_code,city,price,phone,status,remote,lat,lon,session,insee\n"
	const good = "g,Titre,Bien chez soi,2026-05-14,14:30,16:00,84000,Avignon,5 €,01 99 00 12 34,open,false,,,1,\n"
	for _, c := range []struct{ name, row, want string }{
		{"no title", "a,,Bien chez soi,2026-05-14,,,84000\n", "f.csv:2: title: is empty"},
		{"no theme", "a,T,,2026-05-14,,,84000\n", "f.csv:2: theme: is empty"},
		{"unknown theme", "a,T,Jardin,2026-05-14,,,84000\n", `f.csv:2: theme: "Jardin" is none of Bien avec les autres,`},
		{"no date", "a,T,corps,,,,84000\n", "f.csv:2: date: is empty"},
		{"31 June", "a,T,corps,31/06/2026,,,84000\n", `f.csv:2: date: "31/06/2026" is a day that no calendar has`},
		{"no hour", "a,T,corps,2026-05-14,tôt,,84000\n", `f.csv:2: start: "tôt" is no hour`},
		{"ends before it starts", "a,T,corps,2026-05-14,16:00,14:30,84000\n", "f.csv:2: end: 14:30 is not after the start, 16:00"},
		{"postal code of letters", "a,T,corps,2026-05-14,,,Vaucluse\n", `f.csv:2: postal_code: "Vaucluse" is no postal code of five digits`},
		{"unknown postal code", "a,T,corps,2026-05-14,,,99999\n", `f.csv:2: the place is on no map (postal code "99999", town "")`},
		{"no place", "a,T,corps,2026-05-14\n", "f.csv:2: there is no place"},
		{"town of two", "a,T,corps,2026-05-14,,,,Brion\n", `f.csv:2: the place is on no map (postal code "", town "Brion")`},
		{"price", "a,T,corps,2026-05-14,,,84000,,cher\n", `f.csv:2: price: "cher" is no price`},
		{"phone", "a,T,corps,2026-05-14,,,84000,,,12\n", `f.csv:2: phone: "12" is no telephone number`},
		{"status", "a,T,corps,2026-05-14,,,84000,,,,peut-être\n", `f.csv:2: status: "peut-être" is no known state`},
		{"remote", "a,T,corps,2026-05-14,,,84000,,,,,parfois\n", `f.csv:2: remote: "parfois" says neither`},
		{"latitude", "a,T,corps,2026-05-14,,,84000,,,,,,north,4\n", `f.csv:2: lat: "north" is no latitude`},
		{"latitude alone", "a,T,corps,2026-05-14,,,84000,,,,,,43.9,\n", `f.csv:2: lon: "" is no longitude`},
		{"swapped", "a,T,corps,2026-05-14,,,84000,,,,,,4.8,43.9\n", "f.csv:2: lat: latitude and longitude stand in each other's place"},
		{"not a number", "a,T,corps,2026-05-14,,,84000,,,,,,NaN,4\n", `f.csv:2: lat: "NaN" is no latitude`},
		{"session", "a,T,corps,2026-05-14,,,84000,,,,,,,,-1\n", `f.csv:2: session: "-1" is no count`},
		{"commune code", "a,T,corps,2026-05-14,,,,,,,,,,,,8400X\n", `f.csv:2: insee: "8400X" is no commune code`},
		{"title too long", "a," + strings.Repeat("é", 201) + ",corps,2026-05-14,,,84000\n", "f.csv:2: title: the text is 201 characters long"},
		{"row too long", "a," + strings.Repeat("x", 70_000) + ",corps,2026-05-14,,,84000\n", "f.csv:2: the row is longer than 64 KB"},
		{"open quote", "a,\"T,corps,2026-05-14,,,84000\n", "f.csv:2: a quote (\") is opened and not closed"},
		{"text after a quote", "a,\"T\"x,corps,2026-05-14,,,84000\n", "f.csv:2: there is text between a closing quote"},
		{"NUL", "a,T\x00,corps,2026-05-14,,,84000\n", "f.csv:2: the row holds a NUL byte"},
		{"neither encoding", "a,T\x81\xff,corps,2026-05-14,,,84000\n", "f.csv:2: the row holds bytes that are no text"},
		{"lost character", "a,T\ufffd,corps,2026-05-14,,,84000\n", "f.csv:2: title: the text holds a character that was lost"},
		{"same ID", "g,T,corps,2026-05-14,,,84000\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, header+c.row+good, Format{})
			if c.want == "" { // the second one is at fault
				c.want = "f.csv:3: id: g is the same workshop as line 2"
			}
			if r := reasons(got); len(r) != 1 || !strings.HasPrefix(r[0], c.want) {
				t.Errorf("broken rows %q, want %q", r, c.want)
			}
			if len(got.Workshops) != 1 {
				t.Errorf("%d good rows, want 1", len(got.Workshops))
			}
		})
	}
}

func TestRowsStayInStepAfterBrokenOnes(t *testing.T) {
	text := "title;theme;date;postal_code;description\n" +
		"A;corps;2026-05-14;84000;\"deux\nlignes\"\n" + // 2 and 3
		"B;corps;jamais;84000;\n" + // 4
		"C;corps;2026-05-14;84000;\"ouvert\n" + // 5
		"D;corps;2026-05-15;84000;\n" + // 6
		"E;corps;2026-05-16;;\n" // 7
	got := read(t, text, Format{})
	want := []string{`f.csv:4: date: "jamais"`, "f.csv:5: a quote", "f.csv:7: there is no place"}
	r := reasons(got)
	if len(r) != len(want) {
		t.Fatalf("broken rows %q, want %q", r, want)
	}
	for i := range want {
		if !strings.HasPrefix(r[i], want[i]) {
			t.Errorf("broken row %d is %q, want %q", i, r[i], want[i])
		}
	}
	if len(got.Workshops) != 2 || got.Workshops[0].Description != "deux\nlignes" || got.Workshops[1].Title != "D" {
		t.Errorf("good rows %+v", got.Workshops)
	}
}

func TestLocate(t *testing.T) {
	for _, c := range []struct{ name, fields, insee, region string }{
		{"postal code and town", "84100,orange,,,", "84087", "sud-est"},
		{"postal code of several, town named", "84120,la bastidonne,,,", "84014", "sud-est"},
		{"postal code of several, no town: the biggest one's point, no commune", "84120,,,,", "", "sud-est"},
		{"town alone", ",Orange,,,", "84087", "sud-est"},
		{"shared town, CEDEX code tells", "89401 Cedex,Brion,,,", "89056", "bourgogne-franche-comte"},
		{"zero dropped", "4100,X,,44.0,5.8", "", "sud-est"},
		{"commune code alone", ",,84007,,", "84007", "sud-est"},
		{"point alone", ",,,44.0,5.8", "", "autre"},
		{"decimal comma", `84000,Avignon,,"43,9","4,8"`, "84007", "sud-est"},
		{"Corsica by postal code", "20090,,,41.9,8.7", "", "sud-est"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, "title,theme,date,postal_code,city,insee,lat,lon\nT,corps,2026-05-14,"+c.fields+"\n", Format{})
			if len(got.Workshops) != 1 {
				t.Fatalf("broken: %q", reasons(got))
			}
			if w := got.Workshops[0]; w.INSEE != c.insee || w.Region != c.region || !w.Located() {
				t.Errorf("commune %q, region %q, point %v %v, want %q %q", w.INSEE, w.Region, w.Lat, w.Lon, c.insee, c.region)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		name, header string
		f            Format
		want         string
	}{
		{"misspelt", "titel,theme,date,city", Format{}, `workshop: f.csv:1: no column "title", the nearest is "titel" (the file has: titel, theme, date, city); name the right one under columns in the configuration of the source`},
		{"configured and absent", "Intitulés;Thème;Jour", Format{Columns: map[string]string{"title": "Intitulé"}}, `workshop: f.csv:1: no column "Intitulé" for title, the nearest is "Intitulés"`},
		{"configured optional column absent", "title,theme,date,tarifs", Format{Columns: map[string]string{"price": "Tarif"}}, `no column "Tarif" for price, the nearest is "tarifs"`},
		{"two missing", "a;b", Format{}, `no column "title", the nearest is "a"; no column "theme", the nearest is "a"; no column "date"`},
		{"wrong delimiter", "title;theme;date", Format{Delimiter: ","}, `no column "title", the nearest is "title;theme;date"`},
		{"empty file", "", Format{}, "workshop: f.csv is empty; its first line must name the columns"},
		{"unknown field configured", "title,theme,date", Format{Columns: map[string]string{"titel": "title"}}, `workshop: columns: there is no field "titel", the nearest is "title"`},
		{"bad delimiter", "", Format{Delimiter: "::"}, `workshop: delimiter "::"`},
		{"bad encoding", "", Format{Encoding: "ebcdic"}, `workshop: encoding "ebcdic"`},
		{"bad theme", "", Format{Themes: map[string]string{"Jardin": "Nature"}}, `workshop: themes: "Jardin" is mapped to "Nature", which is none of`},
		{"bad status", "", Format{Statuses: map[string]string{"ok": "oui"}}, `workshop: statuses: "ok" is mapped to "oui"`},
		{"not UTF-8", "titl\xe9,theme", Format{Encoding: "utf-8"}, "workshop: f.csv:1: the line with the names of the columns cannot be read: the row is not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadCSV(context.Background(), strings.NewReader(c.header), "f.csv", c.f, towns)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestConfiguredThemesAndStatuses(t *testing.T) {
	f := Format{Themes: map[string]string{"Jardin partagé": "autres"}, Statuses: map[string]string{"sold out": "full"}}
	got := read(t, "title\ttheme\tdate\tpostal_code\tstatus\nT\tjardin partagé\t2026-05-14\t84000\tSold out\n", f)
	if len(got.Workshops) != 1 || got.Workshops[0].Theme != "Bien avec les autres" || got.Workshops[0].Status != Full {
		t.Errorf("%+v %q", got.Workshops, reasons(got))
	}
}

func TestReadErrors(t *testing.T) {
	const start = "title,theme,date,postal_code\nT,corps,2026-05-14,84000\n"
	broken := io.MultiReader(strings.NewReader(start), iotest.ErrReader(errors.New("the disk is gone")))
	got, err := ReadCSV(context.Background(), broken, "f.csv", Format{}, towns)
	if err == nil || !strings.Contains(err.Error(), "the disk is gone") || len(got.Workshops) != 1 {
		t.Errorf("%d workshops, error %v", len(got.Workshops), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadCSV(ctx, strings.NewReader(start), "f.csv", Format{}, towns); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

func TestTooManyRows(t *testing.T) {
	line := []byte("T,corps,never,84000\n")
	source := io.MultiReader(strings.NewReader("title,theme,date,postal_code\n"), bytes.NewReader(bytes.Repeat(line, maxRows+1)))
	got, err := ReadCSV(context.Background(), source, "f.csv", Format{}, towns)
	if !errors.Is(err, ErrTooManyRows) {
		t.Errorf("error %v, want ErrTooManyRows", err)
	}
	if got.BrokenRows != maxRows || len(got.Broken) != maxListed {
		t.Errorf("%d broken, %d listed", got.BrokenRows, len(got.Broken))
	}
}

func TestRoundTrip(t *testing.T) {
	var ws []Workshop
	for i := range 50 {
		ws = append(ws, sample(fmt.Sprintf("id-%02d", i), i))
	}
	ws = append(ws,
		Workshop{ID: "z1", Title: `"`, Theme: Themes()[0].Label, Date: ws[0].Date, Status: Cancelled, Remote: true},
		Workshop{ID: "z2", Title: ";, |", Theme: Themes()[1].Label, Date: ws[0].Date, Status: Closed, Lat: -21.3, Lon: 55.5, Region: "autre", Price: Price{Kind: FreeWill}},
		Workshop{ID: "z3", Title: "é", Theme: Themes()[2].Label, Date: ws[0].Date, Start: NewClock(0, 0), Status: Full, City: "Orange", Lat: 44.1383, Lon: 4.8089, Region: "sud-est", INSEE: "84087"})
	var file bytes.Buffer
	if err := WriteCSV(&file, ws); err != nil {
		t.Fatal(err)
	}
	got := read(t, file.String(), Format{})
	if got.BrokenRows > 0 {
		t.Fatalf("broken rows %q", reasons(got))
	}
	if !slices.Equal(got.Workshops, ws) {
		for i := range ws {
			if got.Workshops[i] != ws[i] {
				t.Fatalf("row %d came back as\n%+v, was\n%+v", i, got.Workshops[i], ws[i])
			}
		}
	}
}

func TestWriteErrorIsGiven(t *testing.T) {
	if err := WriteCSV(failingWriter{}, []Workshop{sample("a", 1)}); err == nil {
		t.Error("a full disk went unnoticed")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// FuzzReadCSV: nothing in a file makes the reader fail otherwise than by an error, and what it gives survives its own export.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(french), "")
	f.Add([]byte("title,theme,date,postal_code,lat,lon\n\"a\nb\",corps,2026-05-14T14:30:00Z,84000,1,2\n\"x"), ",")
	f.Add([]byte("\xff\xfet\x00i\x00"), "auto")
	f.Add([]byte("titre;thème;date;ville;tarif;tél\nT;tête;1er mai 2026;Orange;5 € la séance;+33 1 99 00 12 34 / x\n"), ";")
	f.Fuzz(func(t *testing.T, file []byte, delimiter string) {
		got, err := ReadCSV(context.Background(), bytes.NewReader(file), "f.csv", Format{Delimiter: delimiter}, towns)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := WriteCSV(&out, got.Workshops); err != nil {
			t.Fatal(err)
		}
		back, err := ReadCSV(context.Background(), &out, "f.csv", Format{}, towns)
		if err != nil || back.BrokenRows > 0 || !slices.Equal(back.Workshops, got.Workshops) {
			t.Fatalf("round trip: %v, broken %q\n%+v\n%+v", err, reasons(back), got.Workshops, back.Workshops)
		}
	})
}
