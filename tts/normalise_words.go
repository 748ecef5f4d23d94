package tts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What is written in letters but not as it is said: links, initials, capitals,
// abbreviations; and the signs.

var (
	link      = regexp.MustCompile(`(?i)[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+|(?:https?://|www\.)[^ ,;()]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:fr|com|org|net|eu)(?:/[^ ,;()]*)?`)
	dotted    = regexp.MustCompile(`(?:\p{Lu}\.){2,}\p{Lu}?`)
	upperWord = regexp.MustCompile(`\p{Lu}{2,}`)
	token     = regexp.MustCompile(`\pL+\.?`)
	overRiver = regexp.MustCompile(`\b[sS]/ ?`)
	vowels    = "AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ"
)

// links says addresses of pages and mail boxes as one dictates them.
func (n *normaliser) links(s string) string {
	return rewrite(s, link, func(m []string, before, after string) (string, bool) {
		if b := lastRune(before); unicode.IsLetter(b) || isDigit(b) || unicode.IsLetter(firstRune(after)) {
			return "", false
		}
		bare := strings.TrimRight(m[0], "./?!:")
		end := ""
		if strings.HasSuffix(m[0], ".") && strings.TrimSpace(after) == "" {
			end = "."
		}
		lower := strings.ToLower(bare)
		lower = strings.TrimPrefix(strings.TrimPrefix(lower, "https://"), "http://")
		var said []string
		word := ""
		flush := func() {
			if word == "fr" || word == "eu" {
				word = n.spell(word)
			}
			if word != "" {
				said = append(said, word)
			}
			word = ""
		}
		names := map[rune]string{'.': "point", '-': "dash", '_': "underscore", '/': "slash"}
		for _, r := range lower {
			switch key, known := names[r]; {
			case known:
				flush()
				said = append(said, n.lex.phrase(key))
			case n.lex.has("signs", string(r)):
				flush()
				said = append(said, n.lex.sections["signs"][string(r)])
			default:
				word += string(r)
			}
		}
		flush()
		return strings.Join(said, " ") + end, true
	})
}

// spell says a word letter by letter.
func (n *normaliser) spell(word string) string {
	var said []string
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		if name, ok := n.lex.sections["letters"][string(r)]; ok {
			said = append(said, name)
		}
	}
	return strings.Join(said, " ")
}

// initials says "C.C.A.S." as "CCAS".
func (n *normaliser) initials(s string) string {
	return rewrite(s, dotted, func(m []string, before, after string) (string, bool) {
		if unicode.IsLetter(lastRune(before)) || unicode.IsLower(firstRune(after)) {
			return "", false
		}
		end := ""
		if strings.HasSuffix(m[0], ".") && strings.TrimSpace(after) == "" {
			end = "."
		}
		return strings.ReplaceAll(m[0], ".", "") + end, true
	})
}

// capitals decides how a word in capitals is read: "CCAS" letter by letter,
// "CARSAT" as a word, "RUE DE LA PAIX" as words. A short one or one without a
// vowel is spelled, unless its neighbours are in capitals too.
func (n *normaliser) capitals(s string) string {
	shouting := isShouting(s)
	return rewrite(s, upperWord, func(m []string, before, after string) (string, bool) {
		word := m[0]
		if unicode.IsLetter(lastRune(before)) || unicode.IsLetter(firstRune(after)) {
			if firstRune(after) != 's' || unicode.IsLetter(firstRune(after[1:])) || !n.lex.has("spelled", word) {
				return "", false
			}
		}
		_, abbreviated := n.lex.abbreviation(word)
		among := shouting || isUpperWord(lastWord(before)) || isUpperWord(nextWord(after))
		switch {
		case n.lex.has("spelled", word):
			return n.spell(word), true
		case n.lex.has("words", word), abbreviated, among && strings.ContainsAny(word, vowels):
		case utf8.RuneCountInString(word) <= 3, !strings.ContainsAny(word, vowels):
			return n.spell(word), true
		}
		first, size := utf8.DecodeRuneInString(word)
		return string(first) + strings.ToLower(word[size:]), true
	})
}

// isShouting tells that most of the sentence is in capitals.
func isShouting(s string) bool {
	upper, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return upper*2 > letters && len(upperWord.FindAllString(s, 2)) > 1
}

// isUpperWord tells that a neighbour is a word in capitals, no acronym.
func isUpperWord(w string) bool {
	return utf8.RuneCountInString(w) >= 4 && strings.ToUpper(w) == w
}

// abbreviations says "av." as "avenue". Its dot is dropped but at the end.
func (n *normaliser) abbreviations(s string) string {
	s = rewrite(s, overRiver, func(_ []string, before, after string) (string, bool) {
		r := lastRune(before)
		return n.lex.phrase("on") + " ", (r == 0 || r == ' ' || r == '-') && unicode.IsLetter(firstRune(strings.TrimSpace(after)))
	})
	return rewrite(s, token, func(m []string, before, after string) (string, bool) {
		if unicode.IsLetter(lastRune(before)) || unicode.IsLetter(firstRune(after)) {
			return "", false
		}
		words, ok := n.lex.abbreviation(m[0])
		if !ok {
			return m[0], true // past the whole word, never into its middle
		}
		said := likeCase(m[0], words)
		if strings.HasSuffix(m[0], ".") && strings.TrimSpace(after) == "" {
			said += "."
		}
		return said, true
	})
}

// signs says the signs that are words. A pair of asterisks is only emphasis.
func (n *normaliser) signs(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "**", " "), "/", ", ")
	var out strings.Builder
	for _, r := range s {
		if words, ok := n.lex.sections["signs"][string(r)]; ok {
			out.WriteString(" " + words + " ")
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
