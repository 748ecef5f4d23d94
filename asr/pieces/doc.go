// Package pieces parts long recordings where nobody speaks, so that a recogniser can
// hear them one after the other. In: 16-bit mono PCM and its rate. Out: pieces that share its memory.
package pieces
