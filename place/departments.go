package place

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/place/spoken"
)

//go:embed data/departments.tsv
var departmentsTSV string

// departmentBook is departments.tsv, by code and by folded name.
type departmentBook struct {
	name, within map[string]string // by code
	code         map[string]string // by folded name, and by code in lower case
	longest      int               // words in the longest name
}

var departments = sync.OnceValue(func() departmentBook {
	b := departmentBook{name: map[string]string{}, within: map[string]string{}, code: map[string]string{}}
	for line := range strings.Lines(departmentsTSV) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 3 {
			continue // a test reads the whole file
		}
		code, folded := cells[0], Fold(cells[1])
		b.name[code], b.within[code] = cells[1], cells[2]
		b.code[strings.ToLower(code)], b.code[core(folded)] = code, code
		b.longest = max(b.longest, strings.Count(folded, " ")+1)
	}
	return b
})

// DepartmentName returns the official name, "Vaucluse" for "84"; "" for an
// unknown code.
func DepartmentName(code string) string { return departments().name[strings.ToUpper(code)] }

// InDepartment returns the name with its preposition, "dans le Vaucluse" for
// "84"; "" for an unknown code.
func InDepartment(code string) string { return departments().within[strings.ToUpper(code)] }

// departmentWords may stand before a department's name or number.
var departmentWords = map[string]bool{
	"dans": true, "en": true, "le": true, "la": true, "les": true, "l": true, "departement": true,
	"de": true, "du": true, "des": true, "d": true, "a": true, "numero": true,
}

// Department understands text that names a department and nothing else: "84",
// "le 2A", "Vaucluse", "dans le département de l'Hérault". Whoever gets one asks
// for the town: a department is too large to search in.
func Department(text string) (code string, ok bool) {
	return departmentOf(strings.Fields(Fold(text)))
}

// departmentOf does so for folded words; numbers may be said in words too.
func departmentOf(words []string) (code string, ok bool) {
	if runs := spoken.Runs(words); len(runs) == 1 && runs[0][1] == len(words) {
		said := spoken.Digits(words[runs[0][0]:])
		words = append(slices.Clone(words[:runs[0][0]]), strings.Repeat("0", max(0, 2-len(said)))+said)
	}
	for len(words) > 0 {
		if code, ok = departments().code[strings.Join(words, " ")]; ok {
			return code, true
		}
		if !departmentWords[words[0]] {
			return "", false
		}
		words = words[1:]
	}
	return "", false
}

// trailingDepartment takes a department off the end of folded words: its number
// or name, and the words that lead to it. Something is left before it, or ok is
// false.
func trailingDepartment(words []string) (rest []string, code string, ok bool) {
	book := departments()
	for n := min(book.longest, len(words)-1); n >= 1; n-- {
		at := len(words) - n
		if code, ok = book.code[strings.Join(words[at:], " ")]; !ok {
			continue
		}
		for at > 1 && departmentWords[words[at-1]] {
			at--
		}
		return words[:at], code, true
	}
	return words, "", false
}
