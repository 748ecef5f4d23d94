package dialog_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/dialog/script"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
)

// monday is when the calls of these tests are answered.
var monday = time.Date(2026, time.May, 4, 10, 0, 0, 0, workshop.Paris())

// seedOfTests is one for all, so that wordings are the same from run to run.
const seedOfTests = 7

func gazetteer(t testing.TB) *place.Gazetteer {
	t.Helper()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// shelf puts workshops on a catalogue for tests. Which towns have what:
//
//	Orange        six, of three themes, within four weeks
//	Carpentras    two, one of them without price or description
//	Apt           one, in two weeks
//	Mende         one, in five weeks
//	Barcelonnette nothing; Embrun, some 24 km away, has one
//	Nevers        nothing far around
//	Le Thor       one, so that the article is heard
//	Nîmes         nine, of four themes
//	Bourges       one by telephone, and nothing near
//	Banon         a search that does not answer
type shelf struct {
	t    testing.TB
	gaz  *place.Gazetteer
	list []workshop.Workshop
}

func (s *shelf) add(insee string, days int, theme, module, title string, change func(*workshop.Workshop)) {
	p, ok := s.gaz.ByINSEE(insee)
	if !ok {
		s.t.Fatalf("no commune %s", insee)
	}
	n := len(s.list) + 1
	w := workshop.Workshop{
		ID: fmt.Sprintf("w%d", n), Title: title, Theme: theme, Module: module,
		Date: workshop.DateOf(monday).AddDays(days), Start: workshop.NewClock(14, 30), End: workshop.NewClock(16, 0),
		Venue: "Salle des fêtes", Address: "3 rue de la République", PostalCode: p.PostalCodes[0], City: p.Name,
		Price: workshop.Price{Kind: workshop.Free}, Organiser: "le centre social", Phone: fmt.Sprintf("01 99 00 12 %02d", n),
		Status: workshop.Open, Summary: "Des exercices simples, à son rythme.",
		Description: "On se retrouve en petit groupe.\nChacun avance à son rythme.",
		Session:     1, Sessions: 8, Lat: p.Lat, Lon: p.Lon, Region: p.Region, INSEE: p.INSEE,
	}
	if change != nil {
		change(&w)
	}
	s.list = append(s.list, w)
}

const (
	tete   = "Bien dans sa tête"
	corps  = "Bien dans mon corps"
	autres = "Bien avec les autres"
	soi    = "Bien chez soi"
)

func catalogue(t testing.TB) *workshop.Catalogue {
	s := &shelf{t: t, gaz: gazetteer(t)}
	s.add("84087", 3, tete, "Mémoire", "La mémoire en s'amusant", nil)
	s.add("84087", 4, corps, "Équilibre et prévention des chutes", "Marcher en confiance", nil)
	s.add("84087", 8, autres, "Chant et musique", "Chanter ensemble", nil)
	s.add("84087", 9, corps, "Sommeil", "Les clés du sommeil", func(w *workshop.Workshop) { w.Price = workshop.Euros(500, "la séance") })
	s.add("84087", 10, tete, "Détente et gestion du stress", "Souffler un peu", nil)
	s.add("84087", 11, corps, "Bien manger", "Bien dans son assiette", nil)
	s.add("84031", 5, tete, "Mémoire", "Jeux de mémoire", nil)
	s.add("84031", 12, corps, "Activité physique adaptée", "Gym douce", func(w *workshop.Workshop) {
		w.Price, w.Description, w.Summary, w.End = workshop.Price{}, "", "", workshop.Clock{}
	})
	s.add("84003", 14, corps, "Sommeil", "Retrouver un bon sommeil", nil)
	s.add("48095", 36, tete, "Mémoire", "Mémoire en éveil", nil)
	s.add("05046", 7, corps, "Marche et plein air", "Marche douce", nil)
	s.add("84132", 6, autres, "Jeux de société", "Jouer ensemble", nil)
	for i, theme := range []string{tete, corps, autres, soi, tete, corps, autres, soi, tete} {
		s.add("30189", 3+i, theme, "Atelier "+theme, fmt.Sprintf("Rendez-vous numéro %d", i+1), nil)
	}
	s.add("18033", 9, tete, "Mémoire", "Mémoire par téléphone", func(w *workshop.Workshop) {
		w.Remote, w.City, w.Venue, w.Address, w.PostalCode, w.Lat, w.Lon = true, "", "", "", "", 0, 0
	})
	c := workshop.NewCatalogue(func() time.Time { return monday })
	c.Set(s.list, workshop.Meta{Source: "test", LoadedAt: monday})
	return c
}

// silentTown is Banon, where the catalogue of these tests does not answer.
const silentTown = "04018"

// answers is a catalogue as a conversation asks it.
func answers(c *workshop.Catalogue) script.Search {
	return func(_ context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error) {
		if q.Area.INSEE == silentTown {
			return workshop.Result{}, errors.New("no answer")
		}
		return c.Search(q, s), nil
	}
}

// asked is a conversation under test with all that it left behind.
type asked struct {
	*script.Session
	dialog *dialog.Dialog
	facts  []record.Fact
	sms    []dialog.SendSMS
}

func call(t testing.TB, origin dialog.Origin, change func(*script.Config)) *asked {
	t.Helper()
	a := &asked{dialog: dialog.New(dialog.Config{Gazetteer: gazetteer(t), Seed: seedOfTests})}
	c := catalogue(t)
	cfg := script.Config{
		Dialog: a.dialog, Caller: dialog.Caller{Origin: origin}, Start: monday,
		Search: answers(c),
		Fact:   func(f record.Fact) { a.facts = append(a.facts, f) },
		SMS:    func(m dialog.SendSMS) error { a.sms = append(a.sms, m); return nil },
	}
	if change != nil {
		change(&cfg)
	}
	a.dialog = cfg.Dialog
	a.Session = script.NewSession(cfg)
	return a
}

// fact gives the facts of a kind.
func (a *asked) fact(kind record.Kind) []record.Fact {
	var out []record.Fact
	for _, f := range a.facts {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// statuses are those of the call, as a call that was answered and has ended.
func (a *asked) statuses() map[record.Status]bool {
	facts := []record.Fact{{Kind: record.Presented, At: monday}, {Kind: record.Answered, At: monday}}
	facts = append(facts, a.facts...)
	facts = append(facts, record.Fact{Kind: record.Ended, At: a.Now(), Data: map[string]any{"by": "local", "reason": a.Reason()}})
	out := map[record.Status]bool{}
	for _, s := range record.Statuses(facts) {
		out[s] = true
	}
	return out
}

// parser is the embedded one.
func parser(t testing.TB) *nlu.Parser {
	t.Helper()
	p, err := nlu.New(gazetteer(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
