package tts

import "testing"

// The texts of the evaluation set, and what a call says most: a sentence without anything to turn into words, and one with several things.
func BenchmarkNormalise(b *testing.B) {
	n := testNormaliser(b)
	var set []string
	for _, e := range evaluationSet(b) {
		set = append(set, e.text)
	}
	for _, c := range []struct {
		name  string
		texts []string
	}{
		{"plain", []string{"Je vous aide à trouver un atelier. Parlez-moi simplement, ou tapez votre code postal."}},
		{"facts", []string{"Pour vous inscrire : CCAS d'Apt, 12 av. Jean-Jaurès. Le 04 90 12 34 56, le jeudi 12 mars à 14 h 30, 5 €."}},
		{"evaluation set, a line", set},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				n.Normalise(c.texts[i%len(c.texts)])
			}
		})
	}
}
