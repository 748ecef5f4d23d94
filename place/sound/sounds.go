package sound

import (
	"unicode/utf8"
)

// The sounds, one byte each. Vowels: a; e (é, è); 2 (eu); @ (mute e); i; y (u); u
// (ou); o; the nasals A (an), O (on), I (in, un). Glides: j, w. Consonants as their
// letters, S (ch), Z (j), N (gn).

// Of gives the sounds of French text, its words run together: Of("Saint-Étienne")
// is "sItetjen". Signs part words; figures are left out.
func Of(text string) string {
	var r reader
	return string(r.text(make([]byte, 0, len(text)), text))
}

// reader reads words aloud.
type reader struct {
	w    []byte // the word in letter codes
	tail int    // where its mute end begins
	out  []byte
}

// text appends the sounds of text to out.
func (r *reader) text(out []byte, text string) []byte {
	r.out = out
	saint := false // the word before was "saint", whose t is said before a vowel
	for i := 0; i < len(text); {
		r.w = r.w[:0]
		for i < len(text) {
			c, size := utf8.DecodeRuneInString(text[i:])
			if r.w == nil {
				r.w = make([]byte, 0, 24)
			}
			l := letter(c)
			if l == 0 && !combining(c) {
				if len(r.w) > 0 {
					break
				}
				i += size
				continue
			}
			i += size
			if l != 0 {
				r.w = append(r.w, l)
			} else {
				r.accent(c)
			}
		}
		if len(r.w) == 0 {
			break
		}
		switch string(r.w) { // as place.Fold writes them out
		case "st":
			r.w = append(r.w[:0], "saint"...)
		case "ste":
			r.w = append(r.w[:0], "sainte"...)
		}
		if saint && (isVowel(r.w[0]) || r.w[0] == 'h') {
			r.out = append(r.out, 't')
		}
		r.word()
		saint = string(r.w) == "saint"
	}
	return undouble(r.out)
}

func combining(c rune) bool { return c >= 0x300 && c <= 0x36f }

// accent puts a combining accent on the letter before it.
func (r *reader) accent(c rune) {
	if n := len(r.w); n > 0 {
		switch {
		case c == 0x301 && r.w[n-1] == 'e':
			r.w[n-1] = acute
		case (c == 0x300 || c == 0x302 || c == 0x308) && r.w[n-1] == 'e':
			r.w[n-1] = grave
		case c == 0x308 && r.w[n-1] == 'i':
			r.w[n-1] = diaeresis
		case c == 0x327 && r.w[n-1] == 'c':
			r.w[n-1] = cedilla
		}
	}
}

// undouble makes one of two equal consonants: nobody hears both.
func undouble(s []byte) []byte {
	out := s[:0]
	for i, c := range s {
		if i == 0 || c != s[i-1] || vowelSound(c) {
			out = append(out, c)
		}
	}
	return out
}

func (r *reader) word() {
	if s, ok := irregular[string(r.w)]; ok {
		r.out = append(r.out, s...)
		return
	}
	r.tail = len(r.w)
	for r.tail > 1 && isMute(r.w[r.tail-1]) {
		r.tail--
	}
	if !r.anyVowel(0, r.tail) {
		r.tail = len(r.w)
	}
	from := len(r.out)
	for i := 0; i < r.tail; {
		i += r.letter(i)
	}
	if len(r.out) == from { // "le" written without its vowel
		r.say("@")
	}
}

func (r *reader) anyVowel(from, to int) bool {
	for _, c := range r.w[from:to] {
		if isVowel(c) {
			return true
		}
	}
	return false
}

func (r *reader) say(s string) { r.out = append(r.out, s...) }

// at is the letter at i, 0 outside the word.
func (r *reader) at(i int) byte {
	if i < 0 || i >= len(r.w) {
		return 0
	}
	return r.w[i]
}

// has says that these letters stand at i.
func (r *reader) has(i int, s string) bool {
	return i+len(s) <= len(r.w) && string(r.w[i:i+len(s)]) == s
}

// final says that nothing is said from i on.
func (r *reader) final(i int) bool { return i >= r.tail }

// nasal says that n or m at i makes the vowel before it nasal.
func (r *reader) nasal(i int) bool {
	next := r.at(i + 1)
	switch r.at(i) {
	case 'n':
		return !isVowel(next) && next != 'n' && next != 'm' && next != 'h' || next == 'h' && !isVowel(r.at(i+2))
	case 'm':
		return next == 'p' || next == 'b'
	}
	return false
}

// letter says what begins at letter i and returns how many letters that was.
func (r *reader) letter(i int) int {
	switch c := r.w[i]; c {
	case 'a':
		return r.a(i)
	case 'e':
		return r.e(i)
	case 'i':
		return r.i(i)
	case 'o':
		return r.o(i)
	case 'u':
		return r.u(i)
	case 'y':
		return r.y(i)
	case acute, grave:
		r.say("e")
		if c == acute && r.at(i+1) == 'e' {
			return 2
		}
	case diaeresis:
		if isVowel(r.at(i + 1)) {
			r.say("j")
		} else if r.nasal(i + 1) {
			r.say("I")
			return 2
		} else {
			r.say("i")
		}
	case ligature:
		if r.at(i+1) == 'u' {
			r.say("2")
			return 2
		}
		r.say("e")
	default:
		return r.consonant(i)
	}
	return 1
}
