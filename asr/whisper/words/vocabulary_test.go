package words

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What the Hugging Face tokenizer (PyPI tokenizers 0.23.3, tokenizer.json of the base model) makes of French sentences.
var tokenised = []struct {
	text  string
	words []int32
}{
	{" Je cherche un atelier mémoire à Carpentras.", []int32{2588, 41644, 517, 412, 46273, 13191, 3280, 621, 1531, 2741, 22786, 3906, 13}},
	{" L'hôtel-Dieu, où j'étais né : 84 000 €, n° 12.", []int32{441, 6, 71, 8775, 338, 12, 35, 19347, 11, 9068, 361, 6, 22824, 7024, 1982, 29018, 13711, 17450, 11, 297, 11782, 2272, 13}},
	{" Œuf, cœur, Noël, ça, naïf, Aÿ.", []int32{4423, 240, 2947, 11, 43207, 11, 883, 36343, 11, 2788, 11, 1667, 15487, 69, 11, 316, 18798, 13}},
	{"Ah… d’accord !", []int32{10844, 1260, 274, 913, 247, 19947, 2298}},
	{" 日本 привет", []int32{220, 27311, 33879}},
}

func vocabulary(t testing.TB, entries int) *Vocabulary {
	t.Helper()
	v, err := NewVocabulary(entries)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWordsAreWrittenAsTheTokenizerReadThem(t *testing.T) {
	v := vocabulary(t, 51865)
	for _, c := range tokenised {
		if got := v.Text(c.words); got != c.text {
			t.Errorf("%v is %q, want %q", c.words, got, c.text)
		}
	}
	special := []int32{startOf, french, v.transcribe(), v.noTimestamps(), 2588, endOfText, -1, 1 << 30}
	if got := v.Text(special); got != " Je" {
		t.Errorf("special words are written: %q", got)
	}
}

func TestSpecialWordsStandWhereTheModelHasThem(t *testing.T) {
	for entries, want := range map[int][3]int32{
		51865: {50359, 50362, 50363},
		51866: {50360, 50363, 50364}, // one language more
	} {
		v := vocabulary(t, entries)
		if got := [3]int32{v.transcribe(), v.noSpeech(), v.noTimestamps()}; got != want {
			t.Errorf("%d entries: %v, want %v", entries, got, want)
		}
	}
	for _, entries := range []int{0, 51864, 51867} { // 51864: English alone
		if _, err := NewVocabulary(entries); err == nil {
			t.Errorf("a vocabulary of %d entries was taken", entries)
		}
	}
}

func TestWhatIsNoFrenchSpeechIsSuppressed(t *testing.T) {
	v := vocabulary(t, 51865)
	first, later := v.suppress(true), v.suppress(false)
	for _, c := range tokenised[:4] {
		for _, w := range c.words {
			if later[w] != 0 && w != 1982 { // " :", which the model's own list suppresses
				t.Errorf("%q of %q can't be heard", v.Text([]int32{w}), c.text)
			}
		}
	}
	for name, w := range map[string]int32{"transcript": startOf, "english": english, "no timestamps": 50363, "0.00": 50364, "30.00": 51864,
		"Japanese": 27311, "Russian": 33879, "(": 7, "♪♪": 26161} {
		if later[w] != never {
			t.Errorf("%s (%d) may be heard", name, w)
		}
	}
	if later[endOfText] != 0 || first[endOfText] != never || first[blank] != never {
		t.Error("a text may end, but not before it began, nor begin with a blank")
	}
	if len(first) != 51865 || len(later) != 51865 {
		t.Errorf("%d and %d entries", len(first), len(later))
	}
}

func FuzzText(f *testing.F) {
	for _, c := range tokenised {
		var b []byte
		for _, w := range c.words {
			b = append(b, byte(w>>8), byte(w))
		}
		f.Add(b)
	}
	v := vocabulary(f, 51865)
	f.Fuzz(func(t *testing.T, b []byte) {
		var words []int32
		for ; len(b) > 1; b = b[2:] {
			words = append(words, int32(b[0])<<8|int32(b[1]))
		}
		text := v.Text(words)
		if !utf8.ValidString(text) {
			t.Fatalf("%q is no UTF-8", text)
		}
		for _, h := range reader().hypotheses([]beam{{words: words, sum: -1}}, 0) {
			if strings.TrimSpace(h.Text) == "" || len(h.Text) > len(text) {
				t.Fatalf("%q became %q", text, h.Text)
			}
			if again, cut := onceOnly(h.Text); cut && len(again) >= len(h.Text) {
				t.Fatalf("%q is still cut, to %q", h.Text, again)
			}
		}
	})
}
