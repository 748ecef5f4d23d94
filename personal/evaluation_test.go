package personal

import (
	"os"
	"strings"
	"testing"
)

// gold is a sentence of the evaluation set: the plain text, and for each of its bytes the kind of what must be hidden there.
type gold struct {
	text  string
	kinds []label
}

// readGold reads a line such as "je m'appelle {nom|Martin}".
func readGold(t *testing.T, line string) gold {
	t.Helper()
	words := map[string]label{"nom": nameLabel, "numéro": numberLabel, "courriel": emailLabel, "adresse": addressLabel, "date": birthLabel, "santé": healthLabel}
	var g gold
	put := func(text string, kind label) {
		g.text += text
		for range len(text) {
			g.kinds = append(g.kinds, kind)
		}
	}
	for line != "" {
		before, rest, found := strings.Cut(line, "{")
		put(before, "")
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}")
		kind, text, parted := strings.Cut(inside, "|")
		if !closed || !parted || words[kind] == "" {
			t.Fatalf("%q is not marked well", line)
		}
		put(text, words[kind])
		line = after
	}
	return g
}

// found counts the words of one kind.
type found struct{ right, missed, wrong int } // hidden as they must, shown, hidden for nothing

// The least that is borne, by kind, of the words that must be hidden and of those that are.
var floors = map[label]struct{ recall, precision float64 }{
	nameLabel:    {0.94, 0.97},
	numberLabel:  {0.98, 0.99},
	emailLabel:   {0.98, 0.99},
	addressLabel: {0.90, 0.92},
	birthLabel:   {0.88, 0.99},
	healthLabel:  {0.95, 0.95},
}

// TestAnonymiseEvaluation counts, word by word, what is hidden of 300 sentences and what is not. Small words ("de", "madame") count
// nowhere: a rule may keep them or not. A word that must be hidden is hidden whatever the mark says.
func TestAnonymiseEvaluation(t *testing.T) {
	data, err := os.ReadFile("testdata/phrases.txt")
	if err != nil {
		t.Fatal(err)
	}
	lex := anonymiser()
	sentences, leaking, spoilt := 0, 0, 0
	counts := map[label]*found{}
	of := func(l label) *found {
		if counts[l] == nil {
			counts[l] = &found{}
		}
		return counts[l]
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sentences++
		g := readGold(t, line)
		s := Anonymiser{}.read(g.text)
		leaks, spoils := false, false
		for _, tok := range s.toks {
			word := fold1(g.text[tok.start:tok.end])
			if tok.kind == signToken || lex.stop[word] || lex.titles[word] || lex.particles[word] || word == "docteur" {
				continue
			}
			want := g.kinds[tok.start]
			switch {
			case want != "" && tok.label != "":
				of(want).right++
			case want != "":
				of(want).missed++
				leaks = true
			case tok.label != "":
				of(tok.label).wrong++
				spoils = true
			}
		}
		if leaks {
			leaking++
			t.Logf("shows too much: %s\n  %s", line, s)
		}
		if spoils {
			spoilt++
			t.Logf("hides too much: %s\n  %s", line, s)
		}
	}
	if sentences < 300 {
		t.Errorf("%d sentences", sentences)
	}
	for _, l := range []label{nameLabel, numberLabel, emailLabel, addressLabel, birthLabel, healthLabel} {
		c := of(l)
		recall, precision := float64(c.right)/float64(c.right+c.missed), float64(c.right)/float64(c.right+c.wrong)
		t.Logf("%-8s recall %.3f (%d of %d words), precision %.3f (%d hidden for nothing)", l, recall, c.right, c.right+c.missed, precision, c.wrong)
		if f := floors[l]; recall < f.recall || precision < f.precision {
			t.Errorf("%s: recall %.3f, precision %.3f; the floor is %v", l, recall, precision, f)
		}
	}
	t.Logf("%d sentences: %d show something, %d hide something for nothing", sentences, leaking, spoilt)
}

// Health words are hidden or kept by setting.
func TestHealthBySetting(t *testing.T) {
	for _, c := range []struct {
		name, want string
		a          Anonymiser
	}{
		{"as usual", "j'ai du [santé] et la goutte", Anonymiser{}},
		{"kept", "j'ai du diabète et la goutte", Anonymiser{KeepHealth: true}},
		{"words added", "j'ai du [santé] et la [santé]", Anonymiser{HealthWords: []string{"goutte"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.a.Hide("j'ai du diabète et la goutte"); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}
