package words

import (
	_ "embed"
	"strings"
	"unicode"
)

//go:embed phantoms.txt
var phantomText string

// phantoms are sentences that nobody said.
type phantoms struct {
	whole map[string]bool
	open  []pattern
}

// pattern is a folded sentence, open at one end or both.
type pattern struct {
	text         string
	before, past bool // any words may stand there, one at least
}

func (p pattern) matches(s string) bool {
	switch {
	case len(s) <= len(p.text):
		return false
	case p.before && p.past:
		return strings.Contains(" "+s+" ", " "+p.text+" ")
	case p.before:
		return strings.HasSuffix(s, " "+p.text)
	}
	return strings.HasPrefix(s, p.text+" ")
}

// newPhantoms reads a list: a sentence a line, # for remarks, * for any words at an end.
func newPhantoms(list string) phantoms {
	p := phantoms{whole: map[string]bool{}}
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		text := Fold(line)
		switch {
		case text == "" || line[0] == '#':
		case line[0] == '*' || line[len(line)-1] == '*':
			p.open = append(p.open, pattern{text, line[0] == '*', line[len(line)-1] == '*'})
		default:
			p.whole[text] = true
		}
	}
	return p
}

func (p phantoms) is(sentence string) bool {
	s := Fold(sentence)
	if p.whole[s] {
		return true
	}
	for _, o := range p.open {
		if o.matches(s) {
			return true
		}
	}
	return false
}

// without takes phantom sentences out of a text, and tells whether there were some.
func (p phantoms) without(text string) (string, bool) {
	var keep []string
	var some bool
	for _, s := range sentences(text) {
		if p.is(s) {
			some = true
		} else {
			keep = append(keep, s)
		}
	}
	return strings.Join(keep, " "), some
}

// sentences cuts a text behind . ! ? … where a space follows.
func sentences(text string) (out []string) {
	begin, stop := 0, false
	for i, r := range text {
		if unicode.IsSpace(r) && stop {
			out = append(out, strings.TrimSpace(text[begin:i]))
			begin = i
		}
		stop = strings.ContainsRune(".!?…", r)
	}
	if rest := strings.TrimSpace(text[begin:]); rest != "" {
		out = append(out, rest)
	}
	return out
}
