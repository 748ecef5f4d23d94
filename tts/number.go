package tts

import "strings"

// The grammar of French numbers, spelled as before 1990 (hyphens below a
// hundred only), which voices read best. France's words: soixante-dix,
// quatre-vingts, quatre-vingt-dix.

var small = [...]string{
	"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf",
	"dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
}

var tens = [...]string{2: "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"}

var scales = [...]struct {
	value uint64
	word  string
}{
	{1e15, "billiard"}, {1e12, "billion"}, {1e9, "milliard"}, {1e6, "million"},
}

// cardinal says n in words, masculine: 71 "soixante et onze", 80
// "quatre-vingts", 200000 "deux cent mille". n must be below 10^18.
func cardinal(n uint64) string {
	if n == 0 {
		return small[0]
	}
	var parts []string
	for _, s := range scales {
		if q := n / s.value; q > 0 {
			word := s.word
			if q > 1 {
				word += "s"
			}
			parts = append(parts, below1000(q, true), word)
			n %= s.value
		}
	}
	switch q := n / 1000; {
	case q == 1:
		parts = append(parts, "mille")
	case q > 1: // mille never takes a plural, nor do vingt and cent before it
		parts = append(parts, below1000(q, false), "mille")
	}
	if n %= 1000; n > 0 {
		parts = append(parts, below1000(n, true))
	}
	return strings.Join(parts, " ")
}

// feminine says n as before a feminine noun: 21 "vingt et une".
func feminine(n uint64) string {
	w := cardinal(n)
	if strings.HasSuffix(w, "un") && n%100 != 11 {
		return w + "e"
	}
	return w
}

// below1000 says 1 to 999. last tells that nothing but a noun follows, so that
// "deux cents" and "quatre-vingts" take their s.
func below1000(n uint64, last bool) string {
	h, r := n/100, n%100
	var parts []string
	switch {
	case h == 1:
		parts = append(parts, "cent")
	case h > 1 && r == 0 && last:
		parts = append(parts, small[h], "cents")
	case h > 1:
		parts = append(parts, small[h], "cent")
	}
	if r > 0 {
		parts = append(parts, below100(r, last))
	}
	return strings.Join(parts, " ")
}

// below100 says 1 to 99.
func below100(n uint64, last bool) string {
	if n < 20 {
		return small[n]
	}
	t, u := n/10, n%10
	if t == 7 || t == 9 {
		u += 10
	}
	switch {
	case n == 80 && last:
		return "quatre-vingts"
	case u == 0:
		return tens[t]
	case (u == 1 || u == 11) && t < 8: // vingt et un … soixante et onze; quatre-vingt-un, quatre-vingt-onze
		return tens[t] + " et " + small[u]
	}
	return tens[t] + "-" + small[u]
}

// ordinal says the n-th: "premier", "deuxième", "vingt et unième". female
// matters for the first only.
func ordinal(n uint64, female bool) string {
	if n == 1 {
		if female {
			return "première"
		}
		return "premier"
	}
	w := cardinal(n)
	switch {
	case strings.HasSuffix(w, "cinq"):
		return w + "uième"
	case strings.HasSuffix(w, "neuf"):
		return strings.TrimSuffix(w, "f") + "vième"
	case strings.HasSuffix(w, "trois"):
	case strings.HasSuffix(w, "e"), strings.HasSuffix(w, "vingts"), strings.HasSuffix(w, "cents"),
		strings.HasSuffix(w, "ions"), strings.HasSuffix(w, "iards"):
		w = w[:len(w)-1]
	}
	return w + "ième"
}

// digitsOneByOne says each digit: "007" "zéro zéro sept".
func digitsOneByOne(d string) string {
	words := make([]string, 0, len(d))
	for _, c := range d {
		words = append(words, small[c-'0'])
	}
	return strings.Join(words, " ")
}

// digitPair says one or two digits as in a telephone number: "05" "zéro cinq",
// "99" "quatre-vingt-dix-neuf", "00" "zéro zéro".
func digitPair(d string) string {
	if len(d) < 2 || d[0] == '0' {
		return digitsOneByOne(d)
	}
	return cardinal(toUint(d))
}

// digitPairs says digits two by two with a pause after each pair; an odd one
// comes first, alone.
func digitPairs(d string) string {
	var pairs []string
	for len(d) > 0 {
		n := 2 - len(d)%2
		pairs, d = append(pairs, digitPair(d[:n])), d[n:]
	}
	return strings.Join(pairs, ", ")
}

// postalCode says five digits as people of the place do: 84000
// "quatre-vingt-quatre mille", 13008 "treize, zéro zéro huit", 06000 "zéro six
// mille", 30130 "trente mille cent trente", 06210 "zéro six, deux cent dix".
func postalCode(d string) string {
	head, tail := d[:2], d[2:]
	switch {
	case tail == "000" && head == "00":
		return digitsOneByOne(d)
	case tail == "000":
		return digitPair(head) + " mille"
	case tail[:2] == "00":
		return digitPair(head) + ", " + digitsOneByOne(tail)
	case tail[0] == '0':
		return digitPair(head) + ", zéro " + cardinal(toUint(tail[1:]))
	case head[0] == '0':
		return digitPair(head) + ", " + cardinal(toUint(tail))
	}
	return cardinal(toUint(d))
}

// number says a whole number written in digits: leading zeros one by one,
// numbers too long in pairs.
func number(d string, female bool) string {
	switch {
	case len(d) > 1 && d[0] == '0' && len(d) <= 3:
		return digitsOneByOne(d)
	case len(d) > 1 && d[0] == '0', len(d) > 15:
		return digitPairs(d)
	case female:
		return feminine(toUint(d))
	}
	return cardinal(toUint(d))
}

// toUint reads decimal digits; the caller keeps them below 19.
func toUint(d string) uint64 {
	var n uint64
	for _, c := range d {
		n = n*10 + uint64(c-'0')
	}
	return n
}
