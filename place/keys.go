package place

import "strings"

// links are the small words that people leave out of, or put into, a name:
// "l'isle sur sorgue", "bagnols cèze".
var links = map[string]bool{
	"le": true, "la": true, "les": true, "l": true, "de": true, "du": true, "des": true, "d": true,
	"sur": true, "sous": true, "en": true, "lez": true, "pres": true, "et": true,
	"a": true, "au": true, "aux": true, "s": true,
}

// Core is a folded name without its leading article: "isle sur la sorgue".
func Core(name string) string { return core(Fold(name)) }

// core takes the leading article from a folded name, unless nothing else is left.
func core(folded string) string {
	first, rest, found := strings.Cut(folded, " ")
	if found && (first == "le" || first == "la" || first == "les" || first == "l") {
		return rest
	}
	return folded
}

// Sketch is what is left of a name whoever writes it: folded, no articles or
// linking words, no spaces. "islesorgue". A name of linking words alone keeps them.
func Sketch(name string) string { return sketch(Fold(name)) }

func sketch(folded string) string {
	var b strings.Builder
	b.Grow(len(folded))
	for word := range strings.SplitSeq(folded, " ") {
		if !links[word] {
			b.WriteString(word)
		}
	}
	if b.Len() == 0 {
		return strings.ReplaceAll(folded, " ", "")
	}
	return b.String()
}
