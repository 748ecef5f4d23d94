// Package scripted is a recogniser that hears what a test wrote down, whatever
// the sound: the first turn with sound in it is the first line, and so on, from
// the start again for each call. It proves the way through a call (speech found,
// partial words while it lasts, a final result at its end) without a model.
package scripted
