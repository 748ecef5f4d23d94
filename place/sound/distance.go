package sound

// Cost is a distance in hundredths of a sound: 0 the same sounds, about 75 for
// each that is quite another.
type Cost int

// Costs of what a sound is taken for. Those that the telephone's band blurs (f and
// s above 3.4 kHz, the nasals among themselves) are nearest, then those that share
// all but one trait.
const (
	otherVowel, otherConsonant, otherKind Cost = 75, 80, 120
	lostVowel, lostConsonant, lostLast    Cost = 70, 65, 30
)

// alike are pairs of sounds and the cost of one in the place of the other.
var alike = []struct {
	pair string
	cost Cost
}{
	{"e@", 15}, {"@2", 10}, {"e2", 45}, {"aA", 35}, {"ae", 50}, {"oO", 35}, {"ou", 40}, {"AO", 30}, {"IA", 40}, {"Ie", 40}, {"IO", 55}, {"Ia", 45}, {"iy", 40}, {"yu", 50}, {"ie", 40},
	{"o@", 45}, {"oa", 60}, {"oA", 60}, {"y2", 40}, {"u2", 50}, {"uO", 50}, {"o2", 45}, {"i@", 55}, {"ij", 15}, {"uw", 15}, {"yw", 35}, {"yj", 50}, {"jw", 60}, {"a@", 50}, {"I2", 60},
	{"pb", 30}, {"td", 30}, {"kg", 30}, {"fv", 30}, {"sz", 25}, {"SZ", 30}, {"sS", 40}, {"zZ", 40}, {"fs", 35}, {"vz", 45}, {"mn", 30}, {"nN", 25}, {"mN", 45}, {"lr", 50}, {"pt", 45}, {"pk", 45}, {"tk", 45},
	{"bd", 45}, {"dg", 45}, {"bv", 35}, {"bm", 45}, {"dn", 45}, {"ln", 45}, {"lm", 60}, {"pf", 50}, {"ft", 55}, {"st", 60}, {"lj", 40}, {"Nj", 45}, {"rg", 55}, {"rk", 65}, {"vm", 55}, {"bg", 50}, {"vd", 55}, {"fS", 50},
	{"Zv", 55}, {"rw", 55}, {"vw", 50}, {"vr", 65}, {"dz", 60}, {"dl", 55}, {"rd", 65}, {"ks", 70}, {"gZ", 60},
}

// The tables by sound. A sound is numbered 1 to 31.
const sounds = "ae2@iyuoAOIjwpbtdkgfvszSZmnNlr"

type tables struct {
	number [128]byte
	swap   [32][32]Cost
	lost   [32]Cost
	class  [128]byte
}

var ears = func() *tables {
	t := &tables{}
	for i := range len(sounds) {
		t.number[sounds[i]] = byte(i + 1)
	}
	for i := range len(sounds) {
		for j := range len(sounds) {
			a, b := sounds[i], sounds[j]
			cost := otherKind
			switch {
			case a == b:
				cost = 0
			case vowelSound(a) && vowelSound(b):
				cost = otherVowel
			case !vowelSound(a) && !vowelSound(b):
				cost = otherConsonant
			}
			t.swap[i+1][j+1] = cost
		}
		t.lost[i+1] = lostConsonant
		if vowelSound(sounds[i]) {
			t.lost[i+1] = lostVowel
		}
	}
	for _, a := range alike {
		x, y := t.number[a.pair[0]], t.number[a.pair[1]]
		t.swap[x][y], t.swap[y][x] = a.cost, a.cost
	}
	for s, cost := range map[byte]Cost{'@': 12, 'j': 35, 'w': 35, 'r': 45, 'l': 50, 'n': 50, 'i': 55, 'y': 55} {
		t.lost[t.number[s]] = cost
	}
	for i, group := range []string{"pb", "td", "kg", "fv", "szSZ", "mnN", "l", "r"} {
		for k := range len(group) {
			t.class[group[k]] = byte(i + 1)
		}
	}
	return t
}()

func vowelSound(c byte) bool {
	switch c {
	case 'a', 'e', '2', '@', 'i', 'y', 'u', 'o', 'A', 'O', 'I':
		return true
	}
	return false
}

// longest is how many sounds are compared.
const longest = 40

// Distance is how differently a and b sound; once it is sure to be more than
// limit, some cost above limit is returned.
func Distance(a, b string, limit Cost) Cost {
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	var row [longest + 1]Cost
	var of [longest]byte // the sounds of b by number, and what losing each costs
	var without [longest]Cost
	n := len(b)
	for j := range n {
		of[j], without[j] = ears.number[b[j]&127]&31, lost(b, j)
		row[j+1] = row[j] + without[j]
	}
	for i := range len(a) {
		gone := lost(a, i)
		diagonal := row[0]
		left := diagonal + gone
		row[0] = left
		least := left
		swap := &ears.swap[ears.number[a[i]&127]&31]
		for j := range n {
			up := row[j+1]
			best := min(diagonal+swap[of[j]], up+gone, left+without[j])
			diagonal, row[j+1], left = up, best, best
			least = min(least, best)
		}
		if least > limit {
			return least
		}
	}
	return row[n]
}

// lost is the cost of not hearing sound i of s. The last consonant is easily lost,
// and often not said by some and said by others ("Carpentras", "Cassis").
func lost(s string, i int) Cost {
	if i == len(s)-1 && !vowelSound(s[i]) {
		return lostLast
	}
	return ears.lost[ears.number[s[i]&127]]
}

// Skeleton is the consonants of a string of sounds by class, voiced and unvoiced,
// s and ch alike, at most 14 of them: 4 bits each, the first highest, and how many.
func Skeleton(s string) (bits uint64, n int) {
	for i := range len(s) {
		if c := ears.class[s[i]&127]; c > 0 && n < MaxSkeleton {
			bits = bits<<4 | uint64(c)
			n++
		}
	}
	return bits, n
}

// MaxSkeleton is the most consonants of a skeleton.
const MaxSkeleton = 14

// Without is a skeleton of n consonants without the one at i, the first being 0.
func Without(bits uint64, n, i int) uint64 {
	low := 4 * (n - 1 - i)
	return bits>>(low+4)<<low | bits&(1<<low-1)
}
