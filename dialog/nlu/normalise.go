package nlu

import (
	"slices"
	"strings"
)

// elisions are words that lost their vowel, and what they are without the loss; "" for those that say nothing: who speaks leaves out
// "ne" as often as not, and a recogniser does the same.
var elisions = map[string]string{
	"j": "je", "d": "de", "qu": "que", "m": "me", "t": "te", "s": "se", "l": "le", "c": "ce", "n": "", "ne": "", "chuis": "je suis", "chais": "je sais",
	"cela": "ca", "y": "y", "ouais": "oui", "ouai": "oui", "ouaip": "oui", "voui": "oui", "nan": "non", "nenni": "non",
	"madame": "", "monsieur": "", "mademoiselle": "", "m sieur": "", "msieur": "", "dame": "",
}

// hums carry the voice and nothing else.
var hums = map[string]bool{
	"euh": true, "heu": true, "hum": true, "hein": true, "ben": true, "bah": true, "beh": true, "be": true, "ah": true, "oh": true, "eh": true, "hm": true, "mmm": true,
	"euhh": true, "bon": true, "voila": true, "quoi": true, "alors": true, "donc": true, "he": true,
}

// polite are phrases that bear on nothing.
var polite = [][]string{{"se", "il", "vous", "plait"}, {"se", "il", "te", "plait"}, {"je", "vous", "prie"}, {"vous", "savez"}, {"vous", "voyez"}}

// plainWords brings folded words to the form in which the classifier sees them: elisions undone, stammering, hums and politeness gone,
// unless nothing else was said.
func plainWords(words []string) []string {
	out := make([]string, 0, len(words)+4)
	for _, w := range words {
		if full, ok := elisions[w]; ok {
			out = append(out, strings.Fields(full)...)
			continue
		}
		out = append(out, w)
	}
	for _, phrase := range polite {
		for i := 0; len(out) > len(phrase) && i+len(phrase) <= len(out); i++ {
			if slices.Equal(out[i:i+len(phrase)], phrase) {
				out = slices.Delete(out, i, i+len(phrase))
			}
		}
	}
	bare := slices.DeleteFunc(slices.Clone(out), func(w string) bool { return hums[w] })
	if len(bare) == 0 {
		bare = out
	}
	if len(bare) == 0 {
		bare = words
	}
	return unstammer(bare)
}

// longestStammer is how many words are said twice at most ("je voudrais je voudrais un atelier").
const longestStammer = 3

// unstammer takes words out that were said twice or more in a row.
func unstammer(words []string) []string {
	out := make([]string, 0, len(words))
next:
	for i := 0; i < len(words); i++ {
		for n := longestStammer; n >= 1; n-- {
			if len(out) >= n && i+n <= len(words) && slices.Equal(out[len(out)-n:], words[i:i+n]) {
				i += n - 1
				continue next
			}
		}
		out = append(out, words[i])
	}
	return out
}
