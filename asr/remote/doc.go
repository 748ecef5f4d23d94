// Package remote is what recognisers on other machines have in common: one
// session with the server for each turn of speech, on a goroutine of the
// stream's own, so that no method of asr.Stream ever waits for a network.
//
// A session is opened with the first sound of a turn and fed while the caller
// speaks. When it breaks, it is opened once more at the end of the turn and
// given the whole sound again, which is kept until then; a server that was
// restarted in mid-sentence costs nothing. What does not come within the
// time-out ends the turn with ErrTimeout.
//
// With Config.Early a session ends at the first silence of 200 ms already, and
// what it answers is shown (asr.Preparer) and kept for the end of the turn. The
// caller who speaks on gets a new session with the whole sound.
package remote
