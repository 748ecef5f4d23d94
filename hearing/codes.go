package hearing

import (
	"fmt"
	"strconv"

	"github.com/acotel/acotel-sbc/asr/phoneme"
)

// Ways to say a postal code, and how often each is.
const (
	asNumber     = 1.0 // quatre-vingt-quatre mille deux cents
	asTwoThree   = 0.5 // quatre-vingt-quatre, deux cents
	asPairs      = 0.2 // quatre-vingt-quatre, vingt, zéro
	asDigits     = 0.3 // huit, quatre, deux, zéro, zéro
	withoutZero  = 0.7 // six mille, for 06000
	otherNumbers = 0.3 // septante, nonante
)

// numberTexts are the numbers that codes are put together from: 0 to 999, written
// in figures, and those of Switzerland and Belgium in words.
func numberTexts() []string {
	var out []string
	for n := range 1000 {
		out = append(out, strconv.Itoa(n))
	}
	for n := 1; n < 100; n++ {
		out = append(out, fmt.Sprintf("%d mille", n))
	}
	out = append(out, "1000")
	for n := 70; n < 100; n++ {
		if t := eastern(n); t != "" {
			out = append(out, t, t+" mille")
		}
	}
	return out
}

// eastern is 70 to 79 and 90 to 99 as Swiss and Belgians say them; "" otherwise.
func eastern(n int) string {
	tens := map[int]string{7: "septante", 9: "nonante"}[n/10]
	if tens == "" {
		return ""
	}
	switch u := n % 10; u {
	case 0:
		return tens
	case 1:
		return tens + " et un"
	default:
		return tens + " " + [...]string{"", "", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"}[u]
	}
}

// numbers says numbers from their pronunciations.
type numbers struct {
	said map[string][]phoneme.String
}

// number says 0 to 999; the tens of Switzerland after those of France.
func (n numbers) number(v int) []phoneme.Said {
	out := phoneme.Variants("", n.said[strconv.Itoa(v)])
	if t := eastern(v); t != "" {
		for _, s := range n.said[t] {
			out = append(out, phoneme.Said{Phonemes: s, Weight: otherNumbers})
		}
	}
	return out
}

// thousands says v mille.
func (n numbers) thousands(v int) []phoneme.Said {
	if v == 1 {
		return phoneme.Variants("", n.said["1000"])
	}
	out := phoneme.Variants("", n.said[fmt.Sprintf("%d mille", v)])
	if t := eastern(v); t != "" {
		for _, s := range n.said[t+" mille"] {
			out = append(out, phoneme.Said{Phonemes: s, Weight: otherNumbers})
		}
	}
	return out
}

// part says figures as a number with its leading zeros: "08" is zéro huit.
func (n numbers) part(digits string) []phoneme.Said {
	var out []phoneme.Said
	out = append(out, phoneme.Said{Weight: 1})
	for len(digits) > 1 && digits[0] == '0' {
		out = joined(out, n.number(0))
		digits = digits[1:]
	}
	v, _ := strconv.Atoi(digits)
	return joined(out, n.number(v))
}

// code lists the ways to say a postal code.
func (n numbers) code(code string) []phoneme.Said {
	v, err := strconv.Atoi(code)
	if err != nil || len(code) != 5 {
		return nil
	}
	var out []phoneme.Said
	add := func(weight float64, parts ...[]phoneme.Said) {
		all := []phoneme.Said{{Weight: weight}}
		for _, p := range parts {
			all = joined(all, p)
		}
		out = append(out, all...)
	}
	rest := n.number(v % 1000)
	if v%1000 == 0 {
		rest = []phoneme.Said{{Weight: 1}}
	}
	if code[0] == '0' {
		add(asNumber, n.number(0), n.thousands(v/1000), rest)
		add(asNumber*withoutZero, n.thousands(v/1000), rest)
	} else {
		add(asNumber, n.thousands(v/1000), rest)
	}
	add(asTwoThree, n.part(code[:2]), n.part(code[2:]))
	add(asPairs, n.part(code[:2]), n.part(code[2:4]), n.part(code[4:]))
	add(asDigits, n.number(int(code[0]-'0')), n.number(int(code[1]-'0')), n.number(int(code[2]-'0')), n.number(int(code[3]-'0')), n.number(int(code[4]-'0')))
	return out
}

// mostWays bounds the product of the ways to say the parts of something.
const mostWays = 12

// joined says a, then b, in all ways; the less usual ones of long products are left out.
func joined(a, b []phoneme.Said) []phoneme.Said {
	var out []phoneme.Said
	for _, x := range a {
		for _, y := range b {
			w := x.Weight * y.Weight
			if len(a)*len(b) > mostWays && w < 0.3*a[0].Weight*b[0].Weight {
				continue
			}
			s := make(phoneme.String, 0, len(x.Phonemes)+len(y.Phonemes))
			out = append(out, phoneme.Said{Phonemes: append(append(s, x.Phonemes...), y.Phonemes...), Weight: w})
		}
	}
	return out
}
