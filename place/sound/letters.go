package sound

// A word is read as one byte for each letter: a-z, and these for letters with an
// accent that changes the sound. All other accents are taken off.
const (
	acute     = 'E' // é
	grave     = 'G' // è, ê, ë
	diaeresis = 'I' // ï, ÿ: a vowel of its own
	ligature  = 'O' // œ
	cedilla   = 'C' // ç
)

// letter gives the code of a rune; 0 when it is no letter.
func letter(r rune) byte {
	switch {
	case r >= 'a' && r <= 'z':
		return byte(r)
	case r >= 'A' && r <= 'Z':
		return byte(r - 'A' + 'a')
	}
	switch r {
	case 'é', 'É':
		return acute
	case 'è', 'ê', 'ë', 'È', 'Ê', 'Ë':
		return grave
	case 'ï', 'Ï', 'ÿ', 'Ÿ':
		return diaeresis
	case 'œ', 'Œ':
		return ligature
	case 'ç', 'Ç':
		return cedilla
	case 'à', 'â', 'ä', 'á', 'À', 'Â', 'Ä', 'æ', 'Æ':
		return 'a'
	case 'î', 'í', 'Î':
		return 'i'
	case 'ô', 'ö', 'ó', 'Ô', 'Ö':
		return 'o'
	case 'ù', 'û', 'ü', 'ú', 'Ù', 'Û', 'Ü':
		return 'u'
	case 'ñ', 'Ñ':
		return 'n'
	}
	return 0
}

func isVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y', acute, grave, diaeresis, ligature:
		return true
	}
	return false
}

// isFront says that c and g are soft before this letter.
func isFront(c byte) bool {
	switch c {
	case 'e', 'i', 'y', acute, grave, diaeresis, ligature:
		return true
	}
	return false
}

// isMute says that this consonant is not said at the end of a word.
func isMute(c byte) bool {
	switch c {
	case 't', 'd', 'p', 's', 'x', 'z', 'g':
		return true
	}
	return false
}
