package nlu

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// pattern is a template taken the other way round: not matched against what was said, but drawn from, to have things that might be said.
// It is a sequence of parts.
type pattern []part

// part is one word, one slot, or one of several patterns.
type part struct {
	word   string
	text   string // as it was written, with what follows up to the next bracket; at the first word of it
	slot   string
	either []pattern
	maybe  bool // a part in square brackets: it may be left out
}

// readPattern reads a template: words, (a|b), [x], {slot}. "...", "^" and "$" say nothing by themselves and are left out.
func readPattern(s string) (pattern, error) {
	r := patternReader{rest: s, whole: s}
	p, err := r.alternatives("")
	if err != nil {
		return nil, err
	}
	if len(p) == 1 && len(p[0]) == 0 {
		return nil, fmt.Errorf("%q is empty", s)
	}
	if len(p) == 1 {
		return p[0], nil
	}
	return pattern{{either: p}}, nil
}

type patternReader struct{ rest, whole string }

// alternatives reads up to the closing bracket, or to the end when closer is "".
func (r *patternReader) alternatives(closer string) ([]pattern, error) {
	all := []pattern{nil}
	last := &all[0]
	for {
		at := strings.IndexAny(r.rest, "()[]{}|")
		if at < 0 {
			if closer != "" {
				return nil, fmt.Errorf("%q: a bracket is not closed", r.whole)
			}
			r.words(last, r.rest)
			return all, nil
		}
		r.words(last, r.rest[:at])
		sign := r.rest[at : at+1]
		r.rest = r.rest[at+1:]
		switch sign {
		case "(", "[":
			inner, err := r.alternatives(map[string]string{"(": ")", "[": "]"}[sign])
			if err != nil {
				return nil, err
			}
			*last = append(*last, part{either: inner, maybe: sign == "["})
		case "{":
			name, rest, ok := strings.Cut(r.rest, "}")
			if !ok {
				return nil, fmt.Errorf("%q: a bracket is not closed", r.whole)
			}
			*last = append(*last, part{slot: strings.TrimSpace(name)})
			r.rest = rest
		case "|":
			if closer == "" {
				return nil, fmt.Errorf("%q: | stands outside brackets", r.whole)
			}
			all = append(all, nil)
			last = &all[len(all)-1]
		default:
			if sign != closer {
				return nil, fmt.Errorf("%q: brackets do not match", r.whole)
			}
			return all, nil
		}
	}
}

func (r *patternReader) words(to *pattern, text string) {
	for i, w := range strings.Fields(place.Fold(text)) {
		x := part{word: w}
		if i == 0 {
			x.text = strings.Join(strings.Fields(strings.Trim(text, " .^$")), " ")
		}
		*to = append(*to, x)
	}
}

// drawer chooses among wordings: evenly over many draws, in an order that differs from part to part.
type drawer struct {
	r    *rand.Rand
	turn int // of the draw; used up by the parts
	fill func(slot string, to []string, r *rand.Rand) []string
}

func (d *drawer) pick(n int) int {
	i := d.turn % n
	d.turn += d.turn / n
	return i
}

// write appends one wording as it was written. A slot stands there by its name in braces.
func (p pattern) write(to []string, d *drawer) []string {
	for _, x := range p {
		switch {
		case x.text != "":
			to = append(to, x.text)
		case x.slot != "":
			to = append(to, "{"+x.slot+"}")
		case x.word == "" && (!x.maybe || d.r.IntN(2) == 0):
			to = x.either[d.pick(len(x.either))].write(to, d)
		}
	}
	return to
}

// draw appends the words of one wording.
func (p pattern) draw(to []string, d *drawer) []string {
	for _, x := range p {
		switch {
		case x.word != "":
			to = append(to, x.word)
		case x.slot != "":
			to = d.fill(x.slot, to, d.r)
		case !x.maybe || d.r.IntN(2) == 0:
			to = x.either[d.pick(len(x.either))].draw(to, d)
		}
	}
	return to
}

// variants counts the wordings of a pattern, up to most.
func (p pattern) variants(most int) int {
	n := 1
	for _, x := range p {
		if x.word != "" || x.slot != "" {
			continue
		}
		inner := 0
		for _, e := range x.either {
			inner += e.variants(most)
		}
		if x.maybe {
			inner++
		}
		n = min(n*max(inner, 1), most)
	}
	return n
}

// each calls do with every word that stands in a pattern.
func (p pattern) each(do func(word string)) {
	for _, x := range p {
		if x.word != "" {
			do(x.word)
		}
		for _, inner := range x.either {
			inner.each(do)
		}
	}
}

// literal gives the words of a pattern that has a single wording.
func (p pattern) literal() (words []string, ok bool) {
	for _, x := range p {
		if x.word == "" {
			return nil, false
		}
		words = append(words, x.word)
	}
	return words, true
}

// slots lists the slots that stand in a pattern.
func (p pattern) slots() (names []string) {
	for _, x := range p {
		if x.slot != "" {
			names = append(names, x.slot)
		}
		for _, inner := range x.either {
			names = append(names, inner.slots()...)
		}
	}
	return names
}
