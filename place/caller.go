package place

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed data/zones.tsv
var zonesTSV string

// zoneBook is zones.tsv: the departments of the four first digits of landline
// numbers, the one with most people first. Written from the historic areas of the
// French numbering plan; since 2023 a number may be carried anywhere, so that
// this is a prior and no proof.
var zoneBook = sync.OnceValue(func() map[string][]string {
	book := map[string][]string{}
	for line := range strings.Lines(zonesTSV) {
		prefix, codes, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		book[prefix] = strings.Fields(codes)
	}
	return book
})

const (
	// nearOdds is how much likelier a place in the caller's own landline area is than the same elsewhere.
	nearOdds = 12
	// sideOdds is the same within the fifth of the country that the first two digits tell.
	sideOdds = 2
)

// Landline returns the departments that a landline number, or at least its first
// four digits, belongs to: "04 90 82 00 00" and "+33490" give 84 and 13. nil for
// mobiles, 09 numbers and what is unknown.
func Landline(number string) []string {
	digits := national(number)
	if len(digits) < 4 {
		return nil
	}
	return slices.Clone(zoneBook()[digits[:4]])
}

// national is a French number in its national form, only digits.
func national(number string) string {
	var b strings.Builder
	for _, r := range number {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	digits := b.String()
	switch {
	case strings.HasPrefix(digits, "0033"):
		return "0" + digits[4:]
	case strings.HasPrefix(digits, "33") && len(digits) > 3:
		return "0" + digits[2:]
	}
	return digits
}

// nearby turns what is known of where the caller is into a weight for each department; nil when nothing is known.
func nearby(near string) func(department string) float64 {
	near = strings.ToUpper(strings.TrimSpace(near))
	if near == "" {
		return nil
	}
	digits := national(near)
	if len(near) <= 3 && departments().name[near] != "" && !(len(near) == 2 && near >= "01" && near <= "05") {
		return func(d string) float64 {
			if d == near {
				return nearOdds
			}
			return 1
		}
	}
	if len(digits) < 2 || digits[0] != '0' || digits[1] < '1' || digits[1] > '5' {
		return nil
	}
	own := Landline(digits)
	side := map[string]bool{}
	for prefix, codes := range zoneBook() {
		if prefix[:2] == digits[:2] {
			for _, c := range codes {
				side[c] = true
			}
		}
	}
	return func(d string) float64 {
		switch {
		case slices.Contains(own, d):
			return nearOdds
		case side[d]:
			return sideOdds
		}
		return 1
	}
}
