// Package reader is the phoneme reader: a small network of ours that reads French phonemes from the frames of Whisper base's encoder, and whose
// output asr/phoneme searches for what is expected. asr/training is its recipe, card.md says what it learnt from and how well it reads.
package reader
