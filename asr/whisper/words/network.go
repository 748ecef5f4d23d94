package words

import "math"

// Network is Whisper's decoder on the encoding of one sound, and what it remembers of the steps so far. It is used by one goroutine.
type Network interface {
	// Step goes on. Beam i reads words[i] (all beams equally many) after what beam from[i] of the step before has read; before the first
	// step nothing was read, and from is [0]. suppress, an entry for each of the vocabulary, is added to the scores before Next is made.
	// It is one of two slices that never change. What is returned is valid until the next Step.
	Step(words [][]int32, from []int, suppress []float32) (Next, error)
}

// Next is what may follow, beam by beam.
type Next struct {
	Words    [][]int32   // the likeliest entries, best first; twice as many as there are beams suffice
	LogProbs [][]float32 // of each, natural logarithm
	Silent   []float32   // log-probability of the word <|nospeech|> without suppression
}

// never is the score of what must not come.
var never = float32(math.Inf(-1))
