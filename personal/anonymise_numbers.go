package personal

import (
	"strconv"
	"unicode/utf8"
)

// longNumber is how many digits make a number that must not be kept. Postal codes have five and stay.
const longNumber = 6

const postalDigits = 5

// isNumber tells whether token i is digits or a word of number.
func (s *sentence) isNumber(i int) bool {
	t := s.at(i)
	return t.kind == numberToken || t.kind == wordToken && s.lex.isNumberWord(t.fold)
}

func (l *lexicon) isNumberWord(w string) bool {
	_, unit := l.units[w]
	_, teen := l.teens[w]
	_, ten := l.tens[w]
	return unit || teen || ten || l.hundred[w] || l.thousand[w]
}

// hideNumbers hides runs of digits and words of number that come to six digits or more, however they are grouped:
// "06 39 98 00 01", "zéro six trente-neuf…".
func (s *sentence) hideNumbers() {
	for i := 0; i < len(s.toks); i++ {
		if !s.isNumber(i) {
			continue
		}
		end := s.numberRun(i)
		from, to := s.longPart(i, end)
		if from < to {
			if s.isSign(from-1, "+") && s.joined(from) {
				from--
			}
			s.hide(from, to, numberLabel)
		}
		i = end - 1
	}
}

// numberRun gives the end of the run of number that begins at token i.
func (s *sentence) numberRun(i int) int {
	end := i + 1
	for {
		k := end
		for k < end+2 && s.connects(k) {
			k++
		}
		if !s.isNumber(k) {
			return end
		}
		end = k + 1
	}
}

// connects tells whether token i may stand inside a number: a dot or dash, a comma between small groups ("06, 39, 98"), "euh",
// "et" in "vingt et un".
func (s *sentence) connects(i int) bool {
	if s.isSign(i, ".-/()") || s.isWord(i, s.lex.hesitations) {
		return true
	}
	if s.isSign(i, ",") {
		return s.smallGroup(i-1) && s.smallGroup(i+1)
	}
	if !s.isWord(i, s.lex.and) {
		return false
	}
	_, tens := s.lex.tens[s.at(i-1).fold]
	return tens && s.at(i-1).kind == wordToken && s.at(i+1).kind == wordToken
}

func (s *sentence) smallGroup(i int) bool {
	t := s.at(i)
	if t.kind == wordToken {
		return s.isNumber(i) && !s.lex.hundred[t.fold] && !s.lex.thousand[t.fold]
	}
	return t.kind == numberToken && utf8.RuneCountInString(t.fold) <= 2
}

// longPart gives the part of the run [from, to) that must be hidden, empty when it is short enough. One group of five
// digits at an end ("84000 06 39 98 00 01") is a postal code and stays, if what is left over can't be the rest of a
// number that it belongs to.
func (s *sentence) longPart(from, to int) (int, int) {
	if s.digits(from, to) < longNumber {
		return from, from
	}
	isCode := func(i int) bool {
		return s.toks[i].kind == numberToken && utf8.RuneCountInString(s.toks[i].fold) == postalDigits
	}
	restFrom, restTo := from, to
	switch {
	case to-from > 1 && isCode(from):
		restFrom++
		for restFrom < to && !s.isNumber(restFrom) {
			restFrom++
		}
	case to-from > 1 && isCode(to-1):
		restTo--
		for restTo > from && !s.isNumber(restTo-1) {
			restTo--
		}
	default:
		return from, to
	}
	switch rest := s.digits(restFrom, restTo); {
	case rest <= 3:
		return from, from
	case rest < longNumber:
		return from, to
	}
	return restFrom, restTo
}

// digits counts the digits that a run stands for when written: "quatre-vingt-quatre mille" is five.
func (s *sentence) digits(from, to int) int {
	n := spoken{}
	for i := from; i < to; i++ {
		t := s.toks[i]
		switch {
		case t.kind == numberToken:
			n.close()
			n.digits += utf8.RuneCountInString(t.fold)
		case t.kind == wordToken && !s.lex.and[t.fold]:
			n.add(s.lex, t.fold)
		case t.kind == signToken && t.fold == ",":
			n.close()
		}
	}
	n.close()
	return n.digits
}

// spoken follows French words of number and counts the digits of the numbers that they make.
type spoken struct {
	digits int // of the numbers that are complete
	open   bool
	value  int // of the number under way
	last   int // its last part: what may follow depends on it
	level  int // 1 unit, 2 teen, 3 ten, 4 hundred, 5 thousand
	above  int // level before the last unit: "deux" in "mille deux cents"
}

// close ends the number under way.
func (n *spoken) close() {
	if n.open {
		n.digits += len(strconv.Itoa(n.value))
	}
	*n = spoken{digits: n.digits}
}

// add takes the next word; a word that can't go on the number begins a new one.
func (n *spoken) add(l *lexicon, w string) {
	switch v, unit := l.units[w]; {
	case unit:
		n.put(v, 1, v > 0 && n.level > 1 && n.level != 2 || v >= 7 && n.level == 2 && n.last == 10)
	case l.teens[w] > 0:
		n.put(l.teens[w], 2, n.level >= 4 || n.level == 3 && (n.last == 60 || n.last == 80))
	case l.tens[w] == 20 && n.level == 1 && n.last == 4: // quatre-vingt
		n.value += 80 - 4
		n.last, n.level = 80, 3
	case l.tens[w] > 0:
		n.put(l.tens[w], 3, n.level >= 4)
	case l.hundred[w]:
		n.hundred()
	case l.thousand[w]:
		n.thousand()
	}
}

func (n *spoken) put(v, level int, goesOn bool) {
	if !n.open || !goesOn {
		n.close()
		n.open = true
	}
	n.above = n.level
	n.value += v
	n.last, n.level = v, level
}

// hundred multiplies the unit before it, or counts as 100.
func (n *spoken) hundred() {
	if n.open && n.level == 1 && n.last > 1 && (n.above == 0 || n.above == 5) {
		n.value += 99 * n.last
		n.last, n.level = 100, 4
		return
	}
	n.put(100, 4, n.level == 5)
}

// thousand multiplies all before it, or counts as 1000.
func (n *spoken) thousand() {
	if n.open && n.value > 0 && n.value < 1000 {
		n.value *= 1000
		n.last, n.level = 1000, 5
		return
	}
	n.put(1000, 5, false)
}
