package tts

import (
	"context"
	"errors"
)

// What a voice's errors may wrap, for errors.Is; anything else is a failure like any other.
var (
	// ErrStalled is a voice that was given up because no sound came.
	ErrStalled = errors.New("tts: no sound came in time")
	// ErrBusy is a voice that has too much to do, which tells nothing about its health.
	ErrBusy = errors.New("tts: the voice has too much to do")
)

// Utterance is one sentence for a voice, already in words: no digits, no
// abbreviations, no markup.
type Utterance struct {
	Text    string
	Written string  // the sentence before it was put into words; "" where it is not known
	Rate    float64 // speed, 1 = the voice's normal, 0.8 = slower; 0 counts as 1
	Volume  float64 // linear, 1 = the voice's normal; 0 counts as 1
}

// Synthesizer is a voice. Its methods are safe from any goroutine; how many
// sentences it makes at the same time is its own affair.
type Synthesizer interface {
	// Name is the backend and the voice, as shown to operators: "espeak-ng fr".
	Name() string
	// SampleRate of the pcm that Synthesize emits, in Hz. It never changes.
	SampleRate() int
	// Synthesize makes the sentence's sound and hands it to emit, 16-bit mono,
	// in pieces of any length as soon as there is some. emit must not keep
	// pcm. An error of emit stops the synthesis and is returned. When ctx ends
	// it stops at once, frees what it holds (child process, connection) and
	// returns an error for which errors.Is(err, ctx.Err()) holds. It
	// returns within bounded time even when the voice hangs.
	Synthesize(ctx context.Context, u Utterance, emit func(pcm []int16) error) error
	// Close frees the voice; no Synthesize may run or follow.
	Close() error
}

// Fingerprinter is a Synthesizer whose sound depends on more than its Name:
// Fingerprint names everything that changes it (version, pitch, speed,
// lexicon), so that the cache never gives the sound of other settings.
type Fingerprinter interface {
	Fingerprint() string
}

// Recordings is a Synthesizer that says some sentences alone, those that were
// recorded. It is never asked for others.
type Recordings interface {
	Synthesizer
	// Says tells whether there is a recording of u.Written.
	Says(u Utterance) bool
	// Sentences are all that it says, as they are written.
	Sentences() []string
	// LevelDBov is the active speech level of all of them (ITU-T P.56).
	LevelDBov() float64
}
