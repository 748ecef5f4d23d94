package nlu

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/acotel/acotel-sbc/place"
	"github.com/acotel/acotel-sbc/place/spoken"
)

//go:embed unfinished.yaml
var unfinishedFile []byte

// endings are the words of unfinished.yaml.
type endings struct {
	Carriers   []string `yaml:"carriers"`
	Openers    []string `yaml:"openers"`
	CodeStates []string `yaml:"code_states"`
}

var unfinishedWords = sync.OnceValue(func() (e endings) {
	if err := yaml.Unmarshal(unfinishedFile, &e); err != nil {
		panic(fmt.Errorf("nlu: unfinished.yaml: %w", err)) // a broken build; the package's tests read it
	}
	return e
})

// Unfinished tells that nobody ends like this: with a sound of hesitation, a word that wants another one ("près de…"), or, where a postal
// code may be said, with fewer digits than one has ("quatre-vingt-quatre…").
func Unfinished(text, state string) bool {
	words := strings.Fields(strings.NewReplacer("'", " ", "’", " ", "-", " ").Replace(place.Fold(text)))
	if len(words) == 0 {
		return false
	}
	e := unfinishedWords()
	line := " " + strings.Join(words, " ")
	for _, list := range [][]string{e.Carriers, e.Openers} {
		if slices.ContainsFunc(list, func(w string) bool { return strings.HasSuffix(line, " "+w) }) {
			return true
		}
	}
	return slices.Contains(e.CodeStates, state) && halfCode(words)
}

// halfCode tells whether the words end with digits, and too few for a postal code.
func halfCode(words []string) bool {
	runs := spoken.Runs(words)
	if len(runs) == 0 || runs[len(runs)-1][1] != len(words) {
		return false
	}
	run := words[runs[len(runs)-1][0]:]
	digits := spoken.Digits(run)
	return len(spoken.Split(run, codeLen)) == 0 && len(digits) > 0 && len(digits) < codeLen
}
