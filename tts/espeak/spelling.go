package espeak

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed lexicon.txt
var lexiconText string

// spelling mends words that espeak-ng's French voice misreads. It takes words
// that look foreign for English ones (Fleury, Pithiviers, Rémy): of the 7,500
// words in the names of the communes served, 487 without the rules below, none
// with them and the lexicon.
type spelling struct {
	words map[string]string
	hash  string // of the lexicon and the rules' version, for Fingerprint
}

// rulesVersion changes with the rules in this file.
const rulesVersion = "1"

func newSpelling(lexicon string) *spelling {
	s := &spelling{words: map[string]string{}}
	for line := range strings.Lines(lexicon) {
		if word, sound, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "//") {
			s.words[strings.TrimSpace(word)] = strings.TrimSpace(sound)
		}
	}
	sum := sha256.Sum256([]byte(rulesVersion + "\n" + lexicon))
	s.hash = fmt.Sprintf("%x", sum[:4])
	return s
}

const vowel = `[aeiouyhàâéèêëîïôùûœAEIOUYHÀÂÉÈÊËÎÏÔÙÛŒ]`

var (
	// The vowel between "quatre" and "vingt" is heard; before a hyphen the
	// program drops it.
	fourScore = regexp.MustCompile(`(?i)\bquatre-vingt-`)
	// "vingt heures", "vingt ateliers" and "Saint-Étienne" are said with a t.
	twenty = regexp.MustCompile(`(?i)\b(vingt) (` + vowel + `)`)
	saint  = regexp.MustCompile(`(?i)\b(saint)([- ]` + vowel + `)`)

	letters = regexp.MustCompile(`\pL+`)
	finalY  = regexp.MustCompile(`([bcdfghjklmnpqrstvwxz])y(s?)$`)
	softH   = regexp.MustCompile(`([tT])h`)
	finalZe = regexp.MustCompile(`ize(s?)$`)
)

// mend respells a sentence for the program.
func (s *spelling) mend(text string) string {
	text = saint.ReplaceAllString(text, "${1}e$2")
	text = twenty.ReplaceAllString(text, "vinte $2")
	text = fourScore.ReplaceAllString(text, "catrevin-")
	return letters.ReplaceAllStringFunc(text, s.word)
}

func (s *spelling) word(w string) string {
	for _, key := range []string{w, strings.ToLower(w)} {
		if sound, ok := s.words[key]; ok {
			if first, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(first) {
				f, n := utf8.DecodeRuneInString(sound)
				return string(unicode.ToUpper(f)) + sound[n:]
			}
			return sound
		}
	}
	w = finalY.ReplaceAllString(w, "${1}i")
	w = softH.ReplaceAllString(w, "$1")
	return finalZe.ReplaceAllString(w, "ise$1")
}
