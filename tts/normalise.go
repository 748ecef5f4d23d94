package tts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normaliser puts a French sentence into words: what comes out holds no digit
// and no sign but the punctuation that gives a voice its melody. It is built
// once and only read afterwards.
type normaliser struct {
	lex   *lexicon
	dates *regexp.Regexp // made from the months of the word list
	days  *regexp.Regexp
	units *regexp.Regexp
}

func newNormaliser(words string) (*normaliser, error) {
	lex, err := readLexicon(words)
	if err != nil {
		return nil, err
	}
	return &normaliser{
		lex:   lex,
		dates: regexp.MustCompile(`(?i)(\d{1,2})(?:er)?\s(` + alternatives(lex.sections["months"]) + `)\b\.?(?:\s(\d{4}|\d{2})\b)?`),
		days:  regexp.MustCompile(`(?i)(` + alternatives(lex.sections["days"]) + `)\.?\s(\d)`),
		units: regexp.MustCompile(numeral + `\s?(` + alternatives(lex.sections["units"]) + `)`),
	}, nil
}

// Normalise says text in words. The steps go from what has most structure to
// what has least, so that each leaves its digits to the next only where it
// does not know them.
func (n *normaliser) Normalise(text string) string {
	s := clean(text)
	for _, step := range []func(string) string{
		n.links, n.phones, n.shorthand, n.calendar, n.clock, n.ranges, n.prices, n.measures,
		n.codes, n.ordinals, n.fractions, n.numbers,
		n.initials, n.capitals, n.abbreviations, n.signs, squeeze,
	} {
		s = step(s)
	}
	return s
}

// clean brings the many ways of writing the same sign to one, and drops what
// has no sound: control characters, markup, emoji, the brackets that espeak-ng
// and SSML take as commands.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '’', 'ʼ', '‘', '´', '`':
			return '\''
		case '‐', '‑':
			return '-'
		case '–', '—', '−':
			return '–'
		case 'º':
			return '°'
		case '«', '»', '“', '”', '„', '"', '[', ']', '{', '}', '<', '>', '|', '\\', '^', '~', '\u00ad', '\ufeff', '\u200b':
			return ' '
		}
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Mn, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, norm.NFC.String(text))
}

// squeeze drops the signs left over and mends spaces and punctuation.
func squeeze(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), strings.ContainsRune(" '-,.;:!?", r):
			return r
		case r == '…':
			return '.'
		case r == '(', r == ')', r == '/', r == '–', r == '•', r == '·':
			return ','
		}
		return ' '
	}, s)
	for _, m := range mendings {
		s = m.find.ReplaceAllString(s, m.put)
	}
	s = strings.Trim(s, " ,;:-'")
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return ""
	}
	return s
}

var mendings = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`(^|[ ,.;:!?])[-']+([ ,.;:!?]|$)`), "$1, $2"}, // a dash that stood between spaces
	{regexp.MustCompile(`(\pL)\.(\pL)`), "$1 $2"},
	{regexp.MustCompile(`\s+`), " "},
	{regexp.MustCompile(` ?([,.;:])`), "$1"},
	{regexp.MustCompile(` ?([!?])`), " $1"},
	{regexp.MustCompile(`[,;:. ]*([!?])[,;:.!? ]*`), " $1 "},
	{regexp.MustCompile(`[,;:. ]*(\.)[,;:. ]*`), "$1 "},
	{regexp.MustCompile(`[,: ]*([;:])[,;: ]*`), "$1 "},
	{regexp.MustCompile(`,[, ]*`), ", "},
	{regexp.MustCompile(`^[,;:.!? ]+`), ""},
}

// numeral matches a number with its decimals: groups 1 (whole, thousands
// parted by spaces) and 2 (decimals).
const numeral = `(\d{1,3}(?: \d{3})+|\d+)(?:[.,](\d+))?`

// alternatives is the regular expression of a section's keys, longest first.
func alternatives(section map[string]string) string {
	return strings.Join(longestFirst(section), "|")
}

// rewrite replaces each match of re by what say makes of it. say gets the
// groups and the text on both sides of the match, which stands in for the
// look-around that Go's regular expressions lack; when it answers false the
// match is left alone and the search goes on one rune further.
func rewrite(s string, re *regexp.Regexp, say func(m []string, before, after string) (string, bool)) string {
	var out strings.Builder
	done, from := 0, 0
	for from <= len(s) {
		loc := re.FindStringSubmatchIndex(s[from:])
		if loc == nil {
			break
		}
		m := make([]string, len(loc)/2)
		for i := range m {
			if loc[2*i] >= 0 {
				m[i] = s[from+loc[2*i] : from+loc[2*i+1]]
			}
		}
		start, end := from+loc[0], from+loc[1]
		said, ok := say(m, s[:start], s[end:])
		if !ok || end == start {
			_, size := utf8.DecodeRuneInString(s[start:])
			from = start + max(size, 1)
			continue
		}
		out.WriteString(s[done:start])
		out.WriteString(said)
		done, from = end, end
	}
	out.WriteString(s[done:])
	return out.String()
}

// firstRune and lastRune are 0 for an empty string.
func firstRune(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// nextWord and lastWord are the letters next to a match, a space between.
func nextWord(after string) string {
	after = strings.TrimPrefix(after, " ")
	if i := strings.IndexFunc(after, notWord); i >= 0 {
		return after[:i]
	}
	return after
}

func lastWord(before string) string {
	before = strings.TrimSuffix(before, " ")
	if i := strings.LastIndexFunc(before, notWord); i >= 0 {
		_, size := utf8.DecodeRuneInString(before[i:])
		return before[i+size:]
	}
	return before
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && r != '-' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// alone tells that a match is neither glued to a letter nor to a digit.
func alone(before, after string) bool {
	b, a := lastRune(before), firstRune(after)
	return !unicode.IsLetter(b) && !isDigit(b) && !unicode.IsLetter(a) && !isDigit(a)
}
