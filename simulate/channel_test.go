package simulate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/dialog"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/place/spoken"
)

// TestSounds: words are read as they are pronounced; words that sound the same have the same sounds.
func TestSounds(t *testing.T) {
	s := newSounder()
	for text, want := range map[string]string{
		"Carpentras": "karpAtra", "Orange": "orAZ", "Châteauroux": "Satoru", "oiseau": "wazo", "fille": "fij", "ville": "vil", "Bollène": "bolEn",
		"quatre": "katr", "chanson": "SAsO", "cinq": "sIk", "huit": "yi",
	} {
		if got := s.sounds(text); got != want {
			t.Errorf("%s sounds %s, want %s", text, got, want)
		}
	}
	for _, same := range [][]string{{"eau", "haut", "au", "o"}, {"sang", "sans", "cent"}, {"mère", "maire"}, {"vin", "vain", "vingt"}, {"pot", "peau"}, {"continuer", "continué", "continuez"}} {
		for _, w := range same[1:] {
			if s.sounds(w) != s.sounds(same[0]) {
				t.Errorf("%s sounds %s, %s sounds %s", w, s.sounds(w), same[0], s.sounds(same[0]))
			}
		}
	}
}

// TestDistance: what a telephone confounds is near.
func TestDistance(t *testing.T) {
	e, s := newEars(), newSounder()
	d := func(a, b string) float64 { return e.distance(s.sounds(a), s.sounds(b)) }
	if d("Orange", "Orange") != 0 || d("Orange", "range") <= 0 {
		t.Error("a word is at no distance from itself alone")
	}
	for _, c := range [][3]string{{"pain", "bain", "main"}, {"fort", "vort", "mort"}, {"Bollène", "Pollène", "Avignon"}} {
		if d(c[0], c[1]) >= d(c[0], c[2]) {
			t.Errorf("%s is nearer to %s than to %s", c[0], c[2], c[1])
		}
	}
}

var sentences = []string{
	"bonjour madame, je voudrais des renseignements sur les ateliers pour les retraités", "j'habite à Carpentras, dans le Vaucluse",
	"quatre-vingt-quatre mille deux cents", "oui, envoyez-moi le message s'il vous plaît", "non merci", "L'Isle-sur-la-Sorgue",
	"je cherche quelque chose pour la mémoire du côté d'Orléans", "vous pouvez répéter le numéro, je n'ai pas eu le temps de noter", "le deuxième",
}

// TestErrorRate: as many words go wrong as were asked for, counted as recognisers are judged: words changed, lost and added.
func TestErrorRate(t *testing.T) {
	g := gazetteer(t)
	for _, rate := range []float64{0, 0.05, 0.10, 0.20} {
		c := NewChannel(rate, g)
		r := rand.New(rand.NewPCG(1, 1))
		wrong, all := 0, 0
		for range 600 {
			for _, s := range sentences {
				if strings.Contains(s, "mille") {
					continue // written in figures by some recognisers, and that is no error
				}
				want := words(s)
				var got []string
				if h := c.Hear(s, r); len(h) > 0 {
					got = words(h[0].Text)
				}
				wrong += editDistance(want, got)
				all += len(want)
			}
		}
		if got := float64(wrong) / float64(all); got < 0.85*rate || got > 1.25*rate+0.001 {
			t.Errorf("asked for %.2f, %.3f of the words are wrong", rate, got)
		}
	}
}

// editDistance counts words changed, lost and added.
func editDistance(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if strings.EqualFold(a[i], b[j]) {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// TestConfidence: of readings at 0.8 or more about 95 % are right, and many that are wrong have the right one among the others.
func TestConfidence(t *testing.T) {
	c := NewChannel(0.10, gazetteer(t))
	r := rand.New(rand.NewPCG(3, 1))
	sure, right, wrong, saved := 0, 0, 0, 0
	for range 400 {
		for _, s := range sentences {
			if strings.Contains(s, "mille") {
				continue
			}
			heard := c.Hear(s, r)
			if len(heard) == 0 {
				continue
			}
			is := func(text string) bool {
				return strings.EqualFold(strings.Join(words(s), " "), strings.Join(words(text), " "))
			}
			good := is(heard[0].Text)
			if heard[0].Confidence >= 0.8 {
				sure++
				if good {
					right++
				}
			}
			if !good {
				wrong++
				for _, h := range heard[1:] {
					if is(h.Text) {
						saved++
						break
					}
				}
			}
			if !slices.IsSortedFunc(heard, func(a, b dialog.Hypothesis) int {
				if a.Confidence >= b.Confidence {
					return -1
				}
				return 1
			}) || len(heard) > mostReadings {
				t.Fatalf("readings %+v", heard)
			}
		}
	}
	if share := float64(right) / float64(sure); share < 0.93 || share > 0.99 {
		t.Errorf("of readings at 0.8 or more %.3f are right", share)
	}
	if share := float64(saved) / float64(wrong); share < 0.25 || share > 0.7 {
		t.Errorf("of wrong readings %.3f have the right one beside them", share)
	}
}

// TestMistaken: a rare name is torn into common words, written as it sounds or taken for another town; never itself.
func TestMistaken(t *testing.T) {
	c := newConfuser(gazetteer(t))
	for word, among := range map[string]string{"Carpentras": "car pente rat", "Orange": "au range", "Bollène": "bolène", "continuez": "continuer", "voudrais": "voudrait"} {
		list := c.guesses(word)
		sum := 0.0
		found := false
		for _, g := range list {
			sum += g.weight
			found = found || g.text == among
			if place.Fold(g.text) == place.Fold(word) {
				t.Errorf("%s is taken for itself", word)
			}
		}
		if !found || sum < 0.999 || sum > 1.001 {
			t.Errorf("%s: %v", word, list)
		}
	}
}

// TestCodesSaid: a code that is said aloud can be read back: its digits are one of the readings of its words.
func TestCodesSaid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	seen := map[string]bool{}
	n := 0
	gazetteer(t).Places(func(p place.Place) bool {
		for _, code := range p.PostalCodes {
			if seen[code] || p.Region == place.RegionOther {
				continue
			}
			seen[code] = true
			for range 3 {
				said := sayCode(code, r)
				n++
				if !slices.Contains(spoken.Split(strings.Fields(place.Fold(said)), 5), code) {
					t.Errorf("%s is said %q, which is read %v", code, said, spoken.Split(strings.Fields(place.Fold(said)), 5))
				}
			}
		}
		return true
	})
	if n < 3000 {
		t.Errorf("only %d sayings", n)
	}
}

// TestFigures: numbers in words come out in figures as recognisers write them.
func TestFigures(t *testing.T) {
	for said, want := range map[string][3]string{
		"quatre-vingt-quatre mille cent": {"quatre vingt quatre mille cent", "84100", "84100"},
		"zéro six deux cents":            {"zéro six deux cents", "06200", "0 6 200"},
		"c'est le vingt et un":           {"c' est le vingt et un", "c' est le 21", "c' est le 21"},
		"un atelier":                     {"un atelier", "un atelier", "un atelier"},
		"quatre vingt dix":               {"quatre vingt dix", "90", "90"},
		"treize zéro zéro huit":          {"treize zéro zéro huit", "13008", "13 0 0 8"},
		"soixante et onze mille et":      {"soixante et onze mille et", "71000 et", "71000 et"},
		"huit quatre zéro":               {"huit quatre zéro", "840", "8 4 0"},
	} {
		for i, style := range []int{0, inWords, styles - 1} {
			if got := strings.Join(figures(words(said), style), " "); got != want[i] {
				t.Errorf("%q in style %d: %q, want %q", said, style, got, want[i])
			}
		}
	}
}
