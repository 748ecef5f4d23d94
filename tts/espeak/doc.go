// Package espeak is the voice of espeak-ng, run as a child process.
//
// It works on a fresh machine with nothing to download, and the program's
// licence (GPL) stays at arm's length: one process for one sentence, text on
// its standard input, sound from its standard output as it is made. The first
// samples come after some 10 ms, a sentence takes 15 ms of one core.
//
// What flows through: Synthesize takes a French sentence in words, mends the
// spelling of what espeak-ng is known to misread (lexicon.txt, spelling.go),
// starts the child, reads the RIFF/WAVE header and hands the 16-bit samples on.
// A child lives no longer than its context, than Config.Stall without a sound,
// or than Synthesize itself.
package espeak
