// Package whisper is the recogniser that comes with the program: one encoder, OpenAI Whisper's, and two readers of what it
// makes of the sound (requirements C2, C3).
//
// A turn's sound at 8 kHz passes the front end (16 kHz, 80 Hz high-pass, −20 dBov) and is encoded once. The phoneme reader searches it
// for what the state of the conversation expects (Lexicon, package hearing has one); the word reader, Whisper's own decoder, writes down
// what is said to open questions. Both give alternatives, whose confidence is calibrated: of answers at 0.8 or more, 95 in 100 are right.
//
// All calls share one Recognizer: its lanes take the work of the streams in turn, final results before what is prepared early, that before
// partial results. What a caller who speaks on makes useless is dropped; what waits too long ends in asr.ErrBusy.
//
// Below it: ct2 reads weights, graph builds and quantises the networks, mel is Whisper's spectrogram, engine runs all of it in ONNX
// Runtime, words is the decoder's search, install fetches and checks a model, reader holds our own network and its data card.
package whisper
