// Package graph makes of a CTranslate2 file of any Whisper size what ONNX Runtime runs: three graphs (encoder; keys and values of the
// cross-attention; a step of the decoder) that are committed here without weights, and weights.bin, which Install computes: 8 bits, with a scale
// for each row in the encoder and for each 64 weights in the decoder. tools/whispergraph builds the graphs and their layout.tsv, which says
// what stands where. docs/speech.md tells what the 8 bits cost and gain.
package graph
