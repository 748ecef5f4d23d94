// Package openai hears by a server of OpenAI's HTTP interface:
// POST /audio/transcriptions with the turn as a WAV file of 16 kHz. OpenAI's own,
// Groq, vLLM, Speaches and others offer it, and another node's acotel-sbc speech.
//
// The sound is sent when the turn has ended, so there are no partial words. What
// is expected goes as the prompt, which Whisper's family leans on; between two
// nodes of this program everything that is expected goes in a header, and all
// that was heard comes back. verbose_json is asked for: from the segments'
// log-probabilities follow a confidence (not calibrated) and Whisper's own rule
// for phantom sentences.
package openai
