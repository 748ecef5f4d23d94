package personal

import (
	"strconv"
	"unicode/utf8"
)

// How many words a name may have. Written without capitals (as a recogniser may) its end is a guess.
const (
	nameWords      = 4
	nameSmallWords = 2
)

// hideNames hides names by what stands around them: "je m'appelle …", "madame …", "… à l'appareil", a spelling letter
// by letter, a first name.
func (s *sentence) hideNames() {
	for i := range s.toks {
		if k := s.match(i, s.lex.introductions); k > 0 {
			s.hideName(s.skipFillers(k), nameSmallWords)
		}
		if k := s.match(i, s.lex.maybe); k > 0 {
			s.hideName(s.skipTitles(k), 0)
		}
		if s.isWord(i, s.lex.titles) {
			s.hideName(s.skipTitles(i+1), 1)
		}
	}
	for i := range s.toks {
		if s.match(i, s.lex.endings) > 0 {
			s.hideNameBefore(i)
		}
	}
	s.hideSpellings()
	for i := range s.toks {
		if s.isWord(i, s.lex.first) {
			s.hideFirstName(i)
		}
	}
}

// skipFillers passes hesitation, punctuation and titles between an introduction and the name.
func (s *sentence) skipFillers(k int) int {
	for s.isSign(k, ",:.…") || s.isWord(k, s.lex.between) || s.isWord(k, s.lex.titles) {
		k++
	}
	return k
}

// skipTitles passes "madame" and the dot of an abbreviation.
func (s *sentence) skipTitles(k int) int {
	for s.isWord(k, s.lex.titles) || s.isSign(k, ".") && s.joined(k) && s.at(k-1).capital {
		k++
	}
	return k
}

// hideName hides the name that begins at token i, if there is one; small is how many words without a capital it may have.
func (s *sentence) hideName(i, small int) {
	if end := s.nameEnd(i, small, nameWords); end > i {
		s.hide(i, end, nameLabel)
	}
}

// nameEnd gives the end of the name that begins at token i, i when none does.
func (s *sentence) nameEnd(i, small, most int) int {
	end, words := i, 0
	for k := i; words < most; k++ {
		if k > i && s.isSign(k, "-'’") && s.joined(k) && s.joined(k+1) {
			continue
		}
		t := s.at(k)
		if t.kind != wordToken {
			break
		}
		if s.lex.particles[t.fold] {
			continue // part of the name if more of it follows
		}
		if s.lex.stop[t.fold] || s.lex.isNumberWord(t.fold) && !t.capital {
			break
		}
		if !t.capital {
			if small == 0 {
				break
			}
			small--
		}
		words++
		end = k + 1
	}
	return end
}

// hideNameBefore hides up to three words of a name that ends before token i.
func (s *sentence) hideNameBefore(i int) {
	from, words := i, 0
	for k := i - 1; k >= 0 && words < 3; k-- {
		if s.isSign(k, "-") && s.joined(k) {
			continue
		}
		t := s.toks[k]
		if t.kind != wordToken || s.lex.stop[t.fold] || s.lex.titles[t.fold] || s.lex.particles[t.fold] {
			break
		}
		words++
		from = k
	}
	if from < i {
		s.hide(from, i, nameLabel)
	}
}

// hideSpellings hides four or more single letters in a row: a name spelled out.
func (s *sentence) hideSpellings() {
	isLetter := func(i int) bool {
		t := s.at(i)
		return t.kind == wordToken && utf8.RuneCountInString(t.fold) == 1
	}
	for i := 0; i < len(s.toks); i++ {
		if !isLetter(i) {
			continue
		}
		word, letters, end := s.toks[i].fold, 1, i+1
		for {
			k := end
			if s.isSign(k, ",.-") {
				k++
			}
			if !isLetter(k) {
				break
			}
			word += s.toks[k].fold
			letters++
			end = k + 1
		}
		if letters >= 4 && !s.lex.acronyms[word] {
			s.hide(i, end, nameLabel)
		}
		i = end - 1
	}
}

// hideFirstName hides a first name, with the name after it. Without a capital it takes a word after it to be one; in
// "Saint-Jean" and "rue Paul …" it is a place.
func (s *sentence) hideFirstName(i int) {
	prev := i - 1
	if s.isSign(prev, "-") {
		prev--
	}
	if s.isWord(prev, s.lex.places) || prev < i-1 && s.at(prev).kind == wordToken {
		return
	}
	small := 0
	if !s.toks[i].capital {
		small = 2 // itself and its family name
	}
	end := s.nameEnd(i, small, 3)
	if s.toks[i].capital || end > i+1 {
		s.hide(i, max(end, i+1), nameLabel)
	}
}

// hideAddresses hides the number, the kind of way and its name.
func (s *sentence) hideAddresses() {
	for i := range s.toks {
		always, named, numbered := s.isWord(i, s.lex.ways), s.isWord(i, s.lex.named), s.isWord(i, s.lex.numbered)
		if !always && !named && !numbered {
			continue
		}
		from, number := s.houseNumber(i)
		end := s.wayEnd(i + 1)
		first := i + 1
		for s.isWord(first, s.lex.particles) || s.isSign(first, "'’") {
			first++
		}
		if end > i+1 && (always || number >= 4 || named && (number > 1 || s.at(first).capital)) {
			s.hide(from, end, addressLabel)
		}
	}
}

// houseNumber gives where the number before the way at token i begins, and its value (0: none; words count roughly).
func (s *sentence) houseNumber(i int) (from, value int) {
	k := i - 1
	if s.isSign(k, ",") {
		k--
	}
	if s.isWord(k, s.lex.repeats) {
		k--
	}
	if !s.isNumber(k) {
		return i, 0
	}
	t := s.toks[k]
	if t.kind == numberToken {
		n, err := strconv.Atoi(t.fold)
		if err != nil || len(t.fold) >= postalDigits {
			return i, 0
		}
		return k, n
	}
	value = s.lex.units[t.fold]
	if _, unit := s.lex.units[t.fold]; !unit {
		value = 10
	}
	for k > 0 && (s.at(k-1).kind == wordToken && s.isNumber(k-1) || s.connects(k-1) && s.at(k-2).kind == wordToken && s.isNumber(k-2)) {
		k--
		value = 10
	}
	return k, value
}

// wayEnd gives the end of a way's name that begins at token i, i when there is none.
func (s *sentence) wayEnd(i int) int {
	end, words, small := i, 0, 0
	particle := false
	for k := i; words < 6 && small < 4; k++ {
		t := s.at(k)
		switch {
		case s.isSign(k, "-'’") && s.joined(k):
			continue
		case t.kind == numberToken && len(t.fold) < postalDigits:
		case t.kind == wordToken && s.lex.particles[t.fold]:
			particle = true
			continue
		case s.isWord(k, s.lex.and) && s.at(k+1).capital && words > 0:
			continue
		case t.kind != wordToken || s.lex.stop[t.fold] && !particle && !s.lex.month[t.fold]:
			return end
		}
		particle = false
		words++
		if !t.capital {
			small++
		}
		end = k + 1
	}
	return end
}
