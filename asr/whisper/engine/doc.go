// Package engine runs a Whisper model in this process: the encoder once for a piece of sound, and on its frames two readers, the phoneme reader
// (asr/whisper/reader, a small network of ours) and Whisper's own decoder for open words.
//
// An Engine is shared by all calls. Each of its runs works on the goroutine that asks, on one thread; the weights are in memory once. How many run at
// once is the business of who asks (asr/whisper's pool): more than there are processors makes each slower and none quicker.
package engine
