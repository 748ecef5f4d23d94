package phoneme

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// cheapest tries every way to lay the phonemes over the frames before end, blanks between them, and returns what the cheapest costs, frame by frame.
func cheapest(path String, cost func(frame int, s Symbol) float64, end int) (each []float64) {
	least := math.Inf(1)
	var walk func(t, i int, blank bool, total float64, so []float64)
	walk = func(t, i int, blank bool, total float64, so []float64) {
		if t == end {
			if i == len(path)-1 && !blank && total < least {
				least, each = total, append([]float64(nil), so...)
			}
			return
		}
		step := func(i int, blank bool) {
			s := path[i]
			if blank {
				s = Blank
			}
			c := cost(t, s)
			walk(t+1, i, blank, total+c, append(so, c))
		}
		step(i, blank)
		if !blank {
			step(i, true)
		}
		if i+1 < len(path) && (blank || path[i+1] != path[i]) {
			step(i+1, false)
		}
	}
	for from := range end {
		c := cost(from, path[0])
		walk(from+1, 0, false, c, []float64{c})
	}
	return each
}

func TestFitIsTheCheapestWay(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 4))
		path := make(String, 1+r.IntN(3))
		for i := range path {
			path[i] = few[r.IntN(len(few))]
		}
		sound := make([][]float32, 2*len(path)+r.IntN(5))
		for t := range sound {
			sound[t] = make([]float32, Symbols)
			for i := range sound[t] {
				sound[t][i] = float32(-3 * r.ExpFloat64())
			}
		}
		l := NewLoop(nil, nil, Params{Scale: 1, Garbage: 0.01, Gain: 1, Null: 1, Floor: 1e-6})
		s := NewSearcher(exact)
		if err := s.Load(l, sound); err != nil {
			t.Fatal(err)
		}
		h := s.Search([]Part{{Network: NewNetwork(l, []Entry{{Text: "x", Prior: 1, Said: []Said{{path, 1}}}}), Weight: 1}}, Options{})
		if len(h.Best) == 0 {
			t.Fatalf("seed %d: nothing found", seed)
		}
		each := cheapest(path, func(t int, p Symbol) float64 {
			y := s.y[t*Symbols : (t+1)*Symbols]
			most := 0.0
			for _, v := range y {
				most = max(most, v)
			}
			return math.Log(most / y[p])
		}, h.Best[0].End)
		var total, worst float64
		for i := range each {
			total += each[i]
			var sum float64
			for _, c := range each[max(0, i-stretch+1) : i+1] {
				sum += c
			}
			worst = max(worst, sum)
		}
		if got, want := fmt.Sprintf("%.6f %.6f %d", h.Fit, h.Worst, h.From), fmt.Sprintf("%.6f %.6f %d", total/float64(len(path)), worst, h.Best[0].End-len(each)); got != want {
			t.Errorf("seed %d, %v: fit, worst, from %s, want %s", seed, path, got, want)
		}
	}
}

// A syllable that was not said, in a long sentence, hardly shows in how well all of it fits, and does where it fits worst.
func TestAnotherSyllableShowsWhereItIs(t *testing.T) {
	const entry = "lakɔ̃feʁɑ̃sɛmɛ̃tnɑ̃veʁuje"
	p := Params{Scale: 0.8, Garbage: 0.03, Gain: 1, Null: 1, Floor: 1e-6}
	parse := func(s string) String {
		ph, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return ph
	}
	l := NewLoop(nil, nil, p)
	n := NewNetwork(l, []Entry{{Text: "la conférence est maintenant verrouillée", Prior: 1, Said: []Said{{parse(entry), 1}}}})
	s := NewSearcher(DefaultBeam)
	look := func(said string) Heard {
		if err := s.Load(l, synthetic(parse(said), 0.3, 3)); err != nil {
			t.Fatal(err)
		}
		h := s.Search([]Part{{Network: n, Weight: 1}}, Options{})
		if len(h.Best) == 0 {
			t.Fatalf("%s: nothing found", said)
		}
		return h
	}
	same, other := look(entry), look("lakɔ̃feʁɑ̃sɛmɛ̃tnɑ̃deveʁuje")
	if same.Fit > 0.1 || same.Worst > 0.5 || other.Fit > 1 || other.Worst < 5 {
		t.Errorf("the same: fit %.2f, worst %.2f; with another syllable: fit %.2f, worst %.2f", same.Fit, same.Worst, other.Fit, other.Worst)
	}
}
