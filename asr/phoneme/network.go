package phoneme

import (
	"cmp"
	"math"
	"slices"
)

// Entry is one thing that may be said: a town, a code, a yes.
type Entry struct {
	// Text is the entry as one would write it.
	Text string
	// Kind says what it is: place, postal_code, confirm, command. It is not looked at here.
	Kind string
	// INSEE and PostalCode are set where the entry is a commune or a code.
	INSEE, PostalCode string
	// Department is its code where the entry is a department by name.
	Department string
	// Group is the same for entries that mean the same: their probabilities are added up. "" stands alone.
	Group string
	// Aside is set on what is expected to be said without being an answer to anything: it is heard, but never sure.
	Aside bool
	// Prior is how likely the entry is before anything is heard; only ratios count within a network.
	Prior float64
	// Said are its pronunciations; a Network's own entries have none left.
	Said []Said
}

// Said is one way to say something.
type Said struct {
	Phonemes String
	Weight   float64 // against the other ways, the best being 1; 0 counts as 1
}

// Filler is what may be said before or after an entry: "j'habite à", "euh", "s'il vous plaît".
type Filler struct {
	Said   []Said
	Weight float64 // probability that it comes next at any moment between entries
}

// Params are the figures of a network that are fitted, not known.
type Params struct {
	// Scale is the exponent of the reader's probabilities, which are surer than they are right.
	Scale float64
	// Garbage is what each phoneme costs that belongs to no filler and no entry, as a factor below 1.
	Garbage float64
	// Blank is a factor of the reader's blanks, before the frame's probabilities are made to sum to 1: it says nothing
	// rather than a phoneme that it is not sure of, so that the shorter of two entries fits too well. 0 counts as 1.
	Blank float64
	// Gain is what each phoneme of an entry is worth, as a factor: the CTC network's own
	// habit of expecting such phonemes is divided out by it.
	Gain float64
	// Null is the prior that nothing of the networks was said, against the sum of the weights of a search's parts.
	Null float64
	// Floor is the least probability of a phoneme in a frame: what the reader holds for impossible happens.
	Floor float64
	// Fold joins symbols that speakers do not keep apart: open and closed e, o, eu, and "in" and "un".
	Fold bool
}

// DefaultParams were fitted as docs/speech.md tells.
var DefaultParams = Params{Scale: 0.6, Garbage: 0.03, Blank: 0.5, Gain: 1.0, Null: 0.3, Floor: 1e-5, Fold: false}

// Loop is what may be said around entries, the same for all networks of a
// recogniser: fillers, and single phonemes as garbage, any number of them before
// and after. It does not change once built.
type Loop struct {
	params    Params
	fold      []uint8 // symbol → symbol that stands for it
	fwd       tree    // before
	fwdRoots  span
	back      tree // after, searched backwards in time
	backRoots span
}

// NewLoop builds the fillers' trees.
func NewLoop(before, after []Filler, p Params) *Loop {
	l := &Loop{params: p, fold: folding(p.Fold)}
	fwd, back := newTrie(), newTrie()
	for s := 1; s < Symbols; s++ {
		if int(l.fold[s]) == s {
			fwd.add(String{Symbol(s)}, l.fold, p.Garbage, -1)
			back.add(String{Symbol(s)}, l.fold, p.Garbage, -1)
		}
	}
	for _, f := range before {
		fwd.addFiller(f, l.fold)
	}
	for _, f := range after {
		back.addFiller(f, l.fold)
	}
	l.fwdRoots = l.fwd.flatten(fwd, nil)
	l.backRoots = l.back.flatten(back, nil)
	return l
}

// Network is a list of entries of which one may be said, as a prefix tree. It does
// not change once built and is shared by all searches.
type Network struct {
	Entries []Entry
	loop    *Loop
	said    tree
	roots   span
	ends    []end   // of all leaves, by tree.runs
	group   []int32 // entry → the first one of its Group
}

// NewNetwork builds the tree of entries, to be searched within loop. Priors are
// scaled to a sum of 1. Entries without a pronunciation are kept and never found.
func NewNetwork(loop *Loop, entries []Entry) *Network {
	n := &Network{Entries: slices.Clone(entries), loop: loop, group: make([]int32, len(entries))}
	said := newTrie()
	first := map[string]int32{}
	var sum float64
	for _, e := range entries {
		sum += e.Prior
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		e.Prior /= sum
		n.group[i] = int32(i)
		if g, known := first[e.Group]; known {
			n.group[i] = g
		} else if e.Group != "" {
			first[e.Group] = int32(i)
		}
		for _, s := range e.Said {
			said.add(s.Phonemes, loop.fold, cmp.Or(s.Weight, 1), int32(i))
		}
		e.Said = nil // the tree has them
	}
	n.roots = n.said.flatten(said, &n.ends)
	return n
}

// Nodes is the size of the tree.
func (n *Network) Nodes() int { return len(n.said.symbol) }

// span is a run of nodes.
type span struct{ from, to int32 }

// tree is a prefix tree in arrays; a node's children stand side by side.
type tree struct {
	symbol   []uint8
	children []span
	leaf     []int32 // index of the leaf's weight or ends, -1: none
	weight   []float64
	parent   []int32 // -1: none
	runs     []span  // of ends, by leaf, for the entries' leaves
	depth    []int32 // of these leaves
	node     []int32 // of these leaves
}

// end is an entry that ends at a leaf.
type end struct {
	entry  int32
	weight float64
}

// noLeaf marks a node at which nothing ends.
const noLeaf = -1

// folding maps each symbol to the one that stands for it.
func folding(fold bool) []uint8 {
	f := make([]uint8, Symbols)
	for i := range f {
		f[i] = uint8(i)
	}
	if fold {
		for _, pair := range [][2]string{{"ɛ", "e"}, {"ɔ", "o"}, {"œ", "ø"}, {"ə", "ø"}, {"œ̃", "ɛ̃"}} {
			f[symbolTable.byName[pair[0]]] = uint8(symbolTable.byName[pair[1]])
		}
	}
	return f
}

// trie is a tree under construction.
type trie struct {
	symbol   []uint8
	children [][]int32
	weight   []float64
	ends     [][]end
}

func newTrie() *trie {
	return &trie{symbol: []uint8{0}, children: make([][]int32, 1), weight: make([]float64, 1), ends: make([][]end, 1)}
}

func (t *trie) addFiller(f Filler, fold []uint8) {
	var sum float64
	for _, s := range f.Said {
		sum += cmp.Or(s.Weight, 1)
	}
	for _, s := range f.Said {
		t.add(s.Phonemes, fold, f.Weight*cmp.Or(s.Weight, 1)/sum, -1)
	}
}

// add puts one way of saying into the tree. An entry that is there twice keeps its greater weight, a filler the sum.
func (t *trie) add(s String, fold []uint8, weight float64, entry int32) {
	if len(s) == 0 || !(weight > 0) {
		return
	}
	at := int32(0)
	for _, p := range s {
		sym, next := fold[p], int32(-1)
		for _, c := range t.children[at] {
			if t.symbol[c] == sym {
				next = c
			}
		}
		if next < 0 {
			next = int32(len(t.symbol))
			t.symbol = append(t.symbol, sym)
			t.children = append(t.children, nil)
			t.weight = append(t.weight, 0)
			t.ends = append(t.ends, nil)
			t.children[at] = append(t.children[at], next)
		}
		at = next
	}
	if entry < 0 {
		t.weight[at] += weight
		return
	}
	for i, e := range t.ends[at] {
		if e.entry == entry {
			t.ends[at][i].weight = math.Max(e.weight, weight)
			return
		}
	}
	t.ends[at] = append(t.ends[at], end{entry, weight})
}

// flatten appends a trie to the tree, breadth first, and returns the children of its root.
// With ends, leaves are those of entries.
func (t *tree) flatten(from *trie, ends *[]end) span {
	place := func(parents []int32) (next []int32) {
		for _, p := range parents {
			slices.SortFunc(from.children[p], func(a, b int32) int { return cmp.Compare(from.symbol[a], from.symbol[b]) })
			next = append(next, from.children[p]...)
		}
		return next
	}
	level := place([]int32{0})
	parents := slices.Repeat([]int32{-1}, len(level))
	roots := span{int32(len(t.symbol)), int32(len(t.symbol) + len(level))}
	for depth := int32(1); len(level) > 0; depth++ {
		below := place(level)
		at := int32(len(t.symbol) + len(level))
		var above []int32
		for i, v := range level {
			node := int32(len(t.symbol))
			t.symbol = append(t.symbol, from.symbol[v])
			t.parent = append(t.parent, parents[i])
			width := int32(len(from.children[v]))
			above = append(above, slices.Repeat([]int32{node}, int(width))...)
			t.children = append(t.children, span{at, at + width})
			at += width
			leaf := int32(noLeaf)
			switch {
			case ends != nil && len(from.ends[v]) > 0:
				leaf = int32(len(t.runs))
				t.depth = append(t.depth, depth)
				t.node = append(t.node, node)
				t.runs = append(t.runs, span{int32(len(*ends)), int32(len(*ends) + len(from.ends[v]))})
				*ends = append(*ends, from.ends[v]...)
			case ends == nil && from.weight[v] > 0:
				leaf = int32(len(t.weight))
				t.weight = append(t.weight, from.weight[v])
			}
			t.leaf = append(t.leaf, leaf)
		}
		level, parents = below, above
	}
	return roots
}
