// Package remote is what recognisers on other machines have in common: one
// session with the server for each turn of speech, on a goroutine of the
// stream's own, so that no method of asr.Stream ever waits for a network.
//
// A session is opened with the first sound of a turn and fed while the caller
// speaks. When it breaks, it is opened once more at the end of the turn and
// given the whole sound again, which is kept until then; a server that was
// restarted in mid-sentence costs nothing. What does not come within the
// time-out ends the turn with ErrTimeout.
package remote
