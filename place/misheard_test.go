package place

import (
	"os"
	"strings"
	"testing"
)

// misheard is one line of testdata/misheard.tsv.
type misheard struct{ said, name, department string }

func misheardTable(t testing.TB) []misheard {
	t.Helper()
	text, err := os.ReadFile("testdata/misheard.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []misheard
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(c) != 3 {
			t.Fatalf("%q", line)
		}
		out = append(out, misheard{c[0], c[1], c[2]})
	}
	return out
}

// What is misheard is found, and what is said to be sure is right.
func TestMisheardNames(t *testing.T) {
	t.Parallel()
	list := misheardTable(t)
	var first, three, sure, sureWrong int
	for _, m := range list {
		a := resolve(t, m.said)
		at := -1
		for i, p := range a.Matches {
			if p.Name == m.name && p.Department == m.department {
				at = i
				break
			}
		}
		if at == 0 {
			first++
		}
		if at >= 0 && at < 3 {
			three++
		}
		if len(a.Matches) > 0 && a.Matches[0].Confidence >= .8 {
			sure++
			if at != 0 {
				t.Logf("%q: sure of %s", m.said, a.Matches[0].Name)
				sureWrong++
			}
		}
		if at != 0 {
			best := "nothing"
			if len(a.Matches) > 0 {
				best = a.Matches[0].Name + " " + a.Matches[0].Why
			}
			t.Logf("%q: %s is answer %d, after %s", m.said, m.name, at+1, best)
		}
	}
	t.Logf("%d misheard names: first %.1f %%, among three %.1f %%; %d sure, %d of them wrong", len(list),
		100*float64(first)/float64(len(list)), 100*float64(three)/float64(len(list)), sure, sureWrong)
	if len(list) < 150 || first*100 < 90*len(list) || sureWrong*20 > sure {
		t.Errorf("of %d: %d first, %d among three, %d sure, %d of these wrong", len(list), first, three, sure, sureWrong)
	}
}
