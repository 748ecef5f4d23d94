package simulate

import (
	"strings"
	"unicode"
)

// The sounds of French as one byte each: a e(é) E(è) i o u(ou) y(u) 2(eu) @(schwa) A(an) O(on) I(in), w j, p b t d k g f v s z
// S(ch) Z(j) m n N(gn) l r. Open and closed o are one: nobody tells them apart on the telephone.
const vowels = "aeEiouy2@AOI"

// spelling is how a group of letters sounds. after and before are the letters that must stand around it: empty for any, "^" and "$" for
// the ends of the word among them, a leading "!" for none of them.
type spelling struct{ letters, sound, after, before string }

const (
	vowelLetters = "aàâeéèêëiîïoôuùûyœ"
	soft         = "eéèêëiîïy"
)

// spellings are tried in order; the first that fits is taken.
var spellings = []spelling{
	{"eaux", "o", "", "$"}, {"eau", "o", "", ""}, {"aux", "o", "", "$"}, {"au", "o", "", ""},
	{"aient", "E", "", "$"}, {"oient", "wa", "", "$"}, {"ient", "jI", "", "$"},
	{"ouill", "uj", "", ""}, {"euill", "2j", "", ""}, {"ueill", "2j", "", ""}, {"aill", "aj", "", ""}, {"eill", "Ej", "", ""}, {"uill", "yij", "", ""},
	{"ueil", "2j", "", "$"}, {"euil", "2j", "", "$"}, {"ail", "aj", "", "$"}, {"eil", "Ej", "", "$"}, {"ouil", "uj", "", "$"},
	{"ville", "vil", "", ""}, {"mille", "mil", "^", ""}, {"ill", "ij", "!^" + vowelLetters, ""},
	{"tion", "sjO", "!s", "$"}, {"tions", "sjO", "!s", "$"},
	{"oin", "wI", "", "!" + vowelLetters + "nm"}, {"ouin", "wI", "", "!" + vowelLetters + "nm"},
	{"ain", "I", "", "!" + vowelLetters + "nm"}, {"aim", "I", "", "!" + vowelLetters + "nm"}, {"ein", "I", "", "!" + vowelLetters + "nm"},
	{"ien", "jI", "", "!" + vowelLetters + "nm"}, {"éen", "eI", "", "!" + vowelLetters + "nm"},
	{"ens", "A", "", "$"}, {"en", "A", "", "!" + vowelLetters + "nm"}, {"em", "A", "", "pb"},
	{"an", "A", "", "!" + vowelLetters + "nm"}, {"am", "A", "", "pb"}, {"aon", "A", "", "!" + vowelLetters + "nm"},
	{"in", "I", "", "!" + vowelLetters + "nm"}, {"im", "I", "", "pb"}, {"yn", "I", "", "!" + vowelLetters + "nm"}, {"ym", "I", "", "pb"},
	{"un", "I", "", "!" + vowelLetters + "nm"}, {"um", "om", "", "$"},
	{"on", "O", "", "!" + vowelLetters + "nm"}, {"om", "O", "", "pb"},
	{"oui", "wi", "", ""}, {"ouy", "uj", "", vowelLetters}, {"oy", "waj", "", vowelLetters}, {"oi", "wa", "", ""}, {"oî", "wa", "", ""}, {"oy", "wa", "", ""},
	{"où", "u", "", ""}, {"oû", "u", "", ""}, {"ou", "w", "", vowelLetters}, {"ou", "u", "", ""},
	{"œu", "2", "", ""}, {"oeu", "2", "", ""}, {"eû", "2", "", ""}, {"eu", "2", "", ""}, {"œ", "e", "", ""},
	{"ay", "Ej", "", vowelLetters}, {"uy", "yj", "", vowelLetters}, {"ey", "Ej", "", vowelLetters},
	{"ai", "E", "", ""}, {"aî", "E", "", ""}, {"ei", "E", "", ""}, {"ay", "E", "", ""}, {"ey", "E", "", ""},
	{"er", "e", "!^", "$"}, {"ez", "e", "", "$"}, {"ers", "er", "", "$"}, {"et", "E", "", "$"}, {"ets", "E", "", "$"}, {"est", "E", "^", "$"},
	{"es", "e", "^", "$"}, {"es", "", "", "$"}, {"ent", "A", "", "$"}, {"e", "", "", "$"},
	{"e", "E", "", "x"}, {"ell", "El", "", ""}, {"ett", "Et", "", ""}, {"enn", "En", "", ""}, {"err", "Er", "", ""}, {"ess", "Es", "", ""}, {"emm", "Em", "", ""},
	{"ec", "Ek", "", "$t"}, {"el", "El", "", "$"}, {"ef", "Ef", "", "$"}, {"er", "Er", "", "!" + vowelLetters}, {"es", "Es", "", "!" + vowelLetters + "$"},
	{"é", "e", "", ""}, {"è", "E", "", ""}, {"ê", "E", "", ""}, {"ë", "E", "", ""}, {"e", "@", "", ""},
	{"a", "a", "", ""}, {"à", "a", "", ""}, {"â", "a", "", ""}, {"o", "o", "", ""}, {"ô", "o", "", ""},
	{"i", "j", "!^", vowelLetters}, {"i", "i", "", ""}, {"î", "i", "", ""}, {"ï", "i", "", ""}, {"y", "j", "", vowelLetters}, {"y", "i", "", ""},
	{"ch", "k", "", "rl"}, {"ch", "S", "", ""}, {"ph", "f", "", ""}, {"th", "t", "", ""}, {"rh", "r", "", ""},
	{"qu", "k", "", ""}, {"q", "k", "", ""}, {"gn", "N", "", ""}, {"gu", "g", "", soft}, {"ge", "Z", "", "aoâô"}, {"gg", "g", "", ""},
	{"g", "Z", "", soft}, {"cc", "ks", "", soft}, {"sc", "s", "", soft}, {"c", "s", "", soft}, {"ç", "s", "", ""}, {"ck", "k", "", ""}, {"c", "k", "", ""},
	{"u", "y", "", ""}, {"û", "y", "", ""}, {"ù", "y", "", ""},
	{"ss", "s", "", ""}, {"s", "z", vowelLetters, vowelLetters}, {"x", "s", "^", "$"}, {"x", "", "", "$"}, {"x", "ks", "", ""}, {"j", "Z", "", ""}, {"w", "v", "", ""}, {"h", "", "", ""},
	{"b", "b", "", ""}, {"d", "d", "", ""}, {"f", "f", "", ""}, {"g", "g", "", ""}, {"k", "k", "", ""}, {"l", "l", "", ""}, {"m", "m", "", ""},
	{"n", "n", "", ""}, {"p", "p", "", ""}, {"r", "r", "", ""}, {"s", "s", "", ""}, {"t", "t", "", ""}, {"v", "v", "", ""}, {"z", "z", "", ""},
}

// sounder reads words aloud: the spellings by their first letter.
type sounder map[rune][]spelling

func newSounder() sounder {
	s := sounder{}
	for _, sp := range spellings {
		first := []rune(sp.letters)[0]
		s[first] = append(s[first], sp)
	}
	return s
}

// sounds says how a French word, or a name of several, is pronounced. It follows the rules, not the exceptions.
func (s sounder) sounds(text string) string {
	var out []byte
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		out = append(out, s.word(mute([]rune(w)))...)
	}
	return string(undouble(out))
}

// mute takes the consonants off that are written at the end of a word and not said.
func mute(w []rune) []rune {
	for len(w) > 2 && strings.ContainsRune("tdpsxzg", w[len(w)-1]) {
		if end := string(w[len(w)-2:]); end == "es" || end == "et" || end == "ez" || end == "ux" {
			break
		}
		w = w[:len(w)-1]
	}
	return w
}

func (s sounder) word(w []rune) []byte {
	var out []byte
	for i := 0; i < len(w); {
		n := 1
		for _, sp := range s[w[i]] {
			if l := []rune(sp.letters); sp.fits(w, i, len(l)) {
				out, n = append(out, sp.sound...), len(l)
				break
			}
		}
		i += n
	}
	if len(out) == 0 && len(w) > 0 {
		out = append(out, '@') // "le", "de", "que" written without their vowel
	}
	return out
}

// fits says that the spelling stands at w[i:i+n] with what must be around it.
func (sp spelling) fits(w []rune, i, n int) bool {
	if i+n > len(w) || string(w[i:i+n]) != sp.letters {
		return false
	}
	before, after := '^', '$'
	if i > 0 {
		before = w[i-1]
	}
	if i+n < len(w) {
		after = w[i+n]
	}
	return among(before, sp.after) && among(after, sp.before)
}

// among reads the conditions of a spelling.
func among(r rune, set string) bool {
	if set == "" {
		return true
	}
	if rest, not := strings.CutPrefix(set, "!"); not {
		return !strings.ContainsRune(rest, r)
	}
	return strings.ContainsRune(set, r)
}

// undouble makes one of two equal sounds: nobody hears both.
func undouble(s []byte) []byte {
	out := s[:0]
	for i, c := range s {
		if i == 0 || c != s[i-1] {
			out = append(out, c)
		}
	}
	return out
}

// alike are the groups of sounds that a telephone confounds, with what it costs to take one for another (0 the same, 1 nothing alike).
var alike = []struct {
	sounds string
	cost   float64
}{
	{"eE", 0.15}, {"@2", 0.1}, {"pb", 0.3}, {"td", 0.3}, {"kg", 0.3}, {"fv", 0.3}, {"sz", 0.25}, {"SZ", 0.3}, {"AO", 0.3}, {"AI", 0.4}, {"OI", 0.5},
	{"mn", 0.35}, {"nN", 0.3}, {"fs", 0.4}, {"sS", 0.45}, {"zZ", 0.4}, {"uy", 0.5}, {"yi", 0.4}, {"uo", 0.45}, {"Oo", 0.4}, {"Aa", 0.4}, {"IE", 0.45},
	{"2o", 0.5}, {"ej", 0.5}, {"ij", 0.2}, {"uw", 0.2}, {"pt", 0.5}, {"tk", 0.55}, {"bd", 0.5}, {"dg", 0.55}, {"bv", 0.45}, {"lr", 0.6}, {"ln", 0.55},
	{"aE", 0.55}, {"2e", 0.5}, {"vz", 0.5}, {"mb", 0.5},
}

// ears compares sounds: what it costs to hear one for another, and to lose or add one.
type ears struct {
	swap [128][128]float64
	lost [128]float64
}

func newEars() *ears {
	e := &ears{}
	for i := range e.swap {
		for j := range e.swap[i] {
			if i != j {
				e.swap[i][j] = 1
			}
		}
	}
	for _, a := range alike {
		x, y := a.sounds[0], a.sounds[1]
		e.swap[x][y], e.swap[y][x] = a.cost, a.cost
	}
	for i := range e.lost {
		e.lost[i] = 0.8
	}
	e.lost['@'], e.lost['r'], e.lost['l'], e.lost['j'], e.lost['w'] = 0.12, 0.55, 0.6, 0.5, 0.5
	return e
}

// distance is how differently two strings of sounds sound: 0 the same, about 1 for each sound that is another.
func (e *ears) distance(a, b string) float64 {
	const most = 32
	if len(a) > most || len(b) > most {
		a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	}
	var row [most + 1]float64
	for j := range len(b) {
		row[j+1] = row[j] + e.lost[b[j]]
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] += e.lost[a[i]]
		for j := range len(b) {
			best := min(diagonal+e.swap[a[i]][b[j]], row[j+1]+e.lost[a[i]], row[j]+e.lost[b[j]])
			diagonal, row[j+1] = row[j+1], best
		}
	}
	return row[len(b)]
}
