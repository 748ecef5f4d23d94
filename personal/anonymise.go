package personal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Anonymise hides in a caller's sentence what could tell who the caller is, or how ill: names, telephone and other long
// numbers, e-mail and street addresses, dates of birth, illnesses (G3). Each is replaced by a word in brackets.
//
// Towns and postal codes stay: figures are counted by them (K9), the recogniser is improved on them (C18), and a town
// alone names nobody. So does what no rule knows; the rules prefer to hide a word too many. A sentence that was
// anonymised comes back unchanged.
func Anonymise(text string) string { return Anonymiser{}.Hide(text) }

// Anonymiser is how much is hidden. The zero Anonymiser hides all that Anonymise does.
type Anonymiser struct {
	KeepHealth  bool     // illnesses stay
	HealthWords []string // illnesses and treatments to be hidden beside those known
}

// Hide is Anonymise.
func (a Anonymiser) Hide(text string) string { return a.read(text).String() }

// read cuts a text and hides what must be hidden in it.
func (a Anonymiser) read(text string) *sentence {
	s := &sentence{text: text, lex: anonymiser()}
	s.cut()
	s.hideEmails()
	s.hideBirthDates()
	s.hideNumbers()
	s.hideAddresses()
	s.hideNames()
	if !a.KeepHealth {
		s.hideHealth(s.lex.health)
		s.hideHealth(phrasesOf(a.HealthWords))
	}
	return s
}

// tokenKind tells what a token is made of.
type tokenKind uint8

const (
	wordToken   tokenKind = iota // letters
	numberToken                  // digits
	signToken                    // one other character
	markToken                    // "[nom]": hidden before, or the label that a rule has just given
)

// token is a piece of a sentence; the space between pieces is no token.
type token struct {
	start, end int // bytes
	kind       tokenKind
	fold       string // words: small, without accents; signs: themselves; digits: as said
	capital    bool   // words: begins with a capital
	label      label  // what hides it; "" while it is shown
}

// sentence is a text in pieces, some of which get hidden.
type sentence struct {
	text string
	lex  *lexicon
	toks []token
	hid  []span
}

// span is a run of tokens [from, to) that one label hides.
type span struct {
	from, to int
	label    label
}

// cut splits the text into tokens.
func (s *sentence) cut() {
	for i := 0; i < len(s.text); {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		if unicode.IsSpace(r) {
			i += size
			continue
		}
		t := token{start: i, kind: signToken}
		switch {
		case placeholderEnd(s.text[i:]) > 0:
			t.kind, t.end = markToken, i+placeholderEnd(s.text[i:])
		case unicode.IsLetter(r):
			t.kind, t.capital = wordToken, unicode.IsUpper(r)
			t.end = i + runLen(s.text[i:], func(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) })
			t.fold = fold1(s.text[i:t.end])
		case unicode.IsDigit(r):
			t.kind = numberToken
			t.end = i + runLen(s.text[i:], unicode.IsDigit)
			t.fold = s.text[i:t.end]
		default:
			t.end = i + size
			if t.fold = s.text[i:t.end]; r == '’' {
				t.fold = "'"
			}
		}
		s.toks = append(s.toks, t)
		i = t.end
	}
}

func runLen(s string, in func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !in(r) }); n >= 0 {
		return n
	}
	return len(s)
}

// hide gives tokens [from, to) a label; from then on every rule sees them as it will see the mark next time.
func (s *sentence) hide(from, to int, l label) {
	for i := from; i < to; i++ {
		s.toks[i].kind, s.toks[i].label, s.toks[i].fold = markToken, l, ""
	}
	s.hid = append(s.hid, span{from, to, l})
}

// String gives the text with marks in place of what is hidden.
func (s *sentence) String() string {
	if len(s.hid) == 0 {
		return s.text
	}
	at := map[int]span{}
	for _, h := range s.hid {
		at[h.from] = h
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(s.toks); i++ {
		h, ok := at[i]
		if !ok {
			continue
		}
		b.WriteString(s.text[done:s.toks[i].start])
		b.WriteString(s.lex.marks[h.label])
		done = s.toks[h.to-1].end
		i = h.to - 1
	}
	b.WriteString(s.text[done:])
	return b.String()
}

// at gives token i, or a sign that nothing matches beyond the ends.
func (s *sentence) at(i int) token {
	if i < 0 || i >= len(s.toks) {
		return token{kind: signToken}
	}
	return s.toks[i]
}

// isWord tells whether token i is a shown word of the set.
func (s *sentence) isWord(i int, set map[string]bool) bool {
	t := s.at(i)
	return t.kind == wordToken && set[t.fold]
}

// isSign tells whether token i is one of the signs.
func (s *sentence) isSign(i int, signs string) bool {
	t := s.at(i)
	return t.kind == signToken && t.fold != "" && strings.Contains(signs, t.fold)
}

// joined tells whether token i touches the one before it.
func (s *sentence) joined(i int) bool {
	return i > 0 && i < len(s.toks) && s.toks[i].start == s.toks[i-1].end
}

// match gives the index after the phrase that begins at token i (the longest, if several do), or -1.
func (s *sentence) match(i int, p phrases) int {
	if s.at(i).kind != wordToken {
		return -1
	}
	best := -1
	for _, words := range p[s.toks[i].fold] {
		k, n := i, 0
		for n < len(words) && s.at(k).kind == wordToken && s.toks[k].fold == words[n] {
			n++
			if k++; n < len(words) && s.isSign(k, "'-") {
				k++
			}
		}
		if n == len(words) {
			best = max(best, k)
		}
	}
	return best
}

// hideHealth hides illnesses and treatments.
func (s *sentence) hideHealth(words phrases) {
	for i := 0; i < len(s.toks); i++ {
		if end := s.match(i, words); end > 0 {
			s.hide(i, end, healthLabel)
			i = end - 1
		}
	}
}

// hideEmails hides written (a.b@c.fr) and spoken (a point b arobase c point fr) addresses.
func (s *sentence) hideEmails() {
	for i := range s.toks {
		if !s.isSign(i, "@") && !s.isWord(i, s.lex.at) {
			continue
		}
		from, to := i, i+1
		for from > 0 && s.emailPart(from-1, from == i, from) {
			from--
		}
		for to < len(s.toks) && s.emailPart(to, to == i+1, to) {
			to++
		}
		for to > i+1 && s.isSign(to-1, ".-_+") { // the full stop of the sentence
			to--
		}
		if from < i && to > i+1 {
			s.hide(from, to, emailLabel)
		}
	}
}

// emailPart tells whether token i goes on an address that has been followed as far as its neighbour; gap is the token
// whose touching the one before it matters. A word goes on after a link, when written together, or first; digits and
// single letters (spelled) always do.
func (s *sentence) emailPart(i int, first bool, gap int) bool {
	t := s.at(i)
	link := func(k int) bool { return s.isWord(k, s.lex.links) || s.isSign(k, ".-_+") }
	switch {
	case t.kind == markToken || t.fold == "":
		return false
	case s.isSign(i, ".-_+"):
		return s.joined(gap) || first
	case t.kind == signToken:
		return false
	case link(i), t.kind == numberToken, first, s.joined(gap):
		return true
	case utf8.RuneCountInString(t.fold) == 1 && !s.lex.stop[t.fold]:
		return true
	}
	if gap == i { // to the right: the token before
		return link(i - 1)
	}
	return link(i + 1)
}

// hideBirthDates hides the date after "je suis née le" and the like.
func (s *sentence) hideBirthDates() {
	for i := range s.toks {
		k := s.match(i, s.lex.birth)
		if k < 0 {
			continue
		}
		for s.isWord(k, s.lex.fillers) || s.isSign(k, ":,'") {
			k++
		}
		from, to := k, k
		for ; s.isNumber(k) || s.isWord(k, s.lex.month) || s.isSign(k, "/-.,") || s.isWord(k, s.lex.fillers); k++ {
			if s.isNumber(k) || s.isWord(k, s.lex.month) {
				to = k + 1
			}
		}
		if to > from {
			s.hide(from, to, birthLabel)
		}
	}
}
