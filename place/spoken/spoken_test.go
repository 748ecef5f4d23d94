package spoken

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDigits(t *testing.T) {
	for said, want := range map[string]string{
		"quatre vingt dix neuf": "99", "soixante et onze": "71", "septante deux": "72", "huitante trois": "83", "nonante six": "96",
		"zero six trente neuf": "0639", "quatre vingt quatre mille": "84000", "zero un quatre vingt dix": "0190", "deux mille vingt six": "2026",
		"cent vingt trois": "123", "neuf cent quatre vingt onze": "991", "8 4 zero 0 0": "84000", "84 trois zeros": "84000", "84 mille 100": "84100",
		"quatre vingt quatre": "84", "double zero": "00", "vingt et un": "21", "2 cents": "200",
	} {
		if got := Digits(strings.Fields(said)); got != want {
			t.Errorf("%s: %s, not %s", said, got, want)
		}
	}
}

// Every way to write a run as five digits is found, the one of the fewest numbers first.
func TestSplit(t *testing.T) {
	for said, want := range map[string][]string{
		"quatre vingt quatre mille":                 {"84000"},
		"quatre vingt quatre mille cent":            {"84100"},
		"quatre vingt quatre cent":                  {"84100", "80400"},
		"treize zero zero huit":                     {"13008"},
		"treize mille huit":                         {"13008"},
		"zero six deux cents":                       {"06200"},
		"six deux cents":                            {"06200", "62100"},
		"six mille":                                 {"06000", "61000"},
		"6 mille":                                   {"06000", "61000"},
		"6000":                                      {"06000"},
		"84 mille":                                  {"84000"},
		"84 et trois zeros":                         {"84000"},
		"84 double zero 0":                          {"84000"},
		"84 trois fois zero":                        {"84000"},
		"8 4 cent":                                  {"84100", "08400"},
		"mille":                                     {"01000"},
		"septante cinq mille":                       {"75000"},
		"nonante mille":                             {"90000"},
		"huit quatre zero zero zero":                {"84000"},
		"trente quatre cents":                       {"34100", "30400"},
		"vingt deux cents":                          {"22100", "20200"},
		"soixante dix mille":                        {"70000"},
		"quatre vingt quatre":                       nil,
		"quatre vingt quatre dix":                   {"80410", "42410"}, // not 08410: a code cut short
		"vingt":                                     nil,
		"zero zero zero zero zero zero":             nil,
		"un deux trois quatre cinq six sept":        nil,
		"quatre vingt quatre zero zero zero":        {"84000"},
		"soixante et onze mille deux cent quarante": {"71240"},
	} {
		got := Split(strings.Fields(said), 5)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", said, got, want)
		}
	}
}

func TestRuns(t *testing.T) {
	for said, want := range map[string][]string{
		"j habite au quatre vingt quatre mille voila":  {"quatre vingt quatre mille"},
		"et vingt et un mille et puis":                 {"vingt et un mille"},
		"c est le double zero 6 ou deux fois par mois": {"double zero 6", "deux"},
		"trois fois zero":                              {"trois fois zero"},
		"je ne sais pas":                               nil,
	} {
		words := strings.Fields(said)
		var got []string
		for _, r := range Runs(words) {
			got = append(got, strings.Join(words[r[0]:r[1]], " "))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

func TestOne(t *testing.T) {
	for said, want := range map[string]int{"zero": 0, "dix sept": 17, "quatre vingts": 80, "3": 3, "mille": 1000, "84 mille": 84000} {
		if got, ok := One(strings.Fields(said)); !ok || got != want {
			t.Errorf("%s: %d, %v", said, got, ok)
		}
	}
	for _, said := range []string{"", "bonjour", "un deux", "123456"} {
		if got, ok := One(strings.Fields(said)); ok {
			t.Errorf("%q: %d", said, got)
		}
	}
}

// Whatever the words are, readings have the wanted length and only digits.
func FuzzSplit(f *testing.F) {
	f.Add("quatre vingt quatre mille cent 3 zeros double zero et 12")
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Fields(text)
		for _, code := range Split(words, 5) {
			if len(code) != 5 || !IsDigits(code) {
				t.Fatalf("%q: %q", text, code)
			}
		}
		for _, r := range Runs(words) {
			Digits(words[r[0]:r[1]])
		}
	})
}

// What is said of a number reads back as it.
func TestSayReadsBack(t *testing.T) {
	for n := range 100_000 {
		if got, ok := One(Say(n)); !ok || got != n {
			t.Fatalf("%d is said %q, read as %d, %v", n, Say(n), got, ok)
		}
	}
	if Say(-1) != nil || Say(100_000) != nil {
		t.Error("a number out of range is said")
	}
}
