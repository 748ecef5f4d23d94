package hearing

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/workshop"
)

//go:embed data/pronunciations.tsv.gz
var pronunciationsGZ []byte

// Espeak is espeak-ng with our rules for what it takes for English.
func Espeak(binary string) phoneme.Espeak { return phoneme.Espeak{Binary: binary, Rules: rules} }

// Open reads the pronunciations that come with the program, and those kept in the folder
// dir; "" keeps nothing. espeak-ng is asked for others, later.
func Open(ctx context.Context, dir string) (*phoneme.Pronunciations, error) {
	speller := Espeak("")
	file := ""
	if dir != "" {
		if version, err := speller.Version(ctx); err == nil {
			file = phoneme.CacheFile(dir, version)
		}
	}
	p, err := phoneme.NewPronunciations(speller, file)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(pronunciationsGZ))
	if err != nil {
		return nil, fmt.Errorf("hearing: the table of pronunciations: %w", err)
	}
	return p, p.Read(z)
}

// WriteTable writes the table of pronunciations that comes with the program, asking
// espeak-ng for all of it (tools/pronunciations).
func WriteTable(ctx context.Context, w io.Writer, g *place.Gazetteer) error {
	texts, err := allTexts(g)
	if err != nil {
		return err
	}
	p, err := phoneme.NewPronunciations(Espeak(""), "")
	if err != nil {
		return err
	}
	if _, err := p.Of(ctx, texts); err != nil {
		return err
	}
	return p.Write(w, texts)
}

// allTexts is everything that is known before a catalogue is.
func allTexts(g *place.Gazetteer) ([]string, error) {
	b, err := phrases()
	if err != nil {
		return nil, err
	}
	texts := append(gazetteerTexts(g), numberTexts()...)
	for _, list := range [][]phrase{b.Before, b.After, b.Confirm, b.Commands, b.Results, b.Ordinals, b.Ratings, b.Options, b.AnyTheme} {
		for _, p := range list {
			texts = append(texts, p.Say...)
		}
	}
	for _, m := range []map[string]sayings{b.Modules, b.Themes} {
		for label, s := range m {
			texts = append(append(texts, label), s...)
		}
	}
	said, err := wordings()
	if err != nil {
		return nil, err
	}
	for _, w := range said {
		texts = append(texts, w.Text)
	}
	slices.Sort(texts)
	return slices.Compact(texts), nil
}

// Lexicon gives the grammars of a service. It is safe for concurrent use.
type Lexicon struct {
	pronounce *phoneme.Pronunciations
	book      book
	loop      *phoneme.Loop

	places, elsewhere, codes, departments, confirm, commands, results, ordinals, options, ratings, anyTheme *phoneme.Network
	themes                                                                                                  atomic.Pointer[phoneme.Network]
	inState                                                                                                 map[string]*phoneme.Network // wordings of one state alone

	mu     sync.Mutex
	labels []string // of the themes built last
}

// New builds the networks of everything but the catalogue, whose themes SetWorkshops gives; until then those known to
// phrases.yaml are expected.
func New(ctx context.Context, g *place.Gazetteer, p *phoneme.Pronunciations, params phoneme.Params) (*Lexicon, error) {
	texts, err := allTexts(g)
	if err != nil {
		return nil, err
	}
	table, err := p.Of(ctx, texts)
	if err != nil {
		return nil, err
	}
	b, err := phrases()
	if err != nil {
		return nil, err
	}
	l := &Lexicon{pronounce: p, book: b}
	l.loop = phoneme.NewLoop(fillers(b.Before, table), fillers(b.After, table), params)
	var wg sync.WaitGroup
	network := func(into **phoneme.Network, entries func() []phoneme.Entry) {
		wg.Go(func() { *into = phoneme.NewNetwork(l.loop, entries()) })
	}
	served := func(p place.Place) bool { return p.Region != place.RegionOther }
	network(&l.places, func() []phoneme.Entry { return placeEntries(g, served, table) })
	network(&l.elsewhere, func() []phoneme.Entry {
		return placeEntries(g, func(p place.Place) bool { return !served(p) }, table)
	})
	network(&l.codes, func() []phoneme.Entry { return codeEntries(g, numbers{table}) })
	network(&l.departments, func() []phoneme.Entry { return departmentEntries(g, table) })
	for into, list := range map[**phoneme.Network][]phrase{&l.confirm: b.Confirm, &l.results: b.Results,
		&l.ordinals: b.Ordinals, &l.options: b.Options, &l.ratings: b.Ratings, &l.anyTheme: b.AnyTheme} {
		network(into, func() []phoneme.Entry { return phraseEntries(list, table) })
	}
	sentences, err := wordings()
	if err != nil {
		return nil, err
	}
	network(&l.commands, func() []phoneme.Entry {
		return append(phraseEntries(b.Commands, table), wordingEntries(sentences, "", [][]phrase{b.Commands, b.Confirm}, table)...)
	})
	states := wordingStates(sentences)
	inState := make([]*phoneme.Network, len(states))
	for i, state := range states {
		network(&inState[i], func() []phoneme.Entry {
			return wordingEntries(sentences, state, [][]phrase{b.Commands, b.Confirm, b.Results, b.Ordinals, b.Options, b.Ratings, b.AnyTheme}, table)
		})
	}
	wg.Wait()
	l.inState = map[string]*phoneme.Network{}
	for i, state := range states {
		l.inState[state] = inState[i]
	}
	var labels []string
	for label := range b.Modules {
		labels = append(labels, label)
	}
	return l, l.setThemes(ctx, labels)
}

// SetWorkshops expects the themes and modules of these workshops from now on.
func (l *Lexicon) SetWorkshops(ctx context.Context, all []workshop.Workshop) error {
	seen := map[string]bool{}
	var labels []string
	for _, w := range all {
		if w.Module != "" && !seen[w.Module] {
			seen[w.Module] = true
			labels = append(labels, w.Module)
		}
	}
	for label := range l.book.Modules { // asked for too when there is none: "il n'y en a pas" is an answer
		if !seen[label] {
			labels = append(labels, label)
		}
	}
	return l.setThemes(ctx, labels)
}

func (l *Lexicon) setThemes(ctx context.Context, labels []string) error {
	slices.Sort(labels)
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Equal(labels, l.labels) {
		return nil
	}
	var texts []string
	for _, label := range labels {
		texts = append(append(texts, label), l.book.Modules[label]...)
	}
	for label, s := range l.book.Themes {
		texts = append(append(texts, label), s...)
	}
	table, err := l.pronounce.Of(ctx, texts)
	if err != nil {
		return err
	}
	var entries []phoneme.Entry
	add := func(kind, label string, also sayings, prior float64) {
		for _, t := range append([]string{label}, also...) {
			entries = append(entries, phoneme.Entry{Text: t, Kind: kind, Group: kind + " " + label, Prior: prior / float64(len(also)+1), Said: said(t, 1, table)})
		}
	}
	for _, t := range workshop.Themes() {
		add("theme", t.Label, l.book.Themes[t.Label], 2)
	}
	for _, label := range labels {
		add("module", label, l.book.Modules[label], 1)
	}
	l.themes.Store(phoneme.NewNetwork(l.loop, entries))
	l.labels = labels
	return nil
}

func fillers(list []phrase, table map[string][]phoneme.String) []phoneme.Filler {
	var out []phoneme.Filler
	for _, p := range list {
		for _, t := range p.Say {
			out = append(out, phoneme.Filler{Said: phoneme.Variants(t, table[t]), Weight: p.weight() / float64(len(p.Say))})
		}
	}
	return out
}

// phraseEntries are the phrases of a list. Those of one line share their weight, the first having half of it.
func phraseEntries(list []phrase, table map[string][]phoneme.String) []phoneme.Entry {
	var out []phoneme.Entry
	for _, p := range list {
		for i, t := range p.Say {
			share := p.weight() / 2
			if i > 0 || len(p.Say) == 1 {
				share = p.weight() / 2 / float64(max(1, len(p.Say)-1))
			}
			out = append(out, phoneme.Entry{Text: p.Mean, Kind: "phrase", Group: p.Mean, Prior: share, Said: phoneme.Variants(t, table[t])})
		}
	}
	return out
}

// List is a lexicon of given entries in place of all others, as likely one as the other: transcribe --list.
func (l *Lexicon) List(ctx context.Context, entries []string) (Fixed, error) {
	table, err := l.pronounce.Of(ctx, entries)
	if err != nil {
		return Fixed{}, err
	}
	var list []phoneme.Entry
	for _, t := range entries {
		list = append(list, phoneme.Entry{Text: t, Kind: "list", Group: t, Prior: 1, Said: said(t, 1, table)})
	}
	return Fixed{phoneme.Grammar{Loop: l.loop, Least: leastOfList, Groups: [][]phoneme.Part{{{Network: phoneme.NewNetwork(l.loop, list), Weight: 1}}}}}, nil
}

// leastOfList is lower than what is worth an answer in a call: who gives a list wants the likeliest of it.
const leastOfList = 0.004

// Fixed is a lexicon with one grammar, whatever is expected.
type Fixed struct{ grammar phoneme.Grammar }

// Grammar returns it.
func (f Fixed) Grammar(asr.Hints) phoneme.Grammar { return f.grammar }
