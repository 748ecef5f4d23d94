package place

import "testing"

func BenchmarkSoundIndex(b *testing.B) {
	g := book(b)
	b.ReportAllocs()
	for b.Loop() {
		newSoundIndex(g)
	}
	x := g.sounds()
	b.Logf("%d entries, %d postings", len(x.entries), len(x.postings))
}

// Whatever was misheard, an answer comes within a millisecond.
func BenchmarkResolve(b *testing.B) {
	g := book(b)
	g.Warm()
	for _, text := range []string{"avignon", "bollaine", "beau laine", "saint", "saint remi", "quatre-vingt-quatre mille cent", "84006", "ré", "a pet", "oui alors j'habite à côté de car pan tras dans le Vaucluse voilà", "xqzw",
		"j'ai mal au dos depuis trois semaines et je ne sais pas quoi faire"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Resolve([]Heard{{text, 1}}, "0490")
			}
		})
	}
}

// Five hypotheses of one answer, all of them misheard.
func BenchmarkResolveHypotheses(b *testing.B) {
	g := book(b)
	g.Warm()
	heard := []Heard{{"j'habite à beau laine", 5}, {"j'habite à beau lène", 4}, {"habite a bollaine", 3}, {"j'abite au laine", 2}, {"la vite à bon laine", 1}}
	b.ReportAllocs()
	for b.Loop() {
		g.Resolve(heard, "0490")
	}
}
