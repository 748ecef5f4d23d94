package place

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/acotel/acotel-sbc/place/sound"
	"github.com/acotel/acotel-sbc/place/spoken"
)

// noise are sounds and small words that mean nothing wherever they stand.
var noise = words("euh heu hum hm hmm mh mmh ah oh hein bah ben bon alors donc voila cedex")

// joins are words that people put between the parts of a number.
var joins = words("puis ensuite apres virgule tiret espace")

// polite are words that may end an answer.
var polite = words("merci monsieur madame mademoiselle s il vous te plait svp quoi la ici voila c est ca crois pense je moi")

// mishearings are words that a recogniser writes for number words, where there are numbers around.
var mishearings = map[string]string{
	"sans": "cent", "sang": "cent", "sent": "cent", "san": "cent", "sens": "cent", "vin": "vingt", "vain": "vingt", "vins": "vingt", "vint": "vingt", "vend": "vingt",
	"cette": "sept", "set": "sept", "sete": "sept", "cet": "sept", "cest": "sept", "est": "et", "cis": "six", "sis": "six", "si": "six", "dis": "dix", "dit": "dix", "katre": "quatre",
	"cat": "quatre", "quatres": "quatre", "quat": "quatre", "wit": "huit", "oui": "huit", "uit": "huit", "oeuf": "neuf", "oeufs": "neuf", "neufs": "neuf", "toi": "trois",
	"troie": "trois", "trop": "trois", "de": "deux", "deu": "deux", "d eux": "deux", "eux": "deux", "in": "un", "hein": "un", "milles": "mille", "mil": "mille", "mie": "mille",
	"fil": "mille", "sain": "cinq", "sink": "cinq", "saint": "cinq", "seins": "cinq", "trende": "trente", "tente": "trente", "tronte": "trente", "carante": "quarante",
	"cinquant": "cinquante", "soisante": "soixante", "swassante": "soixante", "zeros": "zero", "heros": "zero", "zorro": "zero", "onz": "onze", "ose": "onze", "douce": "douze",
	"tresse": "treize", "quinse": "quinze", "sieze": "seize", "saisie": "seize",
}

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// spokenWords are the folded words of an answer without its noise; Corsica's
// departments in one word, whoever says them: "2a", "deux a", "vingt a", "20 a".
func spokenWords(text string) []string {
	all := strings.Fields(Fold(text))
	if len(all) > maxWords {
		all = all[:maxWords]
	}
	out := make([]string, 0, len(all))
	for i := 0; i < len(all); i++ {
		w := all[i]
		if island := corsican(all[i:]); island != "" {
			out = append(out, island)
			i++
			continue
		}
		if w == "20a" || w == "20b" {
			w = "2" + w[2:]
		}
		if !noise[w] {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return all
	}
	for n := len(out); n > 1 && polite[out[n-1]]; n = len(out) {
		out = out[:n-1]
	}
	return out
}

// corsican reads "deux a", "vingt b" at the beginning of words, unless a name follows: "au 20 à Ajaccio".
func corsican(all []string) string {
	if len(all) < 2 || all[1] != "a" && all[1] != "b" {
		return ""
	}
	switch all[0] {
	case "2", "20", "deux", "vingt":
	default:
		return ""
	}
	if len(all) > 2 && !spoken.IsWord(all[2]) {
		return ""
	}
	return "2" + all[1]
}

// told is a query with what makes it less sure than what was said word by word.
type told struct {
	query      query
	digits     string  // as said, when they are no code that exists
	bySound    bool    // only to be looked up by its sound
	odds, keep float64 // see candidate
	note       string
}

// queries lists the ways to understand the words: as they are, and with their
// numbers read as postal codes, departments and arrondissements.
func (g *Gazetteer) queries(words []string) []told {
	list := g.numbered(words)
	fixed := mended(words)
	if fixed == nil || list[0].query.postal == "" && g.namesExactly(list[0].query.readings) {
		return list
	}
	other := g.numbered(fixed)
	if other[0].query.postal == "" || other[0].digits != "" {
		return list
	}
	for i := range other {
		other[i].keep *= mendedKeep
	}
	for _, t := range list {
		if t.query.postal != "" {
			t.odds *= unmendedOdds
			other = append(other, t)
		}
	}
	return other
}

// unmendedOdds is how likely a code is that leaves out a word that sounds like a
// number: of "quatre-vingt-quatre mille sans" 84000, against 84100.
const unmendedOdds = 0.3

// mendedKeep is left of a code in which number words had to be guessed.
const mendedKeep = 0.92

// mended puts number words in the place of what sounds like them, beside other numbers; nil when nothing was. Words that a recogniser often
// writes for numbers are taken from a list, and up to three words that sound like a number: "serre au" for zero.
func mended(words []string) []string {
	number := func(w string) bool { return spoken.IsWord(w) && w != "et" && w != "un" && w != "une" }
	var out []string
	changed := false
	after := func() bool { // a number ends here: "treize", "quarante et un"
		n := len(out)
		return n > 0 && number(out[n-1]) || n > 2 && out[n-1] == "un" && out[n-2] == "et" && number(out[n-3])
	}
	for i := 0; i < len(words); {
		taken := 0
		for n := min(mostSplit, len(words)-i); n > 0 && taken == 0; n-- {
			if !after() && (i+n >= len(words) || !number(words[i+n])) {
				continue
			}
			m := ""
			if n == 1 {
				m = mishearings[words[i]]
			}
			if m == "" {
				m = soundsNumber(words[i : i+n])
			}
			if m != "" {
				out = append(out, m)
				taken, changed = n, true
			}
		}
		if taken == 0 {
			out = append(out, words[i])
			taken = 1
		}
		i += taken
	}
	if !changed {
		return nil
	}
	return out
}

// mostSplit is how many words a recogniser makes of one number word.
const mostSplit = 3

// talk are words that begin no number word that was split: "c'est", "dans le".
var talk = words("c est le la les l de du des d dans a au aux en j je ai on et ou oui non code postal codes")

// numberSounds are the sounds of number words.
var numberSounds = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, w := range strings.Fields("zero deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cent mille") {
		m[w] = sound.Of(w)
	}
	return m
})

// How differently words may sound from a number word, by sound of it: one word, and several, of which a recogniser adds the seams.
const oneWordCost, splitCost sound.Cost = 16, 24

// soundsNumber finds the number word that words sound like; "" for none.
func soundsNumber(words []string) string {
	if talk[words[0]] || !slices.ContainsFunc(words, func(w string) bool { return !spoken.IsWord(w) }) {
		return ""
	}
	limit := oneWordCost
	if len(words) > 1 {
		limit = splitCost
	}
	heard := sound.Of(strings.Join(words, " "))
	best, cost := "", sound.Cost(0)
	for w, s := range numberSounds() {
		most := limit * sound.Cost(len(s))
		if d := sound.Distance(heard, s, most); d <= most && (best == "" || d < cost || d == cost && w < best) {
			best, cost = w, d
		}
	}
	return best
}

// namesExactly says that a reading is a name, letter by letter or but for small words.
func (g *Gazetteer) namesExactly(readings []reading) bool {
	return slices.ContainsFunc(readings, func(r reading) bool { return len(g.lookUp(r, sketchOnly)) > 0 })
}

// numbered reads the numbers among the words.
func (g *Gazetteer) numbered(words []string) []told {
	words = g.withCorsica(words)
	joined := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return joins[w] })
	runs := slices.DeleteFunc(spoken.Runs(joined), func(r [2]int) bool { // "un" is an article, but in "Lyon un"
		one := r[1]-r[0] == 1 && isIndefinite(joined[r[0]])
		return one && (r[1] < len(joined) || joined[r[0]] == "une" || r[0] == 0)
	})
	if len(runs) == 0 {
		return []told{plainly(words)}
	}
	asIs := plainly(words)
	if len(runs) > 1 || runs[0][1]-runs[0][0] < len(words) {
		if asIs.query.postal == "" && g.namesExactly(asIs.query.readings) {
			return []told{asIs} // "Six-Fours-les-Plages"
		}
	}
	var best []told
	for _, r := range runs {
		run, rest := joined[r[0]:r[1]], slices.Concat(joined[:r[0]], joined[r[1]:])
		if len(spoken.Digits(run)) >= phoneLen {
			continue
		}
		if list := g.codesOf(run, rest); len(list) > 0 {
			if list[0].digits == "" {
				return list
			}
			best = append(best, list...)
		}
	}
	if len(best) > 0 {
		return best
	}
	if list := g.named(asIs.query.readings[:min(1, len(asIs.query.readings))]); len(list) > 0 && list[0].closeness <= wordPrefix {
		return []told{asIs} // "Six-Fours"
	}
	asIs.bySound = true // "Bagnols-sur-Seize"
	return []told{plainly(inFigures(joined, runs)), asIs}
}

// phoneLen is the length of a telephone number, from which on digits are no code.
const phoneLen = 9

func plainly(words []string) told {
	t := told{odds: 1, keep: 1}
	t.query.take(words)
	t.query.takeTails(words)
	return t
}

// inFigures writes each run of number words as digits: "marseille huit", "le trente quatre".
func inFigures(words []string, runs [][2]int) []string {
	var out []string
	at := 0
	for _, r := range runs {
		out = append(out, words[at:r[0]]...)
		out = append(out, spoken.Digits(words[r[0]:r[1]]))
		at = r[1]
	}
	return append(out, words[at:]...)
}

// withCorsica turns "2a 100" into the code that is meant, 20100.
func (g *Gazetteer) withCorsica(words []string) []string {
	i := slices.IndexFunc(words, func(w string) bool { return w == "2a" || w == "2b" })
	if i < 0 {
		return words
	}
	for _, r := range spoken.Runs(words[i+1:]) {
		if r[0] != 0 {
			break
		}
		for _, last := range spoken.Split(words[i+1:i+1+r[1]], 3) {
			if code := "20" + last; len(g.byPostal[code]) > 0 {
				return slices.Concat(words[:i], []string{code}, words[i+1+r[1]:])
			}
		}
	}
	return words
}

// codesOf reads a run of numbers as a postal code: those that exist, else the nearest.
func (g *Gazetteer) codesOf(run, rest []string) []told {
	splits := spoken.Split(run, codeLen)
	if len(run) > 1 {
		for _, c := range spoken.Split(inWords(run), codeLen) {
			if !slices.Contains(splits, c) {
				splits = append(splits, c)
			}
		}
	}
	if figures := strings.Join(run, ""); digits(figures) && len(figures) < codeLen {
		// "6000" is 06000 where the service is at home, else a digit is missing.
		splits = slices.DeleteFunc(splits, func(c string) bool { return !g.served(c) })
	}
	var out []told
	odds := 1.0
	for _, code := range splits {
		if len(g.byPostal[code]) > 0 {
			t := told{odds: odds, keep: 1}
			t.query.postal = code
			t.query.take(rest)
			out = append(out, t)
			odds *= anotherSplit
		}
	}
	if len(out) > 0 {
		slices.SortStableFunc(out, func(a, b told) int {
			return cmp.Compare(b.odds*g.peopled(b.query.postal), a.odds*g.peopled(a.query.postal))
		})
		return out
	}
	digits := spoken.Digits(run)
	if len(splits) > 0 {
		digits = splits[0]
	}
	if len(digits) < 3 {
		return nil
	}
	for _, n := range g.nearest(digits) {
		t := told{digits: digits, odds: n.odds, keep: n.keep, note: n.note}
		t.query.postal = n.code
		t.query.take(rest)
		out = append(out, t)
	}
	if out == nil {
		t := told{digits: digits, odds: 1, keep: unconfirmed, note: "postal code " + digits + " unknown"}
		t.query.take(rest)
		out = append(out, t)
	}
	return out
}

// served says that a postal code has a commune in the regions served.
func (g *Gazetteer) served(code string) bool {
	return slices.ContainsFunc(g.byPostal[code], func(i int32) bool { return g.places[i].Region != RegionOther })
}

// anotherSplit is how much less likely the next way to cut numbers into a code is.
const anotherSplit = 0.6

// codeLen is the length of a postal code.
const codeLen = 5

// inWords says figures in words, so that those of one number that were written
// apart come together again: "80 4000" is 84000.
func inWords(run []string) []string {
	var out []string
	for _, w := range run {
		n, err := strconv.Atoi(w)
		if err == nil && w[0] != '0' && n <= 99_999 {
			out = append(out, spoken.Say(n)...)
		} else {
			out = append(out, w)
		}
	}
	return out
}
