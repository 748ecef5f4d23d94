package tts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is written in letters but not as it is said: capitals, abbreviations, lone letters; and the signs.

const vowels = "aeiouyàâäæéèêëîïôöœùûüAEIOUYÀÂÄÆÉÈÊËÎÏÔÖŒÙÛÜ"

// words says the words of a mended text one by one.
func (n *normaliser) words(s string) string {
	shouting := isShouting(s)
	var out strings.Builder
	out.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		start := i
		for i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			if !unicode.IsLetter(r) {
				break
			}
			i += size
		}
		if i == start {
			out.WriteByte(s[i])
			i++
			continue
		}
		w := spot{text: s, start: start, end: i, shouting: shouting}
		said, dot := n.word(w)
		out.WriteString(said)
		if dot { // of an abbreviation in the middle of a sentence
			i++
		}
	}
	return out.String()
}

// spot is a word in its text.
type spot struct {
	text       string
	start, end int
	shouting   bool
}

func (w spot) token() string { return w.text[w.start:w.end] }
func (w spot) before() rune  { return lastRune(w.text[:w.start]) }
func (w spot) after() string { return w.text[w.end:] }

// following is what comes after the word and its dot.
func (w spot) following() string {
	return strings.TrimLeft(strings.TrimPrefix(w.after(), "."), " ")
}

// namesSomebody tells that a name follows: "Mal Foch", "Gal de Gaulle".
func (w spot) namesSomebody() bool {
	after := strings.TrimPrefix(w.after(), ".")
	if w.before() == '-' {
		return false
	}
	for _, of := range []string{" de la ", " de ", " d'", " ", "-de-", "-"} {
		if name, ok := strings.CutPrefix(after, of); ok {
			return unicode.IsUpper(firstRune(name))
		}
	}
	return false
}

// word says one word. swallow tells that the dot after it was a part of it.
func (n *normaliser) word(w spot) (said string, swallow bool) {
	token := w.token()
	dotted := strings.HasPrefix(w.after(), ".")
	if words, ok := n.abbreviated(w, dotted); ok {
		next := w.following()
		closes := next == "" || n.lex.has("closers", strings.ToLower(token)+".") && unicode.IsUpper(firstRune(next))
		return likeCase(token, words), dotted && !closes
	}
	upper, others := 0, 0
	for i, r := range token {
		switch {
		case unicode.IsUpper(r):
			upper++
			if i > 0 {
				others++ // a capital that does not begin the word
			}
		}
	}
	letters := utf8.RuneCountInString(token)
	switch {
	case letters == 1:
		said, initial := n.letter(w, dotted)
		return said, initial || dotted && unicode.IsUpper(firstRune(token)) && unicode.IsLower(firstRune(w.following())) // "Jean D. au 04…"
	case n.lex.has("sayings", token):
		return n.lex.sections["sayings"][token], false
	case upper == letters:
		return n.capitals(w, token), false
	case upper == letters-1 && strings.HasSuffix(token, "s") && upper > 1: // "EHPADs"
		said := n.capitals(w, token[:len(token)-1])
		if !strings.Contains(said, " ") {
			said += "s"
		}
		return said, false
	case others > 0:
		return n.camel(w), false
	case n.isAcronym(token):
		return n.spell(token), false
	}
	return token, false
}

// abbreviated finds what an abbreviation stands for where it is one.
func (n *normaliser) abbreviated(w spot, dotted bool) (string, bool) {
	token := w.token()
	if len(token) > 8 { // none is longer
		return "", false
	}
	next := firstRune(w.following())
	if words, ok := n.lex.sections["titles"][token]; ok && w.namesSomebody() && !w.shouting {
		return words, true
	}
	if dotted {
		if words, ok := n.lex.sections["ambiguous"][strings.ToLower(token)+"."]; ok {
			return words, unicode.IsLower(next) || next != 0 && unicode.IsUpper(firstRune(token))
		}
		if words, ok := n.lex.sections["titles"][token+"."]; ok {
			return words, true
		}
		token += "."
	}
	if b := w.before(); b == '\'' && utf8.RuneCountInString(token) <= 2 {
		return "", false
	}
	return n.lex.abbreviation(token)
}

// letter says a letter that stands alone: by its name, unless it is a word.
func (n *normaliser) letter(w spot, dotted bool) (said string, swallow bool) {
	token, before, after := w.token(), w.before(), firstRune(w.after())
	if dotted && unicode.IsUpper(firstRune(token)) && unicode.IsUpper(firstRune(w.following())) {
		return n.spell(token), true // "J. Prévert"
	}
	begins := strings.TrimRight(w.text[:w.start], " ") == "" || strings.ContainsRune(".!?;:", lastRune(strings.TrimRight(w.text[:w.start], " ")))
	switch {
	case after == '\'' && elided[strings.ToLower(token)]:
		return token, false
	case before == '-' && after == '-' && (unicode.IsLower(firstRune(token)) || w.shouting): // "a-t-il", "l'a-t-on"
		return token, false
	case strings.EqualFold(token, "h") && (strings.HasSuffix(w.text[:w.start], "c'") || strings.HasSuffix(w.text[:w.start], "C'")): // "Plouezoc'h"
		return strings.ToLower(token), false
	case strings.Contains("aàyôéèêîïûùœæAÀYÔÉÈÊÎÏÛÙ", token) && (before == '\'' || before == '-' || unicode.IsLower(firstRune(token)) || after == '-'):
		return token, false
	case token == "A" && begins && after == ' ' && w.following() != "": // "A bientôt"
		return "À", false
	case token == "A" && w.shouting:
		return "à", false
	case token == "Y" && begins && strings.HasPrefix(w.after(), " a"), strings.Contains("ÀÔÉÈÊ", token):
		return token, false
	}
	if name := n.spell(token); name != "" {
		return name, false
	}
	return token, false
}

// capitals decides how a word in capitals is read: "CCAS" letter by letter, "CARSAT" as a word, "RUE DE LA PAIX" as words. One that can't
// be pronounced is spelled; a short one, too, unless its neighbours are in capitals as well.
func (n *normaliser) capitals(w spot, word string) string {
	among := w.shouting || isUpperWord(lastWord(w.text[:w.start])) || isUpperWord(nextWord(w.after()))
	short := utf8.RuneCountInString(word)
	switch {
	case n.lex.has("spelled", word):
		return n.spell(word)
	case n.lex.has("words", word):
	case !pronounceable(word):
		return n.spell(word)
	case strings.ContainsFunc(word, func(r rune) bool { return r > unicode.MaxASCII }): // who writes accents writes words
	case short == 2 && !(among && n.lex.has("short", word)), short == 3 && !among:
		return n.spell(word)
	}
	first, size := utf8.DecodeRuneInString(word)
	return string(first) + strings.ToLower(word[size:])
}

// camel parts what was glued: "BienVieillir", "YouTube".
func (n *normaliser) camel(w spot) string {
	var pieces []string
	token, from := w.token(), 0
	var last rune
	for i, r := range token {
		next := firstRune(token[i+utf8.RuneLen(r):])
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(last) || unicode.IsLower(next)) {
			pieces, from = append(pieces, token[from:i]), i
		}
		last = r
	}
	pieces = append(pieces, token[from:])
	return n.words(strings.Join(pieces, " "))
}

// isAcronym tells that a word in small letters is one: it has no vowel, or it is known and can't be read ("Ccas").
func (n *normaliser) isAcronym(token string) bool {
	if len(token) > 7 {
		return false
	}
	if !strings.ContainsAny(token, vowels) {
		return !n.lex.has("interjections", strings.ToLower(token))
	}
	upper := strings.ToUpper(token)
	return n.lex.has("spelled", upper) && !pronounceable(upper)
}

// onsets are the consonants that a French word may begin with, in capitals.
var onsets = func() map[string]bool {
	set := map[string]bool{}
	for _, o := range strings.Fields("B C D F G H J K L M N P Q R S T V W X Z Ç BL BR CH CHR CL CR DR DJ FL FR GL GN GR GH KL KR KN PH PHR PL PR PN PS PT QU RH SC SCH SCR SK SL SM SN SP SPL SPR ST STR TH THR TR TS TCH VR VL WH WR ZH MN CT") {
		set[o] = true
	}
	return set
}()

// pronounceable tells that a word in capitals can be read: it has a vowel, its beginning is one that words have, its end no heap of
// consonants.
func pronounceable(word string) bool {
	first := strings.IndexAny(word, vowels)
	if first < 0 {
		return false
	}
	last := strings.LastIndexAny(word, vowels)
	_, size := utf8.DecodeRuneInString(word[last:])
	tail := word[last+size:]
	return (first == 0 || onsets[word[:first]]) && (utf8.RuneCountInString(tail) <= 2 || strings.HasSuffix(tail, "S") && utf8.RuneCountInString(tail) <= 3 || tail == "TCH")
}

// isShouting tells that most of the sentence is in capitals.
func isShouting(s string) bool {
	upper, letters, run, words := 0, 0, 0, 0
	for _, r := range s {
		switch {
		case r < 0x80 && (r < 'A' || r > 'z' || r > 'Z' && r < 'a'), r >= 0x80 && !unicode.IsLetter(r):
			run = 0
		case unicode.IsUpper(r):
			letters++
			upper++
			if run++; run == 2 {
				words++
			}
		default:
			letters++
			run = 0
		}
	}
	return upper*2 > letters && words > 1
}

// isUpperWord tells that a neighbour is a word in capitals, no acronym.
func isUpperWord(w string) bool {
	return utf8.RuneCountInString(w) >= 4 && strings.ToUpper(w) == w
}

// signs says the signs that are words. An asterisk is one where it stands alone; glued to a word it is a mark of something else.
func (n *normaliser) signs(s string) string {
	s = overRiver(s, n.lex.phrase("on"))
	var out strings.Builder
	for i, r := range s {
		switch {
		case r < 0x80 && (r == ' ' || (r|0x20) >= 'a' && (r|0x20) <= 'z'):
			out.WriteRune(r)
			continue
		case r == moreThan:
			out.WriteString(" " + n.lex.phrase("more_than") + " ")
			continue
		case r == lessThan:
			out.WriteString(" " + n.lex.phrase("less_than") + " ")
			continue
		}
		words, ok := n.lex.sections["signs"][string(r)]
		if !ok {
			out.WriteRune(r)
			continue
		}
		before, after := s[:i], s[i+utf8.RuneLen(r):]
		switch {
		case r == '*' && (!standsAlone(before, after) || strings.TrimSpace(before) == "" && isLatin(firstRune(strings.TrimSpace(after)))),
			r == '#' && isLatin(firstRune(after)):
			out.WriteByte(' ')
		case r == '+' && strings.HasPrefix(after, " de "), r == '+' && isLatin(firstRune(after)):
			out.WriteString(" " + words + " ")
		default:
			out.WriteString(" " + words + " ")
		}
	}
	return out.String()
}

// standsAlone tells that no word and no sign of the same kind touches a sign.
func standsAlone(before, after string) bool {
	b, a := lastRune(before), firstRune(after)
	return b != '*' && a != '*' && !unicode.IsLetter(b) && !unicode.IsLetter(a)
}

// overRiver says "s/" as in "Châteauneuf s/ Loire".
func overRiver(s, on string) string {
	s = strings.ReplaceAll(s, "-s/-", "-"+on+"-")
	for _, river := range []string{" s/", " S/"} {
		for {
			i := strings.Index(s, river)
			if i < 0 || !unicode.IsLetter(firstRune(strings.TrimPrefix(s[i+len(river):], " "))) {
				break
			}
			s = s[:i] + " " + on + " " + strings.TrimPrefix(s[i+len(river):], " ")
		}
	}
	return s
}
