package hearing

import (
	"strings"

	"github.com/acotel/acotel-sbc/place/sound"
)

// ipaOf are the sounds of place/sound in IPA. Where it keeps one sound for open and
// closed vowels the syllable decides, see rules.
var ipaOf = map[byte]string{'a': "a", '2': "ø", '@': "ə", 'i': "i", 'y': "y", 'u': "u", 'A': "ɑ̃", 'O': "ɔ̃", 'I': "ɛ̃", 'j': "j", 'w': "w",
	'S': "ʃ", 'Z': "ʒ", 'N': "nj", 'g': "ɡ", 'r': "ʁ", 'b': "b", 'd': "d", 'f': "f", 'k': "k", 'l': "l", 'm': "m", 'n': "n", 'p': "p", 's': "s", 't': "t", 'v': "v", 'z': "z"}

// rules reads text by the rules of French spelling, in IPA. e and o are open in a
// closed syllable, and eu too.
func rules(text string) string {
	s := sound.Of(text)
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch c {
		case 'e', 'o', '2':
			open := i+1 < len(s) && !isVowel(s[i+1]) && (i+2 == len(s) || !isVowel(s[i+2]) && !isGlide(s[i+2]) && s[i+2] != 'r' && s[i+2] != 'l')
			pair := map[byte][2]string{'e': {"e", "ɛ"}, 'o': {"o", "ɔ"}, '2': {"ø", "œ"}}[c]
			if open {
				b.WriteString(pair[1])
			} else {
				b.WriteString(pair[0])
			}
		default:
			b.WriteString(ipaOf[c])
		}
	}
	return b.String()
}

func isVowel(c byte) bool { return strings.IndexByte("ae2@iyuoAOI", c) >= 0 }
func isGlide(c byte) bool { return c == 'j' || c == 'w' }
