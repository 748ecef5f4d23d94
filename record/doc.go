// Package record keeps what happened in each call, as facts, and makes statuses, traces and exports of them (K1 to K8).
//
// A fact is a small dated statement ("answered", "search: 3 found within 10 km"). call and dialog hand facts to a
// Recorder, which never makes them wait and has them on disk within half a second, in batches. Facts are the only
// source: the row of a call in the table calls is Summarise(facts), and can be computed again at any time (Recompute).
//
// What the caller said is anonymised on the way in (G3), and the caller's number exists only masked and as a keyed
// hash (G4, T5): no other form of either reaches the disk (package personal).
//
// The package knows nothing of SIP, sound or the dialogue; the words of statuses and JSON keys are those of the
// contract that programs and people read.
package record
