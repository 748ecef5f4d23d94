package sound

import (
	"strings"
	"testing"
)

// Names and words as French people say them.
func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		"Bollène": "bolen", "bollaine": "bolen", "beau laine": "bolen", "beau lène": "bolen", "Carpentras": "karpAtra", "carpentra": "karpAtra", "car pan tras": "karpAtra",
		"Avignon": "aviNO", "Orange": "orAZ", "on range": "OrAZ", "au rang": "orA", "Aix": "eks", "Nîmes": "nim", "Montpellier": "mOpelje", "Marseille": "marsej",
		"Saint-Étienne": "sItetjen", "Sainte-Étienne": "sItetjen", "St Rémy": "sIremi", "Saint-Rémy": "sIremi", "Vaison": "vezO", "Lyon": "ljO", "Châteauroux": "Satoru",
		"Bourges": "burZ", "Besançon": "b@zAsO", "Auxerre": "oser", "Dijon": "diZO", "Nevers": "n@ver", "Mâcon": "makO", "Chalon-sur-Saône": "SalOsyrson", "Tours": "tur", "Blois": "blwa",
		"Chartres": "Sartr", "Gien": "ZjI", "Perpignan": "perpiNA", "Béziers": "bezje", "Carcassonne": "karkason", "Narbonne": "narbon", "Digne-les-Bains": "diNlebI", "Guéret": "gere",
		"Manosque": "manosk", "Pertuis": "pertyi", "Cavaillon": "kavajO", "Hyères": "jer", "Fréjus": "freZys", "Draguignan": "dragiNA", "Villeneuve": "vil@n2v", "Chevilly": "S@viji",
		"Hérault": "ero", "Fresnes": "fren", "Rosny": "roni", "L'Isle-sur-la-Sorgue": "lilsyrlasorg", "Vienne": "vjen", "Amiens": "amjI", "Tourcoing": "turkwI",
		"Sète": "set", "Bagnols": "baNol", "Château": "Sato", "œuf": "2f", "forêt": "fore", "": "", "84": "", "e\u0301te\u0301": "ete", "Champ": "SA", "Mayenne": "majen", "Montbéliard": "mObeljar", "Longjumeau": "lOZymo", "Champniers": "SAnje", "Montréal": "mOtreal", "Grandvilliers": "grAvilje", "Bruxelles": "brysel",
	} {
		if got := Of(text); got != want {
			t.Errorf("%s sounds %s, want %s", text, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b  string
		least Cost
		most  Cost
	}{
		{"Bollène", "beau laine", 0, 0}, {"Bollène", "Boulogne", 40, 160}, {"Carpentras", "carpentrasse", 30, 30}, {"Orange", "on range", 30, 40}, {"Gap", "cap", 30, 30},
		{"Avignon", "Marseille", 200, 900}, {"Sens", "Cens", 0, 60}, {"Apt", "", 150, 300}, {"", "", 0, 0},
	} {
		a, b := Of(tt.a), Of(tt.b)
		got := Distance(a, b, 10_000)
		if got < tt.least || got > tt.most {
			t.Errorf("%s (%s), %s (%s): %d", tt.a, a, tt.b, b, got)
		}
		if back := Distance(b, a, 10_000); back != got {
			t.Errorf("%s, %s: %d one way, %d the other", tt.a, tt.b, got, back)
		}
		if limited := Distance(a, b, 20); (got <= 20) != (limited <= 20) {
			t.Errorf("%s, %s: %d within 20, is %d", tt.a, tt.b, limited, got)
		}
	}
}

func TestSkeleton(t *testing.T) {
	a, n := Skeleton(Of("Carpentras"))
	b, m := Skeleton(Of("garbendra"))
	if a != b || n != 5 || m != 5 {
		t.Errorf("%x of %d, %x of %d", a, n, b, m)
	}
	c, k := Skeleton("karpata") // an r is missing
	if k != n-1 || Without(a, n, 4) != c || Without(a, n, 0) == c {
		t.Errorf("%x without its last but one is %x", a, c)
	}
	if _, n := Skeleton(strings.Repeat("p", 100)); n != MaxSkeleton {
		t.Errorf("%d consonants", n)
	}
}

// Whatever the text, the sounds are those of the alphabet and nothing breaks.
func FuzzOf(f *testing.F) {
	for _, s := range []string{"Saint-Étienne", "œ", "aïeul", "\xff\xfe", "ghh", "ueill", "tz", "x"} {
		f.Add(s, "Orange")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Of(a), Of(b)
		for _, c := range x {
			if !strings.ContainsRune(sounds, c) {
				t.Fatalf("%q sounds %q", a, x)
			}
		}
		if d := Distance(x, y, 10_000); d < 0 || x == y && d != 0 {
			t.Fatalf("%q, %q: %d", a, b, d)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Of("Saint-Rémy-de-Provence")
	}
}

func BenchmarkDistance(b *testing.B) {
	x, y := Of("Carpentras"), Of("Entraigues")
	for b.Loop() {
		Distance(x, y, 10_000)
	}
}

// No sound is taken for one of another kind, or lost, for less than the index of
// names counts on; but for those of e.
func TestKindsCost(t *testing.T) {
	kinds := []string{"a", "ijy", "ouw", "AOI", "pb", "td", "kg", "fv", "szSZ", "mnN", "l", "r"}
	for i, x := range kinds {
		for j, y := range kinds {
			for k := range len(x) {
				if d := Distance("t"+x[k:k+1]+"t", "tt", 1000); d < 30 {
					t.Errorf("losing %c costs %d", x[k], d)
				}
				for l := range len(y) {
					if d := Distance(x[k:k+1], y[l:l+1], 1000); i != j && d < 30 {
						t.Errorf("%c and %c: %d", x[k], y[l], d)
					}
				}
			}
		}
	}
}
