package simulate

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed data/callers.yaml
var callersYAML []byte

// temper is a temperament; the fields are explained in data/callers.yaml. All but Share, Patience and Minutes are per cent.
type temper struct {
	Share, Patience, Minutes                            int
	Fillers, Lead, Tail, Digress, Silent, Keys, Notices int
}

// wish is something that callers have in mind.
type wish struct {
	Theme string
	Say   []string
}

// lines are the words and the habits of callers: data/callers.yaml.
type lines struct {
	Temperaments  map[string]temper
	Lines, Places map[string]int
	Habits        map[string]int
	Openings      map[string][]string
	Where         map[string][]string
	Confirm       map[string][]string
	Elsewhere     map[string][]string
	Theme         map[string][]string
	Results       map[string][]string
	SMS           map[string][]string
	Contacts      map[string][]string
	More          map[string][]string
	Same          map[string][]string
	Offer         map[string][]string
	Rating        map[string][]string
	Reason        []string
	Goodbye       []string
	Digressions   map[string][]string
	Ill           map[string][]string
	Wrong         map[string][]string
	Lead, Tail    map[string][]string
	Fillers       []string
	Wishes        []wish
}

// defaultLines reads the embedded file once; a test reads it, too, so that a fault in it is a broken build.
var defaultLines = sync.OnceValues(func() (*lines, error) {
	var l lines
	dec := yaml.NewDecoder(bytes.NewReader(callersYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&l); err != nil {
		return nil, fmt.Errorf("simulate: callers.yaml: %w", err)
	}
	return &l, l.check()
})

// check finds what a campaign would stumble over.
func (l *lines) check() error {
	shares := 0
	for name, t := range l.Temperaments {
		if t.Patience < 1 || t.Minutes < 1 || t.Share < 1 {
			return fmt.Errorf("simulate: callers.yaml: temperament %s has no share, patience or minutes", name)
		}
		shares += t.Share
	}
	for what, sum := range map[string]int{"temperaments": shares, "lines": total(l.Lines), "places": total(l.Places)} {
		if sum != 100 {
			return fmt.Errorf("simulate: callers.yaml: the shares of %s come to %d, not 100", what, sum)
		}
	}
	return nil
}

func total(shares map[string]int) (sum int) {
	for _, n := range shares {
		sum += n
	}
	return sum
}

// one chooses a line.
func one(list []string, r *rand.Rand) string {
	if len(list) == 0 {
		return ""
	}
	return list[r.IntN(len(list))]
}

// in hundred is true n times in a hundred.
func chance(n int, r *rand.Rand) bool { return r.IntN(100) < n }

// drawn chooses a name by its share; names fixes the order, so that the choice is the same for a seed.
func drawn(shares map[string]int, names []string, r *rand.Rand) string {
	at := r.IntN(total(shares))
	for _, n := range names {
		if at -= shares[n]; at < 0 {
			return n
		}
	}
	return names[len(names)-1]
}

// fill puts values in the place of {names} and chooses one of each (a|b).
func fill(line string, values map[string]string, r *rand.Rand) string {
	for name, v := range values {
		line = strings.ReplaceAll(line, "{"+name+"}", v)
	}
	for {
		before, rest, ok := strings.Cut(line, "(")
		choice, after, closed := strings.Cut(rest, ")")
		if !ok || !closed {
			return strings.Join(strings.Fields(line), " ")
		}
		line = before + one(strings.Split(choice, "|"), r) + after
	}
}
