package tts

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed french/words.txt
var frenchWords string

// unit is a unit of measure in words.
type unit struct {
	one, many string
	female    bool
}

// expression is something written with signs inside.
type expression struct{ written, said string }

// lexicon is french/words.txt, by section.
type lexicon struct {
	sections    map[string]map[string]string
	units       map[string]unit
	expressions map[rune][]expression // by their first character in small letters, longest first
	patterns    []pattern             // in the order of the list
}

// readLexicon parses the embedded word lists.
func readLexicon(text string) (*lexicon, error) {
	l := &lexicon{sections: map[string]map[string]string{}, units: map[string]unit{}, expressions: map[rune][]expression{}}
	var section map[string]string
	var patterns [][2]string
	name := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "//"):
			continue
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			name, section = line[1:len(line)-1], map[string]string{}
			l.sections[name] = section
			continue
		}
		eq := strings.LastIndex(line, "=") // a key may be "=" itself, a value is words
		if eq <= 0 || section == nil {
			return nil, fmt.Errorf("tts: word list, line %d: %q is not \"key = words\"", i+1, line)
		}
		key, words := strings.TrimSpace(line[:eq]), strings.TrimSpace(line[eq+1:])
		section[key] = words
		if name == "patterns" {
			patterns = append(patterns, [2]string{key, words})
		}
	}
	for _, p := range patterns {
		read, err := l.readPattern(p[0], p[1])
		if err != nil {
			return nil, err
		}
		l.patterns = append(l.patterns, read)
	}
	for name, words := range l.sections["units"] {
		f := strings.Split(words, ", ")
		if len(f) < 2 {
			return nil, fmt.Errorf("tts: word list: unit %q needs a singular and a plural", name)
		}
		l.units[name] = unit{one: f[0], many: f[1], female: len(f) == 3 && f[2] == "f"}
	}
	for written, said := range l.sections["expressions"] {
		first := unicode.ToLower(firstRune(written))
		l.expressions[first] = append(l.expressions[first], expression{written, said})
	}
	for _, list := range l.expressions {
		slices.SortFunc(list, func(a, b expression) int { return cmp.Compare(len(b.written), len(a.written)) })
	}
	return l, nil
}

// female tells whether a noun is feminine, as far as the list or its ending says: "one" before it is "une" then.
func (l *lexicon) female(noun string) bool {
	noun = strings.ToLower(noun)
	singular := strings.TrimSuffix(noun, "s")
	if l.has("feminine", noun) || l.has("feminine", singular) {
		return true
	}
	if l.has("masculine", singular) || l.has("streets", noun) { // "1 allée des Pins" is an address
		return false
	}
	for size := 3; size <= 6 && size < len(singular); size++ {
		if l.has("feminine_endings", singular[len(singular)-size:]) {
			return true
		}
	}
	return false
}

// has tells whether a section lists the word, in the case given.
func (l *lexicon) has(section, word string) bool {
	_, ok := l.sections[section][word]
	return ok
}

// phrase is a fixed piece of speech, "" when the list lacks it.
func (l *lexicon) phrase(key string) string { return l.sections["phrases"][key] }

// abbreviation finds what token stands for; token may end in a dot, which an
// abbreviation written without one ("bd") may have too.
func (l *lexicon) abbreviation(token string) (string, bool) {
	abbr := l.sections["abbreviations"]
	for _, t := range []string{token, strings.TrimSuffix(token, ".")} {
		if words, ok := abbr[t]; ok {
			return words, true
		}
		if utf8.RuneCountInString(strings.TrimSuffix(t, ".")) < 2 {
			continue // a single letter counts in its own case only
		}
		if words, ok := abbr[strings.ToLower(t)]; ok {
			return words, true
		}
	}
	return "", false
}

// dotted tells that a word with a dot is an abbreviation.
func (l *lexicon) dotted(word string) bool {
	if len(word) > 8 {
		return false
	}
	if _, ok := l.abbreviation(word + "."); ok {
		return true
	}
	return l.has("ambiguous", strings.ToLower(word)+".") || l.has("titles", word+".")
}

// likeCase gives words the capital of the token they replace.
func likeCase(token, words string) string {
	if r, _ := utf8.DecodeRuneInString(token); unicode.IsUpper(r) {
		f, n := utf8.DecodeRuneInString(words)
		return string(unicode.ToUpper(f)) + words[n:]
	}
	return words
}

// longestFirst lists a section's keys, quoted for a regular expression, so that
// a longer one is tried before its own beginning.
func longestFirst(section map[string]string) []string {
	keys := slices.Collect(maps.Keys(section))
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	for i, k := range keys {
		keys[i] = regexp.QuoteMeta(k)
	}
	return keys
}
