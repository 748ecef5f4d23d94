package phoneme

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// exact holds the tests' searches to no beam at all.
var exact = Beam{}

// few symbols; the others are impossible in the tests' frames.
var few = []Symbol{1, 2, 3}

// bruteForce sums over every path of frames, and every way to read its symbols as
// fillers and garbage, an entry, fillers and garbage. It returns the weights of the
// entries and that of fillers and garbage alone.
func bruteForce(entries []Entry, before, after []Filler, p Params, y [][]float64) (sums []float64, null float64) {
	loop := func(fillers []Filler) map[string]float64 {
		m := map[string]float64{}
		for _, s := range few {
			m[string([]byte{byte(s)})] = p.Garbage
		}
		for _, f := range fillers {
			for _, s := range f.Said {
				m[key(s.Phonemes)] += f.Weight
			}
		}
		return m
	}
	pre, post := loop(before), loop(after)
	sums = make([]float64, len(entries))
	seen := map[string]float64{}
	path := make([]Symbol, len(y))
	var walk func(t int, weight float64)
	walk = func(t int, weight float64) {
		if weight == 0 {
			return
		}
		if t == len(y) {
			seen[collapse(path)] += weight
			return
		}
		for _, s := range append([]Symbol{Blank}, few...) {
			path[t] = s
			walk(t+1, weight*y[t][s])
		}
	}
	walk(0, 1)
	for z, weight := range seen {
		null += weight * ways(z, pre)
		for i, e := range entries {
			for _, s := range e.Said {
				k := key(s.Phonemes)
				for at := 0; at+len(k) <= len(z); at++ {
					if z[at:at+len(k)] == k {
						sums[i] += weight * e.Prior * s.Weight * math.Pow(p.Gain, float64(len(k))) * ways(z[:at], pre) * ways(z[at+len(k):], post)
					}
				}
			}
		}
	}
	return sums, null
}

func weightOf(entries []Entry) (sum float64) {
	for _, e := range entries {
		sum += e.Prior
	}
	return sum
}

func key(s String) string {
	b := make([]byte, len(s))
	for i, p := range s {
		b[i] = byte(p)
	}
	return string(b)
}

// collapse is CTC's reading of a path: repeats joined, blanks dropped.
func collapse(path []Symbol) string {
	var z []byte
	last := Blank
	for _, s := range path {
		if s != last && s != Blank {
			z = append(z, byte(s))
		}
		last = s
	}
	return string(z)
}

// ways is the weight of all ways to put z together from words.
func ways(z string, words map[string]float64) float64 {
	w := make([]float64, len(z)+1)
	w[0] = 1
	for i := 1; i <= len(z); i++ {
		for k, p := range words {
			if i >= len(k) && z[i-len(k):i] == k {
				w[i] += w[i-len(k)] * p
			}
		}
	}
	return w[len(z)]
}

func TestSearchIsTheForwardSum(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			word := func(most int) String {
				s := make(String, 1+r.IntN(most))
				for i := range s {
					s[i] = few[r.IntN(len(few))]
				}
				return s
			}
			p := Params{Scale: 1, Garbage: 0.3 * r.Float64(), Gain: 0.5 + 2*r.Float64(), Null: 1, Floor: 0}
			var entries []Entry
			said := map[string]bool{}
			for len(entries) < 1+r.IntN(4) {
				w := word(3)
				if said[key(w)] {
					continue
				}
				said[key(w)] = true
				entries = append(entries, Entry{Text: w.String(), Prior: 0.1 + r.Float64(), Said: []Said{{w, 0.5 + r.Float64()/2}}})
			}
			var before, after []Filler
			for range r.IntN(3) {
				before = append(before, Filler{[]Said{{word(3), 1}}, r.Float64() / 3})
				after = append(after, Filler{[]Said{{word(3), 1}}, r.Float64() / 3})
			}
			frames := 1 + r.IntN(5)
			logprobs, y := make([][]float32, frames), make([][]float64, frames)
			for i := range logprobs {
				logprobs[i], y[i] = make([]float32, Symbols), make([]float64, Symbols)
				for k := range logprobs[i] {
					logprobs[i][k] = float32(math.Inf(-1))
				}
				for _, k := range append([]Symbol{Blank}, few...) {
					y[i][k] = 0.05 + r.Float64()
					logprobs[i][k] = float32(math.Log(y[i][k]))
				}
			}
			l := NewLoop(before, after, p)
			half := len(entries) / 2 // in two networks, as one search may have
			parts := []Part{{Network: NewNetwork(l, entries[half:]), Weight: weightOf(entries[half:])}}
			if half > 0 {
				parts = append(parts, Part{Network: NewNetwork(l, entries[:half]), Weight: weightOf(entries[:half])})
			}
			s := NewSearcher(exact)
			for _, frames := range []int{1, len(logprobs)} { // the first leaves something in its memory
				if err := s.Load(l, logprobs[:frames]); err != nil {
					t.Fatal(err)
				}
				s.Search(parts, Options{})
			}
			h := s.Search(parts, Options{})
			sums, null := bruteForce(entries, before, after, p, y)
			total := null
			for _, w := range sums {
				total += w
			}
			near := func(what string, got, want float64) {
				if math.Abs(got-want) > 1e-6 {
					t.Errorf("%s: %g, want %g", what, got, want)
				}
			}
			near("nothing", h.Null, null/total)
			got := map[string]float64{}
			for _, f := range h.Best {
				got[f.Entry.Text] = f.P
			}
			for i, e := range entries {
				near("entry "+e.Text, got[e.Text], sums[i]/total)
			}
		})
	}
}

// TestSpotting finds entries in synthetic sound: the phonemes of what was said, a
// third of them blurred.
func TestSpotting(t *testing.T) {
	p := Params{Scale: 0.8, Garbage: 0.03, Gain: 1, Null: 1, Floor: 1e-6}
	say := func(s string) []Said {
		ph, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return []Said{{ph, 1}}
	}
	entries := []Entry{{Text: "Avignon", Said: say("avinjɔ̃")}, {Text: "Orange", Said: say("oʁɑ̃ʒ")}, {Text: "Carpentras", Said: say("kaʁpɑ̃tʁa")},
		{Text: "oui", Group: "yes", Said: say("wi")}, {Text: "ah oui", Group: "yes", Said: say("awi")}}
	for i := range entries {
		entries[i].Prior = 1
	}
	l := NewLoop([]Filler{{say("ʒabita"), 0.05}}, nil, p)
	n := NewNetwork(l, entries)
	s := NewSearcher(DefaultBeam)
	for _, c := range []struct{ name, said, want string }{
		{"alone", "kaʁpɑ̃tʁa", "Carpentras"},
		{"behind a filler", "ʒabitaoʁɑ̃ʒ", "Orange"},
		{"behind what nobody expected", "lɛkʁɛjɔ̃avinjɔ̃", "Avignon"},
		{"before what nobody expected", "avinjɔ̃mɛʁsibjɛ̃", "Avignon"},
		{"two that mean the same", "awi", "ah oui"},
		{"something else", "bɔ̃ʒuʁmadam", ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ph, err := Parse(c.said)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Load(l, synthetic(ph, 0.3, 7)); err != nil {
				t.Fatal(err)
			}
			h := s.Search([]Part{{Network: n, Weight: 0.3}}, Options{})
			got := ""
			if len(h.Best) > 0 && h.Best[0].P > h.Null {
				got = h.Best[0].Entry.Text
			}
			if got != c.want {
				t.Errorf("%q, want %q (%+v)", got, c.want, h)
			}
		})
	}
}

// synthetic is what a reader might make of phonemes: 3 frames of each with a share of the probability on others, a blank between and silence around.
func synthetic(s String, blur float64, seed uint64) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 2))
	var out [][]float32
	frame := func(p Symbol) {
		y := make([]float64, Symbols)
		sum := 0.0
		for i := range y {
			y[i] = blur * r.ExpFloat64() / 10
			sum += y[i]
		}
		y[p] += 1
		row := make([]float32, Symbols)
		for i := range y {
			row[i] = float32(math.Log(y[i] / (sum + 1)))
		}
		out = append(out, row)
	}
	for range 5 {
		frame(Blank)
	}
	for _, p := range s {
		frame(p)
		frame(Blank)
		frame(Blank)
	}
	for range 20 {
		frame(Blank)
	}
	return out
}

// The end of a word that the reader half hears counts, when its blanks count for less: "septembre" is no "sept".
func TestBlanksCountForLess(t *testing.T) {
	entries := []Entry{{Text: "sept", Prior: 1, Said: []Said{{String{1}, 1}}}, {Text: "septembre", Prior: 1, Said: []Said{{String{1, 2}, 1}}}}
	row := func(blank, one, two float64) []float32 {
		r := make([]float32, Symbols)
		for i := range r {
			r[i] = float32(math.Log(1e-6))
		}
		r[Blank], r[1], r[2] = float32(math.Log(blank)), float32(math.Log(one)), float32(math.Log(two))
		return r
	}
	sound := [][]float32{row(0.9, 0.1, 1e-6), row(0.05, 0.95, 1e-6), row(0.7, 1e-6, 0.3), row(0.99, 1e-6, 1e-6)}
	for _, c := range []struct {
		blank float64
		want  string
	}{{0, "sept"}, {1, "sept"}, {0.3, "septembre"}} {
		p := Params{Scale: 1, Garbage: 0.01, Gain: 1, Null: 1, Floor: 1e-6, Blank: c.blank}
		l := NewLoop(nil, nil, p)
		s := NewSearcher(exact)
		if err := s.Load(l, sound); err != nil {
			t.Fatal(err)
		}
		if h := s.Search([]Part{{Network: NewNetwork(l, entries), Weight: 1}}, Options{}); len(h.Best) == 0 || h.Best[0].Entry.Text != c.want {
			t.Errorf("blanks by %g: %+v, want %s", c.blank, h.Best, c.want)
		}
	}
}

func TestShape(t *testing.T) {
	if err := NewSearcher(exact).Load(NewLoop(nil, nil, DefaultParams), [][]float32{{0, 1}}); err == nil {
		t.Error("a frame of two columns was taken")
	}
}
