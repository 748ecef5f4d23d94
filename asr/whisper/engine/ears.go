package engine

import (
	"context"

	"github.com/acotel/acotel-sbc/asr/whisper"
	"github.com/acotel/acotel-sbc/asr/whisper/mel"
	"github.com/acotel/acotel-sbc/asr/whisper/words"
)

// What stands behind a sound, see hearing without words and with them in docs/speech.md.
const (
	silenceAfter = 2 * mel.Rate / 5 // the phoneme reader wants 0.4 s
	wordsWindow  = 10 * mel.Rate    // the decoder repeats itself in shorter ones
)

// Ears lets whisper.Recognizer hear by e.
type Ears struct {
	*Engine
	Beams int // of the word reader; 0: its own
}

// Hear implements whisper.Ears.
func (e Ears) Hear(ctx context.Context, pcm []float32, withWords bool) (whisper.Sound, error) {
	padTo := min(len(pcm)+silenceAfter, MaxSamples)
	if withWords {
		padTo = max(padTo, wordsWindow)
	}
	x, err := e.Encode(ctx, pcm, padTo)
	if err != nil {
		return nil, err
	}
	return sound{x, e.Beams}, nil
}

type sound struct {
	*Encoding
	beams int
}

// Words implements whisper.Sound.
func (s sound) Words(ctx context.Context) ([]whisper.Words, error) {
	found, err := s.Encoding.Words(ctx, words.Options{Beams: s.beams})
	out := make([]whisper.Words, len(found))
	for i, h := range found {
		out[i] = whisper.Words{Text: h.Text, LogProb: h.AvgLogProb}
	}
	return out, err
}
