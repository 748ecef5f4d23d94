package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// Kinds of alias, as the file writes them; the first to claim a name keeps it.
const (
	aliasFormer   = "former"   // delegated, associated or suppressed commune, or an earlier name
	aliasLocality = "locality" // village, quarter or post office of a commune
)

// alias is a name that people say for a place which is called otherwise.
type alias struct {
	name, code, kind string
	at               point // zero when it has no position of its own
}

// aliases gathers the other names of current communes, sorted.
func (a *atlas) aliases() []alias {
	b := aliasBook{atlas: a, taken: map[string]bool{}, current: map[string]bool{}}
	for _, c := range a.communes {
		b.taken[c.Code+" "+place.Core(c.Name)] = true
		b.taken[c.Code+" "+place.Sketch(c.Name)] = true
		b.current[c.Department+" "+place.Core(c.Name)] = true
	}
	for i := range a.entries {
		if e := &a.entries[i]; e.Type == typeDelegated || e.Type == typeAssociated {
			b.add(e.Name, a.current[e.Main], aliasFormer)
		}
	}
	for _, l := range a.labels {
		b.add(l.Name, a.current[l.Code], aliasFormer) // names that were still current then
	}
	for _, c := range a.communes {
		for _, s := range a.settled[c.Code] {
			b.locality(s.name, c)
		}
	}
	for _, l := range a.labels {
		if c := a.byCode[a.current[l.Code]]; c != nil && slices.Contains(c.PostalCodes, l.PostalCode) {
			b.locality(titleCase(l.Label), c)
		}
	}
	slices.SortFunc(b.list, func(x, y alias) int {
		return cmp.Or(cmp.Compare(x.code, y.code), cmp.Compare(x.name, y.name))
	})
	return b.list
}

type aliasBook struct {
	*atlas
	taken   map[string]bool // code and key of the names that a place has already
	current map[string]bool // department and core name of current communes
	list    []alias
}

func (b *aliasBook) add(name, code, kind string) {
	c := b.byCode[code]
	if c == nil || c.Type == typeArrondissement {
		return
	}
	key, short := code+" "+place.Core(name), code+" "+place.Sketch(name)
	if b.taken[key] || b.taken[short] {
		return
	}
	b.taken[key], b.taken[short] = true, true
	al := alias{name: name, code: code, kind: kind}
	for _, s := range b.settled[code] {
		if place.Core(s.name) == place.Core(name) {
			al.at = s.at
			break
		}
	}
	b.list = append(b.list, al)
}

// locality adds a name that is worth having: not a commune next door (its post
// office serves us, or a slip), not the commune's own name cut short.
func (b *aliasBook) locality(name string, c *commune) {
	key := place.Core(name)
	if b.current[c.Department+" "+key] || strings.ContainsAny(name, "0123456789") || strings.Contains(key, "cedex") {
		return
	}
	if !shortened(key, place.Core(c.Name)) {
		b.add(name, c.Code, aliasLocality)
	}
}

// shortened says that every word of short begins the word in its place in full,
// linking words aside: "raissac s lampy", "escueillens saint just beleng".
func shortened(short, full string) bool {
	s, f := words(short), words(full)
	if len(s) > len(f) {
		return false
	}
	for i := range s {
		if !strings.HasPrefix(f[i], s[i]) {
			return false
		}
	}
	return true
}

func words(folded string) []string {
	return slices.DeleteFunc(strings.Fields(folded), func(w string) bool { return len(w) < 4 })
}

// titleCase writes a label in capitals the French way: "SALIN DE GIRAUD" is
// "Salin-de-Giraud", "L ALBARON" is "L'Albaron".
func titleCase(label string) string {
	var b strings.Builder
	for i, w := range strings.Fields(strings.ReplaceAll(place.Fold(label), "-", " ")) {
		switch {
		case i == 0 && (w == "le" || w == "la" || w == "les"):
			b.WriteString(strings.ToUpper(w[:1]) + w[1:] + " ")
		case i == 0 && w == "l":
			b.WriteString("L'")
		case w == "l" || w == "d":
			b.WriteString(w + "'")
		case i > 0 && slices.Contains([]string{"de", "du", "des", "la", "le", "les", "en", "et", "sur", "sous", "lez", "a", "au", "aux"}, w):
			b.WriteString(w + "-")
		default:
			b.WriteString(strings.ToUpper(w[:1]) + w[1:] + "-")
		}
	}
	return strings.TrimRight(b.String(), "- '")
}
