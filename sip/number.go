package sip

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/acotel/acotel-sbc/personal"
)

// NumberKind classes a caller's number (requirement T5).
type NumberKind uint8

// Kinds. Landline includes the 09 numbers of boxes; Other is foreign, short, special or not a number.
const (
	Other NumberKind = iota
	Mobile
	Landline
	Withheld
)

var kindWords = [...]string{Other: "autre", Mobile: "mobile", Landline: "fixe", Withheld: "masque"}

// String is the word that statistics and traces use: mobile, fixe, autre, masque.
func (k NumberKind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText gives the word of String.
func (k NumberKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word of String.
func (k *NumberKind) UnmarshalText(text []byte) error {
	for i, w := range kindWords {
		if w == string(text) {
			*k = NumberKind(i)
			return nil
		}
	}
	return fmt.Errorf("sip: %q is no kind of number; use mobile, fixe, autre or masque", text)
}

// Number is a telephone number as it came and as we understand it. Whatever prints it hides its last 4 digits (requirement
// T5): String, the formats of fmt, slog and JSON, and those of its fields, whose Reveal alone has them in clear.
type Number struct {
	Raw      personal.Text  // user part as received, without parameters; zero when withheld
	E164     personal.Phone // "+33612345678"; zero for what has no such form: short numbers, names, withheld
	Display  personal.Text  // display name of the header, zero if none or withheld
	Withheld bool
	Kind     NumberKind
}

// frenchRegions are all whose numbers are French. A number written the national way belongs to the first that has it: the
// overseas regions share the ten-digit plan (0692 is Réunion, 0269 Mayotte) and come before the mainland, whose metadata
// claims some of theirs; the collectivities have plans of their own.
var frenchRegions = [...]string{"RE", "YT", "GP", "GF", "MQ", "BL", "MF", "FR", "PM", "NC", "PF", "WF"}

// maxNumber bounds what is worth parsing; E.164 has 15 digits, the rest is room for separators.
const maxNumber = 64

// ParseNumber understands every form in which trunks write a number: a bare user part, a sip: or tel: URI, a whole name-addr;
// "+33612345678", "0612345678", "33612345678", "0033612345678", with visual separators, and the words for a withheld number.
// It never fails: what is no telephone number becomes Kind Other with an empty E164.
func ParseNumber(raw string) Number {
	user, display := userPart(raw)
	if isAnonymous(user) {
		return withheld()
	}
	n := Number{Raw: personal.NewText(user), Display: personal.NewText(display)}
	if p := parseFrench(user); p != nil {
		n.E164, n.Kind = personal.NewPhone(phonenumbers.Format(p, phonenumbers.E164)), kindOf(p)
	}
	return n
}

func withheld() Number { return Number{Withheld: true, Kind: Withheld} }

// userPart takes the user part out of a name-addr, a URI or a bare number, without parameters and escapes.
func userPart(raw string) (user, display string) {
	raw = strings.TrimSpace(raw)
	// Without brackets a ";" may belong to the user part, which is cut off below anyway.
	if a, err := parseAddr(raw); err == nil && strings.Contains(raw, "<") {
		raw, display = a.uri, a.display
	}
	if i := strings.IndexByte(raw, ':'); i >= 0 {
		switch strings.ToLower(raw[:i]) {
		case "sip", "sips":
			raw = raw[i+1:]
			at := strings.LastIndexByte(raw, '@')
			if at < 0 {
				return "", display // a host alone names nobody
			}
			raw = raw[:at]
		case "tel":
			raw = raw[i+1:]
		}
	}
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		raw = raw[:at]
	}
	raw, _, _ = strings.Cut(raw, ";")
	raw, _, _ = strings.Cut(raw, ":") // password
	if clear, err := url.PathUnescape(raw); err == nil && !strings.ContainsFunc(clear, isControl) {
		raw = clear
	}
	if len(raw) > maxNumber {
		raw = raw[:maxNumber]
	}
	return strings.ToValidUTF8(strings.TrimSpace(raw), ""), display
}

// isAnonymous knows the user parts by which networks say that the number is withheld (RFC 3323 §4.1.1.3 and habit).
func isAnonymous(user string) bool {
	switch strings.ToLower(user) {
	case "", "anonymous", "anonyme", "restricted", "private", "unavailable", "unknown", "withheld", "masque", "nonumber", "asserted":
		return true
	}
	return false
}

// parseFrench reads a number as someone in France would write it, nil when it is none.
func parseFrench(user string) *phonenumbers.PhoneNumber {
	digits, plus := digitsOf(user)
	switch {
	case digits == "":
		return nil
	case plus:
		return parseInternational(digits)
	case strings.HasPrefix(digits, "00"):
		return parseInternational(digits[2:])
	case strings.HasPrefix(digits, "0"):
		return parseNational(digits)
	case len(digits) == 9: // the leading zero was lost on the way
		if n := parseNational("0" + digits); n != nil && phonenumbers.IsValidNumber(n) {
			return n
		}
	}
	if n := parseInternational(digits); n != nil && (phonenumbers.IsValidNumber(n) || kindOf(n) != Other) {
		return n // 33612345678: the plus was lost
	}
	return nil
}

// digitsOf removes visual separators (RFC 3966 §5.1.1) and "(0)". "" when anything else than a number remains.
func digitsOf(user string) (digits string, plus bool) {
	user = strings.Replace(user, "(0)", "", 1)
	var b strings.Builder
	for i, r := range user {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && i == 0:
			plus = true
		case strings.ContainsRune(" .-()/\u00a0\u202f", r):
		default:
			return "", false
		}
	}
	return b.String(), plus
}

// parseInternational reads digits that begin with a country code.
func parseInternational(digits string) *phonenumbers.PhoneNumber {
	n, err := phonenumbers.Parse("+"+digits, "FR")
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return nil
	}
	if n.GetCountryCode() == 33 && !phonenumbers.IsValidNumber(n) {
		// Operators put +33 before overseas numbers too (+33 692… for Réunion): keep them together with their true form.
		return parseNational("0" + phonenumbers.GetNationalSignificantNumber(n))
	}
	return n
}

// parseNational reads a number that begins with the 0 of the French plan: the first region that has it, else the mainland.
func parseNational(digits string) *phonenumbers.PhoneNumber {
	var mainland *phonenumbers.PhoneNumber
	for _, region := range frenchRegions {
		n, err := phonenumbers.Parse(digits, region)
		if err != nil {
			continue
		}
		// Service numbers (08) are the same everywhere and count as the mainland's.
		if phonenumbers.IsValidNumber(n) && isFrench(n) && (region == "FR" || kindOf(n) != Other) {
			return n
		}
		if region == "FR" && phonenumbers.IsPossibleNumber(n) && len(digits) == 10 {
			mainland = n
		}
	}
	return mainland
}

func isFrench(n *phonenumbers.PhoneNumber) bool { return personal.French(n.GetCountryCode()) }

// kindOf classes by number type over all French regions, never by "06 or 07" alone. Numbers that the metadata does not know,
// such as those reserved for fiction (06 39 98), go by the mainland's numbering plan.
func kindOf(n *phonenumbers.PhoneNumber) NumberKind {
	if !isFrench(n) {
		return Other
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE:
		return Mobile
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP:
		return Landline
	case phonenumbers.UNKNOWN:
		return kindByPlan(n)
	}
	return Other
}

// kindByPlan follows the ARCEP plan: 1 to 5 and 9 fixed, 6 and 73 to 79 mobile; 70 is for machines, 8 for services.
func kindByPlan(n *phonenumbers.PhoneNumber) NumberKind {
	national := phonenumbers.GetNationalSignificantNumber(n)
	if n.GetCountryCode() != 33 || len(national) != 9 {
		return Other
	}
	switch {
	case national[0] == '6', national[0] == '7' && national[1] >= '3':
		return Mobile
	case national[0] >= '1' && national[0] <= '5', national[0] == '9':
		return Landline
	}
	return Other
}

// String is the number with its last 4 digits hidden: 061234•••• for a French one, +4930123•••• for a foreign one, "" when
// withheld.
func (n Number) String() string {
	switch {
	case n.Withheld:
		return ""
	case n.E164.IsZero():
		return personal.MaskTail(n.Raw.Reveal())
	}
	return n.E164.String()
}

// GoString masks as String does, for %#v.
func (n Number) GoString() string { return fmt.Sprintf("sip.Number(%s, %s)", n.String(), n.Kind) }

// LogValue masks as String does, and leaves the display name out.
func (n Number) LogValue() slog.Value {
	return slog.GroupValue(slog.String("number", n.String()), slog.String("kind", n.Kind.String()))
}

// MarshalJSON masks as String does: {"number":"061234••••","kind":"mobile"}.
func (n Number) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Number string     `json:"number"`
		Kind   NumberKind `json:"kind"`
	}{n.String(), n.Kind})
}
