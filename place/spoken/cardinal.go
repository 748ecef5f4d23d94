package spoken

import (
	"slices"
	"strconv"
)

// unit is the value of the words for 1 to 9, else 0.
func unit(w string) int {
	switch w {
	case "un", "une":
		return 1
	case "deux":
		return 2
	case "trois":
		return 3
	case "quatre", "quatres":
		return 4
	case "cinq":
		return 5
	case "six":
		return 6
	case "sept":
		return 7
	case "huit":
		return 8
	case "neuf":
		return 9
	}
	return 0
}

// teen is the value of the words for 10 to 16, else 0.
func teen(w string) int {
	switch w {
	case "dix":
		return 10
	case "onze":
		return 11
	case "douze":
		return 12
	case "treize":
		return 13
	case "quatorze":
		return 14
	case "quinze":
		return 15
	case "seize":
		return 16
	}
	return 0
}

// ten is the value of the words for tens, else 0. Septante, huitante and nonante
// are said in France too, by those who grew up near the border.
func ten(w string) int {
	switch w {
	case "vingt", "vingts":
		return 20
	case "trente":
		return 30
	case "quarante":
		return 40
	case "cinquante":
		return 50
	case "soixante":
		return 60
	case "septante":
		return 70
	case "huitante", "octante":
		return 80
	case "nonante":
		return 90
	}
	return 0
}

func isHundred(w string) bool  { return w == "cent" || w == "cents" }
func isThousand(w string) bool { return w == "mille" || w == "milles" || w == "mil" }
func isZero(w string) bool     { return w == "zero" || w == "zeros" }

// times is how often "double zéro" or "triple zéro" says its zero, else 0.
func times(w string) int {
	switch w {
	case "double":
		return 2
	case "triple":
		return 3
	}
	return 0
}

// IsDigits reports whether w is written in figures and nothing else.
func IsDigits(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return w != ""
}

// IsWord reports whether a folded word can stand in a number, said or in figures.
// "et" does: "vingt et un".
func IsWord(w string) bool {
	return unit(w) > 0 || teen(w) > 0 || ten(w) > 0 || isHundred(w) || isThousand(w) || isZero(w) || w == "et" || IsDigits(w)
}

// Number is one way to read words as a number: its value, and the index of the
// first word after it.
type Number struct {
	Value int
	To    int
}

// figures reads a word in figures as the multiplier in "84 mille" or "2 cents".
func figures(t []string, i, most int) (Number, bool) {
	if i >= len(t) || len(t[i]) > 3 || !IsDigits(t[i]) || t[i][0] == '0' {
		return Number{}, false
	}
	v, err := strconv.Atoi(t[i])
	return Number{v, i + 1}, err == nil && v <= most
}

// belowHundred adds every number 1 to 99 that begins at i.
func belowHundred(out []Number, t []string, i int) []Number {
	if i >= len(t) {
		return out
	}
	w := t[i]
	if v := unit(w); v > 0 {
		out = append(out, Number{v, i + 1})
		if v == 4 && i+1 < len(t) && ten(t[i+1]) == 20 {
			out = append(out, Number{80, i + 2})
			out = remainder(out, t, i+2, 80, 1, 19)
		}
	}
	if v := teen(w); v > 0 {
		out = append(out, Number{v, i + 1})
		if v == 10 {
			out = remainder(out, t, i+1, 10, 7, 9)
		}
	}
	if v := ten(w); v > 0 && w != "vingts" {
		out = append(out, Number{v, i + 1})
		top := 9
		if v == 60 {
			top = 19 // soixante-dix to soixante-dix-neuf
		}
		out = remainder(out, t, i+1, v, 1, top)
		if i+1 < len(t) && t[i+1] == "et" { // vingt et un, soixante et onze
			out = remainder(out, t, i+2, v, 1, 1)
			if v == 60 {
				out = remainder(out, t, i+2, v, 11, 11)
			}
		}
	}
	return out
}

// remainder adds base and what follows it, between low and high.
func remainder(out []Number, t []string, i, base, low, high int) []Number {
	if i >= len(t) {
		return out
	}
	add := func(v, to int) {
		if v >= low && v <= high {
			out = append(out, Number{base + v, to})
		}
	}
	if v := unit(t[i]); v > 0 {
		add(v, i+1)
	}
	if v := teen(t[i]); v > 0 {
		add(v, i+1)
		if v == 10 && i+1 < len(t) {
			if u := unit(t[i+1]); u >= 7 {
				add(10+u, i+2)
			}
		}
	}
	return out
}

// belowThousand adds every number 1 to 999 that begins at i.
func belowThousand(out []Number, t []string, i int) []Number {
	out = belowHundred(out, t, i)
	hundreds := func(v, at int) {
		if at < len(t) && isHundred(t[at]) {
			out = append(out, Number{v * 100, at + 1})
			from := len(out)
			out = belowHundred(out, t, at+1)
			for k := from; k < len(out); k++ {
				out[k].Value += v * 100
			}
			if n, ok := figures(t, at+1, 99); ok {
				out = append(out, Number{v*100 + n.Value, n.To})
			}
		}
	}
	hundreds(1, i)
	if i >= len(t) {
		return out
	}
	if v := unit(t[i]); v >= 2 {
		hundreds(v, i+1)
	}
	if n, ok := figures(t, i, 9); ok && n.Value >= 2 {
		hundreds(n.Value, n.To)
	}
	return out
}

// Cardinals gives every number 1 to 99,999 that begins at word i, "quatre",
// "quatre-vingts" and "quatre-vingt-quatre mille" alike. A word in figures is
// read as a number only where it multiplies or follows a word: "84 mille 100".
func Cardinals(t []string, i int) []Number {
	out := belowThousand(make([]Number, 0, 16), t, i)
	thousands := func(v, at int) {
		if at < len(t) && isThousand(t[at]) {
			out = append(out, Number{v * 1000, at + 1})
			from := len(out)
			out = belowThousand(out, t, at+1)
			for k := from; k < len(out); k++ {
				out[k].Value += v * 1000
			}
			if n, ok := figures(t, at+1, 999); ok {
				out = append(out, Number{v*1000 + n.Value, n.To})
			}
		}
	}
	thousands(1, i)
	for _, n := range belowHundred(nil, t, i) {
		if n.Value >= 2 {
			thousands(n.Value, n.To)
		}
	}
	if n, ok := figures(t, i, 99); ok && n.Value >= 2 {
		thousands(n.Value, n.To)
	}
	return out
}

// One reads all the words as a single number 0 to 99,999; ok is false when they
// are none.
func One(t []string) (value int, ok bool) {
	if len(t) == 1 && IsDigits(t[0]) && len(t[0]) <= 5 {
		n, err := strconv.Atoi(t[0])
		return n, err == nil
	}
	if len(t) == 1 && isZero(t[0]) {
		return 0, true
	}
	i := slices.IndexFunc(Cardinals(t, 0), func(n Number) bool { return n.To == len(t) })
	if i < 0 {
		return 0, false
	}
	return Cardinals(t, 0)[i].Value, true
}
