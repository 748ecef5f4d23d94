package place

import (
	"cmp"
	"slices"
	"strings"
)

// name is one way to call a place: its own name or an alias.
type name struct {
	full  string // folded
	key   string // full without its article, the end of the same string
	place int32
	alias int32 // index in Gazetteer.aliases, -1 for the own name
}

// nameIndex finds names by their key, by the beginning of it, and by sketch.
type nameIndex struct {
	byKey    []name // sorted by key
	sketches []sketched
}

type sketched struct {
	sketch string
	name   int32 // index in byKey
}

// newNameIndex takes the names of all places but municipal arrondissements, which
// are found through their city and number.
func newNameIndex(g *Gazetteer, inDistrict map[int32]bool) nameIndex {
	x := nameIndex{byKey: make([]name, 0, len(g.places)+len(g.aliases))}
	add := func(text string, place, alias int32) {
		full := Fold(text)
		x.byKey = append(x.byKey, name{full: full, key: core(full), place: place, alias: alias})
	}
	for i := range g.places {
		if !inDistrict[int32(i)] {
			add(g.places[i].Name, int32(i), -1)
		}
	}
	for i, a := range g.aliases {
		add(a.name, a.place, int32(i))
	}
	slices.SortFunc(x.byKey, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.place, b.place), cmp.Compare(a.alias, b.alias))
	})
	x.sketches = make([]sketched, 0, len(x.byKey))
	for i, n := range x.byKey {
		x.sketches = append(x.sketches, sketched{sketch(n.full), int32(i)})
		if squeezed := strings.ReplaceAll(n.full, " ", ""); squeezed != x.sketches[len(x.sketches)-1].sketch {
			x.sketches = append(x.sketches, sketched{squeezed, int32(i)}) // "laredorte"
		}
	}
	slices.SortFunc(x.sketches, func(a, b sketched) int {
		return cmp.Or(cmp.Compare(a.sketch, b.sketch), cmp.Compare(a.name, b.name))
	})
	return x
}

// withKey returns the names whose key is key.
func (x *nameIndex) withKey(key string) []name {
	return x.between(key, func(k string) bool { return k == key })
}

// beginning returns the names whose key begins with prefix.
func (x *nameIndex) beginning(prefix string) []name {
	return x.between(prefix, func(k string) bool { return strings.HasPrefix(k, prefix) })
}

// between returns the run of names from the first key not below from on, for as
// long as in holds.
func (x *nameIndex) between(from string, in func(key string) bool) []name {
	i, _ := slices.BinarySearchFunc(x.byKey, from, func(n name, k string) int { return cmp.Compare(n.key, k) })
	j := i
	for j < len(x.byKey) && in(x.byKey[j].key) {
		j++
	}
	return x.byKey[i:j]
}

// like yields the names with this sketch.
func (x *nameIndex) like(sketch string) func(func(name) bool) {
	return func(yield func(name) bool) {
		i, _ := slices.BinarySearchFunc(x.sketches, sketch, func(s sketched, k string) int { return cmp.Compare(s.sketch, k) })
		for ; i < len(x.sketches) && x.sketches[i].sketch == sketch; i++ {
			if !yield(x.byKey[x.sketches[i].name]) {
				return
			}
		}
	}
}
