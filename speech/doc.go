// Package speech serves this program's recogniser and voices to others, so that
// several nodes can share one machine with more cores, and tools of other makers
// can use them: over OpenAI's HTTP interface (package openai says which part of
// it) and over the Wyoming protocol.
//
// Beside what the interfaces define, two nodes of this program tell each other
// more, in places that others ignore: what is expected of an answer (a header,
// the context of transcribe), all alternatives that were heard with their
// confidences (a key of verbose_json, the context of transcript), and the speed
// of a voice (the context of synthesize).
//
// What is bounded: the size of bodies and turns, the pieces of work at once
// (more wait a moment and are then refused with 429, or busy), connections, and
// the time that a client may be silent or not read. Nothing of what is heard is
// kept or logged (requirement G1).
package speech
