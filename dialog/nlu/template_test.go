package nlu

import (
	"os"
	"slices"
	"testing"
)

// What a template needs never keeps it from a line that it matches.
func TestTemplatesNeedWhatTheyMatch(t *testing.T) {
	t.Parallel()
	rules, err := readRules(intentsYAML, entitiesYAML)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(rules.filler, rules.lead, rules.trail, rules.anyTheme)
	take := func(w wordings) { all = slices.Concat(all, w.strong, w.whole, w.usual, w.weak) }
	for _, r := range rules.intents {
		take(r.all)
		for _, w := range r.state {
			take(w)
		}
	}
	for _, v := range slices.Concat(rules.themes, rules.modules, rules.ordinals, rules.ratings, rules.times, rules.dates, rules.distances, rules.atHome, rules.phones) {
		all = append(all, v.words...)
	}
	f, err := os.Open("testdata/eval/development.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	labelled, err := ReadLabelled(f)
	if err != nil {
		t.Fatal(err)
	}
	known, matches := 0, 0
	for _, tm := range all {
		if len(tm.needs) > 0 {
			known++
		}
		for _, l := range labelled {
			line := newSentence(l.Text).line
			want, got := tm.FindStringIndex(line), tm.find(line)
			if !slices.Equal(want, got) {
				t.Errorf("%s in %q: %v, want %v; needs %q", tm, line, got, want, tm.needs)
			}
			if want != nil {
				matches++
			}
		}
	}
	if known < len(all)*8/10 || matches < 1000 {
		t.Errorf("%d of %d templates know what they need, %d matches", known, len(all), matches)
	}
}
