package sms

import (
	"strings"
	"testing"
)

func TestSegments(t *testing.T) {
	r := strings.Repeat
	for _, c := range []struct {
		name, text string
		n          int
		encoding   string
	}{
		{"empty", "", 0, GSM7},
		{"one letter", "a", 1, GSM7},
		{"160 fit", r("a", 160), 1, GSM7},
		{"161 do not", r("a", 161), 2, GSM7},
		{"two full", r("a", 306), 2, GSM7},
		{"one more", r("a", 307), 3, GSM7},
		{"three full", r("a", 459), 3, GSM7},
		{"French letters of the alphabet", r("é", 40) + r("è", 40) + r("à", 40) + r("ù", 40), 1, GSM7},
		{"other letters of the alphabet", "@£$¥ìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñü_", 1, GSM7},
		{"line feed", "a\nb\r", 1, GSM7},
		{"extension table, 80 fit", r("€", 80), 1, GSM7},
		{"extension table, 81 do not", r("€", 81), 2, GSM7},
		{"extension table is not split", r("€", 153), 3, GSM7}, // 76 pairs a segment, not 76.5
		{"a pair on the border", r("a", 152) + "€" + r("a", 152), 3, GSM7},
		{"all of the extension table", "^{}\\[~]|€\f", 1, GSM7},
		{"ê is not there", "fête", 1, UCS2},
		{"ç is not there", "ça", 1, UCS2},
		{"typographic apostrophe", "l’atelier", 1, UCS2},
		{"no-break space", "14\u00a0h", 1, UCS2},
		{"backquote is not there", "`", 1, UCS2},
		{"70 fit", r("ê", 70), 1, UCS2},
		{"71 do not", r("ê", 71), 2, UCS2},
		{"134 fit", r("ê", 134), 2, UCS2},
		{"135 do not", r("ê", 135), 3, UCS2},
		{"35 surrogate pairs fit", r("🎉", 35), 1, UCS2},
		{"a surrogate pair is not split", r("🎉", 67), 3, UCS2}, // 33 pairs a segment, not 33.5
		{"not UTF-8", "\xff", 1, UCS2},
	} {
		if n, enc := Segments(c.text); n != c.n || enc != c.encoding {
			t.Errorf("%s: %d %s, want %d %s", c.name, n, enc, c.n, c.encoding)
		}
	}
}

func TestGSMAlphabet(t *testing.T) {
	basic := []rune(gsmBasic)
	if len(basic) != 127 || len([]rune(gsmExtended)) != 10 { // 128 codes less the escape
		t.Fatalf("%d and %d characters", len(basic), len([]rune(gsmExtended)))
	}
	for i, r := range basic { // codes of 3GPP TS 23.038 that are those of ASCII
		code := i
		if i >= 0x1B {
			code++
		}
		if code >= 'a' && code <= 'z' && r != rune(code) || code >= '%' && code <= '?' && r != rune(code) {
			t.Errorf("code %#x is %q", code, r)
		}
	}
}

func TestTransliterate(t *testing.T) {
	for in, want := range map[string]string{
		"éèàù":                   "éèàù",
		"âêîôûëïç":               "aeioueic",
		"ÀÈÊÇÉ":                  "AEEÇÉ",
		"œuf, Œuvre, æ":          "oeuf, OEuvre, æ",
		"l’« atelier » – suite…": "l'\" atelier \" - suite...",
		"14\u00a0h\u202f30":      "14 h 30",
		"e\u0301te\u0302":        "éte",
		"5 €":                    "5 €",
		"🎉fête🎉":                 "fete",
		"Привет":                 "??????",
		"n° 3, 1º":               "no 3, 1o",
		"\ufeffa\u200bb\u00ad":   "ab",
		"ligne\nsuivante":        "ligne\nsuivante",
		"½ ﬁ":                    "1 f",
	} {
		if got := Transliterate(in); got != want {
			t.Errorf("Transliterate(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "a", "é€", strings.Repeat("€", 90), "🎉", "\xff", strings.Repeat("ê", 71)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, enc := Segments(s)
		if (n == 0) != (s == "") || n > len(s) {
			t.Errorf("%q: %d segments", s, n)
		}
		if more, enc2 := Segments(s + "a"); more < n || enc2 != enc {
			t.Errorf("%q: %d %s, with one letter more %d %s", s, n, enc, more, enc2)
		}
		if _, enc := Segments(Transliterate(s)); enc != GSM7 {
			t.Errorf("%q is not transliterated: %q", s, Transliterate(s))
		}
	})
}
