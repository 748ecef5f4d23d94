package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/dialog/nlu"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/record"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, time.May, 4, 10, 0, 0, 0, workshop.Paris())

func gazetteer(t testing.TB) *place.Gazetteer {
	t.Helper()
	g, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// campaign is a campaign against the demonstration workshops of a fixed day.
func campaign(t testing.TB, calls int) Config {
	t.Helper()
	g := gazetteer(t)
	p, err := nlu.New(g)
	if err != nil {
		t.Fatal(err)
	}
	cat, err := demo.Catalogue(demo.Options{Today: workshop.DateOf(monday), Gazetteer: g})
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Calls: calls, Seed: 1, Errors: 0.10, Gazetteer: g, Start: monday,
		Search: func(_ context.Context, q workshop.Query, s workshop.Settings) (workshop.Result, error) {
			return cat.Search(q, s), nil
		},
		NewDialog: func(seed uint64) *dialog.Dialog {
			return dialog.New(dialog.Config{Gazetteer: g, Parser: p, Seed: seed})
		},
	}
}

// TestSameForASeed: a campaign is the same whoever holds it, and another for another seed.
func TestSameForASeed(t *testing.T) {
	c := campaign(t, 30)
	run := func(seed uint64, workers int) string {
		c.Seed, c.Workers = seed, workers
		r, err := Run(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		r.Seconds = 0
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	one := run(1, 1)
	if many := run(1, 7); many != one {
		t.Error("seven workers give another campaign than one")
	}
	if run(2, 7) == one {
		t.Error("another seed gives the same campaign")
	}
}

// TestCampaign: the contract's keys, and callers who get what they ring for.
func TestCampaign(t *testing.T) {
	r, err := Run(context.Background(), campaign(t, 200))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"calls", "seconds", "seed", "rates", "mean_duration_s", "by_temperament", "failed"} {
		if _, ok := keys[k]; !ok {
			t.Errorf("key %s is missing", k)
		}
	}
	rates := keys["rates"].(map[string]any)
	for name, least := range map[string]float64{"requete": 0.95, "efficace": 0.5, "traite": 0.9, "abandonne": 0, "abouti": 0.8, "evalue": 0.4,
		"place_found": 0.95, "place_first_try": 0.65, "wanted_requete": 0.95, "place_right": 0.85, "sms_sent": 0.3} {
		if v, ok := rates[name].(float64); !ok || v < least || v > 1 {
			t.Errorf("%s is %v, want at least %v", name, rates[name], least)
		}
	}
	calls := 0
	for _, v := range r.ByTemperament {
		calls += v.Calls
	}
	if calls != 200 || len(r.ByTemperament) < 8 {
		t.Errorf("%d calls of %d temperaments", calls, len(r.ByTemperament))
	}
	for _, f := range r.Failed {
		if f.Why == "" || len(f.Transcript) < 2 || f.Transcript[0].Who != "service" {
			t.Errorf("call %d failed, why %q, transcript of %d turns", f.ID, f.Why, len(f.Transcript))
		}
	}
}

// TestCut: a campaign that is cancelled ends, and says so; one that makes no sense is refused.
func TestCut(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, campaign(t, 50)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, bad := range []Config{{}, {Calls: 1, Errors: 1.5}, {Calls: 1, Errors: -0.1}} {
		if _, err := Run(context.Background(), bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

// TestRates: each rate over its own denominator (contracts, "Rates").
func TestRates(t *testing.T) {
	fact := func(k record.Kind, data ...any) record.Fact {
		f := record.Fact{Kind: k, At: monday, Data: map[string]any{}}
		for i := 0; i < len(data); i += 2 {
			f.Data[data[i].(string)] = data[i+1]
		}
		return f
	}
	call := func(goal Goal, by string, facts ...record.Fact) Call {
		all := append([]record.Fact{fact(record.Presented, "origin", "mobile"), fact(record.Answered)}, facts...)
		end := fact(record.Ended, "by", by)
		end.At = monday.Add(100 * time.Second)
		temperament := map[Goal]string{Workshop: "clear", Care: "ill", Other: "wrong_number"}[goal]
		return Call{Caller: &Caller{Temperament: temperament, Goal: goal}, Summary: record.Summarise(append(all, end)), Left: map[string]string{"remote": "patience"}[by], Right: true}
	}
	found := []record.Fact{fact(record.Understood), fact(record.PlaceAsked), fact(record.PlaceHeard, "try", 1), fact(record.PlaceFound, "insee", "84087", "tries", 1),
		fact(record.Search, "found", 2)}
	r := report([]Call{
		call(Workshop, "local", append(slices.Clone(found), fact(record.SMSSent, "key", "w1"), fact(record.Goodbye), fact(record.RatingAsked, "question", "1"), fact(record.Rated, "question", "1", "mark", 4))...),
		call(Workshop, "remote", found...),                                                                         // no goodbye
		call(Workshop, "remote", fact(record.PlaceAsked), fact(record.PlaceHeard, "try", 1)),                       // given up
		call(Care, "remote", fact(record.Understood), fact(record.Marked, "mark", "malade"), fact(record.Goodbye)), // of no count for Requêté
		call(Other, "local", fact(record.Understood)),                                                              // Traité, not Requêté
	})
	for name, c := range map[string]struct {
		got  *float64
		want float64
	}{
		"requete": {r.Rates.Requete, 2.0 / 3}, "efficace": {r.Rates.Efficace, 1}, "traite": {r.Rates.Traite, 4.0 / 5}, "abandonne": {r.Rates.Abandonne, 1.0 / 5},
		"abouti": {r.Rates.Abouti, 1.0 / 2}, "evalue": {r.Rates.Evalue, 1.0 / 2}, "place_found": {r.Rates.PlaceFound, 2.0 / 3}, "first try": {r.Rates.PlaceFirstTry, 2.0 / 3},
		"wanted": {r.Rates.WantedRequete, 2.0 / 3}, "sms": {r.Rates.SMSSent, 1.0 / 2}, "duration": {r.MeanDurationS, 100},
	} {
		if c.got == nil || *c.got < c.want-1e-9 || *c.got > c.want+1e-9 {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if len(r.Failed) != 2 || r.Failed[0].Why != "no goodbye; the caller left: patience" || !strings.HasPrefix(r.Failed[1].Why, "no place found") {
		t.Errorf("failed: %+v", r.Failed)
	}
}

// TestOwnWords: what callers say is not what the service was taught: no whole sentence of theirs stands in its files.
func TestOwnWords(t *testing.T) {
	l, err := defaultLines()
	if err != nil {
		t.Fatal(err)
	}
	taught := map[string]bool{}
	files, err := filepath.Glob("../dialog/nlu/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rules found: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var root yaml.Node
		if err := yaml.Unmarshal(data, &root); err != nil {
			t.Fatal(err)
		}
		scalars(&root, func(s string) { taught[place.Fold(s)] = true })
	}
	same, sentences := 0, 0
	for _, group := range []map[string][]string{l.Openings, l.Where, l.Elsewhere, l.Results, l.SMS, l.More, l.Ill, l.Wrong, l.Digressions} {
		for _, list := range group {
			for _, s := range list {
				if len(strings.Fields(s)) < 4 { // there are not many ways to say "oui"
					continue
				}
				sentences++
				if taught[place.Fold(s)] {
					same++
					t.Logf("taught, too: %s", s)
				}
			}
		}
	}
	// Chance lets two people who know the language write the same short sentence now and then.
	if sentences < 100 || same*20 > sentences {
		t.Errorf("%d of %d sentences were taught to the service", same, sentences)
	}
}

// scalars visits every text of a YAML document.
func scalars(n *yaml.Node, visit func(string)) {
	if n.Kind == yaml.ScalarNode {
		visit(n.Value)
	}
	for _, c := range n.Content {
		scalars(c, visit)
	}
}

// TestCallers: how single callers take what they hear.
func TestCallers(t *testing.T) {
	w, err := NewWorld(gazetteer(t))
	if err != nil {
		t.Fatal(err)
	}
	// someone draws callers until one is as wanted.
	someone := func(t *testing.T, fits func(*Caller) bool) *Caller {
		for seed := range uint64(5000) {
			if c := w.NewCaller(rand.New(rand.NewPCG(seed, 1))); fits(c) {
				return c
			}
		}
		t.Fatal("nobody like that")
		return nil
	}
	hears := func(state string, said ...Said) Prompt { return Prompt{State: state, Said: said} }
	t.Run("patience ends", func(t *testing.T) {
		c := someone(t, func(c *Caller) bool { return c.Temperament == "in_a_hurry" })
		for range 3 {
			c.Answer(hears("place", Said{"repair.nomatch.1", "Excusez-moi."}, Said{"place.again.1", "Quelle ville ?"}))
		}
		if a := c.Answer(hears("place", Said{"repair.nomatch.2", "Pardon."})); !a.HangUp || a.Why != "patience" {
			t.Errorf("%+v", a)
		}
	})
	t.Run("time ends", func(t *testing.T) {
		c := someone(t, func(c *Caller) bool { return c.Temperament == "clear" })
		p := hears("place", Said{"place.ask", "Quelle ville ?"})
		p.Elapsed = 9 * time.Minute
		if a := c.Answer(p); !a.HangUp || a.Why != "time" {
			t.Errorf("%+v", a)
		}
	})
	t.Run("who had an accident rings off to call for help", func(t *testing.T) {
		c := someone(t, func(c *Caller) bool { return c.kind == "accident" })
		if a := c.Answer(hears("open", Said{"welcome.question", "Que souhaitez-vous ?"})); a.Say == "" {
			t.Errorf("%+v", a)
		}
		if a := c.Answer(hears("confirm", Said{"care.accident", "Appelez le 15."})); !a.HangUp || a.Why != "help" {
			t.Errorf("%+v", a)
		}
	})
	t.Run("a place that is not theirs is put right", func(t *testing.T) {
		c := someone(t, func(c *Caller) bool {
			return c.Temperament == "clear" && c.Goal == Workshop && c.Home.Name == "Avignon" && c.temper.Notices > 90
		})
		c.opened = true
		a := c.Answer(hears("theme", Said{"find.town", "À Brest, dans le Finistère. Je regarde."}, Said{"theme.ask", "Quel thème ?"}))
		if a.Say == "" || c.misplaced != "Brest" {
			t.Errorf("%+v, misplaced %q", a, c.misplaced)
		}
		a = c.Answer(hears("theme", Said{"find.town", "À Avignon, dans le Vaucluse. Je regarde."}, Said{"theme.ask", "Quel thème ?"}))
		if c.misplaced != "" {
			t.Errorf("%+v, misplaced %q", a, c.misplaced)
		}
	})
	t.Run("all are different people", func(t *testing.T) {
		origins, forms, homes := map[dialog.Origin]int{}, map[string]int{}, map[string]bool{}
		for seed := range uint64(2000) {
			c := w.NewCaller(rand.New(rand.NewPCG(seed, 2)))
			origins[c.Origin]++
			forms[c.form]++
			homes[c.Home.INSEE] = true
			if c.Home.Region == place.RegionOther {
				t.Errorf("%s is not served", c.Home.Name)
			}
		}
		if len(origins) != 3 || forms["town"] < 900 || forms["code"] < 560 || len(homes) < 500 {
			t.Errorf("origins %v, forms %v, %d homes", origins, forms, len(homes))
		}
	})
}
