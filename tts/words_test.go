package tts

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// writtenAndSaid is a line of testdata/words.tsv.
type writtenAndSaid struct {
	line       int
	text, said string
}

func evaluationSet(t testing.TB) []writtenAndSaid {
	t.Helper()
	f, err := os.Open("testdata/words.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	spaces := strings.NewReplacer("<nbsp>", "\u00a0", "<nnbsp>", "\u202f")
	var set []writtenAndSaid
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if lines.Text() == "" || strings.HasPrefix(lines.Text(), "# ") || lines.Text() == "#" {
			continue
		}
		text, said, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			t.Fatalf("testdata/words.tsv:%d: no tab", n)
		}
		set = append(set, writtenAndSaid{n, spaces.Replace(text), said})
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return set
}

func TestEvaluationSet(t *testing.T) {
	n := testNormaliser(t)
	set := evaluationSet(t)
	right := 0
	for _, e := range set {
		got := n.Normalise(e.text)
		if strings.EqualFold(got, e.said) {
			right++
			continue
		}
		t.Errorf("words.tsv:%d: %q\n got %q\nwant %q", e.line, e.text, got, e.said)
	}
	t.Logf("%d of %d lines said as written down, %.1f %%", right, len(set), 100*float64(right)/float64(len(set)))
}
