// Package ttstest is the suite that every voice passes: what tts.Synthesizer
// promises to the Speaker, checked on the real backend.
package ttstest
