// Package ct2 reads model files of CTranslate2 (version 6 of its format, the one in which faster-whisper's models are published): named
// variables with their shape, as 32- or 16-bit floats or as integers with a scale for each row. Nothing is loaded until it is asked for;
// a file that is cut short, or whose numbers do not fit its size, is refused when it is opened.
//
// The format, all numbers little-endian: version (32 bits), name of the spec, its revision (32), number of variables (32); for each its
// name, rank (8), dimensions (32 each), type (8), length in bytes (32), data; then the number of aliases (32), pairs of names. A name
// is its length with a closing zero (16), then the bytes.
package ct2
