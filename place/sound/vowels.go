package sound

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
