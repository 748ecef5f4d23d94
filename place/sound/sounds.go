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

func (r *reader) a(i int) int {
	switch {
	case r.has(i, "aill"):
		r.say("aj")
		return 4
	case r.has(i, "ail") && r.final(i+3):
		r.say("aj")
		return 3
	case (r.at(i+1) == 'i' || r.at(i+1) == 'y') && r.nasal(i+2):
		r.say("I")
		return 3
	case r.has(i, "aim") && r.final(i+3):
		r.say("I")
		return 3
	case r.at(i+1) == 'y' && isVowel(r.at(i+2)) && !(r.at(i+2) == 'e' && r.final(i+3)):
		r.say("aj")
		return 2
	case r.at(i+1) == 'i' || r.at(i+1) == 'y':
		r.say("e")
		return 2
	case r.at(i+1) == 'u':
		r.say("o")
		n := 2
		if r.at(i+2) == 'l' && r.final(i+3) && i+3 < len(r.w) { // -ault, -auld
			n = 3
		}
		return n
	case r.nasal(i + 1):
		r.say("A")
		return 2
	}
	r.say("a")
	return 1
}

func (r *reader) e(i int) int {
	next := r.at(i + 1)
	switch {
	case r.has(i, "eau"):
		r.say("o")
		return 3
	case next == 'u':
		if r.has(i, "euill") {
			r.say("2j")
			return 5
		}
		if r.has(i, "euil") && r.final(i+4) {
			r.say("2j")
			return 4
		}
		r.say("2")
		return 2
	case r.has(i, "eill"):
		r.say("ej")
		return 4
	case r.has(i, "eil") && r.final(i+3):
		r.say("ej")
		return 3
	case (next == 'i' || next == 'y') && r.nasal(i+2):
		r.say("I")
		return 3
	case next == 'y' && isVowel(r.at(i+2)):
		r.say("ej")
		return 2
	case next == 'i' || next == 'y':
		r.say("e")
		return 2
	case r.nasal(i + 1):
		before := r.at(i - 1)
		if (before == 'i' || before == 'y' || before == acute) && r.final(i+2) && r.at(i+2) != 't' {
			r.say("I") // -ien, -éen
		} else {
			r.say("A")
		}
		return 2
	case r.final(i + 1):
		r.lastE(i)
		return 1
	case next == 'r' && r.final(i+2):
		return r.er(i)
	case i == 0 || isVowel(next) || r.closed(i):
		r.say("e")
		return 1
	}
	r.say("@")
	return 1
}

// lastE is an e with nothing behind it but a mute end.
func (r *reader) lastE(i int) {
	for _, c := range r.w[i+1:] {
		if c == 't' || c == 'z' || c == 'd' || c == 'p' {
			r.say("e") // -et, -ez, -ed
			return
		}
	}
	if !r.anyVowel(0, i) {
		r.say("@")
	}
}

// er is -er or -ers at the end: said é behind i and in long words.
func (r *reader) er(i int) int {
	if r.at(i-1) == 'i' || len(r.w) > 5 && r.final(i+2) && i+2 == len(r.w) {
		r.say("e")
	} else {
		r.say("er")
	}
	return 2
}

// closed says that the e at i is followed by what makes it è: two consonants but
// those that begin a syllable together, x, or a consonant said at the end.
func (r *reader) closed(i int) bool {
	next, after := r.at(i+1), r.at(i+2)
	switch {
	case next == 'x':
		return true
	case r.final(i + 2):
		return true
	case isVowel(after):
		return false
	case after == 'h' && (next == 'c' || next == 'p' || next == 't'):
		return false
	case (after == 'l' || after == 'r') && next != after && next != 'l' && next != 'r' && next != 'n' && next != 'm' && next != 's':
		return false
	case next == 'g' && after == 'n' || next == 'q' || next == 'g' && after == 'u':
		return false
	}
	return true
}

func (r *reader) i(i int) int {
	next := r.at(i + 1)
	switch {
	case r.has(i, "ill") && i > 0 && !r.final(i+3):
		before := r.at(i - 1)
		switch {
		case before == 'v' && (r.at(i+3) == 'e' || r.at(i+3) == 'i' || r.at(i+3) == 'a'), i == 1 && r.has(0, "mille"):
			r.say("il")
		case isVowel(r.at(i+3)) || r.at(i+3) == 0:
			r.say("ij")
		default:
			r.say("il")
		}
		return 3
	case r.nasal(i + 1):
		r.say("I")
		return 2
	case next == 'e' && r.final(i+2) && !r.tailHas(i+2, "tzd"):
		r.say("i") // -ie, -ies
		return 2
	case isVowel(next):
		if r.cluster(i) {
			r.say("ij")
		} else {
			r.say("j")
		}
		return 1
	}
	r.say("i")
	return 1
}

// tailHas says that the mute end holds one of these letters.
func (r *reader) tailHas(from int, letters string) bool {
	for _, c := range r.w[min(from, len(r.w)):] {
		for k := range len(letters) {
			if letters[k] == c {
				return true
			}
		}
	}
	return false
}

// cluster says that two consonants of which the second is l or r stand before i.
func (r *reader) cluster(i int) bool {
	last, before := r.at(i-1), r.at(i-2)
	return (last == 'l' || last == 'r') && before != 0 && !isVowel(before) && before != last
}

func (r *reader) o(i int) int {
	next := r.at(i + 1)
	switch {
	case r.has(i, "oeu"):
		r.say("2")
		return 3
	case next == 'e' && (i == 0 || r.at(i-1) == 'c' || r.at(i-1) == 'f'):
		r.say("e") // œ written as two letters
		return 2
	case (next == 'i' || next == 'y') && r.nasal(i+2):
		r.say("wI")
		return 3
	case next == 'y' && isVowel(r.at(i+2)) && !(r.at(i+2) == 'e' && r.final(i+3)):
		r.say("waj")
		return 2
	case next == 'i' || next == 'y':
		r.say("wa")
		return 2
	case r.has(i, "ouill"):
		r.say("uj")
		return 5
	case next == 'u':
		if after := r.at(i + 2); isVowel(after) && !(after == 'e' && r.final(i+3)) {
			r.say("w")
		} else {
			r.say("u")
		}
		return 2
	case next == 'o':
		r.say("o")
		return 2
	case r.nasal(i + 1), next == 'm' && r.final(i+2):
		r.say("O")
		return 2
	}
	r.say("o")
	return 1
}

func (r *reader) u(i int) int {
	switch {
	case r.nasal(i + 1):
		r.say("I")
		return 2
	case r.has(i, "um") && r.final(i+2):
		r.say("om")
		return 2
	case r.has(i, "ueill"):
		r.say("2j")
		return 5
	case r.has(i, "ueil"):
		r.say("2j")
		return 4
	case r.has(i, "uill"):
		r.say("yij")
		return 4
	case r.at(i+1) == 'y' && isVowel(r.at(i+2)):
		r.say("yij")
		return 2
	}
	r.say("y")
	return 1
}

func (r *reader) y(i int) int {
	switch {
	case r.nasal(i + 1):
		r.say("I")
		return 2
	case isVowel(r.at(i+1)) && !(r.at(i+1) == 'e' && r.final(i+2)):
		if r.cluster(i) {
			r.say("ij")
		} else {
			r.say("j")
		}
		return 1
	}
	r.say("i")
	return 1
}
