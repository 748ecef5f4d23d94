package words

import "testing"

func TestAGroupOfWordsIsSaidOnce(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"Je cherche un atelier.", "Je cherche un atelier."},
		{"Je cherche, je cherche un atelier.", "Je cherche, un atelier."},
		{"Un atelier mémoire. Un atelier mémoire. Un atelier mémoire.", "Un atelier mémoire."},
		{"À Aix, à Aix, à Aix, à Aix, à", "À Aix, à"},
		{"Non, non, non.", "Non, non, non."},
		{"Non non non non non non non", "Non non non"},
		{"zéro zéro zéro", "zéro zéro zéro"},
		{"06 00 00 00 00", "06 00 00 00 00"},
		{"8 4 0 0 0", "8 4 0 0 0"},
		{"0 0 0 0 0 0 0 0", "0 0 0 0 0"},
		{"Très, très bien, très bien.", "Très, très bien,"},
		{"Du sport et du sport et du sport", "Du sport et du sport"}, // "Du sport et" twice, then what is left
	} {
		got, cut := onceOnly(c.text)
		if got != c.want || cut != (c.text != c.want) {
			t.Errorf("%q became %q (%v), want %q", c.text, got, cut, c.want)
		}
	}
}

func TestADecodingThatGoesRoundIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		words []int32
		from  int
		yes   bool
	}{
		"nothing":                {nil, 0, false},
		"no repetition":          {[]int32{1, 2, 3, 4, 5, 6, 7}, 7, false},
		"a word three times":     {[]int32{1, 2, 2, 2}, 4, false},
		"a word six times":       {[]int32{1, 2, 2, 2, 2, 2, 2}, 2, true},
		"three words four times": {[]int32{9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, 4, true},
		"three words thrice":     {[]int32{9, 1, 2, 3, 1, 2, 3, 1, 2, 3}, 10, false},
		"looped before, not now": {[]int32{2, 2, 2, 2, 2, 2, 1}, 7, false},
	} {
		if from, yes := looped(c.words); from != c.from || yes != c.yes {
			t.Errorf("%s: %d %v, want %d %v", name, from, yes, c.from, c.yes)
		}
	}
}

func TestFoldKeepsLettersAndDigits(t *testing.T) {
	for text, want := range map[string]string{
		"  L'Œuvre d'Été, à 84 000 !": "l oeuvre d ete a 84 000",
		"…":                           "",
		"Saint-Étienne":               "saint etienne",
		"ǼÆ":                          "aeae",
	} {
		if got := Fold(text); got != want {
			t.Errorf("Fold(%q) = %q, want %q", text, got, want)
		}
	}
}
