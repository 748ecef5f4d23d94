package workshop

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/acotel/acotel-sbc/place"
)

// PriceKind says what is known about a price.
type PriceKind uint8

// The kinds of price.
const (
	PriceUnknown PriceKind = iota
	Free                   // "gratuit"
	Amount                 // Cents
	FreeWill               // "participation libre"
)

// Price of a workshop in its typed form; String gives the words that are said and written. The zero Price is unknown. A Note is what
// the source adds to it ("la séance", "pour le cycle", "sur inscription"). Comparable with ==.
type Price struct {
	Kind  PriceKind
	Cents int // euro cents; only with Amount, 1 to 100,000
	Note  string
}

// maxCents is the highest price believed; a prevention workshop at more than 1,000 € is a misread number.
const maxCents = 100_000

// Euros makes a price of so many cents, Free when 0.
func Euros(cents int, note string) Price {
	if cents == 0 {
		return Price{Kind: Free, Note: note}
	}
	return Price{Kind: Amount, Cents: cents, Note: note}
}

// String gives the words: "gratuit", "5 €", "7,50 € la séance"; empty when unknown. ParsePrice reads them back.
func (p Price) String() string {
	var s string
	switch p.Kind {
	case PriceUnknown:
		return ""
	case Amount:
		s = strconv.Itoa(p.Cents / 100)
		if c := p.Cents % 100; c > 0 {
			s += fmt.Sprintf(",%02d", c)
		}
		s += " €"
	default:
		s = vocabulary().priceText[p.Kind]
	}
	if p.Note != "" {
		s += " " + p.Note
	}
	return s
}

// MarshalJSON writes the words, or null when unknown.
func (p Price) MarshalJSON() ([]byte, error) { return marshalText(p.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Price) UnmarshalJSON(b []byte) error {
	s, err := unmarshalText(b)
	if err != nil {
		return err
	}
	*p, err = ParsePrice(s)
	return err
}

const noPrice = "is no price up to 1000 € (write gratuit, 5 € or 7,50)"

// ParsePrice reads the ways sources write a price: "gratuit", "0", "5", "5 €", "5€", "7,50 €", "7.5 EUR", "20 euros pour le cycle",
// "€ 5", "participation libre". An empty text and words such as "se renseigner" are the unknown price.
func ParsePrice(s string) (Price, error) {
	s = strings.TrimSpace(s)
	if !wordy(s) {
		return Price{}, nil // "-", "?", "€": an empty cell by another name
	}
	if p, ok := pricePhrase(s); ok {
		return p, nil
	}
	whole := s
	s = strings.TrimSpace(strings.TrimPrefix(s, "€"))
	digits := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != ',' && r != '.' })
	if digits < 0 {
		digits = len(s)
	}
	cents, ok := parseCents(s[:digits])
	if !ok {
		return Price{}, invalid(whole, noPrice)
	}
	note := strings.TrimSpace(s[digits:])
	for _, unit := range []string{"€", "euros", "euro", "eur"} {
		if rest, ok := cutWord(note, unit); ok {
			return Euros(cents, cleanNote(rest)), nil
		}
	}
	if digits < len(s) && s[digits] != ' ' {
		return Price{}, invalid(whole, noPrice) // "1e3", "5x": no amount
	}
	return Euros(cents, cleanNote(note)), nil
}

// pricePhrase recognises a known phrase at the start of s; what follows it is the note.
func pricePhrase(s string) (Price, bool) {
	v := vocabulary()
	if kind, ok := v.priceOf[place.Fold(s)]; ok {
		return Price{Kind: kind}, true
	}
	for end := len(s); end > 0; end = strings.LastIndexByte(s[:end], ' ') {
		phrase := strings.TrimRight(s[:end], " ,;:")
		last, _ := utf8.DecodeLastRuneInString(phrase)
		if kind, ok := v.priceOf[place.Fold(phrase)]; ok && kind != PriceUnknown && unicode.IsLetter(last) {
			return Price{Kind: kind, Note: cleanNote(s[end:])}, true
		}
	}
	return Price{}, false
}

// cleanNote takes the punctuation off that joined a note to its price.
func cleanNote(s string) string {
	if s = strings.TrimLeftFunc(s, func(r rune) bool { return r != '(' && !wordy(string(r)) }); wordy(s) {
		return strings.TrimSpace(s)
	}
	return ""
}

// wordy reports whether s says anything at all.
func wordy(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// cutWord cuts a unit from the start of s when no letter follows it.
func cutWord(s, unit string) (string, bool) {
	if len(s) < len(unit) || !strings.EqualFold(s[:len(unit)], unit) {
		return s, false
	}
	rest := s[len(unit):]
	if r := []rune(rest); len(r) > 0 && unicode.IsLetter(r[0]) {
		return s, false
	}
	return strings.TrimSpace(rest), true
}

// parseCents reads "5", "7,50", "7.5"; no sign, at most two decimals, at most maxCents.
func parseCents(s string) (int, bool) {
	whole, part, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if whole == "" || len(whole) > 4 || len(part) > 2 {
		return 0, false
	}
	total, err := strconv.Atoi(whole + (part + "00")[:2])
	return total, err == nil && total <= maxCents
}
