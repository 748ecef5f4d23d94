// Command calibration fits asr/whisper's Calibration and prints what it holds: answers said by
// voices that the reader was not trained on, and sentences that are in no list, through a telephone line with noise.
//
//	go run ./tools/calibration -n 400 -snr 20
//
// The same seed gives the same sound and figures. docs/speech.md has those of the parameters that are in use.
package main
