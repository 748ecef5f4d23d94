package asr

import (
	"time"

	"github.com/acotel/acotel-sbc/media"
)

const (
	// goesOn is how much speech after Prepare makes what was prepared useless.
	goesOn = 60 * time.Millisecond
	// speechBelow is how far below the turn's active level speech may lie, dB.
	speechBelow = 15
	// quietest is the level in dBov that speech has at least.
	quietest = -65
)

// Onward tells whether a caller speaks on after Prepare, by the level of what
// comes against that of the turn so far. Make one with NewOnward.
type Onward struct {
	least float64 // dBov that speech has
	limit int     // samples of speech that are going on
	heard int
}

// NewOnward takes the turn's sound so far, at rate Hz.
func NewOnward(pcm []int16, rate int) Onward {
	loud, _ := media.ActiveLevelDBov(pcm, rate)
	return Onward{least: max(loud-speechBelow, quietest), limit: int(goesOn.Seconds() * float64(rate))}
}

// Write takes what came next, at best 20 ms of it at once, and tells whether the
// caller has spoken on since NewOnward.
func (o *Onward) Write(pcm []int16) bool {
	if len(pcm) > 0 && media.LevelDBov(pcm) > o.least {
		o.heard += len(pcm)
	}
	return o.heard >= o.limit
}
