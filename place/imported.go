package place

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ImportedFile is the name, in the data folder, of what was imported. Its first
// line is importedLine; then a row for each place, cells separated by tabs: INSEE
// code, postal codes separated by spaces, population, latitude, longitude. What the
// official file did not say is empty.
const ImportedFile = "places.tsv"

const importedLine = "# acotel places 1"

// Imported counts what an import changes.
type Imported struct {
	Places    int // with something in the file
	Positions int // that were estimates and are exact now
	Estimated int // that are estimates still
}

// With returns a gazetteer in which official positions, postal codes and
// populations stand in the place of its own. The receiver is not changed.
func (g *Gazetteer) With(official []Official) (*Gazetteer, Imported) {
	out := &Gazetteer{places: slices.Clone(g.places), aliases: g.aliases, byCode: g.byCode, byPostal: map[string][]int32{}, districts: g.districts, names: g.names, sounds: g.sounds}
	var n Imported
	for _, o := range official {
		i, ok := g.byCode[o.INSEE]
		if !ok {
			continue
		}
		p := &out.places[i]
		if p.INSEE != o.INSEE {
			continue // a commune that is gone says nothing exact of the one it became part of
		}
		n.Places++
		if len(o.PostalCodes) > 0 {
			p.PostalCodes = o.PostalCodes
		}
		if o.Population >= 0 {
			p.Population = o.Population
		}
		if o.Located {
			if p.Approximate {
				n.Positions++
			}
			p.Lat, p.Lon, p.Approximate, p.ErrorKM = o.Lat, o.Lon, false, 0
		}
	}
	for i := range out.places {
		p := &out.places[i]
		out.prior = append(out.prior, prior(p))
		if p.Approximate {
			n.Estimated++
		}
	}
	out.finishCodes()
	return out, n
}

// Open returns the gazetteer with what was imported into a data folder, the
// embedded one when nothing was.
func Open(folder string) (*Gazetteer, error) {
	g, err := Default()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(folder, ImportedFile)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return g, nil
	}
	if err != nil {
		return nil, fmt.Errorf("place: %w", err)
	}
	defer f.Close()
	official, err := readImported(f)
	if err != nil {
		return nil, fmt.Errorf("place: %s: %w; import the file again or remove it", name, err)
	}
	g, _ = g.With(official)
	return g, nil
}

// Save writes what was imported to a data folder, in one step.
func Save(folder string, official []Official) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, importedLine)
	for _, o := range official {
		population, lat, lon := "", "", ""
		if o.Population >= 0 {
			population = strconv.Itoa(o.Population)
		}
		if o.Located {
			lat, lon = strconv.FormatFloat(o.Lat, 'f', -1, 64), strconv.FormatFloat(o.Lon, 'f', -1, 64)
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", o.INSEE, strings.Join(o.PostalCodes, " "), population, lat, lon)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("place: %w", err)
	}
	name := filepath.Join(folder, ImportedFile)
	if err := os.WriteFile(name+".new", b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("place: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("place: %w", err)
	}
	return nil
}

func readImported(r io.Reader) ([]Official, error) {
	lines := bufio.NewScanner(r)
	var out []Official
	for number := 1; lines.Scan(); number++ {
		if number == 1 {
			if lines.Text() != importedLine {
				return nil, fmt.Errorf("line 1 is %q, not %q", lines.Text(), importedLine)
			}
			continue
		}
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != 5 {
			return nil, fmt.Errorf("line %d has %d cells, not 5", number, len(cells))
		}
		o := Official{INSEE: cells[0], PostalCodes: strings.Fields(cells[1]), Population: -1, Located: cells[3] != ""}
		var err error
		if cells[2] != "" {
			if o.Population, err = strconv.Atoi(cells[2]); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		if o.Located {
			if o.Lat, o.Lon, err = position(cells[3], cells[4]); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		out = append(out, o)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, errors.New("it is empty")
	}
	return out, nil
}
