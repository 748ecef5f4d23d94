// Package remote is what voices on other machines have in common: a server that
// falls silent within a sentence is given up, and whatever rate, loudness and
// speed it has, the sound comes out as it was asked for.
package remote
