package phoneme

import "math"

// longest is about the longest that a phoneme is drawn out, in frames.
const longest = 30

// stretch is how many frames a misfit is looked for in: 200 ms, about two phonemes.
const stretch = 10

// fit lays the pronunciation of f over the frames in which it was found, the best way (Viterbi), and returns where it begins,
// how much likelier the frames' likeliest phonemes are, in nats for each of its own, and in the stretch where it fits worst.
func (s *Searcher) fit(f Found) (from int, each, worst float64) {
	tr := &f.of.said
	path := make([]uint8, f.Length)
	for i, v := f.Length-1, tr.node[f.leaf]; i >= 0; i, v = i-1, tr.parent[v] {
		path[i] = tr.symbol[v]
	}
	// States are the phonemes and, between two of them, a blank.
	type state struct {
		cost float64
		from int
	}
	never := state{cost: math.Inf(1)}
	states := make([]state, 2*len(path)-1)
	for i := range states {
		states[i] = never
	}
	start := max(0, f.End-longest*len(path))
	s.steps, s.costs = grow(s.steps, (f.End-start)*len(states)), grow(s.costs, (f.End-start)*len(states))
	for t := start; t < f.End; t++ {
		y := s.y[t*Symbols : (t+1)*Symbols]
		most := 0.0
		for _, p := range y {
			most = max(most, p)
		}
		for i := len(states) - 1; i >= 0; i-- {
			best, step := states[i], uint8(0)
			sym := uint8(Blank)
			if i%2 == 0 {
				sym = path[i/2]
			}
			if i == 0 && best.cost > 0 {
				best = state{from: t}
			}
			if i > 0 && states[i-1].cost < best.cost {
				best, step = states[i-1], 1
			}
			if i > 1 && i%2 == 0 && path[i/2] != path[i/2-1] && states[i-2].cost < best.cost {
				best, step = states[i-2], 2
			}
			cost := math.Log(most / math.Max(y[sym], math.SmallestNonzeroFloat64))
			at := (t-start)*len(states) + i
			s.steps[at], s.costs[at] = step, cost
			best.cost += cost
			states[i] = best
		}
	}
	last := states[len(states)-1]
	var sum float64
	var window [stretch]float64
	for t, i := f.End-1, len(states)-1; t >= last.from; t-- {
		at := (t-start)*len(states) + i
		i -= int(s.steps[at])
		sum += s.costs[at] - window[t%stretch]
		window[t%stretch] = s.costs[at]
		worst = max(worst, sum)
	}
	return last.from, last.cost / float64(len(path)), worst
}

// phonemes counts what is heard when nothing is expected: runs of the same likeliest phoneme.
func (s *Searcher) phonemes() (n int) {
	last := 0
	for t := range s.frames {
		best := 0
		y := s.y[t*Symbols : (t+1)*Symbols]
		for p := range y {
			if y[p] > y[best] {
				best = p
			}
		}
		if best != int(Blank) && best != last {
			n++
		}
		last = best
	}
	return n
}
