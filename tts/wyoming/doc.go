// Package wyoming speaks by a server of the Wyoming protocol: Piper and others
// of the Home Assistant family, or another node's acotel-sbc speech.
//
// Each sentence is a connection of its own: synthesize, answered by audio-start,
// audio-chunk as the sound is made, audio-stop. The protocol knows no speed:
// Utterance.Rate goes along in a context, which another node of this program
// heeds and gives back with audio-start; the sound of others is made slower
// here.
package wyoming
