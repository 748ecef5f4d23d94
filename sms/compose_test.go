package sms

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/acotel/acotel-sbc/workshop"
)

func gym() workshop.Workshop {
	return workshop.Workshop{Title: "Gym équilibre en douceur", Date: workshop.Date{Year: 2026, Month: time.May, Day: 14}, Start: workshop.NewClock(14, 30),
		End: workshop.NewClock(16, 0), Venue: "Salle des fêtes", Address: "3 rue des Lilas", PostalCode: "84000", City: "Avignon",
		Price: workshop.Euros(500, ""), Organiser: "CCAS d’Avignon", Phone: "01 99 00 12 34", Sessions: 8}
}

func memory() workshop.Workshop {
	return workshop.Workshop{Title: "Boostez votre mémoire", Date: workshop.Date{Year: 2026, Month: time.June, Day: 1}, Start: workshop.NewClock(10, 0),
		Venue: "Maison des associations", Address: "12 avenue de la Gare", PostalCode: "84200", City: "Carpentras", Price: workshop.Euros(0, ""), Phone: "06 39 98 00 01"}
}

func TestCompose(t *testing.T) {
	remote := memory()
	remote.Remote = true
	long := gym()
	long.Title = "Un titre qui n'en finit pas de raconter tout ce que l'on fera pendant les huit semaines de cet atelier de prévention"
	long.Venue = "Grande salle polyvalente du premier étage de la maison des associations et de la vie locale"
	bare := workshop.Workshop{Title: "Mémoire"}
	for _, c := range []struct {
		name     string
		segments int
		in       []workshop.Workshop
		want     string
	}{
		{"one, everything", 2, []workshop.Workshop{gym()},
			"Votre atelier :\nGym équilibre en douceur, jeudi 14 mai, 14h30-16h, Salle des fetes, 3 rue des Lilas, 84000 Avignon. 8 séances. Prix : 5 €. Inscription : CCAS d'Avignon 01 99 00 12 34"},
		{"two", 2, []workshop.Workshop{gym(), memory()},
			"Vos ateliers :\nGym équilibre en douceur, jeudi 14 mai, 14h30-16h, Salle des fetes, 3 rue des Lilas, Avignon. Prix : 5 €. Tél : 01 99 00 12 34\n" +
				"Boostez votre mémoire, lundi 1er juin, à 10h, Maison des associations, 12 avenue de la Gare, Carpentras. Prix : gratuit. Tél : 06 39 98 00 01"},
		{"two in one segment", 1, []workshop.Workshop{gym(), memory()},
			"Vos ateliers :\nGym équilibre, jeudi 14 mai, 14h30-16h, Avignon. Tél : 01 99 00 12 34\nBoostez votre, lundi 1er juin, à 10h, Carpentras. Tél : 06 39 98 00 01"},
		{"a third is left out", 2, []workshop.Workshop{bare, bare, gym()}, "Vos ateliers :\nMémoire\nMémoire"},
		{"remote", 2, []workshop.Workshop{remote}, "Votre atelier :\nBoostez votre mémoire, lundi 1er juin, à 10h, à distance. Prix : gratuit. Inscription : 06 39 98 00 01"},
		{"little known", 2, []workshop.Workshop{bare}, "Votre atelier :\nMémoire"},
		{"long title", 1, []workshop.Workshop{long},
			"Votre atelier :\nUn titre qui n'en finit pas de raconter tout ce que l'on, jeudi 14 mai, 14h30-16h, Avignon. Tél : 01 99 00 12 34"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Composer{MaxSegments: c.segments}.Compose(c.in)
			if err != nil {
				t.Fatal(err)
			}
			n, enc := Segments(got)
			if got != c.want || n > c.segments || enc != GSM7 {
				t.Errorf("%d segments %s\n got %q\nwant %q", n, enc, got, c.want)
			}
		})
	}
	if _, err := Compose(nil); !errors.Is(err, ErrNothing) {
		t.Errorf("no workshop: %v", err)
	}
	w := gym()
	w.Phone = strings.Repeat("01 99 00 12 34 ", 40)
	if _, err := Compose([]workshop.Workshop{w}); !errors.Is(err, ErrTooLong) {
		t.Errorf("a phone number of 600 characters: %v", err)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"Gym douce", 20, "Gym douce"},
		{"Gym douce", 9, "Gym douce"},
		{"Gym douce", 8, "Gym"},
		{"Gym, douce", 5, "Gym"},
		{"Équilibre", 4, "Équi"},
		{"€€€ €€", 8, "€€€"},
		{"Bœuf gros sel", 5, "Boeuf"},
		{" a\n b ", 10, "a b"},
		{"", 3, ""},
	} {
		if got := shorten(c.in, c.n); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Gym équilibre", "Salle des fêtes", "3 rue des Lilas", "Aix", "CCAS", 2)
	f.Add(strings.Repeat("long ", 100), "🎉🎉", "\x00\xff", strings.Repeat("x", 300), "œ€^", 1)
	f.Fuzz(func(t *testing.T, title, venue, address, city, organiser string, segments int) {
		w := gym()
		w.Title, w.Venue, w.Address, w.City, w.Organiser = title, venue, address, city, organiser
		v := memory()
		v.Title, v.City = city, title
		if segments = segments % 5; segments <= 0 {
			segments = 1
		}
		got, err := Composer{MaxSegments: segments}.Compose([]workshop.Workshop{w, v})
		if err != nil {
			t.Fatalf("%q: %v", title, err)
		}
		n, enc := Segments(got)
		if n > segments || enc != GSM7 || !utf8.ValidString(got) {
			t.Errorf("%q: %d segments, %s", got, n, enc)
		}
		for _, phone := range []string{w.Phone, v.Phone} {
			if !strings.Contains(got, phone) {
				t.Errorf("%q lacks %s", got, phone)
			}
		}
	})
}
