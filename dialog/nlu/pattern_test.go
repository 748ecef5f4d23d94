package nlu

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/place"
)

// ends gives how many of the words a pattern may take, slots aside.
func (p pattern) ends(words []string) []int {
	at := []int{0}
	for _, x := range p {
		var next []int
		for _, n := range at {
			rest := words[n:]
			switch {
			case x.word != "" && len(rest) > 0 && rest[0] == x.word:
				next = append(next, n+1)
			case x.word != "" || x.slot != "":
			default:
				if x.maybe {
					next = append(next, n)
				}
				for _, e := range x.either {
					for _, m := range e.ends(rest) {
						next = append(next, n+m)
					}
				}
			}
		}
		slices.Sort(next)
		at = slices.Compact(next)
	}
	return at
}

// TestApart: what everybody says ("je voudrais parler à quelqu'un") is both taught and in the evaluation set by chance; it must stay little of
// the held-out half.
func TestApart(t *testing.T) {
	t.Parallel()
	examples, err := readEmbeddedExamples()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("testdata/eval/held-out.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := ReadLabelled(f)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, l := range list {
		words := strings.Fields(place.Fold(l.Text))
		if len(words) >= 6 && slices.ContainsFunc(examples, func(x example) bool { return slices.Contains(x.words.ends(words), len(words)) }) {
			same++
		}
	}
	if same*20 > len(list) {
		t.Errorf("%d of %d sentences of the held-out half are taught word for word", same, len(list))
	}
}
