package nlu

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// template is one wording made ready for matching against " word word word ".
type template struct {
	*regexp.Regexp
	needs []string // at least one of these stands in every line that matches; none: nothing is known
}

// newTemplate compiles a regular expression and finds what it needs.
func newTemplate(expression string) (template, error) {
	r, err := regexp.Compile(expression)
	if err != nil {
		return template{}, err
	}
	r.Longest() // "allo bonjour" and not "allo", whichever stands first
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return template{}, err
	}
	return template{r, needs(tree)}, nil
}

// find is FindStringIndex, which costs little where the line lacks what the template needs: so it is for most of the thousand templates.
func (t template) find(line string) []int {
	if len(t.needs) > 0 && !slices.ContainsFunc(t.needs, func(n string) bool { return strings.Contains(line, n) }) {
		return nil
	}
	return t.FindStringIndex(line)
}

// maxNeeds keeps looking for what is needed cheaper than matching.
const maxNeeds = 12

// needs gives texts of which one is in whatever an expression matches; nil when it doesn't know.
func needs(r *syntax.Regexp) []string {
	switch r.Op {
	case syntax.OpLiteral:
		if r.Flags&syntax.FoldCase == 0 {
			return []string{string(r.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needs(r.Sub[0])
	case syntax.OpConcat:
		var best []string
		for _, sub := range r.Sub {
			if n := needs(sub); n != nil && (best == nil || shortest(n) > shortest(best)) {
				best = n
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range r.Sub {
			n := needs(sub)
			if n == nil || len(all)+len(n) > maxNeeds {
				return nil
			}
			all = append(all, n...)
		}
		return all
	}
	return nil
}

// shortest is the length of the shortest text: the longer, the rarer.
func shortest(texts []string) int {
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}
