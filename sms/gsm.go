package sms

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The GSM 7-bit default alphabet and its extension table, in code order (3GPP TS 23.038, 6.2.1). The escape code 0x1B
// is not a character.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// gsmWidth is how many septets a character takes in the GSM alphabet, 0 when it is not there.
func gsmWidth(r rune) int {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == ' ':
		return 1
	case strings.ContainsRune(gsmExtended, r):
		return 2
	case r != unicode.ReplacementChar && strings.ContainsRune(gsmBasic, r):
		return 1
	}
	return 0
}

// plain gives characters that French texts use and the alphabet lacks; "" drops one.
func plain(r rune) (string, bool) {
	switch r {
	case '’', '‘', 'ʼ', '´', '`':
		return "'", true
	case '«', '»', '“', '”', '„':
		return "\"", true
	case '–', '—', '‑', '‐', '−':
		return "-", true
	case '…':
		return "...", true
	case 'œ':
		return "oe", true
	case 'Œ':
		return "OE", true
	case '•', '·':
		return "-", true
	case '°', 'º':
		return "o", true
	case '×':
		return "x", true
	case '\u200b', '\u200d', '\ufeff', '\u00ad': // invisible: zero width, soft hyphen
		return "", true
	}
	return "", false
}

// Transliterate writes a text in the GSM 7-bit alphabet: é è à ù and what else is in it stay, ê becomes e, ç c, œ oe,
// ’ ', a no-break space a space. A letter that has no plain form becomes "?", another sign is dropped.
func Transliterate(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		if gsmWidth(r) > 0 {
			b.WriteRune(r)
			continue
		}
		if s, ok := plain(r); ok {
			b.WriteString(s)
			continue
		}
		switch base := baseLetter(r); {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case base != 0:
			b.WriteRune(base)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteByte('?')
		}
	}
	return b.String()
}

// baseLetter gives a letter without its accents, 0 when even so it is not in the alphabet.
func baseLetter(r rune) rune {
	d, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r)))
	if gsmWidth(d) > 0 {
		return d
	}
	return 0
}
