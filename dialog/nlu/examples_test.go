package nlu_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/dialog/nlu"
)

// TestOwnExamples: what the owners teach is known, word for word at once, and in other words too; what was known before stays known.
func TestOwnExamples(t *testing.T) {
	t.Parallel()
	p, err := nlu.NewWithExamples(nil, []byte(`
insult:
  any: [saperlipopette de nom d'un tonneau]
details:
  "results, sms": ["(donnez|dites)-moi le topo [complet]"]
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, state, intent string }{
		{"Saperlipopette de nom d'un tonneau !", "open", "insult"},
		{"euh, saperlipopette de nom d'un tonneau", "place", "insult"},
		{"dites-moi donc le topo complet", "results", "details"},
		{"oui", "confirm", "yes"},
		{"je cherche un atelier", "open", "search"},
	} {
		if best := p.Parse(c.text, c.state).Best(); best.Name != c.intent {
			t.Errorf("%s: %+v, not %s", c.text, best, c.intent)
		}
	}
	if best := p.Parse("saperlipopette de nom d'un tonneau", "open").Best(); best.Confidence < 0.9 {
		t.Errorf("word for word: %+v", best)
	}
}

// TestExampleFaults: a fault in the owners' file names its line and what would be right.
func TestExampleFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"yaml":     {"yes:\n  any: [oui", "line 1"},
		"intent":   {"yes:\n  any: [oui]\nyess:\n  any: [oui]", "line 3: intent yess is unknown; the intents are search,"},
		"state":    {"yes:\n  opened: [oui]", `line 2: state "opened" is unknown; the states are any, open,`},
		"list":     {"yes:\n  any: oui", "line 2: yes, any: a list of sentences is wanted"},
		"sentence": {"yes:\n  any:\n    - oui\n    - {a: b}", "line 4: a sentence is wanted"},
		"bracket":  {"yes:\n  any:\n    - oui\n    - (oui|si", `line 4: "(oui|si": a bracket is not closed`},
		"mismatch": {"yes:\n  any:\n    - (oui]", "brackets do not match"},
		"bar":      {"yes:\n  any:\n    - oui|si", "| stands outside brackets"},
		"slot":     {"yes:\n  any:\n    - oui {ville}", "line 3: {ville} is unknown; there are {lieu}"},
		"empty":    {"yes:\n  any:\n    - ''", "line 3"},
		"mapping":  {"- oui", "line 1: a mapping of intents is wanted"},
	} {
		if _, err := nlu.NewWithExamples(nil, []byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
	if p, err := nlu.NewWithExamples(nil, nil); err != nil || p.Parse("oui", "confirm").Best().Name != "yes" {
		t.Errorf("an empty file: %v", err)
	}
}

// TestUnderstanding holds the line on the evaluation set; docs/nlu.md has the figures. Those who need help must be recognised.
func TestUnderstanding(t *testing.T) {
	p := parser(t)
	day := time.Date(2026, time.November, 25, 0, 0, 0, 0, time.UTC)
	for half, least := range map[string]struct{ accuracy, sure, noisy float64 }{
		"development": {0.94, 0.97, 0.85}, "held-out": {0.88, 0.95, 0.80},
	} {
		list := evaluationSet(t, half)
		r := nlu.Evaluate(p, list, day)
		if r.Accuracy < least.accuracy || *r.Sure.Accuracy < least.sure || *r.Noisy.Accuracy < least.noisy {
			t.Errorf("%s: accuracy %.3f, sure %.3f, noisy %.3f", half, r.Accuracy, *r.Sure.Accuracy, *r.Noisy.Accuracy)
		}
		care := []string{"distress", "accident", "illness"}
		wanted, found := 0, 0
		for _, l := range list {
			if !slices.Contains(care[:2], l.Intent) {
				continue
			}
			wanted++
			if slices.ContainsFunc(p.Parse(l.Text, l.State).Intents[:1], func(i nlu.Intent) bool { return slices.Contains(care, i.Name) }) {
				found++
			}
		}
		if float64(found) < 0.94*float64(wanted) {
			t.Errorf("%s: of %d in distress or hurt, %d are cared for", half, wanted, found)
		}
	}
	for _, harmless := range []string{
		"je me suis fait mal comprendre", "je suis tombée sur votre annonce", "je suis mort de fatigue", "je meurs de faim", "ça me tue de rire",
		"mon mari est mort l'an dernier", "j'ai eu un accident il y a vingt ans", "je suis tombé amoureux", "il pleut à mourir d'ennui",
	} {
		if best := p.Parse(harmless, "open").Best(); (best.Name == "distress" || best.Name == "accident") && best.Confidence >= 0.5 {
			t.Errorf("%s: %+v", harmless, best)
		}
	}
}

// TestCorrections: who corrects themselves means what was said last.
func TestCorrections(t *testing.T) {
	p := parser(t)
	for said, want := range map[string]string{
		"non, pas Orange, Orange dans le… euh… à Avignon":                     "Avignon",
		"non pas Orange, Carpentras":                                          "Carpentras",
		"à Orange, enfin non, à Bollène":                                      "Bollène",
		"j'habitais Lyon avant, maintenant je suis à Cavaillon":               "Cavaillon",
		"je je suis à à Pertuis s'il vous plaît madame":                       "Pertuis",
		"alors euh voyez-vous c'est-à-dire que nous habitons près de Bollène": "Bollène",
	} {
		if e, _ := p.Parse(said, "place").Entity("place"); e.Value != want {
			t.Errorf("%s: %s, not %q", said, want, e.Value)
		}
	}
}

// TestDates: days are counted from the day of the call; without one they keep their names.
func TestDates(t *testing.T) {
	p := parser(t)
	day := time.Date(2026, time.November, 25, 15, 0, 0, 0, time.UTC) // a Wednesday
	for said, want := range map[string]string{
		"demain": "2026-11-26/2026-11-26", "après-demain": "2026-11-27/2026-11-27", "la semaine prochaine": "2026-11-30/2026-12-06",
		"ce week-end": "2026-11-28/2026-11-29", "en décembre": "2026-12-01/2026-12-31", "fin janvier": "2027-01-21/2027-01-31",
		"en novembre": "2026-11-25/2026-11-30", "le mois prochain": "2026-12-01/2026-12-31", "le 14 décembre": "2026-12-14/2026-12-14",
		"le vingt et un janvier": "2027-01-21/2027-01-21", "à partir du quinze mars": "2027-03-15/", "jeudi prochain": "2026-12-03/2026-12-03",
		"mardi 8": "2026-12-08/2026-12-08", "le mardi": "tuesday", "cet hiver": "2026-12-21/2027-03-19", "avant Noël": "2026-11-25/2026-12-24",
	} {
		if e, _ := p.ParseOn(day, "je cherche un atelier "+said, "open").Entity("date"); e.Value != want {
			t.Errorf("%s: %s, not %q", said, want, e.Value)
		}
	}
	for said, want := range map[string]string{"la semaine prochaine": "next_week", "en décembre": "december", "le 14 décembre": "december_14"} {
		if e, _ := p.Parse("je cherche un atelier "+said, "open").Entity("date"); e.Value != want {
			t.Errorf("%s: %s, not %q", said, want, e.Value)
		}
	}
}
