package tts

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// What people write in a hurry, as the list of patterns knows it: "60+", "Tel: 04…", "10 séances x 1h30", "9hà12h". Each is brought to the
// form that the steps after it know, or said at once.

// pattern is one of them.
type pattern struct {
	re    *regexp.Regexp
	needs []need
	to    string // what takes its place; $1 to $9 are its groups
}

// readPattern compiles a line of the section; {day}, {month} and {street} in it are the words of these lists.
func (l *lexicon) readPattern(written, to string) (pattern, error) {
	for name, words := range map[string]string{"{day}": l.weekdays(), "{month}": alternatives(l.sections["months"]), "{street}": alternatives(l.sections["streets"])} {
		written = strings.ReplaceAll(written, name, "(?i:"+words+")")
	}
	re, err := regexp.Compile(written)
	if err != nil {
		return pattern{}, fmt.Errorf("tts: word list: pattern %q: %w", written, err)
	}
	tree, err := syntax.Parse(written, syntax.Perl)
	if err != nil {
		return pattern{}, fmt.Errorf("tts: word list: pattern %q: %w", written, err)
	}
	return pattern{re, needsOf(tree.Simplify()), to}, nil
}

// weekdays is the regular expression of the days, in full and cut short.
func (l *lexicon) weekdays() string {
	full := make([]string, 0, len(l.sections["days"]))
	for _, name := range l.sections["days"] {
		full = append(full, regexp.QuoteMeta(name))
	}
	slices.Sort(full)
	return strings.Join(full, "|") + "|" + alternatives(l.sections["days"])
}

// hurried goes through the patterns in their order. None is met within a word or a number.
func (n *normaliser) hurried(s string) string {
	for _, p := range n.lex.patterns {
		if p.possible(s) {
			s = p.apply(s)
		}
	}
	return s
}

// possible tells that s holds what every match of the pattern needs.
func (p pattern) possible(s string) bool {
	return !slices.ContainsFunc(p.needs, func(need need) bool { return !need.met(s) })
}

func (p pattern) apply(s string) string {
	return rewrite(s, p.re, func(m []string, before, after string) (string, bool) {
		groups := make([]string, 0, 2*len(m))
		for i := len(m) - 1; i > 0; i-- {
			groups = append(groups, "$"+strconv.Itoa(i), m[i])
		}
		first, last := firstRune(m[0]), lastRune(before)
		inside := (unicode.IsLetter(first) || isDigit(first)) && (unicode.IsLetter(last) || isDigit(last))
		return ending(strings.NewReplacer(groups...).Replace(p.to), m[0], after), !inside
	})
}
