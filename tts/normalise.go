package tts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// normaliser puts a French sentence into words: what comes out holds no digit and no sign but the punctuation that gives a voice its
// melody, and is left as it is when it comes back. It is built once and only read afterwards.
type normaliser struct {
	lex *lexicon

	// Made from the word lists.
	september *regexp.Regexp
	dates     *regexp.Regexp
	firstDay  *regexp.Regexp
	dayList   *regexp.Regexp
	dayRange  *regexp.Regexp
	days      *regexp.Regexp
	dayPair   *regexp.Regexp
	dayChain  *regexp.Regexp
	monthPair *regexp.Regexp
	units     *regexp.Regexp
	unitRange *regexp.Regexp
	per       *regexp.Regexp

	figures []func(string) string // the steps that say what is written in digits, in their order
}

func newNormaliser(words string) (*normaliser, error) {
	lex, err := readLexicon(words)
	if err != nil {
		return nil, err
	}
	months, days, units := alternatives(lex.sections["months"]), alternatives(lex.sections["days"]), alternatives(lex.sections["units"])
	weekdays := lex.weekdays()
	n := &normaliser{
		lex:       lex,
		september: regexp.MustCompile(`(?i)\b(sept)\. `),
		dates:     regexp.MustCompile(`(?i)(\d{1,2})(?:er)?[ -](` + months + `)\b\.?(?:[ -](\d{4}|\d{2})\b)?`),
		firstDay:  regexp.MustCompile(`(?i)\b(du|le|les) 1((?: au| et|,)[ \d,etaur]* (?:` + months + `)\b)`),
		dayList:   regexp.MustCompile(`(?i)(\d{1,2}(?:[-–/]\d{1,2}){2,}) (` + months + `)`),
		dayRange:  regexp.MustCompile(`(?i)(\d{1,2}) ?[-–] ?(\d{1,2} (?:` + months + `)\b)`),
		days:      regexp.MustCompile(`(?i)(` + days + `)\.? ((?:de |à |dès )?\d|matin|midi|après-midi|soir)`),
		dayPair:   regexp.MustCompile(`(?i)\b(` + weekdays + `)(\.?)( ?[-–/&] ?| et | au | ou | à |, ?)(` + weekdays + `)\b(\.?)`),
		units:     regexp.MustCompile(numeral + ` ?(` + units + `)(\.?)`),
		dayChain:  regexp.MustCompile(`(?i)\b(?:` + weekdays + `)\.?(?: ?[-–] ?(?:` + weekdays + `)\b\.?){2,}`),
		monthPair: regexp.MustCompile(`(?i)(` + months + `)\b\.?( \d{4})?( ?[-–/&] ?)(` + months + `)\b(\.?)`),
		unitRange: regexp.MustCompile(`(\d ?(?:€|` + units + `)) ?[-–] ?(\d)`),
		per:       regexp.MustCompile(` ?/ ?(` + alternatives(lex.sections["per"]) + `)`),
	}
	n.figures = []func(string) string{
		n.phones, n.shorthand, n.halves, n.times, n.calendar, n.perUnit, n.clock, n.negatives, n.ranges, n.prices, n.measures,
		n.codes, n.ordinals, n.fractions, n.numbers,
	}
	return n, nil
}

// passes bounds how often a text is gone over. The second finds nothing to do in all but odd texts, in which one step has parted what
// another one knows ("0Xe").
const passes = 4

// Normalise says text in words.
func (n *normaliser) Normalise(text string) string {
	s := clean(text)
	for range passes {
		said := n.pass(s)
		if said == s {
			break
		}
		s = said
	}
	return s
}

// pass goes from what has most structure to what has least, so that each step leaves its digits to the next only where it does not know
// them. Steps are skipped where a look at the text shows that they have nothing to do.
func (n *normaliser) pass(s string) string {
	s = n.written(n.hurried(s))
	if strings.ContainsAny(s, "°#") {
		s = n.numberSigns(s)
	}
	if strings.ContainsAny(s, "0123456789") {
		for _, step := range n.figures {
			s = step(s)
		}
	}
	s = n.elide(s)
	if hasRoman(s) {
		s = n.ordinals(s)
	}
	if !isPlain(s) {
		s = n.mend(n.signs(s), true)
	}
	if s = n.words(s); !isPlain(s) {
		s = n.mend(s, false)
	}
	return s
}

// elide says "de une heure", as digits leave it, as it is said.
func (n *normaliser) elide(s string) string {
	if !strings.Contains(s, "e un") {
		return s
	}
	return rewrite(s, ofOne, func(m []string, before, after string) (string, bool) {
		return m[1] + "'" + m[2] + " " + m[3], !isLatin(lastRune(before)) && !n.lex.has("not_elided", m[3])
	})
}

var ofOne = regexp.MustCompile(`([dD])e (une?) (\pL+)`)

// written says what is a text of its own kind: addresses of the net, expressions with signs inside, days cut short, initials, and words
// written for men and women at once.
func (n *normaliser) written(s string) string {
	s = n.expressions(s)
	tight := hasTightDot(s)
	if tight || strings.Contains(s, "@") {
		s = n.links(s)
	}
	if tight || strings.ContainsAny(s, "(·•") {
		s = bothGenders.ReplaceAllString(s, "$1$2")
	}
	if tight {
		s = n.initials(s)
	}
	return n.dayNames(s)
}

// hasTightDot tells that a dot stands between two characters that are no spaces.
func hasTightDot(s string) bool {
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '.' && s[i-1] != ' ' && s[i+1] != ' ' {
			return true
		}
	}
	return false
}

// expressions says "c.-à-d." and what else the list has, at the beginnings of words.
func (n *normaliser) expressions(s string) string {
	var out strings.Builder
	done := 0
	before := rune(0)
	for i, r := range s {
		if i < done || unicode.IsLetter(before) || isDigit(before) {
			before = r
			continue
		}
		before = r
		for _, e := range n.lex.expressions[unicode.ToLower(r)] {
			end := i + len(e.written)
			if end > len(s) || !strings.EqualFold(s[i:end], e.written) || !alone("", s[end:]) {
				continue
			}
			out.WriteString(s[done:i])
			out.WriteString(ending(e.said, e.written, s[end:]))
			done = end
			break
		}
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// bothGenders: "retraité(e)s" and "retraité·e·s" are said as "retraités".
var bothGenders = regexp.MustCompile(`(\pL)(?:\((?:e|s|es|ne|nes|le|les|te|ve|rice|trice|euse|x)\)|[·•‧∙.](?:e|ne|le|te|ve|rice|trice|euse|ère|fe)(?:[·•‧∙.]?(s))?\b)`)

// ending gives words the full stop that the last dot of an abbreviation also was, when nothing follows.
func ending(words, token, after string) string {
	if strings.HasSuffix(token, ".") && strings.TrimSpace(after) == "" {
		return words + "."
	}
	return words
}

// numeral matches a number with its decimals before a unit: groups 1 (whole, thousands parted by spaces or dots) and 2 (decimals).
const numeral = `([1-9]\d{0,2}(?:[ .]\d{3})+|\d+)(?:[.,](\d+))?`

// bareNumeral is numeral where no unit tells where it ends: "845 2231" is no 845 223.
const bareNumeral = `([1-9]\d{0,2}(?:[ .]\d{3})+\b|\d+)(?:[.,](\d+))?`

// alternatives is the regular expression of a section's keys, longest first.
func alternatives(section map[string]string) string {
	return strings.Join(longestFirst(section), "|")
}

// rewrite replaces each match of re by what say makes of it. say gets the groups and the text on both sides of the match, which stands in
// for the look-around that Go's regular expressions lack; when it answers false the match is left alone and the search goes on one rune
// further.
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
	if done == 0 {
		return s
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
