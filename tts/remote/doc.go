// Package remote is what voices on other machines have in common: a server that
// falls silent within a sentence is given up, and whatever rate and loudness it
// has, the sound comes out at the voice's own.
package remote
