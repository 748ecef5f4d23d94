package tts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSentence bounds a sentence, in bytes: a description pasted without a full
// stop is cut at a comma or a space, so that the first sound never waits for
// minutes of speech and the cache never holds them.
const maxSentence = 300

// Sentences cuts a French text where a voice should pause: at . ! ? … followed
// by a space, at ; and at line ends. It does not cut within abbreviations
// ("av. Jean-Jaurès"), initials, decimals, dates and telephone numbers. The
// pieces keep their punctuation; put together they are the text.
func (n *normaliser) Sentences(text string) []string {
	var out []string
	add := func(s string) {
		for s = strings.TrimSpace(s); s != ""; {
			head, rest := cutLong(s)
			if strings.ContainsFunc(head, sayable) {
				out = append(out, head)
			}
			s = rest
		}
	}
	start := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case r == '\n' || r == '\r' || r == ';':
		case strings.ContainsRune(".!?…", r):
			i += len(text[i:]) - len(strings.TrimLeft(text[i:], ".!?…»”\")"))
			i += closingQuote(text[i:])
			if r == '.' && n.dotGoesOn(text[start:i], text[i:]) {
				continue
			}
			if next := firstRune(text[i:]); next != 0 && !unicode.IsSpace(next) {
				continue
			}
		default:
			continue
		}
		add(text[start:i])
		start = i
	}
	add(text[start:])
	return out
}

// sayable tells that a rune has a sound of its own.
func sayable(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("€%#*&+=", r)
}

// closingQuote is the length of a French closing quote after a space.
func closingQuote(s string) int {
	t := strings.TrimLeft(s, " \u00a0\u202f")
	if strings.HasPrefix(t, "»") {
		return len(s) - len(t) + len("»")
	}
	return 0
}

// dotGoesOn tells that the dot ending head does not end a sentence: head ends
// in an abbreviation or an initial, or what follows begins in lower case.
func (n *normaliser) dotGoesOn(head, tail string) bool {
	next := firstRune(strings.TrimLeft(tail, " \u00a0\u202f"))
	if next == 0 || strings.HasPrefix(tail, "\n") {
		return false
	}
	if !strings.HasSuffix(head, ".") || strings.HasSuffix(head, "..") {
		return unicode.IsLower(next)
	}
	word := head[max(0, len(head)-32) : len(head)-1] // no abbreviation is longer
	if i := strings.LastIndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && r != '.' }); i >= 0 {
		_, size := utf8.DecodeRuneInString(word[i:])
		word = word[i+size:]
	}
	switch {
	case unicode.IsLower(next):
		return true
	case utf8.RuneCountInString(word) == 1 && unicode.IsUpper(firstRune(word)): // an initial, or "M."; but "code 12A."
		return !isDigit(lastRune(head[:len(head)-1-len(word)]))
	case strings.ContainsRune("&/–+=", next):
		return true
	case (isDigit(next) || next == ':') && n.lex.has("before_numbers", strings.ToLower(word)):
		return true
	case strings.ContainsRune(word, '.'): // "C.C.A.S. Avignon" or "S.M.S. Ensuite": a pause does no harm
		return false
	case n.lex.has("closers", strings.ToLower(word)+"."):
		return !unicode.IsUpper(next)
	}
	if n.lex.has("ambiguous", strings.ToLower(word)+".") && unicode.IsUpper(firstRune(word)) {
		return true // "Lot. Les Cigales"
	}
	_, dated := n.lex.sections["months"][strings.ToLower(word)]
	_, day := n.lex.sections["days"][strings.ToLower(word)]
	_, abbreviated := n.lex.abbreviation(word + ".")
	return abbreviated || (dated || day) && isDigit(next) && utf8.RuneCountInString(word) <= 5
}

// cutLong parts a sentence that is too long near its bound, after a comma if
// there is one in its second half, else at a space.
func cutLong(s string) (head, rest string) {
	if len(s) <= maxSentence {
		return s, ""
	}
	end := maxSentence
	for !utf8.RuneStart(s[end]) {
		end--
	}
	at := end
	if i := strings.LastIndexAny(s[:end], ",:"); i > maxSentence/2 && !isDigit(firstRune(s[i+1:])) {
		at = i + 1
	} else if i := strings.LastIndex(s[:end], " "); i > 0 {
		at = i
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at:])
}
