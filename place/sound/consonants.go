package sound

// consonant says the consonant at letter i and returns how many letters that was.
func (r *reader) consonant(i int) int {
	next, after := r.at(i+1), r.at(i+2)
	if r.seam(i) {
		return 1
	}
	switch c := r.w[i]; c {
	case 'c':
		return r.c(i)
	case cedilla:
		r.say("s")
	case 'g':
		return r.g(i)
	case 'h':
	case 'j':
		r.say("Z")
	case 'p':
		if next == 'h' {
			r.say("f")
			return 2
		}
		r.say("p")
	case 'q':
		r.say("k")
		if next == 'u' {
			return 2
		}
	case 's':
		return r.s(i)
	case 't':
		if next == 'i' && r.has(i, "tion") && r.at(i-1) != 's' {
			r.say("sjO")
			return 4
		}
		r.say("t")
		if next == 'h' {
			return 2
		}
	case 'w':
		r.say("v")
	case 'x':
		switch {
		case i == 1 && r.w[0] == 'e' && isVowel(next):
			r.say("gz")
		case i == 2 && r.w[0] == 'a' && r.w[1] == 'u' && isVowel(next):
			r.say("s") // Auxerre, Auxon
		case i == 0:
			r.say("s")
		default:
			r.say("ks")
		}
	case 'l':
		if next == 'h' && after == 0 {
			return 2
		}
		r.say("l")
	default:
		r.out = append(r.out, c)
	}
	return 1
}

// seam says that the consonant at i ended the first half of a name that is written
// as one, as in Montbéliard, Grandvilliers, Champniers, Longjumeau: it is mute there too.
func (r *reader) seam(i int) bool {
	next := r.at(i + 1)
	if isVowel(next) || next == 0 || next == 'h' {
		return false
	}
	switch r.w[i] {
	case 't', 'd':
		return r.at(i-1) == 'n' && next != 'r'
	case 'g':
		return r.at(i-1) == 'n' && next != 'n' && next != 'r' && next != 'l'
	case 'p':
		return i >= 4 && r.has(i-4, "champ")
	}
	return false
}

func (r *reader) c(i int) int {
	next, after := r.at(i+1), r.at(i+2)
	switch {
	case next == 'h' && (after == 'r' || after == 'l' || after == 'n'):
		r.say("k")
		return 2
	case next == 'h':
		r.say("S")
		return 2
	case next == 'c' && isFront(after):
		r.say("ks")
		return 2
	case next == 'k' || next == 'q':
		return 1
	case isFront(next) && next != ligature:
		r.say("s")
		return 1
	}
	r.say("k")
	return 1
}

func (r *reader) g(i int) int {
	next, after := r.at(i+1), r.at(i+2)
	switch {
	case next == 'n':
		r.say("N")
		return 2
	case next == 'u' && isFront(after):
		r.say("g")
		return 2
	case next == 'u' && after == 'a':
		r.say("gw")
		return 2
	case next == 'e' && (after == 'a' || after == 'o'):
		r.say("Z")
		return 2
	case isFront(next):
		r.say("Z")
		return 1
	case next == 'h':
		r.say("g")
		return 2
	}
	r.say("g")
	return 1
}

func (r *reader) s(i int) int {
	next, after := r.at(i+1), r.at(i+2)
	switch {
	case next == 's':
		r.say("s")
		return 2
	case next == 'c' && after == 'h':
		r.say("S")
		return 3
	case next == 'h':
		r.say("S")
		return 2
	case next == 'c' && isFront(after):
		r.say("s")
		return 2
	case next == 'n' && i > 0 && isVowel(r.at(i-1)):
		return 1 // Fresnes, Rosny
	case next == 'l' && r.at(i-1) == 'i':
		return 1 // Isle
	case isVowel(r.at(i-1)) && isVowel(next):
		r.say("z")
		return 1
	}
	r.say("s")
	return 1
}
