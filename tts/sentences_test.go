package tts

import (
	"slices"
	"strings"
	"testing"
)

func TestSentences(t *testing.T) {
	n := testNormaliser(t)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"two", "Bonjour. Je vous écoute.", []string{"Bonjour.", "Je vous écoute."}},
		{"question and exclamation", "Ça va ? Très bien ! Merci…", []string{"Ça va ?", "Très bien !", "Merci…"}},
		{"abbreviation", "Au 12 av. Jean-Jaurès. Puis au 3 bd. Gambetta.", []string{"Au 12 av. Jean-Jaurès.", "Puis au 3 bd. Gambetta."}},
		{"housing estate", "Lot. Les Cigales. Entrée libre.", []string{"Lot. Les Cigales.", "Entrée libre."}},
		{"art is no article", "Au musée d'art. Entrée libre.", []string{"Au musée d'art.", "Entrée libre."}},
		{"month closes", "Reprise en nov. Venez nombreux.", []string{"Reprise en nov.", "Venez nombreux."}},
		{"September", "De sept. à juin. Ensuite.", []string{"De sept. à juin.", "Ensuite."}},
		{"general", "Place du Gal. de Gaulle. Merci.", []string{"Place du Gal. de Gaulle.", "Merci."}},
		{"monsieur", "Appelez M. Dupont. Il répond.", []string{"Appelez M. Dupont.", "Il répond."}},
		{"initial", "Espace J. Prévert. Entrée libre.", []string{"Espace J. Prévert.", "Entrée libre."}},
		{"etc. closes", "Mémoire, marche, etc. Venez nombreux.", []string{"Mémoire, marche, etc.", "Venez nombreux."}},
		{"etc. goes on", "Mémoire, marche, etc. pour tous.", []string{"Mémoire, marche, etc. pour tous."}},
		{"decimal", "À 2.5 km. Ensuite.", []string{"À 2.5 km.", "Ensuite."}},
		{"telephone with dots", "Tél. 01.99.00.12.34. Merci.", []string{"Tél. 01.99.00.12.34.", "Merci."}},
		{"telephone with spaces", "Le 01 99 00 12 34. Je répète.", []string{"Le 01 99 00 12 34.", "Je répète."}},
		{"date cut short", "Le 3 janv. 2026. À Apt.", []string{"Le 3 janv. 2026.", "À Apt."}},
		{"address of a page", "Voir www.asept.fr. Merci.", []string{"Voir www.asept.fr.", "Merci."}},
		{"lines and semicolons", "Un ; deux\nTrois", []string{"Un ;", "deux", "Trois"}},
		{"quotes", "« Bonjour. » Elle sourit.", []string{"« Bonjour. »", "Elle sourit."}},
		{"nothing", " \n… ", nil},
		{"key names", "Tapez #. Puis *.", []string{"Tapez #.", "Puis *."}},
		{"dots before numbers", "Salle No. 4, n. 5, v. 14. Port. : 06 39 98 00 01. Fin à 16 h. 12 places.",
			[]string{"Salle No. 4, n. 5, v. 14.", "Port. : 06 39 98 00 01.", "Fin à 16 h.", "12 places."}},
		{"information", "Réunion d'info. Venez. Hors vac. scol. seulement.", []string{"Réunion d'info.", "Venez.", "Hors vac. scol. seulement."}},
		{"number, then a sentence", "Il y en a 12. Lequel ?", []string{"Il y en a 12.", "Lequel ?"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := n.Sentences(c.in); !slices.Equal(got, c.want) {
				t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

func TestSentencesAreBounded(t *testing.T) {
	n := testNormaliser(t)
	for name, in := range map[string]string{
		"commas":    strings.Repeat("un atelier pour la mémoire, ", 50),
		"spaces":    strings.Repeat("équilibre ", 200),
		"one word":  strings.Repeat("é", 2000),
		"sentences": strings.Repeat("Un atelier pour la mémoire. ", 50),
	} {
		got := n.Sentences(in)
		for _, s := range got {
			if len(s) > maxSentence {
				t.Errorf("%s: a sentence of %d bytes", name, len(s))
			}
		}
		squash := strings.NewReplacer(" ", "").Replace
		if squash(strings.Join(got, "")) != squash(in) {
			t.Errorf("%s: text was lost", name)
		}
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range []string{"M. A. b.", "12.5. a", "…»", ". . .", "\xff.", "a;\n;b"} {
		f.Add(s)
	}
	n := testNormaliser(f)
	f.Fuzz(func(t *testing.T, in string) {
		for _, s := range n.Sentences(in) {
			if len(s) > maxSentence || s != strings.TrimSpace(s) {
				t.Fatalf("%q: bad sentence %q", in, s)
			}
		}
	})
}
