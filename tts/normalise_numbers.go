package tts

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Amounts: prices, measures, ranges, ordinals, fractions, and whatever is left in digits.

var (
	numberRange = regexp.MustCompile(`(\d+(?:[.,]\d+)?) ?[-–] ?(\d+)`)
	doors       = regexp.MustCompile(`(\d+) ?/ ?(\d+)`)
	negative    = regexp.MustCompile(`[-–](\d)`)
	signedUnit  = regexp.MustCompile(`^\d+(?:[.,]\d+)? ?(?:[°%€]|k?m\b)`)
	under       = regexp.MustCompile(`(^|[^\d] |\()- ?(?:de )?(\d+(?: ?ans| mois)\b)`)
	over        = regexp.MustCompile(`(^|[ (])\+ ?(?:de )?(\d+(?: ?ans| mois)\b)`)
	price       = regexp.MustCompile(numeral + ` ?(?:€|[eE]uros?\b|E[uU][rR]\b)(?: ?(\d{2}))?`)
	priceRange  = regexp.MustCompile(`(\d+)[,.](\d\d)( à | et | ou )(\d+(?:[,.]\d\d)? ?(?:€|euros))`)
	priceBefore = regexp.MustCompile(`€ ?` + numeral)
	metresPlus  = regexp.MustCompile(`(\d{1,3}) ?m ?(\d{2})`)
	ordinalSign = regexp.MustCompile(`(\d+|[IVX]+) ?(ères?|eres?|èmes?|emes?|ers?|res?|ndes?|nds?|des?|ds?|es?|è)`)
	listDegree  = regexp.MustCompile(`(\d{1,2})°\)`)
	seats       = regexp.MustCompile(`^ (?:place|promenade) (?:de la |du |des |de l'|de |d')?\p{Lu}`)
	degreeSign  = regexp.MustCompile(`(\d{1,2})° (étage|âge|arrondissement|année|séance|partie|rang|édition)`)
	century     = regexp.MustCompile(`\b([IVX]+e) s\.`)
	romanNumber = regexp.MustCompile(`[IVX]+`)
	halfOf      = regexp.MustCompile(`(\d )?1/2 ?(\pL+)?`)
	quarterHour = regexp.MustCompile(`([13])/4 ?(?:d'|de )?(?:[hH]\b|heures?\b)`)
	fraction    = regexp.MustCompile(`(\d+) ?/ ?(\d+)`)
	timesSign   = regexp.MustCompile(`(\d) ?[xX×*] ?(\d)`)
	timesPer    = regexp.MustCompile(`(\d) ?[xX×] ?(par|/)`)
	oneOrMore   = regexp.MustCompile(`^ (?:à|ou|et) \d+ (\pL+)`)
	motorway    = regexp.MustCompile(`\bA ?(\d{1,3})`)            // no "À" at the beginning of a sentence
	groups      = regexp.MustCompile(`\d{2,5}(?: \d{2,5}){2,}`)   // of a reference, "845 2231 0098"
	thousands   = regexp.MustCompile(`^[1-9]\d{0,2}(?: \d{3})+$`) // of a number
	anyNumber   = regexp.MustCompile(bareNumeral + `(?:\. ?(\p{Ll}))?`)
)

// hasRoman tells that a word may be a Roman number; it is a look, no decision.
func hasRoman(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != 'I' && c != 'V' && c != 'X' {
			continue
		}
		if i > 0 && (s[i-1]|0x20) >= 'a' && (s[i-1]|0x20) <= 'z' {
			continue
		}
		next := byte(' ')
		if i+1 < len(s) {
			next = s[i+1]
		}
		if lower := next | 0x20; next == 'I' || next == 'V' || next == 'X' || next == 'e' || lower < 'a' || lower > 'z' {
			return true
		}
	}
	return false
}

// halves says "1/2 journée" and "3/4 h".
func (n *normaliser) halves(s string) string {
	if !strings.Contains(s, "/") {
		return s
	}
	s = rewrite(s, quarterHour, func(m []string, before, after string) (string, bool) {
		key := map[string]string{"1": "quarter_hour", "3": "three_quarters_hour"}[m[1]]
		return n.lex.phrase(key), alone(before, after)
	})
	return rewrite(s, halfOf, func(m []string, before, after string) (string, bool) {
		if b := lastRune(before); isDigit(b) || b == '/' || b == 'h' || b == 'H' || unicode.IsLetter(b) || firstRune(after) == '/' || isDigit(firstRune(after)) {
			return "", false
		}
		if m[1] != "" { // "2 1/2"
			return m[1] + n.lex.phrase("and_a_half") + " " + m[2], true
		}
		half, ok := n.lex.sections["halves"][m[2]]
		if !ok || unicode.IsLetter(firstRune(after)) || n.lex.has("of", strings.ToLower(lastWord(before))) {
			return "", false
		}
		if n.lex.has("articles", strings.ToLower(lastWord(before))) {
			half = strings.TrimPrefix(strings.TrimPrefix(half, "une "), "un ")
		}
		return half, true
	})
}

// times says "8 x 2h" and "2x par semaine".
func (n *normaliser) times(s string) string {
	said := func(m []string, _, _ string) (string, bool) {
		return m[1] + " " + n.lex.phrase("times") + " " + m[2], true
	}
	return rewrite(rewrite(s, timesSign, said), timesPer, said)
}

// perUnit says the slash of "5 €/séance" and "2 fois/mois".
func (n *normaliser) perUnit(s string) string {
	if !strings.Contains(s, "/") {
		return s
	}
	per := " " + n.lex.phrase("per") + " "
	return rewrite(s, n.per, func(m []string, before, after string) (string, bool) {
		near := before[max(0, len(before)-30):]
		if !strings.ContainsAny(near, "0123456789") || unicode.IsLetter(firstRune(after)) || isDigit(firstRune(after)) || strings.HasSuffix(before, "km") {
			return "", false
		}
		return ending(per+n.lex.sections["per"][m[1]], m[1], after), true
	})
}

// negatives says the sign of "-5 °C"; a dash before anything else parts it.
func (n *normaliser) negatives(s string) string {
	s = under.ReplaceAllString(s, "${1}"+n.lex.phrase("less_than")+" $2")
	s = over.ReplaceAllString(s, "${1}"+n.lex.phrase("more_than")+" $2")
	return rewrite(s, negative, func(m []string, before, after string) (string, bool) {
		b := lastRune(strings.TrimSuffix(before, " "))
		near := b == 0 || b == '(' || b == ':' || b == ',' || b == '/' || unicode.IsLetter(b) && strings.HasSuffix(before, " ")
		return n.lex.phrase("minus") + " " + m[1], near && signedUnit.MatchString(m[1]+after)
	})
}

// prices says amounts: "5,50 €" "cinq euros cinquante".
func (n *normaliser) prices(s string) string {
	if !strings.ContainsAny(s, "€eE") {
		return s
	}
	s = rewrite(s, priceRange, func(m []string, before, after string) (string, bool) {
		return n.amount(toUint(m[1]), m[2]) + m[3] + m[4], alone(before, "") && len(m[1]) < 7
	})
	s = rewrite(s, price, func(m []string, before, after string) (string, bool) {
		euros, cents := separators.Replace(m[1]), m[2]
		if cents == "" && m[3] != "" && !strings.HasPrefix(after, " €") && !strings.HasPrefix(after, "€") {
			cents, m[3] = m[3], ""
		}
		if !alone(before, after) || len(cents) > 2 || len(euros) > 15 { // not money; said as a number
			return "", false
		}
		if len(cents) == 1 {
			cents += "0"
		}
		said := n.amount(toUint(euros), cents)
		if m[3] != "" {
			said += " " + m[3]
		}
		return said, true
	})
	return rewrite(s, priceBefore, func(m []string, before, after string) (string, bool) {
		if !alone("", after) || len(m[2]) > 2 || len(m[1]) > 15 {
			return "", false
		}
		return n.amount(toUint(separators.Replace(m[1])), m[2]), true
	})
}

func (n *normaliser) amount(euros uint64, cents string) string {
	c := toUint(cents)
	if euros == 0 && c > 0 {
		if c == 1 {
			return cardinal(c) + " " + n.lex.phrase("centime")
		}
		return cardinal(c) + " " + n.lex.phrase("centimes")
	}
	said := cardinal(euros)
	switch {
	case strings.HasSuffix(said, "lion"), strings.HasSuffix(said, "lions"), strings.HasSuffix(said, "liard"), strings.HasSuffix(said, "liards"):
		said += " " + n.lex.phrase("of_euros")
	case euros < 2:
		said += " " + n.lex.phrase("euro")
	default:
		said += " " + n.lex.phrase("euros")
	}
	if c > 0 {
		said += " " + digitPair(cents)
	}
	return said
}

// ranges turns "60-75 ans" into "60 à 75 ans", and parts other digits joined by a dash with a pause.
func (n *normaliser) ranges(s string) string {
	if !strings.ContainsAny(s, "-–/") {
		return s
	}
	s = rewrite(s, n.unitRange, func(m []string, before, after string) (string, bool) {
		return m[1] + " " + n.lex.phrase("to") + " " + m[2], true
	})
	s = rewrite(s, doors, func(m []string, before, after string) (string, bool) {
		next := strings.ToLower(nextWord(after))
		if strings.HasPrefix(strings.TrimSpace(after), "€") {
			next = "€"
		}
		from, to := toUint(m[1]), toUint(m[2])
		return m[1] + " " + n.lex.phrase("to") + " " + m[2], n.lex.has("between", next) && from < to && alone(before, after) && lastRune(before) != '/'
	})
	s = rewrite(s, doors, func(m []string, before, after string) (string, bool) {
		b := lastRune(before)
		return m[1] + ", " + m[2], n.lex.has("streets", strings.ToLower(nextWord(strings.TrimPrefix(after, ",")))) && b != '/' && !isDigit(b)
	})
	return rewrite(s, numberRange, func(m []string, before, after string) (string, bool) {
		b := lastRune(before)
		if unicode.IsLetter(b) || isDigit(b) || b == ',' || b == '.' || isDigit(firstRune(after)) {
			return "", false
		}
		from, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
		to, err2 := strconv.ParseFloat(m[2], 64)
		switch score := n.lex.has("scores", strings.ToLower(lastWord(strings.TrimRight(before, " :")))); {
		case score:
		case err != nil, err2 != nil, from >= to, len(m[2]) > 4, m[2][0] == '0', firstRune(after) == '-',
			n.lex.has("streets", strings.ToLower(nextWord(strings.TrimPrefix(after, ",")))):
			return m[1] + ", " + m[2], true
		}
		return m[1] + " " + n.lex.phrase("to") + " " + m[2], true
	})
}

// measures says numbers with a unit: "2,5 km" "deux virgule cinq kilomètres".
func (n *normaliser) measures(s string) string {
	s = listDegree.ReplaceAllString(s, "$1)")
	s = rewrite(s, degreeSign, func(m []string, before, after string) (string, bool) {
		return m[1] + "e " + m[2], alone(before, after)
	})
	s = rewrite(s, metresPlus, func(m []string, before, after string) (string, bool) {
		u := n.lex.units["m"]
		word := u.many
		if toUint(m[1]) < 2 {
			word = u.one
		}
		return number(m[1], false) + " " + word + " " + digitPair(m[2]), alone(before, after)
	})
	return rewrite(s, n.units, func(m []string, before, after string) (string, bool) {
		a := firstRune(after)
		if !alone(before, after) || a == '\'' || a == '/' && !isDigit(firstRune(after[1:])) || a == '²' || a == '³' {
			return "", false
		}
		u := n.lex.units[m[3]]
		word := u.many
		if whole := separators.Replace(m[1]); len(whole) < 2 && whole < "2" {
			word = u.one
		}
		if strings.Trim(m[2], "0") == "" { // "2,0 km"
			m[2] = ""
		}
		said := n.decimal(m[1], m[2], u.female) + " " + word
		if m[4] != "" && !(n.lex.has("closers", strings.ToLower(m[3])+".") && unicode.IsLower(firstRune(strings.TrimSpace(after)))) {
			said += m[4] // the end of the sentence; the dot of "12 pers. au plus" is none
		}
		return said, true
	})
}

// ordinals says "1er", "2e", "XXe" and the numbers of kings and popes.
func (n *normaliser) ordinals(s string) string {
	s = century.ReplaceAllString(s, "$1 siècle")
	s = rewrite(s, ordinalSign, func(m []string, before, after string) (string, bool) {
		value, ok := toUint(m[1]), len(m[1]) < 16
		if !isDigit(rune(m[1][0])) {
			value, ok = roman(m[1])
			first := strings.HasPrefix(m[2], "er") || strings.HasPrefix(m[2], "re") || strings.HasPrefix(m[2], "èr") // "Ier" is one, "Vers" a word
			ok = ok && first == (value == 1) && m[2][0] != 'n' && m[2][0] != 'd' && !strings.Contains(m[0], " ")     // "XX es" is no century
		} else if strings.Contains(m[0], " ") && m[2] != "er" && m[2] != "ème" {
			ok = false // "5 es" is not "cinquième"
		}
		if !ok || !alone(before, after) || value == 0 || firstRune(after) == '\'' {
			return "", false
		}
		suffix := strings.TrimSuffix(m[2], "s")
		said := ordinal(value, suffix == "ère" || suffix == "ere" || suffix == "re" || n.lex.female(nextWord(after)))
		switch {
		case suffix == "nd", suffix == "d":
			said, ok = n.lex.phrase("second_m"), value == 2
		case suffix == "nde", suffix == "de":
			said, ok = n.lex.phrase("second_f"), value == 2
		}
		if suffix != m[2] {
			said += "s"
		}
		return said, ok
	})
	return rewrite(s, romanNumber, func(m []string, before, after string) (string, bool) {
		value, ok := roman(m[0])
		if len(m[0]) == 1 {
			ok = ok && n.lex.has("numbered", lastWord(before)) && !unicode.IsLower(firstRune(strings.TrimPrefix(after, "'")))
		}
		if m[0] == "I" && ok {
			return n.one(lastWord(before)), alone(before, after)
		}
		return cardinal(value), ok && alone(before, after)
	})
}

// one is how "I" is said after a king's name, "premier", or after a noun that counts, "un".
func (n *normaliser) one(of string) string {
	if unicode.IsUpper(firstRune(of)) {
		return ordinal(1, false)
	}
	return cardinal(1)
}

// roman reads a Roman numeral of I, V and X as it is properly written.
func roman(s string) (uint64, bool) {
	digits := []struct {
		value uint64
		sign  string
	}{{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}
	var n uint64
	var proper strings.Builder
	rest := s
	for _, d := range digits {
		for strings.HasPrefix(rest, d.sign) {
			n, rest = n+d.value, rest[len(d.sign):]
		}
	}
	left := n
	for _, d := range digits {
		for ; left >= d.value; left -= d.value {
			proper.WriteString(d.sign)
		}
	}
	return n, rest == "" && n > 0 && n < 40 && proper.String() == s
}

// fractions says "3/4" and "10/12".
func (n *normaliser) fractions(s string) string {
	if !strings.Contains(s, "/") {
		return s
	}
	return rewrite(s, fraction, func(m []string, before, after string) (string, bool) {
		known := map[string]string{"1/2": "half", "1/4": "quarter", "3/4": "three_quarters", "1/3": "third", "2/3": "thirds"}
		key, ok := known[m[1]+"/"+m[2]]
		if ok && alone(before, after) && !n.lex.has("of", strings.ToLower(lastWord(before))) && firstRune(after) != '/' {
			return n.lex.phrase(key), true
		}
		return m[1] + " " + n.lex.phrase("over") + " " + m[2], true
	})
}

// numbers says all digits that are left, parted from the letters they touch.
func (n *normaliser) numbers(s string) string {
	s = rewrite(s, motorway, func(m []string, before, after string) (string, bool) {
		if m[0][1] == ' ' {
			return "a " + m[1], true
		}
		return "a " + number(m[1], false), !unicode.IsLetter(lastRune(before)) && !isDigit(firstRune(after))
	})
	s = rewrite(s, groups, func(m []string, before, after string) (string, bool) {
		return strings.ReplaceAll(m[0], " ", ", "), alone(before, after) && !thousands.MatchString(m[0])
	})
	return rewrite(s, anyNumber, func(m []string, before, after string) (string, bool) {
		noun := nextWord(after)
		if more := oneOrMore.FindStringSubmatch(after); more != nil { // "1 à 2 séances"
			noun = more[1]
		}
		b := lastRune(before)
		female := n.lex.female(noun) && !unicode.IsLetter(b) && !n.lex.has("named", strings.ToLower(lastWord(before))) && !seats.MatchString(after) // "1 place de la Mairie" is no seat
		said := n.decimal(m[1], m[2], female)
		if strings.HasSuffix(said, "lion") || strings.HasSuffix(said, "lions") {
			said += n.lex.ofWhat(after)
		}
		if unicode.IsLetter(b) || isDigit(b) || b == '-' && unicode.IsLetter(lastRune(before[:len(before)-1])) {
			said = " " + said
		}
		switch a := firstRune(after); {
		case m[3] != "": // "1. inscription" numbers what follows
			said += ", " + m[3]
		case unicode.IsLetter(a), isDigit(a):
			said += " "
		}
		return said, true
	})
}

// ofWhat is the "de" between a million and what it counts, as far as it belongs there; the space after it is the one that is there.
func (l *lexicon) ofWhat(after string) string {
	noun := nextWord(after)
	switch r := firstRune(noun); {
	case !strings.HasPrefix(after, " ") || !unicode.IsLower(r) || l.has("after_millions", noun):
		return ""
	case strings.ContainsRune(vowels, r), r == 'h':
		return " d'"
	}
	return " " + l.phrase("of")
}

// decimal says a number with its decimals: "2,05" "deux virgule zéro cinq".
func (n *normaliser) decimal(whole, decimals string, female bool) string {
	said := number(separators.Replace(whole), female && decimals == "")
	if decimals == "" {
		return said
	}
	said += " " + n.lex.phrase("comma")
	for len(decimals) > 1 && decimals[0] == '0' {
		said, decimals = said+" "+small[0], decimals[1:]
	}
	return said + " " + number(decimals, false)
}
