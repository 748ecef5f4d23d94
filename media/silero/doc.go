// Package silero is voice activity by the Silero VAD 6 network (MIT licence, an ONNX file that make setup fetches): it tells speech
// from coughs, clicks, music and machines that an energy gate takes for it. It implements media.SpeechModel.
//
//	clock of each call → Line.Feed (a bounded queue of its own) ─→ the Model's one worker: steps of up to 16 lines in one run
//	clock of each call ← Line.Verdict (one atomic word)         ←─┘
//
// The network hears 8 kHz in steps of 256 samples (32 ms), each with the 32 samples before it and a recurrent state of 256 values.
// kernel.c does the arithmetic, eight lines in the lanes of one vector, with the weights taken out of the ONNX file; it agrees with ONNX
// Runtime, which does it for a release of the network that the kernel does not know, to 1e-4 and costs a third.
// Runs of several lines together cost a fraction for each, so a step waits a few milliseconds for others. No clock ever waits: a
// line whose queue is full loses sound, which is counted, and media.VAD goes on by its gate alone when verdicts come late.
package silero
