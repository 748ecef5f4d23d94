package config

import (
	"fmt"
	"slices"
	"strings"
)

// BargeIn says when a caller who speaks over the voice interrupts it (C16): what pauses it, what of that was only a cough, after which
// it goes on where it was, and what stops it. The recogniser's words always stop it; the notice is never interrupted.
type BargeIn struct {
	SpeechStartMS int                       `yaml:"speech_start_ms"` // speech this long pauses the voice
	SpeechMinMS   int                       `yaml:"speech_min_ms"`   // shorter speech was a cough: the voice goes on
	MinDBov       float64                   `yaml:"min_dbov"`        // quieter speech does not pause the voice
	WordlessMS    int                       `yaml:"wordless_ms"`     // speech this long stops the voice without words too; 0: never
	EchoGate      bool                      `yaml:"echo_gate"`       // our own voice coming back over the line is no caller
	Fillers       []string                  `yaml:"fillers"`         // said in the middle of a message they let the voice go on: signs of listening
	Messages      map[string]BargeInMessage `yaml:"messages"`        // message key, or its beginning and *, → what differs
}

// BargeInMessage is what differs for some messages; what is not given is as for all.
type BargeInMessage struct {
	Allowed       *bool    `yaml:"allowed"` // false: said to its end, whatever the caller says
	SpeechStartMS *int     `yaml:"speech_start_ms"`
	SpeechMinMS   *int     `yaml:"speech_min_ms"`
	MinDBov       *float64 `yaml:"min_dbov"`
	WordlessMS    *int     `yaml:"wordless_ms"`
}

// BargeInRule is what holds for one message.
type BargeInRule struct {
	Allowed                                bool
	SpeechStartMS, SpeechMinMS, WordlessMS int
	MinDBov                                float64
}

// For gives the rule of a message. Its own key counts before a beginning, a longer beginning before a shorter one.
func (b BargeIn) For(message string) BargeInRule {
	r := BargeInRule{Allowed: true, SpeechStartMS: b.SpeechStartMS, SpeechMinMS: b.SpeechMinMS, MinDBov: b.MinDBov, WordlessMS: b.WordlessMS}
	best := -1
	var own BargeInMessage
	for key, m := range b.Messages {
		beginning, many := strings.CutSuffix(key, "*")
		length := len(beginning)
		if !many {
			length++
		}
		if length > best && (key == message || many && strings.HasPrefix(message, beginning)) {
			best, own = length, m
		}
	}
	override(&r.Allowed, own.Allowed)
	override(&r.SpeechStartMS, own.SpeechStartMS)
	override(&r.SpeechMinMS, own.SpeechMinMS)
	override(&r.MinDBov, own.MinDBov)
	override(&r.WordlessMS, own.WordlessMS)
	return r
}

func override[T any](v *T, by *T) {
	if by != nil {
		*v = *by
	}
}

// Unknown lists the keys of Messages that fit none of the messages known, sorted.
func (b BargeIn) Unknown(known []string) (unknown []string) {
	for key := range b.Messages {
		beginning, many := strings.CutSuffix(key, "*")
		if !slices.ContainsFunc(known, func(k string) bool { return k == key || many && strings.HasPrefix(k, beginning) }) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}

func (l *loader) bargeIn() {
	b := l.cfg.BargeIn
	check := func(key string, r BargeInRule) {
		for _, n := range []struct {
			name     string
			v        int
			min, max int
		}{{"speech_start_ms", r.SpeechStartMS, 40, 2000}, {"speech_min_ms", r.SpeechMinMS, 40, 2000}, {"wordless_ms", r.WordlessMS, 0, 30000}} {
			if n.v < n.min || n.v > n.max {
				l.bad(key+"."+n.name, "%d is outside %d to %d", n.v, n.min, n.max)
			}
		}
		if r.MinDBov < -90 || r.MinDBov > -10 {
			l.bad(key+".min_dbov", "%g is outside -90 to -10", r.MinDBov)
		}
	}
	all := b
	all.Messages = nil
	check("barge_in", all.For(""))
	for name := range b.Messages {
		check(fmt.Sprintf("barge_in.messages.%s", name), b.For(name))
	}
}
