package tts_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/workshop"
	"github.com/acotel/acotel-sbc/workshop/demo"
)

// What the service says holds nothing for a voice to guess: no digit, no sign but punctuation, no abbreviation of the list, no letter
// alone that is no word, no capitals in a row. What was put into words once stays as it is.
func TestNothingIsLeftToGuess(t *testing.T) {
	words, leftToGuess, err := tts.Words()
	if err != nil {
		t.Fatal(err)
	}
	gaz, err := place.Default()
	if err != nil {
		t.Fatal(err)
	}
	for name, texts := range map[string]func(yield func(string)){
		"messages":       messages(t),
		"evaluation set": evaluationTexts(t),
		"workshops":      season(t, gaz),
		"communes":       func(yield func(string)) { gaz.Places(func(p place.Place) bool { yield(p.Name); return true }) },
		"communes, cut": func(yield func(string)) {
			gaz.Places(func(p place.Place) bool { yield(cut.Replace(p.Name)); return true })
		},
		"communes, capital": func(yield func(string)) {
			gaz.Places(func(p place.Place) bool { yield("MAIRIE DE " + strings.ToUpper(p.Name)); return true })
		},
		"codes": func(yield func(string)) {
			seen := map[string]bool{}
			gaz.Places(func(p place.Place) bool {
				for _, c := range p.PostalCodes {
					if !seen[c] {
						seen[c] = true
						yield(c + " " + p.Name)
					}
				}
				return true
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, bad := 0, 0
			texts(func(text string) {
				n++
				said := words(text)
				why := leftToGuess(said)
				if again := words(said); why == "" && again != said {
					why = "said again as " + again
				}
				if name == "communes" && why == "" && !strings.ContainsAny(text, "0123456789(") && !strings.Contains(text, " - ") && !strings.EqualFold(said, strings.ReplaceAll(text, "’", "'")) && text != "Y" {
					why = "a name is said as it is written"
				}
				if said == "" && strings.ContainsFunc(text, unicode.IsLetter) {
					why = "nothing is said"
				}
				if why != "" {
					if bad++; bad <= 20 {
						t.Errorf("%q\n is said %q: %s", text, said, why)
					}
				}
			})
			t.Logf("%d texts, %d with something left", n, bad)
			if n < 200 {
				t.Errorf("only %d texts", n)
			}
		})
	}
}

// cut writes names as post offices do.
var cut = strings.NewReplacer("Sainte-", "Ste-", "Saint-", "St-", "-sur-", " s/ ", "-sous-", " s/s ", "Notre-Dame", "N.-D.")

// messages are all texts of the message file, with what is filled in.
func messages(t *testing.T) func(yield func(string)) {
	raw, err := os.ReadFile("../dialog/messages/fr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file yaml.Node
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{phone}", "04 90 12 34 56", "{price}", "12,50 €", "{km}", "12", "{date}", "mardi 1er décembre", "{start}", "9 h", "{end}", "11 h 30",
		"{code}", "13008", "{scale}", "4", "{n}", "21", "{weeks}", "8", "{sessions}", "12", "{session}", "2", "{site}", "www.pourbienvieillir.fr", "{h}", "14", "{m}", "05",
		"{organiser}", "CCAS d'Apt", "{venue}", "Salle B12, rdc", "{title}", "Gym'mémoire n° 2", "{address}", "12 bis, av. du Gal de Gaulle", "{", "", "}", "")
	return func(yield func(string)) {
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			for i, c := range n.Content {
				if n.Kind == yaml.MappingNode && i%2 == 0 {
					continue // a key
				}
				walk(c)
			}
			if n.Kind == yaml.ScalarNode && n.Value != "" {
				yield(fill.Replace(n.Value))
			}
		}
		walk(&file)
	}
}

// evaluationTexts are the written halves of the evaluation set.
func evaluationTexts(t *testing.T) func(yield func(string)) {
	set, err := os.ReadFile("testdata/words.tsv")
	if err != nil {
		t.Fatal(err)
	}
	spaces := strings.NewReplacer("<nbsp>", "\u00a0", "<nnbsp>", "\u202f")
	return func(yield func(string)) {
		for line := range strings.Lines(string(set)) {
			if text, _, ok := strings.Cut(line, "\t"); ok {
				yield(spaces.Replace(text))
			}
		}
	}
}

// season is every text of the demonstration's workshops.
func season(t *testing.T, gaz *place.Gazetteer) func(yield func(string)) {
	list, _, err := demo.Generate(demo.Options{Seed: 3, Today: workshop.DateOf(time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)), Gazetteer: gaz})
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(string)) {
		seen := map[string]bool{}
		for _, w := range list {
			for _, text := range slices.Concat([]string{w.Title, w.Venue, w.Address, w.Address + ", " + w.PostalCode + " " + w.City, w.Organiser, w.Summary, w.Phone,
				w.Price.String(), w.Theme, w.Module, w.Date.String(), w.Start.String() + "-" + w.End.String()}, strings.Split(w.Description, "\n")) {
				if text != "" && !seen[text] {
					seen[text] = true
					yield(text)
				}
			}
		}
	}
}
