// Package voskpeer is a server for tests that keeps to vosk-server's protocol
// (websocket/asr_server.py) message by message, and hears what the test wrote
// down: no French model for Vosk can be had from a package registry. What it
// takes over from the original: configuration messages are told by the word
// config and not answered, the recogniser is made with the first sound, each
// sound message is answered by one result, a partial one or, after so much
// sound, a whole one; eof is told by its exact text, answered by the last result
// and followed by a normal close; any other text counts as sound.
package voskpeer
