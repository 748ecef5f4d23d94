// Package chain asks several recognisers in their order: the first one listens,
// and where it fails the next one gets the sound of the turn, which is kept
// until it is answered. A backend that dies in mid-sentence costs the caller a
// moment, or one question asked again where all of them fail.
//
// A backend that fails several times in a row is left alone (its breaker is
// open) and calls begin with the next one at once. After a rest it is tried
// beside the backend that answers, with the sound of a turn (half-open): nobody
// waits for the trial, and its outcome decides whether it listens again. Where
// all backends are left alone the first one is asked nevertheless: there is
// nothing to lose.
//
// A backend that says it is busy (asr.ErrBusy) is passed over for this turn and
// not held for broken.
package chain
