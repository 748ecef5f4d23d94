package words

import (
	"cmp"
	"slices"
)

// beam is a beginning of a text, or a whole one.
type beam struct {
	words []int32
	sums  []float64 // log-probability up to each word, it included
	sum   float64   // of all
	from  int       // beam of the step before
	ended bool      // the model said so
	cut   bool      // we did
}

// mean is the log-probability of one word. The end is a word when it was said.
func (b beam) mean() float64 {
	n := len(b.words)
	if b.ended {
		n++
	}
	return b.sum / float64(max(1, n))
}

// search keeps the likeliest beginnings, all equally long, and the whole texts that were found.
type search struct {
	beams  int
	length int // words of each live beam
	live   []beam
	whole  []beam
}

// step is what the network shall read next: the last word of each beam.
func (s *search) step() (words [][]int32, from []int) {
	for _, b := range s.live {
		words = append(words, b.words[len(b.words)-1:])
		from = append(from, b.from)
	}
	return words, from
}

// grow makes the beams one word longer. What ends among the best, or goes round, is a whole text. The search is over (no live beams) when
// there are as many whole texts as beams, or no live one can become likelier than the best whole one.
func (s *search) grow(next Next) {
	type growth struct {
		beam int
		word int32
		sum  float64
	}
	var all []growth
	for i, b := range s.live {
		for j, w := range next.Words[i] {
			if p := next.LogProbs[i][j]; p > never {
				all = append(all, growth{i, w, b.sum + float64(p)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b growth) int { return cmp.Compare(b.sum, a.sum) })
	var live []beam
	for rank, g := range all {
		if len(live) == s.beams {
			break
		}
		b := s.live[g.beam]
		if g.word >= endOfText {
			if rank < s.beams { // else it is an end that the other beams have overtaken
				s.whole = append(s.whole, beam{words: b.words, sums: b.sums, sum: g.sum, ended: true})
			}
			continue
		}
		b = beam{words: append(slices.Clip(b.words), g.word), sums: append(slices.Clip(b.sums), g.sum), sum: g.sum, from: g.beam}
		if at, yes := looped(b.words); yes {
			s.whole = append(s.whole, beam{words: b.words[:at], sums: b.sums[:at], sum: b.sums[at-1], cut: true})
			continue
		}
		live = append(live, b)
	}
	s.live = live
	s.length++
	if len(s.whole) >= s.beams || len(live) > 0 && s.settled() {
		s.live = nil
	}
}

// settled tells that no live beam can catch up any more: it is less likely than a whole text by more than further words could make good
// in the mean.
func (s *search) settled() bool {
	if len(s.whole) == 0 {
		return false
	}
	best := slices.MaxFunc(s.whole, func(a, b beam) int { return cmp.Compare(a.sum, b.sum) })
	return s.live[0].sum < best.sum-margin
}

// margin is how much less likely (natural logarithm) a beginning may be than a whole text and still be followed.
const margin = 3.0

// ended are the texts found, likeliest by the mean first; when none ended in time, the beginnings that were followed.
func (s *search) ended() []beam {
	out := s.whole
	if len(out) == 0 {
		for _, b := range s.live {
			b.cut = true
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b beam) int { return cmp.Compare(b.mean(), a.mean()) })
	return out
}
