package phoneme

import (
	"cmp"
	"math"
)

// frame scales and folds one frame.
func (s *Searcher) frame(n *Loop, t int, row []float32) {
	y := s.y[t*Symbols : (t+1)*Symbols]
	clear(y)
	blank := cmp.Or(n.params.Blank, 1)
	var sum float64
	for i, l := range row {
		y[n.fold[i]] += math.Exp(float64(l))
	}
	for i := range y {
		if int(n.fold[i]) == i {
			y[i] = math.Pow(math.Max(y[i], n.params.Floor), n.params.Scale)
			if i == int(Blank) {
				y[i] *= blank
			}
			sum += y[i]
		}
	}
	if n.params.Scale != 1 || blank != 1 { // flatter, but probabilities still
		for i := range y {
			y[i] /= sum
		}
	}
}

// backward sums what may come after an entry, from the last frame to the first.
// Each frame of s.y is divided by what keeps these sums near 1, so that forward
// sums stay in range, too, and products of both need no logarithm.
func (s *Searcher) backward(n *Loop, frames int) {
	nodes := len(n.back.symbol)
	s.back = grow(s.back, frames*Symbols)
	s.vnb, s.vb, s.vnb2, s.vb2 = grow(s.vnb, nodes), grow(s.vb, nodes), grow(s.vnb2, nodes), grow(s.vb2, nodes)
	clear(s.vnb2)
	clear(s.vb2)
	last := s.back[(frames-1)*Symbols:]
	for i := range Symbols {
		last[i] = 1
	}
	for t := frames - 1; t >= 0; t-- {
		y, b := s.y[t*Symbols:(t+1)*Symbols], s.back[t*Symbols:(t+1)*Symbols]
		s.backwardNodes(n, y, b)
		var first [256]float64
		var all float64
		for v := n.backRoots.from; v < n.backRoots.to; v++ {
			first[n.back.symbol[v]] = s.vnb[v]
			all += s.vnb[v]
		}
		before := y[Blank]*b[Blank] + all
		scale := 1 / before
		for i := range y {
			y[i] *= scale
		}
		for v := range nodes {
			s.vnb[v] *= scale
			s.vb[v] *= scale
		}
		if t > 0 {
			p := s.back[(t-1)*Symbols : t*Symbols]
			for i := range p {
				p[i] = (before - first[i]) * scale
			}
		}
		s.vnb, s.vnb2, s.vb, s.vb2 = s.vnb2, s.vnb, s.vb2, s.vb
	}
}

// backwardNodes sums, for each node of the fillers after, what comes from this frame on when the
// frame is the node's symbol (vnb) or a blank behind it (vb). after is the weight of the rest once a filler has ended.
func (s *Searcher) backwardNodes(n *Loop, y, after []float64) {
	tr := &n.back
	for v := len(tr.symbol) - 1; v >= 0; v-- {
		sym, kids := tr.symbol[v], tr.children[v]
		var sum, other float64
		for c := kids.from; c < kids.to; c++ {
			sum += s.vnb2[c]
			if tr.symbol[c] != sym {
				other += s.vnb2[c]
			}
		}
		s.vb[v] = 0
		rest := s.vnb2[v] + other
		if kids.from != kids.to {
			s.vb[v] = y[Blank] * (s.vb2[v] + sum)
			rest += s.vb2[v]
		}
		if l := tr.leaf[v]; l != noLeaf {
			rest += tr.weight[l] * after[sym]
		}
		s.vnb[v] = y[sym] * rest
	}
}

// around follows the fillers before an entry through all frames: the weight of all
// that may stand before each frame, by its last symbol, and in the end that of
// fillers and garbage alone.
func (s *Searcher) around(l *Loop) {
	s.before = grow(s.before, (s.frames+1)*Symbols)
	s.prepare(len(l.fwd.symbol))
	j := s.before[:Symbols]
	clear(j)
	j[Blank] = 1
	through := 1.0
	for t := range s.frames {
		y := s.y[t*Symbols : (t+1)*Symbols]
		s.advance(&l.fwd, l.fwdRoots, j, through, y, 1)
		j = s.before[(t+1)*Symbols : (t+2)*Symbols]
		clear(j)
		j[Blank] = through * y[Blank]
		for i := range s.next {
			k := &s.next[i]
			if f := l.fwd.leaf[k.node]; f != noLeaf {
				j[l.fwd.symbol[k.node]] += k.nb * l.fwd.weight[f]
			}
		}
		through = 0
		for _, w := range j {
			through += w
		}
		s.prune(through)
	}
	s.null = through
}
