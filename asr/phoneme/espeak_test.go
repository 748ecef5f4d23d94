package phoneme

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEspeak(t *testing.T) {
	texts := []string{"Avignon", "Vitry-sur-Loire", "Thoard", "84000", "oui, c'est ça. Merci !", "!"}
	want := []string{"avinjɔ̃", "vitʁisyʁlwaʁ", "toaʁ", "katʁəvɛ̃katʁmil", "wisɛsamɛʁsi", ""}
	got, err := Espeak{Rules: func(w string) string { return map[string]string{"Thoard": "toaʁ"}[w] }}.Pronounce(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		s := ""
		if len(got[i]) > 0 {
			s = got[i][0].String()
		}
		w, err := Parse(want[i])
		if err != nil {
			t.Fatal(err)
		}
		if s != w.String() {
			t.Errorf("%s: %s, want %s", text, s, w)
		}
	}
	if _, err := (Espeak{Binary: "/nowhere/espeak"}).Pronounce(t.Context(), texts); err == nil {
		t.Error("no error without espeak-ng")
	}
}

// counted counts what is asked of a Pronouncer.
type counted struct {
	asked []string
}

func (c *counted) Pronounce(_ context.Context, texts []string) ([][]String, error) {
	c.asked = append(c.asked, texts...)
	out := make([][]String, len(texts))
	for i := range texts {
		out[i] = []String{{1, 2, 3}, {4}}
	}
	return out, nil
}

func TestPronunciationsAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cache", "p.tsv")
	c := &counted{}
	for _, step := range []struct {
		name string
		ask  []string
		want []string // asked of the pronouncer
	}{
		{"first start", []string{"a", "b", "a"}, []string{"a", "b"}},
		{"second start", []string{"b", "a"}, nil},
		{"a new word", []string{"b", "c"}, []string{"c"}},
	} {
		t.Run(step.name, func(t *testing.T) {
			c.asked = nil
			p, err := NewPronunciations(c, file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Of(t.Context(), step.ask)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(c.asked, step.want) {
				t.Errorf("asked for %v, want %v", c.asked, step.want)
			}
			if s := got["b"]; len(s) != 2 || s[0].String() != (String{1, 2, 3}).String() {
				t.Errorf("b is %v", s)
			}
			var table bytes.Buffer
			if err := p.Write(&table, step.ask); err != nil || !strings.Contains(table.String(), "b\tiyu\te\n") {
				t.Errorf("table %q (%v)", table.String(), err)
			}
		})
	}
	p, err := NewPronunciations(c, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Of(t.Context(), []string{"a\tb"}); err == nil {
		t.Error("a tab was taken")
	}
}

func TestVariants(t *testing.T) {
	for _, c := range []struct{ text, said, want string }{
		{"Carpentras", "kaʁpɑ̃tʁa", "kaʁpɑ̃tʁa"},
		{"Marseille", "maʁsɛj", "maʁsɛj maʁsɛjə"},
		{"Le petit", "ləpəti", "ləpəti lpəti"},
		{"Cambrai", "kɑ̃bʁɛ", "kɑ̃bʁɛ kɑ̃bʁe"},
		{"Montpellier", "mɔ̃pəlje mɔ̃pelje", "mɔ̃pəlje mɔ̃plje mɔ̃pelje"},
	} {
		t.Run(c.text, func(t *testing.T) {
			var said []String
			for f := range strings.FieldsSeq(c.said) {
				s, err := Parse(f)
				if err != nil {
					t.Fatal(err)
				}
				said = append(said, s)
			}
			var got []string
			for _, v := range Variants(c.text, said) {
				got = append(got, v.Phonemes.String())
			}
			var want []string
			for f := range strings.FieldsSeq(c.want) {
				s, err := Parse(f)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, s.String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
