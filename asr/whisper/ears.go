package whisper

import (
	"context"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/phoneme"
)

// Lexicon says what is expected in a state of the conversation. Package hearing has one.
type Lexicon interface {
	// Grammar is called for each turn and returns at once.
	Grammar(asr.Hints) phoneme.Grammar
}

// Ears are what a Recognizer hears with: one encoder and two readers.
// They are used by as many goroutines at once as the Recognizer has lanes.
type Ears interface {
	// Hear encodes sound as FrontEnd gives it, 30 s at most; words says that the word
	// reader will be asked, too, which needs more silence behind the sound.
	Hear(ctx context.Context, pcm []float32, words bool) (Sound, error)
	// Close frees the models.
	Close() error
}

// Sound is sound encoded once, for both readers.
type Sound interface {
	// Phonemes are log-probabilities, [frames][phoneme.Symbols], 50 frames a second.
	Phonemes() ([][]float32, error)
	// Words are readings of the whole, best first; none when there were no words.
	Words(ctx context.Context) ([]Words, error)
}

// Words are one reading by the word reader.
type Words struct {
	Text    string
	LogProb float64 // mean of its tokens, natural logarithm
}
