package nlu

import "testing"

func TestUnfinished(t *testing.T) {
	for _, c := range []struct {
		text, state string
		want        bool
	}{
		{"euh", "open", true},
		{"je cherche un atelier près de", "open", true},
		{"J'habite à", "place", true},
		{"alors", "theme", true},
		{"c'est à Saint", "place", true},
		{"quatre-vingt-quatre", "place", true},
		{"zéro six", "place", true},
		{"le 84", "open", true},
		{"quatre-vingt-quatre mille", "place", false},
		{"84000", "place", false},
		{"quatre", "rating", false},
		{"j'ai quatre-vingt-quatre ans", "open", false},
		{"Carpentras", "place", false},
		{"oui", "confirm", false},
		{"je cherche un atelier mémoire", "open", false},
		{"", "open", false},
		{"Aix-en-Provence", "place", false},
		{"Les Angles", "place", false},
	} {
		if got := Unfinished(c.text, c.state); got != c.want {
			t.Errorf("%q at %s: %v", c.text, c.state, got)
		}
	}
}
