// Package wyoming speaks the Wyoming protocol, by which the recognisers and
// voices of the Home Assistant family (faster-whisper, Piper, vosk and others)
// are used over TCP: both sides of it, client and server.
//
// An event is one line of JSON, then as many bytes of JSON data and of payload
// as the line announces:
//
//	{"type": "audio-chunk", "data_length": 38, "payload_length": 640}\n
//	{"rate": 8000, "width": 2, "channels": 1}<640 bytes of sound>
//
// A recogniser is asked with transcribe, audio-start, audio-chunk (many) and
// audio-stop, and answers transcript; most servers close the connection then. A
// voice is asked with synthesize and answers audio-start, audio-chunk (many) and
// audio-stop. describe is answered by info.
//
// The protocol has neither encryption nor keys: it belongs on a private network.
// Everything read is bounded (Limits), so that a peer gone mad costs a
// connection and no memory.
//
// Source: https://github.com/rhasspy/wyoming, release 1.10.2, which the tests
// talk to.
package wyoming
