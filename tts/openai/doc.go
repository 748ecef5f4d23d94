// Package openai speaks by a server of OpenAI's HTTP interface:
// POST /audio/speech. OpenAI's own, Kokoro, openedai-speech and others offer it,
// and another node's acotel-sbc speech.
//
// The sound is taken as it comes, as raw PCM or as a WAV file of unknown length.
package openai
