package phoneme

import (
	"slices"
	"strings"
)

// Figures of the ways in which people say the same: a schwa more or less, final
// vowels opened or closed, the mute e of the south.
const (
	withoutSchwa = 0.7
	withFinalE   = 0.4
	closedFinal  = 0.6
	secondWay    = 0.5 // a pronunciation that espeak-ng or the rules name second
)

// Variants lists the ways to say a text of these pronunciations: text is its spelling, from
// which a mute e at the end is known.
func Variants(text string, said []String) []Said {
	var out []Said
	add := func(s String, w float64) {
		if len(s) == 0 {
			return
		}
		i := slices.IndexFunc(out, func(o Said) bool { return slices.Equal(o.Phonemes, s) })
		if i < 0 {
			out = append(out, Said{s, w})
		} else {
			out[i].Weight = max(out[i].Weight, w)
		}
	}
	schwa, e, open := symbolTable.byName["ə"], symbolTable.byName["e"], symbolTable.byName["ɛ"]
	for i, s := range said {
		w := 1.0
		if i > 0 {
			w = secondWay
		}
		add(s, w)
		if slices.Contains(s, schwa) && len(s) > 3 {
			add(dropped(s, schwa), w*withoutSchwa)
		}
		switch last := s[len(s)-1]; {
		case last == open:
			add(append(slices.Clone(s[:len(s)-1]), e), w*closedFinal)
		case muteEnd(text) && !vowel(last) && len(s) > 1:
			add(append(slices.Clone(s), schwa), w*withFinalE)
		}
	}
	return out
}

// dropped leaves out the schwas between consonants, but those that would leave the first sound alone before two others.
func dropped(s String, schwa Symbol) String {
	var out String
	for i, p := range s {
		if p == schwa && i > 0 && len(out) > 0 && !(len(out) > 1 && !vowel(out[len(out)-1]) && !vowel(out[len(out)-2])) {
			continue
		}
		out = append(out, p)
	}
	return out
}

func vowel(p Symbol) bool { return p >= 1 && p <= symbolTable.byName["ɔ̃"] }

func muteEnd(text string) bool {
	text = strings.ToLower(text)
	return strings.HasSuffix(text, "e") || strings.HasSuffix(text, "es") || strings.HasSuffix(text, "ent")
}
