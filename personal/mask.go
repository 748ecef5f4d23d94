package personal

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// HiddenDigits is how many digits T5 hides.
const HiddenDigits = 4

// hidden stands for each of them.
const hidden = '•'

// MaskNumber hides the last four digits of a telephone number: "0612345678" gives "061234••••" (T5). A number that is
// masked already stays as it is; spaces and the like are kept.
func MaskNumber(number string) string {
	if strings.ContainsRune(number, hidden) {
		return number
	}
	r := []rune(number)
	left := HiddenDigits
	for i := len(r) - 1; i >= 0 && left > 0; i-- {
		if r[i] >= '0' && r[i] <= '9' {
			r[i] = hidden
			left--
		}
	}
	return string(r)
}

// MaskTail hides the last four characters, whatever they are: the user part of an address need not be digits.
func MaskTail(s string) string {
	r := []rune(s)
	keep := max(0, len(r)-HiddenDigits)
	return string(r[:keep]) + strings.Repeat(string(hidden), len(r)-keep)
}

// A run of digits with at most one separator between two of them, as numbers are written: 0612345678, 06 12 34 56 78, +33-6-12…, or with
// the percent signs of an address (%2B33612345678, 06%2012%2034…). What was masked already is taken whole, and stays.
var numberRun = regexp.MustCompile(`(?:\+|%2[Bb])?\d(?:(?:[ .\-/()\x{00a0}\x{202f}]|%20)?\d){7,}(?:(?:[ .\-/()\x{00a0}\x{202f}]|%20)?•)*`)

// HideNumbers masks in any text what may be a telephone number: eight digits or more, however they are grouped. Shorter runs (codes,
// ports, statuses, dates) stay.
func HideNumbers(text string) string {
	if !strings.ContainsAny(text, "0123456789") {
		return text
	}
	return numberRun.ReplaceAllStringFunc(text, func(run string) string {
		if prefix := strings.ToUpper(run[:min(3, len(run))]); prefix == "%2B" {
			return run[:3] + hideTail(run[3:])
		}
		return hideTail(run)
	})
}

// hideTail masks the last four digits of a run; a %20 in it counts as a space.
func hideTail(run string) string {
	out := MaskNumber(strings.ReplaceAll(run, "%20", " "))
	if strings.Contains(run, "%20") {
		out = strings.ReplaceAll(out, " ", "%20")
	}
	return out
}

// Written gives the forms in which people and programs write a number in E.164: for searches that must find none of them. A French number
// has its national forms, in pairs with the usual separators, too.
func Written(e164 string) []string {
	digits := strings.TrimPrefix(e164, "+")
	out := []string{e164, digits, "00" + digits, "%2B" + digits}
	national, ok := strings.CutPrefix(digits, "33")
	if !ok || utf8.RuneCountInString(national) != 9 {
		return out
	}
	zero := "0" + national
	out = append(out, zero, "(0)"+national, "+33 "+national, "+33(0)"+national)
	for _, sep := range []string{" ", ".", "-", ",", ", ", "/", "%20", "\u00a0", "\u202f"} {
		var pairs []string
		for i := 0; i+2 <= len(zero); i += 2 {
			pairs = append(pairs, zero[i:i+2])
		}
		out = append(out, strings.Join(pairs, sep), "+33"+sep+national[:1]+sep+strings.Join(pairs[1:], sep), "0033"+sep+national[:1]+sep+strings.Join(pairs[1:], sep))
	}
	return append(out, strings.Join(strings.Split(zero, ""), " "), strings.Join(strings.Split(zero, ""), ", "))
}
