package workshop

import "strings"

const noPhone = "is no telephone number (write ten digits from 01 to 09, +33…, or a short number such as 3960)"

// ParsePhone reads a number to ring in the forms that sources write it and gives one form: "01 99 00 12 34" for France and its
// territories overseas (which have national prefixes of their own, such as 0262), "39 60" for short numbers, "+32…" in one piece for
// another country. Of several numbers in one cell the first is taken. Empty stays empty.
func ParsePhone(s string) (string, error) {
	digits, plus := phoneDigits(s)
	if digits == "" && strings.TrimSpace(s) == "" {
		return "", nil
	}
	if !plus && strings.HasPrefix(digits, "00") {
		digits, plus = digits[2:], true
	}
	if plus {
		national, french := frenchNational(digits)
		if !french {
			if len(digits) < 9 || len(digits) > 15 || digits[0] == '0' {
				return "", invalid(s, noPhone)
			}
			return "+" + digits, nil
		}
		digits = national
	}
	switch {
	case len(digits) == 10 && digits[0] == '0' && digits[1] != '0':
	case len(digits) == 9 && digits[0] >= '1': // a spreadsheet took it for a number and dropped the leading zero
		digits = "0" + digits
	case len(digits) == 11 && digits[:2] == "33": // +33 without its plus
		digits = "0" + digits[2:]
	case len(digits) == 4 && (digits[0] == '3' || digits[:2] == "10"):
	default:
		return "", invalid(s, noPhone)
	}
	return pairs(digits), nil
}

// frenchNational gives the ten digits of a French number written after its country code: 33, or that of a territory overseas, whose
// national form is 0 and the country code's own prefix again (+262 262 … is 0262 …).
func frenchNational(digits string) (string, bool) {
	if rest, ok := strings.CutPrefix(digits, "33"); ok {
		return "0" + strings.TrimPrefix(rest, "0"), true // "+33 (0)4 …" keeps a zero that is not dialled
	}
	for _, code := range []string{"262", "590", "594", "596", "508"} {
		if rest, ok := strings.CutPrefix(digits, code); ok {
			switch rest = strings.TrimPrefix(rest, "0"); len(rest) {
			case 9:
				return "0" + rest, true
			case 6: // Saint-Pierre-et-Miquelon writes six digits after 508
				return "0" + code + rest, true
			}
		}
	}
	return "", false
}

// phoneDigits takes the digits of the first number in s, and whether a plus stood before them. A slash, "ou", or a comma after a whole
// number ends it; any letter does once there are digits.
func phoneDigits(s string) (digits string, plus bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			plus = true
		case r == ' ' || r == '.' || r == '-' || r == '(' || r == ')' || r == '\u00a0' || r == '\u202f' || r == '\u2009' || r == '\u2011':
		case b.Len() == 0: // a word in front: "Tél. : 04 …"
		case b.Len() < 9: // letters or signs in the middle of a number: not one
			return "?", false
		default:
			return b.String(), plus
		}
	}
	return b.String(), plus
}

func pairs(digits string) string {
	var b strings.Builder
	for i := 0; i < len(digits); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(digits[i:min(i+2, len(digits))])
	}
	return b.String()
}
