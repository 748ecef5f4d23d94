package simulate

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

var (
	units = strings.Fields("zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf")
	tens  = strings.Fields("- dix vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")
)

// cardinal says 0 to 99999.
func cardinal(n int) string {
	switch {
	case n >= 1000:
		head := "mille"
		if n/1000 > 1 {
			head = strings.TrimSuffix(cardinal(n/1000), "s") + " mille"
			if strings.HasSuffix(cardinal(n/1000), "trois") || strings.HasSuffix(cardinal(n/1000), "six") {
				head = cardinal(n/1000) + " mille"
			}
		}
		if n%1000 == 0 {
			return head
		}
		return head + " " + cardinal(n%1000)
	case n >= 100:
		head := "cent"
		if n/100 > 1 {
			head = units[n/100] + " cent"
			if n%100 == 0 {
				head += "s"
			}
		}
		if n%100 == 0 {
			return head
		}
		return head + " " + cardinal(n%100)
	case n < 20:
		return units[n]
	case n == 80:
		return "quatre-vingts"
	case n%10 == 1 && n < 70:
		return tens[n/10] + " et un"
	case n == 71:
		return "soixante et onze"
	case n/10 == 7 || n/10 == 9:
		return tens[n/10] + "-" + units[10+n%10]
	case n%10 == 0:
		return tens[n/10]
	}
	return tens[n/10] + "-" + units[n%10]
}

// pair says two digits, the leading zero too.
func pair(d string) string {
	if d[0] == '0' {
		return "zéro " + units[d[1]-'0']
	}
	n, _ := strconv.Atoi(d)
	return cardinal(n)
}

// sayCode says a postal code in one of the ways of France: as a number, two and three, in pairs with the rest, digit by digit.
func sayCode(code string, r *rand.Rand) string {
	whole, _ := strconv.Atoi(code)
	rest, _ := strconv.Atoi(code[2:])
	last := cardinal(rest)
	switch { // "zéro zéro huit", "zéro quarante"
	case rest == 0:
		last = "zéro zéro zéro"
	case rest < 10:
		last = "zéro zéro " + last
	case rest < 100:
		last = "zéro " + last
	}
	switch n := r.IntN(100); {
	case n < 46:
		if code[0] == '0' {
			return "zéro " + cardinal(whole)
		}
		return cardinal(whole)
	case n < 50:
		return cardinal(whole) // "six mille" for 06000
	case n < 72:
		return pair(code[:2]) + " " + last
	case n < 82:
		return pair(code[:2]) + " " + pair(code[2:4]) + " " + units[code[4]-'0']
	case n < 84 && strings.ContainsAny(code[:2], "79"):
		return belgian(cardinal(whole))
	}
	var digits []string
	for _, d := range code {
		digits = append(digits, units[d-'0'])
	}
	return strings.Join(digits, " ")
}

// belgian is how people of the borders count.
func belgian(said string) string {
	return strings.NewReplacer("soixante et onze", "septante et un", "soixante-dix", "septante", "soixante-quinze", "septante-cinq", "soixante-treize", "septante-trois",
		"quatre-vingt-dix", "nonante", "quatre-vingt-onze", "nonante et un").Replace(said)
}

// styles are the ways in which recognisers write numbers: in words, in figures ("84 100"), in figures run together ("84100").
const (
	styles      = 10
	inWords     = 4 // this many styles out of ten leave them in words
	runTogether = 2 // and this many run them together
)

// figures writes numbers that were said in words the way a recogniser does. What was said in one breath may come out run together.
func figures(words []string, style int) []string {
	if style < inWords {
		return words
	}
	var out []string
	for i := 0; i < len(words); {
		n, value := number(words[i:])
		if n == 0 || n == 1 && (words[i] == "un" || words[i] == "neuf") {
			out = append(out, words[i]) // an article, "new"
			i++
			continue
		}
		figure := strconv.Itoa(value)
		if digits(out, len(out)-1) && style < inWords+runTogether {
			out[len(out)-1] += figure
		} else {
			out = append(out, figure)
		}
		i += n
	}
	return out
}

func digits(list []string, i int) bool {
	return i >= 0 && list[i] != "" && strings.Trim(list[i], "0123456789") == ""
}

// number reads the longest number at the beginning of the words; n is how many words it takes, 0 when there is none. One who dictates
// digits is not adding up: "quatre vingt" is 80, "huit quatre" is 8 and then 4.
func number(words []string) (n, value int) {
	total, below, last := 0, 0, -1 // last: size of the number word before
	for n < len(words) {
		switch w := words[n]; {
		case w == "mille" && total == 0:
			total, below, last = max(below, 1)*1000, 0, 1000
		case (w == "cent" || w == "cents") && below < 10 && last != 100:
			below, last = max(below, 1)*100, 100
		case (w == "vingt" || w == "vingts") && last == 4 && below%100 == 4:
			below, last = below+76, 20
		case w == "et" && n+1 < len(words) && last >= 20 && last < 100 && (words[n+1] == "un" || words[n+1] == "onze"):
		default:
			v := wordValue(w)
			if v < 0 || !follows(v, last, below) {
				return n, total + below
			}
			if v == 0 && n > 0 {
				return n, total + below
			}
			below, last = below+v, v
			if v == 0 {
				return 1, 0
			}
		}
		n++
	}
	return n, total + below
}

// follows says that a number word of value v can be added to what was said before it.
func follows(v, last, below int) bool {
	switch {
	case last < 0 || last == 1000 || last == 100:
		return true
	case last >= 20 && last < 100:
		return v < 10 || v < 20 && (below%100 == 60 || below%100 == 80)
	case last == 10:
		return v >= 7 && v <= 9
	}
	return false
}

func wordValue(w string) int {
	for i, u := range units {
		if u == w {
			return i
		}
	}
	for i, t := range []string{"", "", "vingt", "trente", "quarante", "cinquante", "soixante"} {
		if t != "" && t == w {
			return i * 10
		}
	}
	return -1
}
