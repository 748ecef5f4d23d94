package personal

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

//go:embed data/anonymise.yaml
var anonymiseYAML []byte

// lexicon is data/anonymise.yaml made ready for lookup: everything folded, phrases cut into words.
type lexicon struct {
	marks map[label]string

	introductions, maybe, endings, birth, health         phrases
	titles, particles, first, places, acronyms, between  map[string]bool
	stop, ways, named, numbered, repeats, fillers, month map[string]bool
	at, links, and, hundred, thousand, hesitations       map[string]bool
	units, teens, tens                                   map[string]int
}

// phrases finds sequences of words by their first word.
type phrases map[string][][]string

type label string

const (
	nameLabel    label = "name"
	numberLabel  label = "number"
	emailLabel   label = "email"
	addressLabel label = "address"
	birthLabel   label = "birth"
	healthLabel  label = "health"
)

// anonymiser decodes the embedded words once; they are never changed afterwards.
var anonymiser = sync.OnceValue(func() *lexicon {
	l, err := readLexicon(anonymiseYAML)
	if err != nil {
		panic(err) // the file is compiled in and a test reads it: only a build that skipped the tests comes here
	}
	return l
})

func readLexicon(data []byte) (*lexicon, error) {
	var f struct {
		Marks map[label]string
		Names struct {
			Introductions, Maybe, Fillers, Titles, Endings, Particles, Places, Acronyms []string
			First                                                                       [][]string
		}
		Stop      [][]string
		Addresses struct{ Ways, Named, Numbered, Repeats []string }
		Birth     struct{ Introductions, Fillers, Months []string }
		Email     struct{ At, Links []string }
		Numbers   struct {
			Units, Teens, Tens                  map[string]int
			And, Hundred, Thousand, Hesitations []string
		}
		Health []string
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("personal: data/anonymise.yaml: %w", err)
	}
	for _, name := range []label{nameLabel, numberLabel, emailLabel, addressLabel, birthLabel, healthLabel} {
		if m := f.Marks[name]; len(m) < 3 || placeholderEnd(m) != len(m) {
			return nil, fmt.Errorf("personal: data/anonymise.yaml: mark %s must be letters in square brackets, not %q", name, m)
		}
	}
	return &lexicon{
		marks: f.Marks, introductions: phrasesOf(f.Names.Introductions), maybe: phrasesOf(f.Names.Maybe), endings: phrasesOf(f.Names.Endings),
		birth: phrasesOf(f.Birth.Introductions), health: phrasesOf(f.Health), titles: setOf(f.Names.Titles), particles: setOf(f.Names.Particles),
		first: setOf(f.Names.First...), places: setOf(f.Names.Places), acronyms: setOf(f.Names.Acronyms), between: setOf(f.Names.Fillers), stop: setOf(f.Stop...),
		ways: setOf(f.Addresses.Ways), named: setOf(f.Addresses.Named), numbered: setOf(f.Addresses.Numbered), repeats: setOf(f.Addresses.Repeats),
		fillers: setOf(f.Birth.Fillers), month: setOf(f.Birth.Months), at: setOf(f.Email.At), links: setOf(f.Email.Links),
		and: setOf(f.Numbers.And), hundred: setOf(f.Numbers.Hundred), thousand: setOf(f.Numbers.Thousand), hesitations: setOf(f.Numbers.Hesitations), units: foldKeys(f.Numbers.Units), teens: foldKeys(f.Numbers.Teens),
		tens: foldKeys(f.Numbers.Tens),
	}, nil
}

func setOf(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for _, w := range list {
			set[fold1(w)] = true
		}
	}
	return set
}

func foldKeys(m map[string]int) map[string]int {
	out := make(map[string]int, len(m))
	for k, v := range m {
		out[fold1(k)] = v
	}
	return out
}

func phrasesOf(list []string) phrases {
	p := phrases{}
	for _, s := range list {
		words := strings.FieldsFunc(fold1(s), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-'’", r) })
		if len(words) == 0 {
			continue
		}
		p[words[0]] = append(p[words[0]], words)
	}
	return p
}

// fold1 makes one word comparable: small letters without accents.
func fold1(word string) string {
	plain := true
	for i := range len(word) {
		if c := word[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return word
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'œ':
			b.WriteString("oe")
		case r == 'æ':
			b.WriteString("ae")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// placeholderEnd tells where the mark at the start of s ends, 0 when there is none.
func placeholderEnd(s string) int {
	if !strings.HasPrefix(s, "[") {
		return 0
	}
	for i, r := range s {
		switch {
		case r == ']' && i > 1:
			return i + 1
		case i > 0 && !unicode.IsLetter(r):
			return 0
		}
	}
	return 0
}
