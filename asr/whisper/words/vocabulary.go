package words

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"
)

// vocabularyText is that of all multilingual Whispers (OpenAI, MIT): a word a line in GPT-2's alphabet, in which each byte is a visible
// letter. Line n is word n-1. The special words behind it depend on the number of languages and are computed.
//
//go:embed vocabulary.txt
var vocabularyText string

// The special words that stand at the same place in every model.
const (
	endOfText  = 50257 // the first special one: below it is text
	startOf    = 50258 // start of transcript
	english    = 50259 // the first language
	french     = 50265
	blank      = 220   // a space alone
	fewest     = 51865 // entries with 99 languages; each further language is one more
	timestamps = 1501  // 0.00 to 30.00 s
)

// Vocabulary is what Whisper writes with.
type Vocabulary struct {
	entries int
	text    []string // bytes of each word of text
}

// NewVocabulary takes the number of entries of the model's: 51865, or 51866 since large-v3.
func NewVocabulary(entries int) (*Vocabulary, error) {
	if entries != fewest && entries != fewest+1 {
		return nil, fmt.Errorf("words: a vocabulary of %d entries is none of a multilingual Whisper (%d or %d)", entries, fewest, fewest+1)
	}
	v := &Vocabulary{entries: entries, text: make([]string, 0, endOfText)}
	letters := alphabet()
	var b strings.Builder
	for line := range strings.Lines(vocabularyText) {
		b.Reset()
		for _, r := range strings.TrimSuffix(line, "\n") {
			b.WriteByte(letters[r])
		}
		v.text = append(v.text, b.String())
	}
	if len(v.text) != endOfText {
		return nil, fmt.Errorf("words: vocabulary.txt has %d words, want %d", len(v.text), endOfText)
	}
	return v, nil
}

// alphabet is GPT-2's: printable bytes are the letter they are in Latin 1, the others follow from U+0100 on.
func alphabet() map[rune]byte {
	out := make(map[rune]byte, 256)
	next := rune(0x100)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			out[b] = byte(b)
			continue
		}
		out[next] = byte(b)
		next++
	}
	return out
}

// transcribe, noSpeech and noTimestamps are special words whose place depends on the number of languages.
func (v *Vocabulary) transcribe() int32   { return int32(v.entries - timestamps - 5) }
func (v *Vocabulary) noSpeech() int32     { return int32(v.entries - timestamps - 2) }
func (v *Vocabulary) noTimestamps() int32 { return int32(v.entries - timestamps - 1) }

// Text writes words out. Special words are left out, and so are bytes that make no whole letter.
func (v *Vocabulary) Text(words []int32) string {
	var b strings.Builder
	for _, w := range words {
		if w >= 0 && int(w) < len(v.text) {
			b.WriteString(v.text[w])
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}

// noise are words for what is not speech: brackets, notes, quotation marks, signs (suppress_ids of the model's config.json; the
// non-speech tokens of OpenAI's tokenizer.py).
var noise = []int32{
	1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 359, 503, 522, 542, 873, 893, 902, 918, 922, 931,
	1350, 1853, 1982, 2460, 2627, 3246, 3253, 3268, 3536, 3846, 3961, 4183, 4667, 6585, 6647, 7273, 9061, 9383, 10428, 10929, 11938, 12033,
	12331, 12562, 13793, 14157, 14635, 15265, 15618, 16553, 16604, 18362, 18956, 20075, 21675, 22520, 26130, 26161, 26435, 28279, 29464,
	31650, 32302, 32470, 36865, 42863, 47425, 49870, 50254,
}

// letters beside ASCII, and signs, that French is written with.
const letters = "àâäæçéèêëîïôöœùûüÿÀÂÄÆÇÉÈÊËÎÏÔÖŒÙÛÜŸ’…°€"

// suppress gives what is added to the scores of all entries, 0 or -inf: special words and noise never come, nor do words with letters that
// French has not. At the beginning a blank and the end do not come either.
func (v *Vocabulary) suppress(beginning bool) []float32 {
	out := make([]float32, v.entries)
	for i := range out {
		if i > endOfText || i < endOfText && !isFrench(v.text[i]) {
			out[i] = never
		}
	}
	for _, w := range noise {
		out[w] = never
	}
	if beginning {
		out[blank], out[endOfText] = never, never
	}
	return out
}

// isFrench tells whether a word can be part of a French text. Some words are a part of a letter's bytes.
func isFrench(s string) bool {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n <= 1:
			if !part[s[0]] {
				return false
			}
		case r < ' ' || r == 0x7F || r >= 0x80 && !strings.ContainsRune(letters, r):
			return false
		}
		s = s[max(n, 1):]
	}
	return true
}

// part are the bytes of letters.
var part = func() (set [256]bool) {
	for i := range len(letters) {
		set[letters[i]] = true
	}
	return set
}()
