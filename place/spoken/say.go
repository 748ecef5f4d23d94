package spoken

var (
	smallWords = [...][]string{{"zero"}, {"un"}, {"deux"}, {"trois"}, {"quatre"}, {"cinq"}, {"six"}, {"sept"}, {"huit"}, {"neuf"}, {"dix"}, {"onze"}, {"douze"},
		{"treize"}, {"quatorze"}, {"quinze"}, {"seize"}, {"dix", "sept"}, {"dix", "huit"}, {"dix", "neuf"}}
	tensWords = [...][]string{2: {"vingt"}, 3: {"trente"}, 4: {"quarante"}, 5: {"cinquante"}, 6: {"soixante"}, 7: {"soixante"}, 8: {"quatre", "vingt"}, 9: {"quatre", "vingt"}}
)

// Say gives the folded words for 0 to 99,999 as they are said in France: 84100 is
// [quatre vingt quatre mille cent]. nil for any other number.
func Say(n int) []string {
	switch {
	case n < 0 || n > 99_999:
		return nil
	case n >= 1000:
		out := []string{"mille"}
		if n >= 2000 {
			out = append(Say(n/1000), "mille")
		}
		return withRest(out, n%1000)
	case n >= 100:
		out := []string{"cent"}
		if n >= 200 {
			out = append(Say(n/100), "cent")
		}
		return withRest(out, n%100)
	case n < 20:
		return append([]string(nil), smallWords[n]...)
	}
	out := append([]string(nil), tensWords[n/10]...)
	rest := n % 10
	if n/10 == 7 || n/10 == 9 {
		rest += 10
	}
	if (rest == 1 || rest == 11) && n/10 < 8 {
		out = append(out, "et")
	}
	return withRest(out, rest)
}

func withRest(words []string, rest int) []string {
	if rest == 0 {
		return words
	}
	return append(words, Say(rest)...)
}
