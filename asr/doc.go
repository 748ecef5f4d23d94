// Package asr turns the caller's voice into words.
//
// It holds no recogniser itself: it declares what a recogniser is
// (Recognizer, one per process) and what one call holds of it (Stream). The
// sub-packages are backends: none (hears nothing, keys only) and scripted
// (says what a test wrote down); asrtest is the suite every backend passes.
//
// What flows through: 16-bit mono PCM at the rate named in Format goes in with
// Write, in pieces of any length; what the dialogue expects goes in with
// Expect; EndTurn, decided by the call and never by the recogniser, asks for
// the words. Results come out on one channel: partials while the caller
// speaks, then exactly one final result for each EndTurn.
//
// Nothing in a Stream ever waits for the reader or for the recogniser: Write is
// called on the 20 ms clock of the call (requirement C16: the caller can speak
// over the voice), so backends hand work to their own goroutines.
package asr
