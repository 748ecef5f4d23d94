package place

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Official is what an official file says of one place.
type Official struct {
	INSEE       string
	PostalCodes []string // ascending; empty when the file has none
	Population  int      // -1 when the file has none
	Located     bool
	Lat, Lon    float64 // degrees, WGS 84
}

// BrokenRow is a row of an official file that is left out.
type BrokenRow struct {
	Line   int // from 1
	Reason string
}

// OfficialFile is what was read of one.
type OfficialFile struct {
	Places []Official // by INSEE code
	Broken []BrokenRow
	// Elsewhere counts rows of Monaco and of collectivities that the gazetteer leaves out.
	Elsewhere int
}

const (
	// maxOfficial bounds a file: that of all communes has 3 MB as CSV, 8 MB as JSON.
	maxOfficial = 200 << 20
	// farKM is how far from where a place is known to be an official position may
	// be: communes of Guyane are as large as departments, and estimates some 40 km off.
	farKM = 300
)

// ErrNoPlaces says that a file has no row that could be used.
var ErrNoPlaces = errors.New("place: no usable row; the CSV of La Poste (laposte_hexasmal) and the JSON of geo.api.gouv.fr/communes are understood")

// ReadOfficial reads the official positions, postal codes and populations of
// communes: the CSV that La Poste publishes (laposte_hexasmal, UTF-8 or Latin-1,
// with a column of coordinates), any CSV with the same columns, or the JSON of
// geo.api.gouv.fr/communes?fields=nom,code,codesPostaux,centre,population, plain or
// as GeoJSON. Rows that can't be right are listed; an error means that nothing can be used.
func (g *Gazetteer) ReadOfficial(r io.Reader) (OfficialFile, error) {
	all, err := io.ReadAll(io.LimitReader(r, maxOfficial+1))
	if err != nil {
		return OfficialFile{}, fmt.Errorf("place: the file can't be read to its end: %w", err)
	}
	if len(all) > maxOfficial {
		return OfficialFile{}, fmt.Errorf("place: the file has more than %d MB", maxOfficial>>20)
	}
	all = bytes.TrimPrefix(all, []byte("\ufeff"))
	o := officialReader{g: g, at: map[string]int{}}
	switch first := bytes.TrimLeft(all, " \t\r\n"); {
	case len(first) == 0:
		return o.file, ErrNoPlaces
	case first[0] == '[' || first[0] == '{':
		err = o.json(all)
	default:
		err = o.csv(all)
	}
	if err != nil {
		return o.file, err
	}
	if len(o.file.Places) == 0 {
		return o.file, ErrNoPlaces
	}
	slices.SortFunc(o.file.Places, func(a, b Official) int { return strings.Compare(a.INSEE, b.INSEE) })
	return o.file, nil
}

type officialReader struct {
	g    *Gazetteer
	file OfficialFile
	at   map[string]int // INSEE code → index in file.Places
}

func (o *officialReader) broken(line int, format string, args ...any) {
	o.file.Broken = append(o.file.Broken, BrokenRow{line, fmt.Sprintf(format, args...)})
}

// add takes a row that says this, or lists what is wrong with it.
func (o *officialReader) add(line int, row Official) {
	row.INSEE = strings.ToUpper(strings.TrimSpace(row.INSEE))
	if len(row.INSEE) == 4 && digits(row.INSEE) {
		row.INSEE = "0" + row.INSEE // a spreadsheet took it for a number
	}
	place, known := o.g.byCode[row.INSEE]
	switch {
	case len(row.INSEE) != 5:
		o.broken(line, "%q is no INSEE code", row.INSEE)
		return
	case !known && (strings.HasPrefix(row.INSEE, "98") || strings.HasPrefix(row.INSEE, "99") || strings.HasPrefix(row.INSEE, "97")):
		o.file.Elsewhere++
		return
	case !known:
		o.broken(line, "INSEE code %s is no commune, of today or before", row.INSEE)
		return
	}
	p := &o.g.places[place]
	for i, code := range row.PostalCodes {
		if len(code) == 4 && digits(code) {
			row.PostalCodes[i] = "0" + code
		} else if len(code) != codeLen || !digits(code) {
			o.broken(line, "%q is no postal code", code)
			return
		}
	}
	if row.Located {
		if !(row.Lat >= -90 && row.Lat <= 90 && row.Lon >= -180 && row.Lon <= 180) {
			o.broken(line, "%g, %g is nowhere on Earth", row.Lat, row.Lon)
			return
		}
		if km := DistanceKM(row.Lat, row.Lon, p.Lat, p.Lon); km > farKM {
			o.broken(line, "%g, %g is %.0f km from %s; are latitude and longitude in each other's place?", row.Lat, row.Lon, km, p.Name)
			return
		}
	}
	i, again := o.at[row.INSEE]
	if !again {
		o.at[row.INSEE] = len(o.file.Places)
		o.file.Places = append(o.file.Places, row)
		return
	}
	have := &o.file.Places[i] // a row for each postal code
	for _, code := range row.PostalCodes {
		if !slices.Contains(have.PostalCodes, code) {
			have.PostalCodes = append(have.PostalCodes, code)
			slices.Sort(have.PostalCodes)
		}
	}
	if !have.Located && row.Located {
		have.Located, have.Lat, have.Lon = true, row.Lat, row.Lon
	}
	have.Population = max(have.Population, row.Population)
}

// columns of the CSV, by what their folded name holds.
type columns struct{ insee, postal, both, lat, lon, population int }

func columnsOf(header []string) (columns, error) {
	c := columns{-1, -1, -1, -1, -1, -1}
	for i, h := range header {
		name := Fold(h)
		has := func(words ...string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
		}
		switch {
		case c.insee < 0 && has("insee", "code commune") || c.insee < 0 && name == "code":
			c.insee = i
		case c.postal < 0 && has("code postal", "codes postaux", "codespostaux"):
			c.postal = i
		case c.both < 0 && has("gps", "geopoint", "geo point", "coordonnees", "centre"):
			c.both = i
		case c.lat < 0 && (has("latitude") || name == "lat" || name == "y"):
			c.lat = i
		case c.lon < 0 && (has("longitude") || name == "lon" || name == "lng" || name == "x"):
			c.lon = i
		case c.population < 0 && has("population"):
			c.population = i
		}
	}
	switch {
	case c.insee < 0:
		return c, fmt.Errorf("place: line 1: no column has the INSEE code; they are %q", header)
	case c.postal < 0 && c.both < 0 && (c.lat < 0 || c.lon < 0):
		return c, fmt.Errorf("place: line 1: no column has postal codes or coordinates; they are %q", header)
	}
	return c, nil
}

func (o *officialReader) csv(all []byte) error {
	if !utf8.Valid(all) {
		all = fromLatin1(all)
	}
	first, _, _ := bytes.Cut(all, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(all))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	r.Comma = ','
	for _, sep := range []rune{';', '\t'} {
		if bytes.Count(first, []byte(string(sep))) > bytes.Count(first, []byte(string(r.Comma))) {
			r.Comma = sep
		}
	}
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("place: line 1: %w", err)
	}
	c, err := columnsOf(header)
	if err != nil {
		return err
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				o.broken(bad.StartLine, "%v", bad.Err)
				continue
			}
			return fmt.Errorf("place: %w", err)
		}
		line, _ := r.FieldPos(0)
		o.cells(line, c, cells)
	}
}

// cells takes one row of the CSV.
func (o *officialReader) cells(line int, c columns, cells []string) {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[i])
	}
	row := Official{INSEE: cell(c.insee), Population: -1}
	row.PostalCodes = strings.FieldsFunc(cell(c.postal), func(r rune) bool { return r == ' ' || r == ',' || r == '/' || r == '|' })
	lat, lon := cell(c.lat), cell(c.lon)
	if both := cell(c.both); both != "" {
		lat, lon, _ = strings.Cut(both, ",")
	}
	if lat != "" || lon != "" {
		var err error
		if row.Lat, err = strconv.ParseFloat(strings.Replace(strings.TrimSpace(lat), ",", ".", 1), 64); err == nil {
			row.Lon, err = strconv.ParseFloat(strings.Replace(strings.TrimSpace(lon), ",", ".", 1), 64)
		}
		if err != nil {
			o.broken(line, "%q, %q are no latitude and longitude", lat, lon)
			return
		}
		row.Located = true
	}
	if n := cell(c.population); n != "" {
		population, err := strconv.Atoi(strings.ReplaceAll(n, " ", ""))
		if err != nil || population < 0 {
			o.broken(line, "%q is no number of inhabitants", n)
			return
		}
		row.Population = population
	}
	if len(cells) == 1 && cells[0] == "" {
		return
	}
	o.add(line, row)
}

func fromLatin1(b []byte) []byte {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return []byte(string(out))
}

// commune is one element of the JSON forms.
type commune struct {
	Code         string    `json:"code"`
	CodesPostaux []string  `json:"codesPostaux"`
	Population   *int      `json:"population"`
	Centre       *geometry `json:"centre"`
	Mairie       *geometry `json:"mairie"` // where there is no centre
}

type geometry struct {
	Type        string    `json:"type"`
	Coordinates []float64 `json:"coordinates"` // longitude first (RFC 7946, 3.1.1)
}

// feature is one element of the GeoJSON form.
type feature struct {
	Properties *commune  `json:"properties"`
	Geometry   *geometry `json:"geometry"`
}

func (o *officialReader) json(all []byte) error {
	d := json.NewDecoder(bytes.NewReader(all))
	geo := false
	// To the beginning of the list: at once, or behind "features".
	for {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("place: line %d: %w", lineAt(all, d.InputOffset()), err)
		}
		if token == json.Delim('[') {
			break
		}
		if token == "features" {
			geo = true
		}
	}
	for d.More() {
		var raw json.RawMessage
		err := d.Decode(&raw)
		line := lineAt(all, d.InputOffset()-int64(len(raw)))
		if err != nil {
			at := int64(len(all))
			var bad *json.SyntaxError
			if errors.As(err, &bad) {
				at = bad.Offset
			}
			o.broken(lineAt(all, at), "%v; nothing after it can be read", err)
			return nil
		}
		var c commune
		if geo {
			var f feature
			if err = json.Unmarshal(raw, &f); err == nil && f.Properties != nil {
				c = *f.Properties
				if c.Centre == nil {
					c.Centre = f.Geometry
				}
			}
		} else {
			err = json.Unmarshal(raw, &c)
		}
		if err != nil {
			o.broken(line, "%v", err)
			continue
		}
		o.commune(line, c)
	}
	return nil
}

func (o *officialReader) commune(line int, c commune) {
	row := Official{INSEE: c.Code, PostalCodes: c.CodesPostaux, Population: -1}
	slices.Sort(row.PostalCodes)
	if c.Population != nil {
		if row.Population = *c.Population; row.Population < 0 {
			o.broken(line, "%d is no number of inhabitants", *c.Population)
			return
		}
	}
	at := c.Centre
	if at == nil {
		at = c.Mairie
	}
	if at != nil {
		if at.Type != "Point" || len(at.Coordinates) < 2 {
			o.broken(line, "the centre of %s is no point of longitude and latitude", c.Code)
			return
		}
		row.Located, row.Lon, row.Lat = true, at.Coordinates[0], at.Coordinates[1]
	}
	o.add(line, row)
}

// lineAt is the line, from 1, of an offset in bytes.
func lineAt(all []byte, offset int64) int {
	return 1 + bytes.Count(all[:min(max(offset, 0), int64(len(all)))], []byte("\n"))
}
