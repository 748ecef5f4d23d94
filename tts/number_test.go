package tts

import "testing"

func TestCardinal(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "zéro", 1: "un", 7: "sept", 10: "dix", 16: "seize", 17: "dix-sept", 19: "dix-neuf",
		20: "vingt", 21: "vingt et un", 22: "vingt-deux", 31: "trente et un", 60: "soixante", 61: "soixante et un",
		69: "soixante-neuf", 70: "soixante-dix", 71: "soixante et onze", 72: "soixante-douze", 77: "soixante-dix-sept",
		80: "quatre-vingts", 81: "quatre-vingt-un", 84: "quatre-vingt-quatre", 90: "quatre-vingt-dix",
		91: "quatre-vingt-onze", 97: "quatre-vingt-dix-sept", 99: "quatre-vingt-dix-neuf",
		100: "cent", 101: "cent un", 112: "cent douze", 180: "cent quatre-vingts", 199: "cent quatre-vingt-dix-neuf",
		200: "deux cents", 201: "deux cent un", 999: "neuf cent quatre-vingt-dix-neuf",
		1000: "mille", 1001: "mille un", 1901: "mille neuf cent un", 2000: "deux mille", 2026: "deux mille vingt-six",
		80000: "quatre-vingt mille", 84000: "quatre-vingt-quatre mille", 200000: "deux cent mille", 200200: "deux cent mille deux cents",
		1e6: "un million", 2000001: "deux millions un", 80e6: "quatre-vingts millions", 1e9: "un milliard",
		999999999999: "neuf cent quatre-vingt-dix-neuf milliards neuf cent quatre-vingt-dix-neuf millions neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf",
	} {
		if got := cardinal(n); got != want {
			t.Errorf("cardinal(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFeminine(t *testing.T) {
	for n, want := range map[uint64]string{1: "une", 2: "deux", 11: "onze", 21: "vingt et une", 71: "soixante et onze", 81: "quatre-vingt-une", 101: "cent une", 111: "cent onze"} {
		if got := feminine(n); got != want {
			t.Errorf("feminine(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestOrdinal(t *testing.T) {
	for n, want := range map[uint64]string{1: "premier", 2: "deuxième", 3: "troisième", 4: "quatrième", 5: "cinquième", 6: "sixième", 9: "neuvième",
		10: "dixième", 11: "onzième", 15: "quinzième", 19: "dix-neuvième", 20: "vingtième", 21: "vingt et unième", 30: "trentième", 71: "soixante et onzième",
		80: "quatre-vingtième", 100: "centième", 200: "deux centième", 1000: "millième", 1e6: "un millionième", 2e6: "deux millionième"} {
		if got := ordinal(n, false); got != want {
			t.Errorf("ordinal(%d) = %q, want %q", n, got, want)
		}
	}
	if got := ordinal(1, true); got != "première" {
		t.Errorf("feminine first = %q", got)
	}
}

func TestDigitGroups(t *testing.T) {
	for _, c := range []struct {
		name string
		say  func(string) string
		in   string
		want string
	}{
		{"telephone", digitPairs, "0199001234", "zéro un, quatre-vingt-dix-neuf, zéro zéro, douze, trente-quatre"},
		{"mobile", digitPairs, "0639980001", "zéro six, trente-neuf, quatre-vingt-dix-huit, zéro zéro, zéro un"},
		{"short number", digitPairs, "3960", "trente-neuf, soixante"},
		{"odd count", digitPairs, "123", "un, vingt-trois"},
		{"prefecture", postalCode, "84000", "quatre-vingt-quatre mille"},
		{"arrondissement", postalCode, "13008", "treize, zéro zéro huit"},
		{"arrondissement above nine", postalCode, "13013", "treize, zéro treize"},
		{"leading zero", postalCode, "06000", "zéro six mille"},
		{"leading zero and hundreds", postalCode, "06210", "zéro six, deux cent dix"},
		{"hundreds", postalCode, "30900", "trente mille neuf cents"},
		{"Corsica", postalCode, "20090", "vingt, zéro quatre-vingt-dix"},
		{"no such code", postalCode, "00000", "zéro zéro zéro zéro zéro"},
		{"paris", postalCode, "75011", "soixante-quinze, zéro onze"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.say(c.in); got != c.want {
				t.Errorf("%s = %q, want %q", c.in, got, c.want)
			}
		})
	}
}
