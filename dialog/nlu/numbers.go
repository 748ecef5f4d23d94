package nlu

import (
	"slices"
	"strconv"
	"strings"
)

// Words of French numbers, folded. Swiss and Belgian tens are said in France too, by those who grew up near the border.
var (
	unitWords = map[string]int{
		"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
	}
	teenWords = map[string]int{"dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16}
	tenWords  = map[string]int{
		"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
		"septante": 70, "huitante": 80, "octante": 80, "nonante": 90,
	}
)

// numeral is one way to read tokens[from:to] as a number.
type numeral struct {
	value int
	to    int // index after the last token
}

// isNumberWord reports whether a folded token can stand in a number said aloud or written in digits.
func isNumberWord(w string) bool {
	_, unit := unitWords[w]
	_, teen := teenWords[w]
	_, ten := tenWords[w]
	return unit || teen || ten || isDigits(w) ||
		w == "zero" || w == "et" || w == "cent" || w == "cents" || w == "mille" || w == "vingts"
}

func isDigits(w string) bool {
	if w == "" {
		return false
	}
	for _, r := range w {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// belowHundred reads every number 1..99 that begins at i.
func belowHundred(t []string, i int) []numeral {
	if i >= len(t) {
		return nil
	}
	var out []numeral
	if v, ok := unitWords[t[i]]; ok {
		out = append(out, numeral{v, i + 1})
		if v == 4 && i+1 < len(t) && (t[i+1] == "vingt" || t[i+1] == "vingts") {
			out = append(out, numeral{80, i + 2})
			out = append(out, plus(t, i+2, 80, 1, 19)...)
		}
	}
	if v, ok := teenWords[t[i]]; ok {
		out = append(out, numeral{v, i + 1})
		if v == 10 {
			out = append(out, plus(t, i+1, 10, 7, 9)...)
		}
	}
	if v, ok := tenWords[t[i]]; ok {
		out = append(out, numeral{v, i + 1})
		top := 9
		if v == 60 {
			top = 19 // soixante-dix to soixante-dix-neuf
		}
		out = append(out, plus(t, i+1, v, 1, top)...)
		if i+1 < len(t) && t[i+1] == "et" { // vingt et un, soixante et onze
			out = append(out, plus(t, i+2, v, 1, 1)...)
			if v == 60 {
				out = append(out, plus(t, i+2, v, 11, 11)...)
			}
		}
	}
	return out
}

// plus reads base and a remainder between low and high.
func plus(t []string, i, base, low, high int) []numeral {
	var out []numeral
	if i >= len(t) {
		return nil
	}
	add := func(v, to int) {
		if v >= low && v <= high {
			out = append(out, numeral{base + v, to})
		}
	}
	if v, ok := unitWords[t[i]]; ok {
		add(v, i+1)
	}
	if v, ok := teenWords[t[i]]; ok {
		add(v, i+1)
		if v == 10 && i+1 < len(t) {
			if u := unitWords[t[i+1]]; u >= 7 {
				add(10+u, i+2)
			}
		}
	}
	return out
}

// belowThousand reads every number 1..999 that begins at i.
func belowThousand(t []string, i int) []numeral {
	out := belowHundred(t, i)
	hundreds := func(v, at int) {
		if at < len(t) && (t[at] == "cent" || t[at] == "cents") {
			out = append(out, numeral{v * 100, at + 1})
			for _, n := range belowHundred(t, at+1) {
				out = append(out, numeral{v*100 + n.value, n.to})
			}
		}
	}
	hundreds(1, i)
	if i < len(t) {
		if v := unitWords[t[i]]; v >= 2 {
			hundreds(v, i+1)
		}
	}
	return out
}

// cardinals reads every number 1..99999 that begins at i.
func cardinals(t []string, i int) []numeral {
	out := belowThousand(t, i)
	thousands := func(v, at int) {
		if at < len(t) && t[at] == "mille" {
			out = append(out, numeral{v * 1000, at + 1})
			for _, n := range belowThousand(t, at+1) {
				out = append(out, numeral{v*1000 + n.value, n.to})
			}
		}
	}
	thousands(1, i)
	for _, n := range belowHundred(t, i) {
		if n.value >= 2 {
			thousands(n.value, n.to)
		}
	}
	return out
}

// maxReadings bounds the splits that are tried; a run of number words longer than a telephone number is no code.
const (
	maxReadings = 200
	maxRun      = 16
)

// readings gives every way to write a run of number tokens as exactly want digits, the readings with the fewest groups first:
// [quatre vingt quatre mille] → 84000; [treize zero zero huit] → 13008; [zero six deux cents] → 06200. A whole run that is one number of
// one digit less gets its leading zero back: [six mille] → 06000.
func readings(t []string, want int) []string {
	if len(t) == 0 || len(t) > maxRun {
		return nil
	}
	type reading struct {
		digits string
		groups int
	}
	var found []reading
	var walk func(i int, digits string, groups int)
	walk = func(i int, digits string, groups int) {
		if len(found) >= maxReadings || len(digits) > want {
			return
		}
		if i == len(t) {
			switch {
			case len(digits) == want:
				found = append(found, reading{digits, groups})
			case len(digits) == want-1 && groups == 1 && digits[0] != '0':
				found = append(found, reading{"0" + digits, groups + 1})
			}
			return
		}
		switch {
		case isDigits(t[i]):
			walk(i+1, digits+t[i], groups+1)
		case t[i] == "zero":
			walk(i+1, digits+"0", groups+1)
		}
		for _, n := range cardinals(t, i) {
			walk(n.to, digits+strconv.Itoa(n.value), groups+1)
		}
	}
	walk(0, "", 0)
	slices.SortStableFunc(found, func(a, b reading) int { return a.groups - b.groups })
	var out []string
	for _, r := range found {
		if !slices.Contains(out, r.digits) {
			out = append(out, r.digits)
		}
	}
	return out
}

// oneNumber reads a run as a single number, the longest reading, for marks and ordinals; ok is false when it is none.
func oneNumber(t []string) (int, bool) {
	if len(t) == 1 && isDigits(t[0]) && len(t[0]) <= 5 {
		n, err := strconv.Atoi(t[0])
		return n, err == nil
	}
	if len(t) == 1 && t[0] == "zero" {
		return 0, true
	}
	for _, n := range cardinals(t, 0) {
		if n.to == len(t) {
			return n.value, true
		}
	}
	return 0, false
}

// runs gives the maximal runs of number words as index pairs [from, to). "et" neither begins nor ends one.
func runs(t []string) [][2]int {
	var out [][2]int
	for i := 0; i < len(t); {
		if !isNumberWord(t[i]) || t[i] == "et" {
			i++
			continue
		}
		j := i
		for j < len(t) && isNumberWord(t[j]) {
			j++
		}
		end := j
		for t[end-1] == "et" {
			end--
		}
		out = append(out, [2]int{i, end})
		i = j
	}
	return out
}

// digitsOf joins what a run says digit by digit or in pairs, however long: for telephone numbers and partial codes.
func digitsOf(t []string) string {
	var b strings.Builder
	for i := 0; i < len(t); {
		switch {
		case isDigits(t[i]):
			b.WriteString(t[i])
			i++
			continue
		case t[i] == "zero":
			b.WriteByte('0')
			i++
			continue
		}
		best := numeral{to: i + 1}
		for _, n := range cardinals(t, i) {
			if n.to >= best.to {
				best = n
			}
		}
		if best.value > 0 {
			b.WriteString(strconv.Itoa(best.value))
		}
		i = best.to
	}
	return b.String()
}
