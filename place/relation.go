package place

import "strings"

// nearWords bring in a place that is only near: longest first.
var nearWords = phrases("a cote de|a cote d|a cote du|a proximite de|a proximite d|a proximite du|a quelques kilometres de|a quelques kilometres d|" +
	"pas loin de|pas loin d|pas loin du|pas tres loin de|pas tres loin d|pas trop loin de|pas trop loin d|non loin de|non loin d|" +
	"du cote de|du cote d|du cote du|dans le coin de|dans le coin d|dans les environs de|dans les environs d|aux environs de|aux environs d|" +
	"aux alentours de|aux alentours d|autour de|autour d|au dessus de|au dessus d|en dessous de|en dessous d|juste a cote de|juste a cote d|" +
	"tout pres de|tout pres d|tout pres du|pres de|pres d|pres du|proche de|proche d|vers chez|vers|au nord de|au nord d|au sud de|au sud d|" +
	"a l est de|a l est d|a l ouest de|a l ouest d|en face de|en face d|dans la region de|dans la region d|dans le secteur de|dans le secteur d|" +
	"dans le pays de|dans le pays d|la banlieue de|en banlieue de|en peripherie de|a la sortie de|a la sortie d|a l entree de|a l entree d")

func phrases(list string) [][]string {
	var out [][]string
	for p := range strings.SplitSeq(list, "|") {
		out = append(out, strings.Fields(p))
	}
	return out
}

// related finds how the words lead to their place: near it, or between two. parts
// are the words of each place.
func related(words []string) (Relation, [][]string) {
	for i, w := range words {
		if w != "entre" || i+3 >= len(words) {
			continue
		}
		for j := i + 2; j+1 < len(words); j++ {
			if words[j] == "et" {
				return Between, [][]string{words[i+1 : j], words[j+1:]}
			}
		}
	}
	for i := range words {
		for _, p := range nearWords {
			if n := len(p); i+n < len(words) && equal(words[i:i+n], p) && (n > 1 || onlyLead(words[:i])) {
				return Near, [][]string{words[i+n:]}
			}
		}
	}
	return At, [][]string{words}
}

func onlyLead(words []string) bool {
	for _, w := range words {
		if !lead[w] {
			return false
		}
	}
	return true
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
