package phoneme

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestFromIPA(t *testing.T) {
	for _, c := range []struct{ name, ipa, want string }{
		{"town", "avinjˈɔ̃", "a v i n j ɔ̃"},
		{"gn at the end", "buʁɡˈɔɲ", "b u ʁ ɡ ɔ n j"},
		{"length and both a", "pˈaːt ʃˈɑ", "p a t ʃ a"},
		{"precomposed nasal", norm.NFC.String("ãẽõ"), "ɑ̃ ɛ̃ ɔ̃"},
		{"nasals", "œ̃ bɔ̃ vɛ̃ blˈɑ̃", "œ̃ b ɔ̃ v ɛ̃ b l ɑ̃"},
		{"schwa that may be dropped", "lə- pətˈi", "l ə p ə t i"},
		{"change of language", "sˈɛ̃(en)dʒˈʌst(fr)ɑ̃bˈa", "s ɛ̃ d ʒ œ s t ɑ̃ b a"},
		{"tied affricate", "t\u200dʃˈɛk", "t ʃ ɛ k"},
		{"open bracket at the end", "a(en", "a"},
		{"huit", "yˈit", "y i t"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := FromIPA(c.ipa)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range got {
				names = append(names, symbolTable.names[s])
			}
			if s := strings.Join(names, " "); s != norm.NFD.String(c.want) {
				t.Errorf("%q: %q, want %q", c.ipa, s, c.want)
			}
		})
	}
	if _, err := FromIPA("a∂"); err == nil {
		t.Error("a sign without a sound was taken")
	}
}

// TestTables checks the two files: the blank first, every symbol once, reachable
// from IPA as itself, and nothing made that is no symbol.
func TestTables(t *testing.T) {
	if symbolTable.names[Blank] != "<blank>" {
		t.Errorf("first line is %q, not the blank", symbolTable.names[Blank])
	}
	if len(symbolTable.byName) != Symbols {
		t.Errorf("%d names for %d lines: one stands twice", len(symbolTable.byName), Symbols)
	}
	for i, n := range symbolTable.names[1:] {
		got, err := FromIPA(n)
		if err != nil || len(got) != 1 || got[0] != Symbol(i+1) {
			t.Errorf("%s reads as %v (%v)", n, got, err)
		}
	}
	for line := range strings.Lines(ipaLines) {
		_, to, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for f := range strings.FieldsSeq(to) {
			if _, ok := symbolTable.byName[f]; f != "-" && !ok {
				t.Errorf("ipa.tsv makes %q, which is no symbol", f)
			}
		}
	}
}

func FuzzFromIPA(f *testing.F) {
	f.Add("avinjˈɔ̃")
	f.Add("(en)dʒˈʌst(fr)")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := FromIPA(s)
		if err != nil {
			return
		}
		again, err := FromIPA(got.String())
		if err != nil || again.String() != got.String() {
			t.Errorf("%q → %s → %s (%v)", s, got, again, err)
		}
	})
}
