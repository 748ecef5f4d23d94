package tts

import (
	"regexp/syntax"
	"strings"
)

// need is something that a text must hold for a regular expression to match: one of some words, or one of some characters. Looking for it
// costs a hundredth of what the expression costs, and most texts hold nothing of most patterns.
type need struct {
	words []string
	chars string
}

func (n need) met(s string) bool {
	if n.chars != "" {
		return strings.ContainsAny(s, n.chars)
	}
	for _, w := range n.words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// needsOf lists what every match of an expression holds, as far as its outermost sequence tells.
func needsOf(re *syntax.Regexp) []need {
	const fewRunes = 16 // of a class that is worth looking for
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []need{{words: []string{string(re.Rune)}}}
		}
	case syntax.OpCharClass:
		var chars []rune
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] >= fewRunes || len(chars) > fewRunes {
				return nil
			}
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				chars = append(chars, r)
			}
		}
		return []need{{chars: string(chars)}}
	case syntax.OpCapture, syntax.OpPlus:
		return needsOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needsOf(re.Sub[0])
		}
	case syntax.OpConcat:
		var all []need
		for _, sub := range re.Sub {
			all = append(all, needsOf(sub)...)
		}
		return all
	case syntax.OpAlternate:
		var words []string
		for _, sub := range re.Sub {
			found := ""
			for _, n := range needsOf(sub) {
				if len(n.words) == 1 && len(n.words[0]) > len(found) {
					found = n.words[0]
				}
			}
			if found == "" {
				return nil
			}
			words = append(words, found)
		}
		return []need{{words: words}}
	}
	return nil
}
