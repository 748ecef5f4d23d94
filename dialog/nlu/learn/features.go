package learn

import "math"

// Sample is a sentence as it is looked at.
type Sample struct {
	Words []string // folded words; marks such as "<place>" count as words, without pieces
	State string   // of the conversation, "" for none
}

// feature is one thing seen in a sample: what, as a hash, and how much of it.
type feature struct {
	hash  uint64
	value float32
}

// Shares of the three groups of features in a sample's length. Each group is scaled to its share, so that long sentences weigh no more
// than short ones.
const (
	wordShare  = 1.0
	pieceShare = 0.9
	stateShare = 0.6
)

// Pieces of words have this many letters; a word is written between two boundaries.
const shortestPiece, longestPiece = 3, 5

// kinds keep the hashes of different features apart.
const (
	kindBias = iota + 1
	kindWord
	kindPair
	kindApart
	kindPiece
	kindState
	kindStateWord
	kindLength
)

// FNV-1a, 64 bits.
const (
	offset64 = 14695981039346656037
	prime64  = 1099511628211
)

func hash(kind byte, parts ...string) uint64 {
	h := uint64(offset64)
	h = (h ^ uint64(kind)) * prime64
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * prime64
		}
		h *= prime64 // a zero byte ends each part
	}
	return h
}

// boundary stands before the first and behind the last word.
const boundary = "|"

// features appends what is seen in a sample to buf.
func features(buf []feature, s Sample) []feature {
	out := buf[:0]
	group := func(from int, share float32) {
		if n := len(out) - from; n > 0 {
			v := share / float32(math.Sqrt(float64(n)))
			for i := from; i < len(out); i++ {
				out[i].value = v
			}
		}
	}
	out = append(out, feature{hash: hash(kindBias), value: 0.3}, feature{hash: hash(kindLength, lengths[min(len(s.Words), len(lengths)-1)]), value: 0.3})

	from := len(out)
	before, two := boundary, ""
	for _, w := range s.Words {
		out = append(out, feature{hash: hash(kindWord, w)}, feature{hash: hash(kindPair, before, w)})
		if two != "" {
			out = append(out, feature{hash: hash(kindApart, two, w)})
		}
		before, two = w, before
	}
	out = append(out, feature{hash: hash(kindPair, before, boundary)})
	group(from, wordShare)

	from = len(out)
	var padded []byte
	for _, w := range s.Words {
		if w == "" || w[0] == '<' {
			continue
		}
		padded = append(append(append(padded[:0], boundary...), w...), boundary...)
		for n := shortestPiece; n <= longestPiece; n++ {
			for i := 0; i+n <= len(padded); i++ {
				out = append(out, feature{hash: hash(kindPiece, string(padded[i:i+n]))})
			}
		}
	}
	group(from, pieceShare)

	if s.State != "" {
		from = len(out)
		out = append(out, feature{hash: hash(kindState, s.State)})
		for _, w := range s.Words {
			out = append(out, feature{hash: hash(kindStateWord, s.State, w)})
		}
		group(from, stateShare)
	}
	return out
}

// lengths tells sentences of 0, 1, 2… words apart, long ones roughly.
var lengths = [...]string{"0", "1", "2", "3", "4", "5-7", "5-7", "5-7", "8+"}
