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
const rulesVersion = "2"

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

// digit is how a number may begin or end.
const digit = `zéro|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|vingts|trente|quarante|cinquante|soixante|cent|cents|mille`

const vowel = `[aeiouyhàâéèêëîïôùûœAEIOUYHÀÂÉÈÊËÎÏÔÙÛŒ]`

var (
	// The vowel between "quatre" and "vingt" is heard; before a hyphen the
	// program drops it.
	fourScore = regexp.MustCompile(`(?i)\bquatre-vingt-`)
	// "vingt heures", "vingt ateliers" and "Saint-Étienne" are said with a t.
	twenty = regexp.MustCompile(`(?i)\b(vingt) (` + vowel + `)`)
	saint  = regexp.MustCompile(`(?i)\b(saint)([- ]` + vowel + `)`)
	// So is "cent" before what is counted, but not in "cent un".
	hundred = regexp.MustCompile(`(?i)\b(cent) (euros?|ans|années|heures|ateliers|habitants|adhérents|inscrits|exemplaires|élèves|hommes|invités|usagers|abonnés|autres|exercices|amis)\b`)
	// The s of "plus" is heard where it adds, and at the end: "soixante ans et plus", "cinq plus deux".
	plusAtEnd = regexp.MustCompile(`(?i)\b(et|ans|de|en|encore|beaucoup|` + digit + `) plus( ?[,.;:!?]|$)`)
	plusAdds  = regexp.MustCompile(`(?i)(^|[,.;:] |\b(?:euros?|ans|` + digit + `) )plus (` + digit + `)\b`)
	// It is not in "tous" before a noun without article; the plural of "os" has none at all.
	allOf = regexp.MustCompile(`(?i)\btous (deux|trois|quatre|niveaux|publics|types|genres|droits|documents|renseignements|travaux|supports|profils|savoirs)\b`)
	bones = regexp.MustCompile(`(?i)\b(les|des|mes|tes|ses|nos|vos|leurs|aux|ces|d'autres) os\b`)
	// The department and its river are said with a t, a lot of anything without.
	lot = regexp.MustCompile(`\b([Ll]e|[Dd]u) Lot( ?[,.;:!?-]| et |$)|\bLot-et\b`)

	letters = regexp.MustCompile(`\pL+`)
	finalY  = regexp.MustCompile(`([bcdfghjklmnpqrstvwxz])y(s?)$`)
	softH   = regexp.MustCompile(`([tT])h`)
	finalZe = regexp.MustCompile(`ize(s?)$`)
	finalNg = regexp.MustCompile(`([^oO])ing(s?)$`) // "stretching"; but "Tourcoing"
)

// mend respells a sentence for the program.
func (s *spelling) mend(text string) string {
	text = saint.ReplaceAllString(text, "${1}e$2")
	text = twenty.ReplaceAllString(text, "vinte $2")
	text = hundred.ReplaceAllString(text, "${1}e $2")
	if strings.Contains(text, "plus") || strings.Contains(text, "Plus") {
		text = plusAtEnd.ReplaceAllString(text, "$1 plusse$2")
		text = plusAdds.ReplaceAllString(text, "${1}plusse $2")
	}
	text = allOf.ReplaceAllString(text, "tou $1")
	text = bones.ReplaceAllString(text, "$1 ô")
	text = lot.ReplaceAllStringFunc(text, func(s string) string { return strings.Replace(s, "Lot", "Lotte", 1) })
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
	w = finalNg.ReplaceAllString(w, "${1}inng$2")
	return finalZe.ReplaceAllString(w, "ise$1")
}
