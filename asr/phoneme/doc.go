// Package phoneme hears which of the expected phrases was said, from a CTC
// network's phoneme probabilities.
//
// In: log-probabilities [frames][Symbols], 50 frames a second, one column for each
// line of phonemes.txt, and a Grammar of expected entries with their priors. Out:
// the entries that fit best with a probability each, or the refusal of all.
//
// The symbols are those of espeak-ng's French, normalised by ipa.tsv: stress and
// length are dropped, the two a are one, "gn" is n and j, "ui" is y and i. Closed and
// open e, o and eu and both "in" and "un" are apart here.
package phoneme
