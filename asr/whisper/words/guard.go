package words

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// How often a group may follow itself before it is a loop. People say "non, non, non" and "zéro zéro zéro"; they do not say a group of
// several words three times.
const (
	sameWords = 1 // said again is the same answer
	sameWord  = 3
	sameDigit = 5
)

// looped tells from where on a decoding goes round: the last words are a group that has come too often. It is asked at each step, so it
// looks at the end only. A group is counted in entries of the vocabulary.
func looped(words []int32) (from int, yes bool) {
	for n := 1; n <= len(words)/3; n++ {
		limit := 4
		if n < 3 {
			limit = 6 // digits, and words of one or two entries
		}
		times := 1
		for end := len(words) - n; end >= n && slices.Equal(words[end-n:end], words[len(words)-n:]); end -= n {
			times++
		}
		if times >= limit {
			return len(words) - (times-1)*n, true
		}
	}
	return len(words), false
}

// onceOnly takes out what a text says again and again: of a group of words that follows itself, the first stays (of one word three, of digits
// five). It tells whether something was taken out.
func onceOnly(text string) (string, bool) {
	words := strings.Fields(text)
	keys := make([]string, len(words))
	for i, w := range words {
		keys[i] = Fold(w)
	}
	var cut bool
	for i := 0; i < len(words); i++ {
		for n := (len(words) - i) / 2; n >= 1; n-- {
			times := 1
			for at := i + n; at+n <= len(words) && slices.Equal(keys[at:at+n], keys[i:i+n]); at += n {
				times++
			}
			if keep := allowed(keys[i : i+n]); times > keep {
				words = slices.Delete(words, i+keep*n, i+times*n)
				keys = slices.Delete(keys, i+keep*n, i+times*n)
				cut = true
			}
		}
	}
	return strings.Join(words, " "), cut
}

// allowed is how often a group may come one after another.
func allowed(group []string) int {
	digits := true
	for _, w := range group {
		digits = digits && w != "" && strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	}
	switch {
	case digits:
		return sameDigit
	case len(group) == 1 || allSame(group):
		return sameWord
	}
	return sameWords
}

func allSame(group []string) bool {
	return !slices.ContainsFunc(group, func(w string) bool { return w != group[0] })
}

// Fold makes of a text what is compared: small letters without accents, digits, one space between words.
func Fold(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		switch r {
		case 'œ':
			b.WriteString("oe")
		case 'æ':
			b.WriteString("ae")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
