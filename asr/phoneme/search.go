package phoneme

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrShape is returned for log-probabilities that have not Symbols columns.
var ErrShape = errors.New("phoneme: log-probabilities of another shape")

// Beam bounds the work of a search.
type Beam struct {
	// Width is the least share of the best state's probability that is followed.
	Width float64
	// Most is about how many states are followed in a frame.
	Most int
}

// DefaultBeam is what a wider one hears little better than (docs/speech.md).
var DefaultBeam = Beam{Width: 1e-5, Most: 600}

// Part is a network with its weight among those of a search.
type Part struct {
	Network *Network
	Weight  float64
	// Later leaves it out when the parts that are not Later are sure of an answer.
	Later bool
}

// sure is the share of the probability from which parts that come later are left out.
const sure = 0.95

// Options of one search.
type Options struct {
	// N is how many entries are returned at most; 0: ten.
	N int
	// Prior, where not nil, multiplies the prior of an entry: what this call knows.
	Prior func(e *Entry) float64
}

// Found is one entry that may have been said.
type Found struct {
	Entry *Entry
	P     float64 // 0..1, not calibrated: its share of all that may have been said
	End   int     // frame after which the entry most likely ended
	// Length is that of its pronunciation, in phonemes.
	Length int

	leaf int32
	of   *Network
}

// Heard is what a search found.
type Heard struct {
	Best []Found // best first
	Null float64 // share of the probability that nothing of the networks was said, 0..1
	// Score is how much better the best entry explains the sound than fillers and garbage do, priors included, in nats.
	Score float64
	// Fit is how much less likely the best entry makes the frames in which it was found than what each of them sounds like most, in
	// nats for each phoneme: 0 is perfect, 2 and more another word.
	Fit float64
	// Worst is the same, in nats, for the 200 ms in which it fits worst: a syllable that was not said, or another one that was.
	Worst float64
	// From is the frame in which the best entry begins.
	From int
	// Phonemes is how many were heard in all, the best entry's among them.
	Phonemes int
	// Frames is how long the sound is.
	Frames int
}

// Searcher holds the memory of a search. It is used by one goroutine at a time,
// for any network, and grows to the largest.
type Searcher struct {
	beam Beam

	loop   *Loop
	frames int
	y      []float64 // [T][P] scaled and folded probabilities
	back   []float64 // [T][P] weight of the rest after frame t, the last symbol being p; column 0: after a blank
	before []float64 // [T][P] weight of what came before frame t, likewise
	null   float64   // weight of fillers and garbage alone

	vnb  []float64 // backward values of the filler tree, this frame
	vb   []float64
	vnb2 []float64 // those of the frame after
	vb2  []float64

	at     []int32 // node → its place in the list of the frame being made, valid when stamp is the frame's
	stamp  []uint32
	now    uint32
	list   []token // of the frame before
	next   []token
	hist   [64]int
	sums   []float64 // by leaf
	peaks  []float64
	peakAt []int32
	hit    []int32 // leaves that have a sum
	groups map[int32]meaning

	steps []uint8   // of fit: by frame and state, how many states back the frame before was
	costs []float64 // and what the frame costs in that state, nats
}

// token is a state that is followed: a node, whose symbol was the last (nb) or
// which a blank has followed (b).
type token struct {
	node  int32
	nb, b float64
}

// NewSearcher makes a Searcher.
func NewSearcher(b Beam) *Searcher {
	return &Searcher{beam: b, groups: map[int32]meaning{}}
}

// Load takes logprobs, [frames][Symbols], natural logarithms, for the searches that
// follow, in networks of this loop: what may stand before and after entries is summed
// here, once for all.
func (s *Searcher) Load(l *Loop, logprobs [][]float32) error {
	s.loop, s.frames = nil, len(logprobs)
	s.y = grow(s.y, s.frames*Symbols)
	for t, row := range logprobs {
		if len(row) != Symbols {
			return fmt.Errorf("%w: %d columns, want %d", ErrShape, len(row), Symbols)
		}
		s.frame(l, t, row)
	}
	s.loop = l
	if s.frames > 0 {
		s.backward(l, s.frames)
	}
	s.around(l)
	return nil
}

// Search finds which entry of all the parts fits what was loaded. Networks of another loop are left out.
//
// The probability of an entry is the sum over all alignments of all ways to say:
// fillers and garbage, the entry, fillers and garbage (the CTC forward sum, with
// the part after the entry summed backwards first). What the beam leaves out is
// not in the sum.
func (s *Searcher) Search(parts []Part, o Options) Heard {
	most := cmp.Or(o.N, 10)
	var best []Found
	total := 0.0
	if s.loop != nil {
		total = s.null * s.loop.params.Null
	}
	null := total
	for i := range 2 * len(parts) {
		p := parts[i%len(parts)]
		if second := i >= len(parts); p.Network.loop != s.loop || s.frames == 0 || p.Later != second ||
			second && len(best) > 0 && best[0].P > sure*total {
			continue
		}
		s.forward(p.Network)
		total += s.collect(p, o)
		for _, k := range s.groups {
			f := Found{Entry: &p.Network.Entries[k.entry], P: k.sum, End: int(k.end), Length: int(k.length), leaf: k.leaf, of: p.Network}
			at, _ := slices.BinarySearchFunc(best, f, func(a, b Found) int {
				return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.Entry.Text, b.Entry.Text), cmp.Compare(a.Entry.INSEE, b.Entry.INSEE))
			})
			if at == most {
				continue
			}
			if len(best) == most {
				best = best[:most-1]
			}
			best = slices.Insert(best, at, f)
		}
	}
	if !(total > 0) {
		return Heard{Null: 1, Frames: s.frames}
	}
	h := Heard{Best: best, Null: null / total, Frames: s.frames}
	for i := range best {
		best[i].P /= total
	}
	if len(best) > 0 {
		h.Score = math.Log(best[0].P) - math.Log(math.Max(h.Null, math.SmallestNonzeroFloat64))
		h.From, h.Fit, h.Worst = s.fit(best[0])
		h.Phonemes = s.phonemes()
	}
	return h
}

// forward follows the entries of n through all frames and adds up their ends.
func (s *Searcher) forward(n *Network) {
	for _, l := range s.hit { // of the search before
		s.sums[l], s.peaks[l] = 0, 0
	}
	if leaves := len(n.said.runs); leaves > len(s.sums) {
		s.sums, s.peaks, s.peakAt = make([]float64, leaves), make([]float64, leaves), make([]int32, leaves)
	}
	s.hit = s.hit[:0]
	s.prepare(len(n.said.symbol))
	for t := range s.frames {
		j := s.before[t*Symbols : (t+1)*Symbols]
		through := 0.0
		for _, w := range j {
			through += w
		}
		s.advance(&n.said, n.roots, j, through, s.y[t*Symbols:(t+1)*Symbols], s.loop.params.Gain)
		rest := s.back[t*Symbols : (t+1)*Symbols]
		for i := range s.next {
			k := &s.next[i]
			l := n.said.leaf[k.node]
			if l == noLeaf {
				continue
			}
			p := k.nb * rest[n.said.symbol[k.node]]
			if p == 0 {
				continue
			}
			if s.sums[l] == 0 {
				s.hit = append(s.hit, l)
			}
			s.sums[l] += p
			if p > s.peaks[l] {
				s.peaks[l], s.peakAt[l] = p, int32(t+1)
			}
		}
		s.prune(through)
	}
}

// prepare makes room for a tree.
func (s *Searcher) prepare(nodes int) {
	if len(s.at) < nodes {
		s.at, s.stamp, s.now = make([]int32, nodes), make([]uint32, nodes), 0
	}
	if s.now > math.MaxUint32/2 {
		clear(s.stamp)
		s.now = 0
	}
	s.list = s.list[:0]
}

// advance makes the frame y: what was followed goes on, and words of the tree begin
// behind what the junction j holds, through in all.
func (s *Searcher) advance(tr *tree, roots span, j []float64, through float64, y []float64, gain float64) {
	s.now++
	s.next = s.next[:0]
	for v := roots.from; v < roots.to; v++ {
		sym := tr.symbol[v]
		s.enter(v, (through-j[sym])*y[sym]*gain)
	}
	for i := range s.list {
		s.step(tr, &s.list[i], y, gain)
	}
}

// token of a node in the frame being made.
func (s *Searcher) token(v int32) *token {
	if s.stamp[v] != s.now {
		s.stamp[v], s.at[v] = s.now, int32(len(s.next))
		s.next = append(s.next, token{node: v})
	}
	return &s.next[s.at[v]]
}

func (s *Searcher) enter(v int32, p float64) {
	if p > 0 {
		s.token(v).nb += p
	}
}

// step moves one state into the frame y.
func (s *Searcher) step(tr *tree, from *token, y []float64, gain float64) {
	v := from.node
	sym, kids := tr.symbol[v], tr.children[v]
	both := from.nb + from.b
	to := s.token(v)
	to.nb += from.nb * y[sym]
	if kids.from == kids.to {
		return
	}
	to.b += both * y[Blank]
	for c := kids.from; c < kids.to; c++ {
		p := both
		cs := tr.symbol[c]
		if cs == sym {
			p = from.b
		}
		s.enter(c, p*y[cs]*gain)
	}
}

// prune drops the states that are far less likely than the best and keeps the
// others for the next frame. When they are too many the floor rises, found from a
// histogram of binary exponents.
func (s *Searcher) prune(through float64) {
	most := through
	for i := range s.next {
		if p := s.next[i].nb + s.next[i].b; p > most {
			most = p
		}
	}
	least := most * s.beam.Width
	if s.beam.Most > 0 && len(s.next) > s.beam.Most {
		clear(s.hist[:])
		top := exponent(most)
		for i := range s.next {
			if d := top - exponent(s.next[i].nb+s.next[i].b); d < len(s.hist) {
				s.hist[d]++
			}
		}
		count := 0
		for d, h := range s.hist {
			if count += h; count > s.beam.Most && d > 0 {
				if floor := math.Ldexp(1, top-d+1); floor > least {
					least = floor
				}
				break
			}
		}
	}
	s.list = s.list[:0]
	for i := range s.next {
		if k := &s.next[i]; k.nb+k.b > least {
			s.list = append(s.list, *k)
		}
	}
}

// exponent is the binary exponent of a positive number: 0 for 1 to 2.
func exponent(x float64) int { return int(math.Float64bits(x)>>52&0x7ff) - 1023 }

// collect adds up the leaves of a part by meaning, and returns their sum.
func (s *Searcher) collect(part Part, o Options) float64 {
	n := part.Network
	clear(s.groups)
	total := 0.0
	for _, l := range s.hit {
		run := n.said.runs[l]
		for _, e := range n.ends[run.from:run.to] {
			p := part.Weight * s.sums[l] * e.weight * n.Entries[e.entry].Prior
			if o.Prior != nil {
				p *= o.Prior(&n.Entries[e.entry])
			}
			if !(p > 0) {
				continue
			}
			total += p
			g := n.group[e.entry]
			k, known := s.groups[g]
			if !known || p > k.most {
				k.entry, k.most, k.end, k.length, k.leaf = e.entry, p, s.peakAt[l], n.said.depth[l], l
			}
			k.sum += p
			s.groups[g] = k
		}
	}
	return total
}

// meaning is what was found of entries that mean the same.
type meaning struct {
	entry     int32 // the likeliest of them
	end       int32
	length    int32
	leaf      int32
	sum, most float64
}

func grow[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n+n/4)[:n]
	}
	return b[:n]
}
