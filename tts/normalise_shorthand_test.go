package tts

import (
	"regexp/syntax"
	"testing"
)

// Every pattern of the word list is met by a line of the evaluation set, and what it needs to be tried is in each text that it matches.
func TestPatterns(t *testing.T) {
	n := testNormaliser(t)
	met := make([]bool, len(n.lex.patterns))
	for _, e := range evaluationSet(t) {
		s := clean(e.text)
		for i, p := range n.lex.patterns {
			if p.re.MatchString(s) && !p.possible(s) {
				t.Errorf("%q matches %q and does not hold %q", s, p.re, p.needs)
			}
			said := p.apply(s)
			met[i] = met[i] || said != s
			s = said
		}
	}
	for i, p := range n.lex.patterns {
		if !met[i] {
			t.Errorf("no line of the evaluation set shows %q", p.re)
		}
	}
}

func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		written  string
		met, not []string
	}{
		{`lun\.`, []string{"le lun."}, []string{"lundi"}},
		{`(\d) ?p\. ?(max|min)`, []string{"10 p. max", "10 p. min"}, []string{"10 p.", "p. max", "10 pages max"}},
		{`a(b|cd)?e*[fg]`, []string{"af", "ag"}, []string{"ab", "b"}},
		{`(?i)a`, []string{"", "A"}, nil},
		{`(?:x+y){2}|z*`, []string{""}, nil},
		{`\pL`, []string{""}, nil},
	} {
		tree, err := syntax.Parse(c.written, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		p := pattern{needs: needsOf(tree.Simplify())}
		for _, s := range c.met {
			if !p.possible(s) {
				t.Errorf("%s: %q lacks something of %q", c.written, s, p.needs)
			}
		}
		for _, s := range c.not {
			if p.possible(s) {
				t.Errorf("%s: %q lacks nothing of %q", c.written, s, p.needs)
			}
		}
	}
}
