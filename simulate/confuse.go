package simulate

import (
	"cmp"
	_ "embed"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/place"
)

//go:embed data/lexicon.txt
var lexiconText string

// common is a word of the lexicon with its sounds; rank 0 to 1 is how rare it is.
type common struct {
	text, sounds string
	rare         float64
}

// confuser knows what a word is taken for when it is misheard. It is safe for concurrent use.
type confuser struct {
	sounder sounder
	ears    *ears
	words   [128][]common         // by their first sound
	towns   map[string][]townName // by the skeleton of their sounds

	mu    sync.Mutex
	known map[string][]guess // what was worked out before
}

// townName is a commune's name with its sounds.
type townName struct {
	name, sounds string
	people       int
}

// guess is something that could have been written in the place of a word.
type guess struct {
	text   string
	weight float64
}

func newConfuser(gaz *place.Gazetteer) *confuser {
	c := &confuser{sounder: newSounder(), ears: newEars(), towns: map[string][]townName{}, known: map[string][]guess{}}
	var all []string
	for line := range strings.SplitSeq(lexiconText, "\n") {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.Fields(line)...)
		}
	}
	seen := map[string]bool{}
	for i, w := range all {
		if s := c.sounder.sounds(w); s != "" && !seen[w] && (len(w) > 1 && w != "qu" || w == "a" || w == "y") {
			seen[w] = true
			c.words[s[0]] = append(c.words[s[0]], common{w, s, float64(i) / float64(len(all))})
		}
	}
	gaz.Places(func(p place.Place) bool {
		if s := c.sounder.sounds(p.Name); s != "" {
			c.towns[skeleton(s)] = append(c.towns[skeleton(s)], townName{p.Name, s, p.Population})
		}
		return true
	})
	return c
}

// skeleton keeps what a sloppy ear keeps: the consonants, voiced and unvoiced alike.
func skeleton(sounds string) string {
	var out []byte
	for i := range len(sounds) {
		switch c := sounds[i]; {
		case strings.IndexByte(vowels, c) >= 0 || c == 'j' || c == 'w':
		default:
			out = append(out, strings.NewReplacer("b", "p", "d", "t", "g", "k", "v", "f", "z", "s", "Z", "S", "n", "m", "N", "m").Replace(string(c))[0])
		}
	}
	return string(out)
}

// mistaken is what is written in the place of a misheard word, never the word itself; "" when nothing sounds like it.
func (c *confuser) mistaken(word string, r *rand.Rand) string {
	list := c.guesses(word)
	at := r.Float64()
	for _, g := range list {
		if at -= g.weight; at < 0 {
			return g.text
		}
	}
	return ""
}

// guesses are the likeliest errors for a word; their weights add up to 1.
func (c *confuser) guesses(word string) []guess {
	c.mu.Lock()
	list, ok := c.known[word]
	c.mu.Unlock()
	if ok {
		return list
	}
	list = c.workOut(word)
	c.mu.Lock()
	c.known[word] = list
	c.mu.Unlock()
	return list
}

const (
	// fewGuesses is how many errors of each kind are kept.
	fewGuesses = 6
	// A name is more often torn into common words than written as it sounds, and sometimes taken for another town.
	asWords, asLetters, asTown = 0.5, 0.35, 0.15
	// Other words are taken for one another, or written in another form of the same sound ("continuer" for "continuez").
	asOther, asForm = 0.6, 0.4
	// sharp says how much likelier the nearer sound is.
	sharp = 2.5
)

// workOut finds the errors: other words of the same sounds, the same sounds in other letters, a town that sounds like it.
func (c *confuser) workOut(word string) []guess {
	s := c.sounder.sounds(word)
	if s == "" {
		return nil
	}
	folded := place.Fold(word)
	var out []guess
	add := func(share float64, list []guess) {
		list = slices.DeleteFunc(list, func(g guess) bool { return place.Fold(g.text) == folded })
		slices.SortStableFunc(list, func(a, b guess) int { return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.text, b.text)) })
		list = list[:min(len(list), fewGuesses)]
		sum := 0.0
		for _, g := range list {
			sum += g.weight
		}
		for _, g := range list {
			out = append(out, guess{g.text, share * g.weight / sum})
		}
	}
	capital := word != strings.ToLower(word)
	switch {
	case capital: // a name
		add(asWords, c.split(s))
		add(asLetters, respelt(strings.ToLower(word)))
		add(asTown, c.neighbours(s))
	default:
		add(asOther, c.split(s))
		add(asForm, otherForms(word))
		if len([]rune(word)) > 5 {
			add(asLetters, respelt(word))
		}
	}
	sum := 0.0
	for _, g := range out {
		sum += g.weight
	}
	for i := range out {
		out[i].weight /= sum
	}
	return out
}

// split writes sounds with common words, one or several, letting sounds change a little on the way.
func (c *confuser) split(s string) []guess {
	type path struct {
		text string
		cost float64
	}
	const beam, ahead = 8, 7
	best := make([][]path, len(s)+1)
	best[0] = []path{{}}
	for i := range s {
		if len(best[i]) == 0 {
			continue
		}
		slices.SortStableFunc(best[i], func(a, b path) int { return cmp.Compare(a.cost, b.cost) })
		best[i] = best[i][:min(len(best[i]), beam)]
		for _, w := range c.starting(s[i]) {
			for n := max(1, len(w.sounds)-1); n <= min(len(w.sounds)+1, ahead, len(s)-i); n++ {
				d := c.ears.distance(s[i:i+n], w.sounds)
				if d > 0.28*float64(n)+0.15 {
					continue
				}
				for _, p := range best[i] {
					best[i+n] = append(best[i+n], path{strings.TrimSpace(p.text + " " + w.text), p.cost + d + 0.25 + 0.4*w.rare})
				}
			}
		}
	}
	var out []guess
	for _, p := range best[len(s)] {
		if !slices.ContainsFunc(out, func(g guess) bool { return g.text == p.text }) {
			out = append(out, guess{p.text, math.Exp(-sharp * p.cost)})
		}
	}
	return out
}

// starting gives the words that begin with a sound or one that is easily taken for it.
func (c *confuser) starting(first byte) []common {
	out := c.words[first]
	for other := range c.words {
		if cost := c.ears.swap[first][other]; cost > 0 && cost <= 0.45 && len(c.words[other]) > 0 {
			out = append(out[:len(out):len(out)], c.words[other]...)
		}
	}
	return out
}

// neighbours are the towns that sound almost the same, the bigger the likelier.
func (c *confuser) neighbours(s string) []guess {
	var out []guess
	for _, t := range c.towns[skeleton(s)] {
		if d := c.ears.distance(s, t.sounds); d < 0.2*float64(len(s))+0.2 {
			out = append(out, guess{t.name, math.Exp(-sharp*d) * math.Sqrt(float64(t.people+100))})
		}
	}
	return out
}

// endings are forms of a word that sound the same or almost.
var endings = []struct{ from, to string }{
	{"ez", "er"}, {"ez", "é"}, {"er", "é"}, {"er", "ez"}, {"é", "er"}, {"ée", "é"}, {"ais", "ait"}, {"ais", "é"}, {"ait", "ais"}, {"erai", "erais"},
	{"es", "e"}, {"s", ""}, {"e", "es"}, {"t", "s"}, {"onne", "onnes"}, {"eux", "eut"}, {"ent", "e"}, {"on", "ons"}, {"ier", "iers"}, {"ois", "oit"},
}

// otherForms writes a word in another form.
func otherForms(word string) []guess {
	var out []guess
	if len([]rune(word)) <= shortWord {
		return nil
	}
	for _, e := range endings {
		if stem, ok := strings.CutSuffix(word, e.from); ok {
			out = append(out, guess{stem + e.to, 1})
		}
	}
	return out
}

// respellings are the same sounds in other letters, as in the spelling of someone who never saw the name.
var respellings = []struct{ from, to string }{
	{"ph", "f"}, {"aux", "o"}, {"eau", "o"}, {"au", "o"}, {"ais", "é"}, {"ai", "é"}, {"ei", "é"}, {"en", "an"}, {"an", "en"}, {"ain", "in"}, {"in", "ain"},
	{"ss", "s"}, {"ll", "l"}, {"nn", "n"}, {"tt", "t"}, {"rr", "r"}, {"mm", "m"}, {"pp", "p"}, {"y", "i"},
	{"qu", "k"}, {"ge", "je"}, {"gi", "ji"}, {"ce", "se"}, {"ci", "si"}, {"ç", "ss"}, {"th", "t"}, {"z", "s"}, {"è", "é"}, {"é", "er"}, {"o", "au"},
	{"x", "s"}, {"ou", "u"}, {"b", "p"}, {"p", "b"}, {"d", "t"}, {"m", "n"}, {"v", "f"}, {"oi", "oua"}, {"ille", "ie"},
}

// respelt writes a word in other letters: one or two changes, and the silent end lost.
func respelt(word string) []guess {
	var out []guess
	seen := map[string]bool{word: true}
	add := func(text string, weight float64) {
		if !seen[text] && len(text) > 2 {
			seen[text] = true
			out = append(out, guess{text, weight})
		}
	}
	bare := strings.TrimRight(word, "sxtdpz")
	add(bare, 1)
	for i, a := range respellings {
		once := strings.Replace(word, a.from, a.to, 1)
		if once == word {
			continue
		}
		add(once, 0.6)
		add(strings.TrimRight(once, "sxtdpz"), 0.5)
		for _, b := range respellings[i+1:] {
			if b.to != a.from {
				add(strings.Replace(once, b.from, b.to, 1), 0.2)
			}
		}
	}
	return out
}
