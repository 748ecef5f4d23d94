// Package none is the recogniser that hears nothing: the caller leads the
// conversation with the keys of the telephone alone. It stands behind
// asr.Recognizer so that the way through the call is the same with and without
// a recogniser. It starts no goroutine and keeps no audio.
package none
