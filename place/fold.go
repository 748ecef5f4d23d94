package place

import (
	"strings"
	"unicode"
)

// Fold brings a name to the form in which names are compared: lower case,
// no accents, œ as oe, every other sign one space, St and Ste written out, "s/"
// as sur. Fold("St-Rémy s/Avre") is "saint remy sur avre". It is idempotent, and
// its result has only a-z, 0-9 and single spaces.
func Fold(s string) string {
	out := make([]byte, 0, len(s)+8)
	word := 0 // where the word being written begins
	for _, r := range s {
		switch letters := plain(r); {
		case letters != "":
			out = append(out, letters...)
		case unicode.Is(unicode.Mn, r): // a combining accent: its letter stands already
		default:
			out = endWord(out, word, r)
			word = len(out)
		}
	}
	out = endWord(out, word, ' ')
	return strings.TrimSuffix(string(out), " ")
}

// endWord writes out the word that began at index word when sign r, which is no
// letter, ends it, and puts one space behind it.
func endWord(out []byte, word int, r rune) []byte {
	switch string(out[word:]) {
	case "":
		return out
	case "st", "ste", "sts", "stes":
		ending := string(out[word+2:])
		out = append(append(out[:word], "saint"...), ending...)
	case "s":
		if r == '/' {
			out = append(out, "ur"...)
		}
	}
	return append(out, ' ')
}

// ascii holds the letters and digits as strings, so that plain allocates nothing.
const ascii = "0123456789abcdefghijklmnopqrstuvwxyz"

// plain returns the unaccented lower-case letters of r, "" when it is neither a
// Latin letter nor a digit.
func plain(r rune) string {
	switch {
	case r >= 'a' && r <= 'z':
		return ascii[r-'a'+10 : r-'a'+11]
	case r >= 'A' && r <= 'Z':
		return ascii[r-'A'+10 : r-'A'+11]
	case r >= '0' && r <= '9':
		return ascii[r-'0' : r-'0'+1]
	case r < 0x80:
		return ""
	}
	switch unicode.ToLower(r) {
	case 'à', 'á', 'â', 'ã', 'ä', 'å', 'ā':
		return "a"
	case 'ç':
		return "c"
	case 'è', 'é', 'ê', 'ë', 'ē':
		return "e"
	case 'ì', 'í', 'î', 'ï', 'ī':
		return "i"
	case 'ñ':
		return "n"
	case 'ò', 'ó', 'ô', 'õ', 'ö', 'ō':
		return "o"
	case 'ù', 'ú', 'û', 'ü', 'ū':
		return "u"
	case 'ÿ', 'ý':
		return "y"
	case 'œ':
		return "oe"
	case 'æ':
		return "ae"
	case 'ß':
		return "ss"
	}
	return ""
}
