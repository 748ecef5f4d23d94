package tts

import (
	"strings"
	"unicode/utf8"
)

// Words is the normaliser alone, for tests that bring texts of packages that stand above this one: what puts a text into words, and what
// tells what in such words a voice would have to guess, "" for nothing.
func Words() (normalise, leftToGuess func(string) string, err error) {
	n, err := newNormaliser(frenchWords)
	if err != nil {
		return nil, nil, err
	}
	return n.Normalise, n.leftToGuess, nil
}

func (n *normaliser) leftToGuess(said string) string {
	for _, r := range said {
		if !isLatin(r) && !strings.ContainsRune(" '-,.;:!?", r) {
			return "the sign " + string(r)
		}
	}
	for i, token := range strings.FieldsFunc(said, func(r rune) bool { return !isLatin(r) }) {
		switch {
		case n.lex.has("abbreviations", token), n.lex.has("abbreviations", strings.ToLower(token)) && utf8.RuneCountInString(token) > 1:
			return "the abbreviation " + token
		case utf8.RuneCountInString(token) > 1 && strings.ToUpper(token) == token:
			return "the capitals " + token
		case !strings.ContainsAny(token, vowels) && utf8.RuneCountInString(token) > 1 && !n.lex.has("interjections", strings.ToLower(token)) && !elided[strings.ToLower(token)]:
			return "no vowel in " + token
		case utf8.RuneCountInString(token) == 1 && !strings.Contains("aàyôoéèêuiAÀYÔIUO", token) && !strings.Contains(strings.ToLower(said), strings.ToLower(token)+"'") && !strings.Contains(said, "-"+token+"-") && !strings.Contains(said, "c'h"):
			return "the letter " + token
		case i > 0 && strings.HasSuffix(said, token+".") && n.lex.dotted(token) && !n.lex.has("ambiguous", strings.ToLower(token)+"."):
			return "the abbreviation " + token + "."
		}
	}
	return ""
}
