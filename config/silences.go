package config

import (
	"fmt"
	"slices"
)

// Silences are how long a caller must be silent before a turn is over, in milliseconds.
type Silences struct {
	CompleteMS   int // what was heard answers the question
	PartialMS    int // it does not
	UnfinishedMS int // it ends in a hesitation, or with half a postal code
}

// StateSilences is what differs in one state of the conversation; what is not given is as everywhere.
type StateSilences struct {
	EndSilenceMS           *int `yaml:"end_silence_ms"`
	EndSilencePartialMS    *int `yaml:"end_silence_partial_ms"`
	EndSilenceUnfinishedMS *int `yaml:"end_silence_unfinished_ms"`
}

// States of the conversation, as the command line names them.
var States = []string{"open", "place", "confirm", "theme", "results", "sms", "more", "rating", "reason"}

// For gives the silences that end a turn in a state.
func (t Turns) For(state string) Silences {
	s := Silences{CompleteMS: t.EndSilenceMS, PartialMS: t.EndSilencePartialMS, UnfinishedMS: t.EndSilenceUnfinishedMS}
	own := t.States[state]
	override(&s.CompleteMS, own.EndSilenceMS)
	override(&s.PartialMS, own.EndSilencePartialMS)
	override(&s.UnfinishedMS, own.EndSilenceUnfinishedMS)
	return s
}

// shortestSilence and longestSilence bound every silence that ends a turn, ms: a stop consonant is shorter, nobody waits longer.
const shortestSilence, longestSilence = 100, 10000

func (l *loader) silences() {
	t := l.cfg.Turns
	check := func(key string, s Silences) {
		for _, n := range []struct {
			name string
			v    int
		}{{"end_silence_ms", s.CompleteMS}, {"end_silence_partial_ms", s.PartialMS}, {"end_silence_unfinished_ms", s.UnfinishedMS}} {
			if n.v < shortestSilence || n.v > longestSilence {
				l.bad(key+"."+n.name, "%d is outside %d to %d", n.v, shortestSilence, longestSilence)
			}
		}
		if s.CompleteMS > s.PartialMS || s.PartialMS > s.UnfinishedMS {
			l.bad(key+".end_silence_ms", "%d, %d and %d: a complete answer needs the shortest silence, an unfinished one the longest", s.CompleteMS, s.PartialMS, s.UnfinishedMS)
		}
	}
	plain := t
	plain.States = nil
	check("turns", plain.For(""))
	for state := range t.States {
		key := fmt.Sprintf("turns.states.%s", state)
		if !slices.Contains(States, state) {
			l.bad(key, "there is no state %q; the states are %v", state, States)
			continue
		}
		check(key, t.For(state))
	}
}
