package hearing

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/place"
)

// ours is the lexicon of the embedded gazetteer, built once.
var ours = sync.OnceValues(func() (*Lexicon, error) {
	g, err := place.Default()
	if err != nil {
		return nil, err
	}
	p, err := Open(tctx, "")
	if err != nil {
		return nil, err
	}
	return New(tctx, g, p, phoneme.DefaultParams)
})

// posteriors is what a good reader might make of a text: a peak of a frame or two for each
// phoneme, with the share blur of the probability on others, on sounds alike most of all.
func posteriors(t testing.TB, text string, blur float64, seed uint64) [][]float32 {
	t.Helper()
	said, err := Espeak("").Pronounce(tctx, []string{text})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 5))
	var out [][]float32
	frame := func(p phoneme.Symbol) {
		y := make([]float64, phoneme.Symbols)
		sum := 0.0
		for i := range y {
			y[i] = blur * r.ExpFloat64() / float64(len(y))
			sum += y[i]
		}
		y[p] += 1
		row := make([]float32, len(y))
		for i := range y {
			row[i] = float32(math.Log(y[i] / (sum + 1)))
		}
		out = append(out, row)
	}
	for range 10 {
		frame(phoneme.Blank)
	}
	for _, p := range said[0][0] {
		frame(p)
		for range 2 + r.IntN(2) {
			frame(phoneme.Blank)
		}
	}
	for range 20 {
		frame(phoneme.Blank)
	}
	return out
}

func TestGrammars(t *testing.T) {
	l, err := ours()
	if err != nil {
		t.Fatal(err)
	}
	s := phoneme.NewSearcher(phoneme.DefaultBeam)
	for _, c := range []struct{ state, said, want string }{
		{"place", "Carpentras", "Carpentras"},
		{"place", "j'habite à Carpentras", "Carpentras"},
		{"place", "euh je suis à côté de Vitry-sur-Loire", "Vitry-sur-Loire"},
		{"place", "au Puy-en-Velay", "Le Puy-en-Velay"},
		{"place", "84000", "84000"},
		{"place", "quatre-vingt-quatre deux cents", "84200"},
		{"place", "six mille", "06000"},
		{"place", "zéro six deux cents", "06200"},
		{"place", "un trois zéro zéro huit", "13008"},
		{"place", "nonante mille", "90000"},
		{"place", "dans le Vaucluse", "dans le Vaucluse"},
		{"place", "à Carpentras dans le Vaucluse", "Carpentras, dans le Vaucluse"},
		{"place", "je suis tombée dans la cuisine et je n'arrive pas à me relever", "je suis tombée dans le jardin je n'arrive pas à me relever"},
		{"more", "non c'est tout", "c'est tout"},
		{"theme", "le deux", "le deuxième"},
		{"results", "allez-y", "allez-y"},
		{"place", "vous pouvez répéter", "répétez"},
		{"confirm", "oui", "oui"},
		{"confirm", "oui c'est ça", "c'est ça"},
		{"confirm", "non pas du tout", "non"},
		{"confirm", "non c'est Romorantin-Lanthenay", "Romorantin-Lanthenay"},
		{"theme", "la mémoire s'il vous plaît", "la mémoire"},
		{"theme", "bien dans mon corps", "Bien dans mon corps"},
		{"theme", "le deuxième", "le deuxième"},
		{"results", "le suivant", "suivant"},
		{"rating", "je mets un quatre", "4"},
		{"rating", "très satisfaite", "très bien"},
		{"sms", "non merci", "non"},
		{"more", "au revoir madame", "au revoir"},
		{"postal_code", "le code postal c'est 21000", "21000"},
		{"place", "il fait un temps magnifique", ""},
		{"confirm", "les tomates sont mûres", ""},
	} {
		t.Run(c.state+" "+c.said, func(t *testing.T) {
			g := l.Grammar(asr.Hints{State: c.state})
			if err := s.Load(g.Loop, posteriors(t, c.said, 0.3, 1)); err != nil {
				t.Fatal(err)
			}
			var found []phoneme.Heard
			for _, parts := range g.Groups {
				found = append(found, s.Search(parts, phoneme.Options{N: 4}))
			}
			heard := whisper.DefaultCalibration.Understand(found)
			got := ""
			if len(heard) > 0 && heard[0].Confidence > 0.3 {
				got = heard[0].Text
			}
			if got != c.want {
				for _, a := range heard {
					t.Logf("%.3f %s", a.Confidence, a.Text)
				}
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	l, err := ours()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		parts []phoneme.Part
	}{
		{"8000 communes", []phoneme.Part{{Network: l.places, Weight: 1}}},
		{"place", l.Grammar(asr.Hints{State: "place"}).Groups[0]},
		{"confirm", l.Grammar(asr.Hints{State: "confirm"}).Groups[0]},
	} {
		b.Run(c.name, func(b *testing.B) {
			y := posteriors(b, "j'habite à Carpentras", 1, 1)
			s := phoneme.NewSearcher(phoneme.DefaultBeam)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Load(l.loop, y); err != nil {
					b.Fatal(err)
				}
				s.Search(c.parts, phoneme.Options{})
			}
			b.ReportMetric(float64(len(y)), "frames")
		})
	}
}

// Beside a department or a code only what lies there was said.
func TestWithin(t *testing.T) {
	toulon, paris, code := &phoneme.Entry{INSEE: "83137"}, &phoneme.Entry{INSEE: "75056"}, &phoneme.Entry{PostalCode: "83200"}
	for _, c := range []struct {
		name                     string
		said                     *phoneme.Entry
		toulon, paris, code, yes float64
	}{
		{"dans le Var", &phoneme.Entry{Department: "83"}, 1, 0, 1, notAPlace},
		{"83000", &phoneme.Entry{PostalCode: "83000"}, 1, 0, 1, notAPlace},
		{"à Paris", &phoneme.Entry{Department: "75"}, 0, 1, 0, notAPlace},
	} {
		p := within(c.said)
		if p == nil {
			t.Fatalf("%s tells nothing", c.name)
		}
		if got := [4]float64{p(toulon), p(paris), p(code), p(&phoneme.Entry{Text: "oui"})}; got != [4]float64{c.toulon, c.paris, c.code, c.yes} {
			t.Errorf("%s: Toulon, Paris, 83200, oui: %v", c.name, got)
		}
	}
	if within(&phoneme.Entry{Text: "oui"}) != nil {
		t.Error("yes tells something of places")
	}
}
