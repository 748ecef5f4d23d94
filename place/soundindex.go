package place

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/acotel/acotel-sbc/place/sound"
)

// soundIndex finds names by how they sound. A name is looked up by the skeleton of
// its consonants, whole or without one of them on either side, and then compared
// sound by sound.
type soundIndex struct {
	entries  []soundEntry
	postings []posting // sorted by key
	scratch  sync.Pool // *heardSet
}

// soundEntry are the names of the same sounds.
type soundEntry struct {
	sounds string
	prior  float64 // of the likeliest of them
	traits uint32  // see traits
	names  []soundName
}

// soundName is a name in an entry; how much of it has these sounds.
type soundName struct {
	name int32 // index in nameIndex.byKey
	part namePart
}

type namePart uint8

const (
	wholeName namePart = iota
	bareName           // without its small words: "Isle Sorgue"
	shortName          // its beginning, as people say it: "Saint-Rémy", "Bagnols"
	endName            // its end, where only one or two have it: "Gadagne"
)

// posting leads from a skeleton to an entry. The low four bits of the key are the
// index of the consonant that was left out, noneOut when the skeleton is whole.
type posting struct {
	key   uint64
	entry int32
}

const noneOut = 15

// heardSet marks the entries that a search has seen.
type heardSet struct {
	seen    []uint64
	touched []int32
}

// generic are words that are too common to stand for a longer name that begins with them.
var generic = words("saint sainte saints saintes bourg mont val pont port ville bois fort grand grande petit petite haut haute bas basse neuf vieux vieille " +
	"belle beau bel bon font fontaine roche rue cap lac puy pre champ champs mas col")

// Warm makes ready what the first Resolve would otherwise wait for, some 150 ms.
func (g *Gazetteer) Warm() { g.sounds() }

func newSoundIndex(g *Gazetteer) *soundIndex {
	x := &soundIndex{}
	at := map[string]int32{}
	add := func(sounds string, name int32, part namePart) {
		if sounds == "" {
			return
		}
		i, ok := at[sounds]
		if !ok {
			i = int32(len(x.entries))
			at[sounds] = i
			x.entries = append(x.entries, soundEntry{sounds: sounds, traits: traits(sounds)})
		}
		e := &x.entries[i]
		if !slices.ContainsFunc(e.names, func(n soundName) bool { return n.name == name }) {
			e.names = append(e.names, soundName{name, part})
			e.prior = max(e.prior, g.prior[g.names.byKey[name].place])
		}
	}
	ends := map[string]int{}
	for _, n := range g.names.byKey {
		if e := end(n.full); e != "" {
			ends[e]++
		}
	}
	for i, n := range g.names.byKey {
		text := g.places[n.place].Name
		if n.alias >= 0 {
			text = g.aliases[n.alias].name
		}
		if e := end(n.full); e != "" && ends[e] <= 2 && len(g.names.withKey(e)) == 0 {
			add(sound.Of(e), int32(i), endName)
		}
		folded, accented := spelt(text)
		k := int32(i)
		all := strings.Join(accented, " ")
		add(sound.Of(all), k, wholeName)
		if len(folded) == 1 {
			continue
		}
		first := 0
		if isArticle(folded[0]) {
			first = 1
			add(sound.Of(strings.Join(accented[1:], " ")), k, wholeName)
		}
		if short := head(folded, first); short > first {
			add(sound.Of(strings.Join(accented[first:short], " ")), k, shortName)
		}
		var bare []string
		for j, w := range folded {
			if !links[w] {
				bare = append(bare, accented[j])
			}
		}
		if len(bare) > 0 && len(bare) < len(folded)-first {
			add(sound.Of(strings.Join(bare, " ")), k, bareName)
		}
	}
	x.post()
	size := (len(x.entries) + 63) / 64
	x.scratch.New = func() any { return &heardSet{seen: make([]uint64, size)} }
	return x
}

// end is what stands behind "de" in a name, "" when there is nothing of the kind:
// what stands behind "sur" is a river, and no name of a place.
func end(folded string) string {
	for _, link := range []string{" de ", " d ", " du ", " des "} {
		if _, e, ok := strings.Cut(folded, link); ok && len(e) >= 5 && !strings.Contains(e, " sur ") {
			return core(e)
		}
	}
	return ""
}

func isArticle(w string) bool { return w == "le" || w == "la" || w == "les" || w == "l" }

// head is the index after the words that people say of a long name: those before
// its first small word, or the first of two. It is first when there is no such part.
func head(folded []string, first int) int {
	for i := first + 1; i < len(folded); i++ {
		if links[folded[i]] {
			if i == first+1 && generic[folded[first]] {
				return first
			}
			return i
		}
	}
	if len(folded)-first >= 2 && !generic[folded[first]] {
		return first + 1
	}
	return first
}

// spelt are the words of a name or an answer, folded and with their accents.
func spelt(text string) (folded, accented []string) {
	from := -1
	end := func(to int) {
		if from < 0 {
			return
		}
		word := text[from:to]
		from = -1
		plain := Fold(word)
		if plain == "saint" || plain == "sainte" {
			word = plain // "St"
		}
		folded, accented = append(folded, plain), append(accented, word)
	}
	for i, r := range text {
		switch {
		case plain(r) != "" || unicode.Is(unicode.Mn, r) && from >= 0:
			if from < 0 {
				from = i
			}
		default:
			end(i)
		}
	}
	end(len(text))
	return folded, accented
}

// post makes the postings of all entries.
func (x *soundIndex) post() {
	x.postings = make([]posting, 0, 8*len(x.entries))
	for i, e := range x.entries {
		skeleton, n := sound.Skeleton(e.sounds)
		x.postings = append(x.postings, posting{skeleton<<4 | noneOut, int32(i)})
		for k := range n {
			if out, ok := leaveOut(skeleton, n, k); ok {
				x.postings = append(x.postings, posting{out<<4 | uint64(k), int32(i)})
			}
		}
	}
	slices.SortFunc(x.postings, func(a, b posting) int { return cmp.Compare(a.key, b.key) })
}

// leaveOut is a skeleton without consonant k; of equal ones in a row only the first is left out.
func leaveOut(skeleton uint64, n, k int) (uint64, bool) {
	at := func(i int) uint64 { return skeleton >> (4 * (n - 1 - i)) & 15 }
	if k > 0 && at(k) == at(k-1) {
		return 0, false
	}
	return sound.Without(skeleton, n, k), true
}

// traits is a set of kinds of sounds, to tell quickly what can't be alike. The
// kind of e is left out: a mute one comes and goes for almost nothing.
func traits(sounds string) uint32 {
	var set uint32
	for i := range len(sounds) {
		set |= 1 << traitOf[sounds[i]&127]
	}
	return set &^ 1
}

var traitOf = func() (t [128]uint8) {
	for i, group := range []string{"a", "ijy", "ouw", "AOI", "pb", "td", "kg", "fv", "szSZ", "mnN", "l", "r"} {
		for k := range len(group) {
			t[group[k]] = uint8(i + 1)
		}
	}
	return t
}()

// traitCost is the least cost of a kind of sound that one side has and the other
// has not; taking one sound for another settles one kind on either side.
const traitCost = 30

// found is an entry and how far its sounds are from those searched for.
type found struct {
	entry int32
	cost  sound.Cost
}

// nearest gives the few entries within limit that are likeliest by their sounds and their places.
func (x *soundIndex) nearest(s string, limit sound.Cost) []found {
	list := x.search(s, limit)
	likely := func(f found) float64 { return x.entries[f.entry].prior * math.Exp(-soundFall*float64(f.cost)/100) }
	slices.SortFunc(list, func(a, b found) int { return cmp.Or(cmp.Compare(likely(b), likely(a)), cmp.Compare(a.entry, b.entry)) })
	return list[:min(len(list), soundEntries)]
}

// search gives the entries that sound like s, within limit and not much farther
// than the nearest, in no order.
func (x *soundIndex) search(s string, limit sound.Cost) []found {
	set := x.scratch.Get().(*heardSet)
	var out []found
	mine := traits(s)
	try := func(p posting) {
		e := p.entry
		if set.seen[e/64]>>(e%64)&1 == 1 {
			return
		}
		set.seen[e/64] |= 1 << (e % 64)
		set.touched = append(set.touched, e)
		entry := &x.entries[e]
		if sound.Cost(max(bits.OnesCount32(mine&^entry.traits), bits.OnesCount32(entry.traits&^mine)))*traitCost > limit {
			return
		}
		if d := sound.Distance(s, entry.sounds, limit); d <= limit {
			out = append(out, found{e, d})
			limit = min(limit, d+spread)
		}
	}
	whole, n := sound.Skeleton(s)
	x.each(whole<<4|noneOut, whole<<4|noneOut, try)
	x.each(whole<<4, whole<<4|(noneOut-1), try) // they have one consonant more
	for k := range n {
		out, ok := leaveOut(whole, n, k)
		if !ok {
			continue
		}
		x.each(out<<4|noneOut, out<<4|noneOut, try) // one less
		if n >= 3 {
			x.each(out<<4|uint64(k), out<<4|uint64(k), try) // another one
		}
		if n >= 6 { // long enough for two slips
			x.each(out<<4, out<<4|(noneOut-1), try)
			for j := k; j < n-1; j++ {
				if two, ok := leaveOut(out, n-1, j); ok {
					x.each(two<<4|noneOut, two<<4|noneOut, try)
				}
			}
		}
	}
	for _, e := range set.touched {
		set.seen[e/64] = 0
	}
	set.touched = set.touched[:0]
	out = slices.DeleteFunc(out, func(f found) bool { return f.cost > limit })
	x.scratch.Put(set)
	return out
}

// spread is how much farther than the nearest an entry may be: a place that is
// thirty times as likely is still found.
const spread = 70

// each yields the postings from one key to another.
func (x *soundIndex) each(from, to uint64, yield func(posting)) {
	i, _ := slices.BinarySearchFunc(x.postings, from, func(p posting, k uint64) int { return cmp.Compare(p.key, k) })
	for ; i < len(x.postings) && x.postings[i].key <= to; i++ {
		yield(x.postings[i])
	}
}
