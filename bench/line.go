package bench

import (
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

// What counts as the other side speaking. Our services send digital silence
// between sentences; other telephones a little noise.
const (
	soundDBov     = -45.0
	usualQuiet    = 1100 * time.Millisecond // longer than a pause between two sentences
	maxRecordTime = time.Hour
)

// line listens to the other side on the session's clock.
type line struct {
	mu      sync.Mutex
	record  bool
	after   time.Duration // of silence, the other side has spoken to its end
	pcm     []int16
	heard   time.Duration // sound received, silence included
	speech  time.Duration // of which speech
	silence time.Duration // since the last speech
	quiet   bool          // silent for so long
	since   time.Time     // when the silence began

	sounds chan bool // true: first sound after quiet, false: fell silent
}

func newLine(record bool, after time.Duration) *line {
	return &line{record: record, after: after, quiet: true, since: time.Now(), sounds: make(chan bool, 16)}
}

// Frame takes 20 ms of the other side's sound.
func (l *line) Frame(pcm []int16, _ time.Duration, _ bool) {
	sound := media.LevelDBov(pcm) > soundDBov
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard += media.FrameDuration
	if l.record && l.heard < maxRecordTime {
		l.pcm = append(l.pcm, pcm...)
	}
	switch {
	case sound:
		l.speech += media.FrameDuration
		l.silence = 0
		if l.quiet {
			l.quiet = false
			l.tell(true)
		}
	case !l.quiet:
		l.silence += media.FrameDuration
		if l.silence >= l.after {
			l.quiet, l.since = true, time.Now().Add(-l.after)
			l.tell(false)
		}
	}
}

// Digit takes a key of the other side; a service sends none.
func (l *line) Digit(rune) {}

func (l *line) tell(sound bool) {
	select {
	case l.sounds <- sound:
	default:
	}
}

// silentSince is when the silence began, false while the other side speaks or
// when nobody has yet taken from sounds that it fell silent.
func (l *line) silentSince() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since, l.quiet && len(l.sounds) == 0
}

func (l *line) totals() (heard, speech time.Duration, pcm []int16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard, l.speech, l.pcm
}
