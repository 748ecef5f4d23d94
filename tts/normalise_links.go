package tts

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	link   = regexp.MustCompile(`(?i)[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+|(?:https?://|www\.)[^ ,;()]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:fr|com|org|net|eu|info|be|ch|bzh|corsica)(?:/[^ ,;()]*)?`)
	dotted = regexp.MustCompile(`(?:\p{Lu}\.-?){2,}\p{Lu}?`)
)

// links says addresses of pages and mail boxes as one dictates them.
func (n *normaliser) links(s string) string {
	if !strings.Contains(s, "@") && !strings.Contains(s, ".") {
		return s
	}
	return rewrite(s, link, func(m []string, before, after string) (string, bool) {
		if b := lastRune(before); unicode.IsLetter(b) || isDigit(b) || unicode.IsLetter(firstRune(after)) {
			return "", false
		}
		bare := strings.TrimRight(m[0], "./?!:")
		mark := strings.ReplaceAll(m[0][len(bare):], "/", "")
		bare, _, _ = strings.Cut(bare, "?") // what follows is for the page, nobody can note it down
		bare = strings.TrimRight(bare, "/")
		lower := strings.ToLower(bare)
		lower = strings.TrimPrefix(strings.TrimPrefix(lower, "https://"), "http://")
		var said []string
		word := ""
		flush := func() {
			if word != "" {
				said = append(said, n.label(word))
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
		return strings.Join(said, " ") + mark, true
	})
}

// label says a piece of an address between two signs: "fr" and "ccas" letter by letter, the others as words.
func (n *normaliser) label(word string) string {
	switch _, abbreviated := n.lex.abbreviation(word); {
	case word == "www":
		return n.lex.phrase("web")
	case word == "fr", word == "eu", word == "be", word == "ch", abbreviated, n.lex.has("spelled", strings.ToUpper(word)):
		return n.spell(word)
	}
	return word
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

// initials writes "C.C.A.S." as "CCAS" and "J.-J." as "JJ".
func (n *normaliser) initials(s string) string {
	return rewrite(s, dotted, func(m []string, before, after string) (string, bool) {
		if unicode.IsLetter(lastRune(before)) || unicode.IsLower(firstRune(after)) {
			return "", false
		}
		return ending(strings.NewReplacer(".", "", "-", "").Replace(m[0]), m[0], after), true
	})
}
