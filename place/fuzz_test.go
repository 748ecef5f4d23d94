package place

import (
	"cmp"
	"slices"
	"testing"
	"unicode/utf8"
)

// Whatever is asked, the answer is bounded, in order, sure of at most one place, and each place stands once.
func FuzzFind(f *testing.F) {
	g := book(f)
	// Twenty answers, and namesakes on top of them: as many as share a name, or a postal code.
	most, namesakes := 0, map[string]int{}
	for _, n := range g.names.byKey {
		namesakes[n.key]++
		most = max(most, namesakes[n.key])
	}
	for _, list := range g.byPostal {
		most = max(most, len(list))
	}
	for _, s := range []string{"avignon", "84 000", "marseille 8e", "l'isle", "st rémy 13", "claret 05110", "le puy dans l'hérault", "20", "2a", "\xff\xfe", "٣٤"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := g.Find(text)
		sum, seen := 0.0, map[string]bool{}
		for _, m := range got {
			sum += m.Confidence
			if m.Confidence <= 0 || m.Confidence > 1 || m.Why == "" || seen[m.INSEE] {
				t.Fatalf("%q: %s %s at %v, %q", text, m.INSEE, m.Name, m.Confidence, m.Why)
			}
			seen[m.INSEE] = true
		}
		if sum > 1.0001 || len(got) > maxMatches+2*most {
			t.Errorf("%q: %d answers, sum %.3f", text, len(got), sum)
		}
		if !slices.IsSortedFunc(got, func(a, b Match) int { return cmp.Compare(b.Confidence, a.Confidence) }) {
			t.Errorf("%q: not the best first", text)
		}
	})
}

// Folding twice changes nothing, and leaves letters, digits and single spaces.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"L'Haÿ-les-Roses", "st/s/", "Ste", "Œ", "\xff", "S/Ste/st"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := Fold(text)
		if twice := Fold(once); twice != once {
			t.Errorf("Fold(%q) = %q, folded again %q", text, once, twice)
		}
		for i, r := range once {
			if r == ' ' && (i == 0 || i == len(once)-1 || once[i-1] == ' ') || r != ' ' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
				t.Fatalf("Fold(%q) = %q", text, once)
			}
		}
		if !utf8.ValidString(once) {
			t.Errorf("Fold(%q) is no text", text)
		}
	})
}

// A look-up takes microseconds; the target is below a millisecond.
func BenchmarkFind(b *testing.B) {
	g := book(b)
	for _, text := range []string{"avignon", "84000", "70000", "saint remy", "saint", "marseille 8e", "carpentra", "xqzw",
		"oui alors j'habite dans le petit village de beaulieu dans le département de l'hérault"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Find(text)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := readEmbedded(); err != nil {
			b.Fatal(err)
		}
	}
}
