// Package words is the word reader: it finds the likeliest French sentences in what Whisper's decoder says of a sound, for open
// questions and reasons. The network itself is behind Network; package whisper has it.
//
// Whisper was made for half minutes of film sound. On the short turns of a telephone call it repeats itself and writes the phrases of
// subtitles into silence. So: a beam of four, words of other scripts and signs of no speech suppressed, a limit on words by the length of
// the sound, a guard against repetition while decoding and after, and phantom sentences (phantoms.txt) taken out. docs/speech.md has
// the figures.
package words
