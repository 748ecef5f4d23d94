package phoneme

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed phonemes.txt
var symbolLines string

//go:embed ipa.tsv
var ipaLines string

// Symbol is the index of a phoneme in phonemes.txt, which is its column in the
// reader network's output. 0 is the blank of CTC and never part of a String.
type Symbol uint8

// Blank is CTC's "nothing new".
const Blank Symbol = 0

// Symbols is the number of columns of the reader network, the blank included.
var Symbols = len(symbolTable.names)

// symbolTable is what the two embedded files say; both are checked by tests.
var symbolTable = readSymbols()

type table struct {
	names   []string            // by Symbol
	byName  map[string]Symbol   // "ɑ̃" → its Symbol
	ipa     map[string][]Symbol // a sign of espeak-ng → what it becomes, empty: dropped
	longest int                 // bytes of the longest key of ipa
}

func readSymbols() table {
	t := table{names: strings.Fields(symbolLines), byName: map[string]Symbol{}, ipa: map[string][]Symbol{}}
	for i, n := range t.names {
		t.byName[n] = Symbol(i)
	}
	for line := range strings.Lines(ipaLines) {
		from, to, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		var s []Symbol
		for f := range strings.FieldsSeq(to) {
			if f != "-" {
				s = append(s, t.byName[f])
			}
		}
		t.ipa[from] = s
		t.longest = max(t.longest, len(from))
	}
	return t
}

// String is a pronunciation: phonemes without word boundaries, stress or length.
type String []Symbol

// String writes the phonemes one after the other: "avinjɔ̃".
func (s String) String() string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(symbolTable.names[p])
	}
	return b.String()
}

// FromIPA reads the IPA that espeak-ng writes (--ipa) as phonemes. Stress, length,
// boundaries and marks of a change of language are dropped; sounds of other
// languages become the French ones nearest to them. A sign that is in no table is
// an error: the lexicon would hold a word that nobody can say.
func FromIPA(ipa string) (String, error) {
	ipa = norm.NFD.String(withoutLanguageMarks(ipa))
	var out String
	for len(ipa) > 0 {
		n := min(symbolTable.longest, len(ipa))
		for ; n > 0; n-- {
			if s, ok := symbolTable.ipa[ipa[:n]]; ok {
				out = append(out, s...)
				break
			}
		}
		if n == 0 {
			r, _ := utf8.DecodeRuneInString(ipa)
			return nil, fmt.Errorf("phoneme: %q (%U) is no sign of IPA that we know", r, r)
		}
		ipa = ipa[n:]
	}
	return out, nil
}

// withoutLanguageMarks drops "(en)", "(fr)": espeak-ng writes them where it
// changes to the rules of another language and back.
func withoutLanguageMarks(s string) string {
	for {
		before, rest, ok := strings.Cut(s, "(")
		if !ok {
			return s
		}
		_, after, ok := strings.Cut(rest, ")")
		if !ok {
			return before
		}
		s = before + after
	}
}

// Parse reads symbols as phonemes.txt writes them, with or without spaces.
func Parse(s string) (String, error) { return FromIPA(s) }
