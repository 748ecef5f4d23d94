package nlu

import (
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// pureHums are sounds and no words: nobody's answer, and no part of a name or a number.
var pureHums = []string{"euh", "heu", "hum", "hmm", "hm", "mmm", "euhh"}

// WithoutHums takes out the sounds that only carry the voice, so that a number or a name which they fall into stays whole ("trente-quatre
// euh mille"). What is nothing but sounds is left as it is.
func WithoutHums(text string) string {
	words := strings.Fields(text)
	left := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(pureHums, place.Fold(w)) })
	if len(left) == 0 || len(left) == len(words) {
		return text
	}
	return strings.Join(left, " ")
}
