package dialog

import (
	"strings"
	"time"
)

// codeLen is the length of a French postal code.
const codeLen = 5

// KeyRule is what keys mean while a Listen holds. A postal code, * (repeat) and 0 (help) are taken everywhere.
type KeyRule struct {
	Choices string        // keys that answer alone: "12" at yes or no, "1234" at a rating
	Lone    time.Duration // a single key acts this long after it was pressed
	Gap     time.Duration // the longest pause between two digits of a code
}

// KeyBuffer puts single presses together into what Keyed carries: a lone key acts Lone after it or on #; a second digit within that time
// begins a postal code, complete at five digits with or without #; * acts at once; # alone is nothing. It owns no clock: Press and Tick
// are told the time. The zero value is ready; Rule may be changed at any moment.
type KeyBuffer struct {
	Rule    KeyRule
	keys    string
	last    time.Time
	swallow bool // a # that follows a complete code belongs to it
}

// Press takes one key (0-9, * or #) and returns what is complete now, "" when nothing is.
func (b *KeyBuffer) Press(key rune, at time.Time) string {
	swallow := b.swallow
	b.swallow = false
	switch {
	case key == '#':
		if swallow {
			return ""
		}
		return b.take()
	case key == '*':
		b.keys = ""
		return "*"
	case key < '0' || key > '9':
		return ""
	}
	b.keys += string(key)
	b.last = at
	if len(b.keys) == codeLen {
		b.swallow = true
		return b.take()
	}
	return ""
}

// Tick returns what became complete by waiting.
func (b *KeyBuffer) Tick(at time.Time) string {
	if due, ok := b.Due(); ok && !at.Before(due) {
		return b.take()
	}
	return ""
}

// Due is when Tick will have something, if no key comes before.
func (b *KeyBuffer) Due() (time.Time, bool) {
	switch {
	case b.keys == "":
		return time.Time{}, false
	case len(b.keys) == 1:
		return b.last.Add(b.Rule.Lone), true
	}
	return b.last.Add(b.Rule.Gap), true
}

// Pending is what was pressed and is not complete.
func (b *KeyBuffer) Pending() string { return b.keys }

func (b *KeyBuffer) take() string {
	keys := b.keys
	b.keys = ""
	return keys
}

// SplitKeys reads a written run of keys such as "84000#1" into what a KeyBuffer would have given for them, one after the other without
// waiting: "84000", "1". Characters that are no keys are skipped.
func SplitKeys(s string) []string {
	var out []string
	var b KeyBuffer
	for _, k := range strings.TrimSpace(s) {
		if got := b.Press(k, time.Time{}); got != "" {
			out = append(out, got)
		}
	}
	if rest := b.take(); rest != "" {
		out = append(out, rest)
	}
	return out
}
