// Package tts says French sentences on a telephone line.
//
// It holds no voice itself: Synthesizer is what a voice must do, and the
// sub-packages are voices (espeak: espeak-ng as a child process; wyoming and
// openai: other machines; recorded: people). Speaker is what the rest of the
// program uses.
//
// What flows through a Speaker: a text is cut into sentences (Sentences); each
// sentence is put into words a voice can't misread (numbers, dates, telephone
// numbers, abbreviations), synthesised, freed from the silence around it,
// resampled to the line's rate, brought to an even loudness (ITU-T P.56 active
// speech level) without clipping, and handed out piece by piece as it comes,
// followed by a pause. The result is kept in memory and on disk by content, so
// that a fixed prompt is made once and incident messages can be said although
// the voice is down.
//
// A Speaker has several voices in their order (voices.go): where one fails the
// next one speaks, also in the middle of a sentence (takeover.go), and one that
// fails again and again is left alone and tried beside the others.
//
// The French words used here (abbreviations, units, letters) are data, in the
// folder french; number.go is the grammar of French numbers.
package tts
