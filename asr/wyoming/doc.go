// Package wyoming hears by a server of the Wyoming protocol: faster-whisper,
// vosk and others of the Home Assistant family, or another node's acotel-sbc
// speech.
//
// Each turn is a connection of its own: transcribe, audio-start, the sound as it
// comes (16 kHz, 16 bits), audio-stop; the answer is a transcript. The protocol
// has no partial words but transcript-chunk, which few servers send, and no
// confidence; Config.Confidence stands for it. Expected phrases go as
// transcript_terms, and everything that is expected in a context that only
// acotel-sbc reads, and answers with its alternatives.
package wyoming
