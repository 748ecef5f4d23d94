package place

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// FormatLine is the first line of a gazetteer file: its form and version.
// The rows after it are cells separated by tabs, empty ones at the end left out:
//
//	C insee name postal-codes population lat lon error-km city   a place, by INSEE code
//	A insee name kind lat lon                                    another name for it
//	O old-code insee                                             a code of earlier years
//
// Postal codes are separated by spaces. error-km is empty when the position is
// the place's own. city is set for a municipal arrondissement. kind is "former"
// or "locality"; its position may be missing.
const FormatLine = "# acotel gazetteer 1"

//go:embed data/gazetteer.tsv.gz
var gazetteerGZ []byte

var embedded = sync.OnceValues(readEmbedded)

func readEmbedded() (*Gazetteer, error) {
	z, err := gzip.NewReader(bytes.NewReader(gazetteerGZ))
	if err != nil {
		return nil, fmt.Errorf("place: the embedded gazetteer is damaged, build it again with make data: %w", err)
	}
	return Read(z)
}

// Default returns the gazetteer embedded in the program. It is decoded by the
// first call and shared by all.
func Default() (*Gazetteer, error) { return embedded() }

// alias is another name for a place: a former commune or a locality.
type alias struct {
	name     string
	place    int32
	former   bool // else a locality
	located  bool
	lat, lon float64
}

// Read builds a gazetteer from rows in the form of FormatLine. Errors name the line.
func Read(r io.Reader) (*Gazetteer, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("place: the gazetteer can't be read to its end: %w", err)
	}
	text := string(all) // names are parts of this one string
	g := &Gazetteer{byCode: make(map[string]int32, strings.Count(text, "\n")), byPostal: map[string][]int32{}, districts: map[int32][]int32{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if number == 1 {
			if line != FormatLine {
				return nil, fmt.Errorf("place: line 1 is %q, not %q: this is no gazetteer of this version", line, FormatLine)
			}
			continue
		}
		if err := g.row(line); err != nil {
			return nil, fmt.Errorf("place: line %d: %w", number, err)
		}
	}
	if len(g.places) == 0 {
		return nil, errors.New("place: the gazetteer has no place, build it again with make data")
	}
	g.finish()
	return g, nil
}

func (g *Gazetteer) row(line string) error {
	kind, rest, _ := strings.Cut(line, "\t")
	var cells [8]string
	for i := range cells {
		cells[i], rest, _ = strings.Cut(rest, "\t")
	}
	switch kind {
	case "C":
		return g.addPlace(cells)
	case "A":
		return g.addAlias(cells)
	case "O":
		i, ok := g.byCode[cells[1]]
		if !ok {
			return fmt.Errorf("old code %s leads to %q, which is no place above", cells[0], cells[1])
		}
		if _, taken := g.byCode[cells[0]]; !taken {
			g.byCode[cells[0]] = i
		}
		return nil
	}
	return fmt.Errorf("%q is no kind of row; C, A and O are", kind)
}

func (g *Gazetteer) addPlace(c [8]string) error {
	code, name := c[0], c[1]
	if len(code) != 5 || name == "" {
		return fmt.Errorf("%q %q: a place has a code of five signs and a name", code, name)
	}
	if _, twice := g.byCode[code]; twice {
		return fmt.Errorf("%s stands twice", code)
	}
	population, err := strconv.Atoi(c[3])
	if err != nil {
		return fmt.Errorf("population of %s: %w", name, err)
	}
	lat, lon, err := position(c[4], c[5])
	if err != nil {
		return fmt.Errorf("position of %s: %w", name, err)
	}
	p := Place{INSEE: code, Name: name, PostalCodes: strings.Fields(c[2]), Population: population, Lat: lat, Lon: lon}
	p.Department = DepartmentOf(code)
	p.Region = RegionOf(p.Department)
	if c[6] != "" {
		if p.ErrorKM, err = strconv.ParseFloat(c[6], 64); err != nil {
			return fmt.Errorf("error of the position of %s: %w", name, err)
		}
		p.Approximate = true
	}
	i := int32(len(g.places))
	g.places, g.byCode[code] = append(g.places, p), i
	g.prior = append(g.prior, prior(&p))
	if c[7] != "" {
		city, ok := g.byCode[c[7]]
		if !ok {
			return fmt.Errorf("%s is part of %s, which is no place above", name, c[7])
		}
		g.districts[city] = append(g.districts[city], i)
	}
	return nil
}

func (g *Gazetteer) addAlias(c [8]string) error {
	i, ok := g.byCode[c[0]]
	if !ok {
		return fmt.Errorf("%q belongs to %q, which is no place above", c[1], c[0])
	}
	if c[2] != "former" && c[2] != "locality" || c[1] == "" {
		return fmt.Errorf("%q of kind %q: a name of kind former or locality is wanted", c[1], c[2])
	}
	a := alias{name: c[1], place: i, former: c[2] == "former"}
	if c[3] != "" {
		var err error
		if a.lat, a.lon, err = position(c[3], c[4]); err != nil {
			return fmt.Errorf("position of %s: %w", a.name, err)
		}
		a.located = true
	}
	g.aliases = append(g.aliases, a)
	return nil
}

func position(lat, lon string) (float64, float64, error) {
	a, err := strconv.ParseFloat(lat, 64)
	if err != nil {
		return 0, 0, err
	}
	b, err := strconv.ParseFloat(lon, 64)
	if err != nil {
		return 0, 0, err
	}
	if !(a >= -90 && a <= 90 && b >= -180 && b <= 180) {
		return 0, 0, fmt.Errorf("%s, %s is nowhere on Earth", lat, lon)
	}
	return a, b, nil
}

// finish builds the indexes once all rows are in.
func (g *Gazetteer) finish() {
	g.finishCodes()
	g.names = newNameIndex(g, g.inDistrict())
	g.sounds = sync.OnceValue(func() *soundIndex { return newSoundIndex(g) })
}

// inDistrict are the places that are municipal arrondissements.
func (g *Gazetteer) inDistrict() map[int32]bool {
	set := map[int32]bool{}
	for _, list := range g.districts {
		for _, i := range list {
			set[i] = true
		}
	}
	return set
}

// finishCodes builds what is found by postal code and department.
func (g *Gazetteer) finishCodes() {
	inDistrict := g.inDistrict()
	served := map[string]bool{} // postal codes that an arrondissement has
	for i := range inDistrict {
		for _, code := range g.places[i].PostalCodes {
			served[code] = true
		}
	}
	g.alone = map[string]bool{}
	seen := map[string]bool{}
	for i := range g.places {
		p := &g.places[i]
		city := g.districts[int32(i)] != nil
		for _, code := range p.PostalCodes {
			if !city || !served[code] { // the arrondissement says it more exactly than its city
				g.byPostal[code] = append(g.byPostal[code], int32(i))
			}
		}
		if !inDistrict[int32(i)] {
			g.alone[p.Department] = !seen[p.Department]
			seen[p.Department] = true
		}
	}
	for _, list := range g.byPostal {
		slices.SortFunc(list, g.bigger)
	}
}

// bigger orders places by population, then by code.
func (g *Gazetteer) bigger(i, j int32) int {
	return cmp.Or(cmp.Compare(g.places[j].Population, g.places[i].Population), cmp.Compare(i, j))
}
