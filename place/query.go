package place

import (
	"slices"
	"strings"
)

// query is what a text says, taken apart.
type query struct {
	utterance
	postal   string    // five digits, "" when none
	readings []reading // of the words that remain, the most literal first
	filler   bool      // the words that remain are of those that stand around a place or a code, and need name none
}

// reading is one way to understand the words around a name.
type reading struct {
	name       string // folded
	department string // "" when none was said
	district   int    // municipal arrondissement, 0 when none was said
	tail       bool   // the end of a sentence that began with something else
}

// maxWords bounds the work on what is no place name but a whole story.
const maxWords = 24

// parse takes a postal code out of the text and lists the readings of the rest.
func parse(text string) query {
	words := strings.Fields(Fold(text))
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	var q query
	q.postal, words = takePostalCode(words)
	words = slices.DeleteFunc(words, func(w string) bool { return w == "cedex" })
	q.take(words)
	return q
}

// take lists the readings of words in which there is no code.
func (q *query) take(words []string) {
	q.filler = !slices.ContainsFunc(words, func(w string) bool { return !lead[w] && !aroundCode[w] })
	for {
		q.read(words)
		// Callers wrap the name: "j'habite à Orange", "du côté de Nevers".
		if len(words) < 2 || !lead[words[0]] || isIndefinite(words[0]) && !settlement[words[1]] {
			return
		}
		words = words[1:]
	}
}

// takeTails adds what follows a preposition in a sentence that says more than a
// place: "je vous appelle d'Avignon".
func (q *query) takeTails(words []string) {
	talk := 0
	for i := 1; i < len(words); i++ {
		if w := words[i-1]; !beforeTown[w] || talk < sentenceWords {
			if (stop[w] || lead[w]) && !links[w] {
				talk++
			}
			continue
		}
		r := reading{name: strings.Join(words[i:], " "), tail: true}
		if !slices.ContainsFunc(q.readings, func(o reading) bool { return o.name == r.name }) {
			q.readings = append(q.readings, r)
		}
	}
}

// sentenceWords is how many words of talk make a sentence of what would else be a
// name misheard: "la seine sur mer" is not Mer.
const sentenceWords = 2

// verbal are words of a lead that are never part of a name misheard.
var verbal = words("je j suis habite habitons vis viens reside demeure trouve sommes cherche bonjour appelle ville village commune situe oui")

// beforeTown are the words after which a town may be named in the middle of a sentence.
var beforeTown = words("a au aux d de du sur vers chez")

// settlement are words behind "un" and "une" that lead on to a name: "un petit village près de…".
var settlement = words("petit petite village ville commune hameau quartier peu")

// isIndefinite says that no town follows: "une machine" is not La Machine.
func isIndefinite(w string) bool { return w == "un" || w == "une" }

// lead are words that may stand before a name in a spoken answer.
var lead = map[string]bool{
	"a": true, "au": true, "aux": true, "en": true, "de": true, "du": true, "des": true, "d": true, "dans": true, "sur": true,
	"vers": true, "pres": true, "cote": true, "chez": true, "le": true, "la": true, "l": true, "ville": true, "village": true, "commune": true,
	"je": true, "j": true, "suis": true, "habite": true, "c": true, "est": true, "oui": true, "alors": true, "euh": true, "ben": true, "moi": true,
	"un": true, "une": true, "petit": true, "petite": true, "mon": true, "ma": true, "notre": true, "nous": true, "on": true, "me": true, "m": true, "y": true,
	"hameau": true, "quartier": true, "habitons": true, "vis": true, "viens": true, "reside": true, "demeure": true, "trouve": true, "sommes": true, "cherche": true,
	"pour": true, "tout": true, "juste": true, "plutot": true, "donc": true, "bonjour": true, "non": true, "ca": true, "ce": true, "se": true, "situe": true,
	"qui": true, "mais": true, "et": true, "bien": true, "maintenant": true, "mettez": true, "disons": true, "exactement": true, "appelle": true, "dit": true,
}

// aroundCode are words that may stand beside a postal code: "code postal 84000", "F-84000".
var aroundCode = map[string]bool{"code": true, "postal": true, "cp": true, "f": true, "numero": true, "mon": true, "par": true}

func (q *query) read(words []string) {
	if len(words) == 0 {
		return
	}
	add := func(w []string, department string, district int) {
		if len(w) == 0 {
			return
		}
		r := reading{name: strings.Join(w, " "), department: department, district: district}
		if !slices.Contains(q.readings, r) {
			q.readings = append(q.readings, r)
		}
	}
	add(words, "", 0)
	var within []string // the words before a department, to be read with it and never without
	// Before the department: "Marseille 13" is the 13th arrondissement.
	if name, n := takeDistrict(words); n > 0 {
		add(name, "", n)
	}
	if rest, code, ok := trailingDepartment(words); ok {
		within = rest
		add(rest, code, 0)
		if name, n := takeDistrict(rest); n > 0 {
			add(name, code, n)
		}
	}
	// Numbers that mean nothing to us.
	bare := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w[0] >= '0' && w[0] <= '9' })
	if !slices.Equal(bare, within) {
		add(bare, "", 0)
	}
}

// takePostalCode finds five digits: "84000", "84 000", "8 4 0 0 0". It returns
// the other words.
func takePostalCode(words []string) (code string, rest []string) {
	for i, w := range words {
		if len(w) == 5 && digits(w) {
			return w, slices.Concat(words[:i], words[i+1:])
		}
	}
	for i := 0; i < len(words); {
		j, run := i, ""
		for j < len(words) && digits(words[j]) {
			run += words[j]
			j++
		}
		if len(run) == 5 {
			return run, slices.Concat(words[:i], words[j:])
		}
		i = j + 1
	}
	return "", words
}

func digits(w string) bool {
	return w != "" && strings.Trim(w, "0123456789") == ""
}

// ordinals are the arrondissements in words; Paris has most, 20.
var ordinals = func() map[string]int {
	m := map[string]int{}
	for i, forms := range strings.Split("premier première|deuxième second seconde|troisième|quatrième|cinquième|sixième|septième|huitième|neuvième|dixième|"+
		"onzième|douzième|treizième|quatorzième|quinzième|seizième|dix septième|dix huitième|dix neuvième|vingtième", "|") {
		if strings.HasPrefix(forms, "dix ") {
			m[Fold(forms)] = i + 1
			continue
		}
		for _, f := range strings.Fields(forms) {
			m[Fold(f)] = i + 1
		}
	}
	return m
}()

// takeDistrict finds the number of a municipal arrondissement behind or before a
// name: "lyon 3", "marseille 8eme arrondissement", "le huitième de marseille".
func takeDistrict(words []string) (name []string, number int) {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return w == "arrondissement" || w == "arrdt" || w == "arr"
	})
	for i, w := range words {
		n, length := ordinals[w], 1
		if w == "dix" && i+1 < len(words) {
			if m := ordinals[w+" "+words[i+1]]; m > 0 {
				n, length = m, 2
			}
		}
		if n == 0 {
			n = ordinalDigits(w)
		}
		if n == 0 {
			continue
		}
		before, after := words[:i], words[i+length:]
		for len(before) > 0 && departmentWords[before[len(before)-1]] {
			before = before[:len(before)-1]
		}
		for len(after) > 0 && departmentWords[after[0]] {
			after = after[1:]
		}
		return slices.Concat(before, after), n
	}
	return nil, 0
}

// ordinalDigits reads 1 to 20 in "8", "08", "8e", "8eme", "8ieme", "1er", "1ere"; 0 otherwise.
func ordinalDigits(w string) int {
	at, n := 0, 0
	for at < len(w) && at < 3 && w[at] >= '0' && w[at] <= '9' {
		n = 10*n + int(w[at]-'0')
		at++
	}
	switch w[at:] {
	case "", "e", "er", "ere", "eme", "ieme", "nd", "nde":
		if at > 0 && n <= 20 {
			return n
		}
	}
	return 0
}
