package tts

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What comes before the words and after them: the many ways of writing the same sign, and the punctuation.

var (
	lineTag = regexp.MustCompile(`(?i)</?(?:br|p|li|ul|ol|div|h[1-6]|tr|td)\b[^<>]*>`)
	anyTag  = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)
	towards = regexp.MustCompile(`([\dhH]) ?[-=]?> ?(\d)`) // "9h30>12h"
	compare = regexp.MustCompile(`([<>]) ?(\d)`)
)

// clean brings the many ways of writing the same sign to one, and drops what has no sound: control characters, markup, emoji, the
// brackets that espeak-ng and SSML take as commands.
func clean(text string) string {
	if isPlain(text) {
		return text
	}
	if strings.ContainsAny(text, "<&") {
		text = html.UnescapeString(anyTag.ReplaceAllString(lineTag.ReplaceAllString(text, ", "), " "))
	}
	if strings.ContainsAny(text, "<>") {
		text = towards.ReplaceAllString(text, "$1–$2")
		text = compare.ReplaceAllStringFunc(text, func(m string) string {
			return map[byte]string{'>': "\uE000", '<': "\uE001"}[m[0]] + " " + m[len(m)-1:]
		})
	}
	text = norm.NFC.String(text)
	if strings.ContainsFunc(text, dressed) {
		text = undress(text)
	}
	return strings.Map(cleanRune, text)
}

// more and less than a number: "> 60 ans". Private runes keep them through clean; signs says them.
const moreThan, lessThan = '\uE000', '\uE001'

func cleanRune(r rune) rune {
	switch r {
	case '’', 'ʼ', '‘', '´', '`', '′', '＇':
		return '\''
	case '‐', '‑':
		return '-'
	case '–', '—', '−', '―':
		return '–'
	case 'º':
		return '°'
	case '•', '‧', '∙', '●', '▪', '◦', '→', '⇒', '➜':
		return '•'
	case '~':
		return '≈'
	case '«', '»', '“', '”', '„', '"', '[', ']', '{', '}', '<', '>', '|', '\\', '^':
		return ' '
	}
	switch {
	case unicode.IsSpace(r), unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
		return -1
	}
	return r
}

// dressed tells a character that is another one in another dress: superscript letters ("2ᵉ"), ligatures, circled digits, fractions in
// one sign, the letters that social networks offer as bold.
func dressed(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r >= '¼' && r <= '¾', r >= 0x02B0 && r <= 0x02B8, r >= 0x1D2C && r <= 0x1D6A, r == 'ⁿ', r == 'ª',
		r >= 0x2100 && r <= 0x218B, r >= 0x2460 && r <= 0x24FF, r >= 0x2074 && r <= 0x208E, r >= 0x3300 && r <= 0x33FF,
		r >= 0xFB00 && r <= 0xFB06, r >= 0xFF00 && r <= 0xFF5E, r >= 0x1D400 && r <= 0x1D7FF:
		return true
	}
	return false
}

// undress writes such characters plainly; what is a fraction stands apart from the number before it.
func undress(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '№':
			out.WriteString("n°")
		case r == '™', r == '℠':
		case r >= '¼' && r <= '¾', r >= 0x2150 && r <= 0x215E:
			if !strings.HasSuffix(out.String(), " ") {
				out.WriteByte(' ')
			}
			out.WriteString(strings.ReplaceAll(norm.NFKC.String(string(r)), "\u2044", "/"))
		case dressed(r):
			out.WriteString(norm.NFKC.String(string(r)))
		default:
			out.WriteRune(r)
		}
	}
	return norm.NFC.String(out.String())
}

// isPlain tells that mend would leave s as it is: Latin letters, single spaces, and punctuation where it belongs. Most of what a call
// says is.
func isPlain(s string) bool {
	before := ' '
	for i, r := range s {
		switch {
		case r < 0x80 && (r|0x20) >= 'a' && (r|0x20) <= 'z', r >= 'À' && r <= 'ÿ' && r != '×' && r != '÷', r == 'œ', r == 'Œ':
			if before == ',' || before == '.' || before == ';' || before == ':' || before == '!' || before == '?' {
				return false
			}
		case r == ' ':
			if before == ' ' {
				return false
			}
		case r == '\'', r == '-':
			if !unicode.IsLetter(before) || !unicode.IsLetter(firstRune(s[i+1:])) {
				return false
			}
		case r == '!' || r == '?':
			if before != ' ' || i < 2 || !unicode.IsLetter(lastRune(s[:i-1])) {
				return false
			}
		case r == ',' || r == '.' || r == ';' || r == ':':
			if !unicode.IsLetter(before) || r != '.' && i == len(s)-1 {
				return false
			}
		default:
			return false
		}
		before = r
	}
	return before != ' ' && before != '-' && before != '\''
}

// mend writes words and punctuation as they belong: one space between words, one mark between two of them at most, and nothing that is
// no letter of the Latin alphabet. "" when there is nothing to say. With dots, an abbreviation keeps its own beside the mark after it.
func (n *normaliser) mend(s string, dots bool) string {
	var out strings.Builder
	out.Grow(len(s))
	word := "" // the last one written
	for i := 0; i < len(s); {
		gap := i
		for i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			if isLatin(r) {
				break
			}
			i += size
		}
		start := i
		for i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isLatin(r) {
				break
			}
			i += size
		}
		if word == "" {
			if start < len(s) {
				word = s[start:i]
				out.WriteString(word)
			}
			continue
		}
		if start == i { // the end
			out.WriteString(lastMark(s[gap:]))
			break
		}
		out.WriteString(n.between(word, s[gap:start], dots))
		word = s[start:i]
		out.WriteString(word)
	}
	return out.String()
}

// isLatin is a letter of the Latin alphabet.
func isLatin(r rune) bool {
	if r < 0x80 {
		return (r|0x20) >= 'a' && (r|0x20) <= 'z'
	}
	return r < 0x250 && unicode.Is(unicode.Latin, r) && (unicode.IsUpper(r) || unicode.IsLower(r)) && !dressed(r)
}

// lastMark is the punctuation that ends a text.
func lastMark(gap string) string {
	switch i := strings.IndexAny(gap, "!?"); {
	case i >= 0:
		return " " + gap[i:i+1]
	case strings.ContainsAny(gap, ".…"):
		return "."
	}
	return ""
}

// elided are the words that lose their vowel before another, with an apostrophe.
var elided = map[string]bool{"l": true, "d": true, "j": true, "m": true, "n": true, "s": true, "t": true, "c": true, "qu": true,
	"jusqu": true, "lorsqu": true, "puisqu": true, "quoiqu": true, "quelqu": true, "aujourd": true, "presqu": true, "entr": true}

// between is what stands between two words: a space, an apostrophe, a hyphen or one mark.
func (n *normaliser) between(word, gap string, dots bool) string {
	switch gap {
	case " ", "'", "-", ", ", ". ", ": ", "; ", " ! ", " ? ":
		return gap
	}
	bare := strings.TrimSpace(gap)
	switch {
	case bare == "":
		return " "
	case bare == "'" && elided[strings.ToLower(word)]:
		return "'"
	case gap == ".":
		if n.lex.dotted(word) { // "av.Jean-Jaurès"
			return ". "
		}
		return " "
	}
	if dots && len(gap) > 1 && gap[0] == '.' {
		if mark := n.between(word, gap[1:], false); strings.TrimSpace(mark) != "" && n.lex.dotted(word) {
			return "." + mark // the dot is the abbreviation's, the mark the sentence's: "1er ét., salle 3"
		}
	}
	mark, weight := " ", 0
	for i, r := range gap {
		w, m := 0, ""
		switch {
		case r >= 0x2190 && unicode.Is(unicode.So, r): // "📍 Salle des fêtes 📅 12/03"
			w, m = 1, ", "
		}
		switch r {
		case '!', '?':
			w, m = 5, " "+string(r)+" "
		case '.', '…':
			w, m = 4, ". "
		case ';':
			w, m = 3, "; "
		case ':':
			w, m = 2, ": "
		case ',', '(', ')', '/', '–', '•', '·':
			w, m = 1, ", "
		case '-': // that stands for itself, not in a word
			if strings.HasSuffix(gap[:i], " ") && strings.HasPrefix(gap[i+1:], " ") || strings.HasPrefix(gap[i+1:], "-") {
				w, m = 1, ", "
			}
		}
		if w > weight {
			weight, mark = w, m
		}
	}
	return mark
}
