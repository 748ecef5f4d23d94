package workshop

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/acotel/acotel-sbc/place"
)

// Longest texts of a workshop in characters. A title is spoken in one breath and a description in two minutes.
const (
	maxText        = 200
	maxSummary     = 500
	maxDescription = 4000
	maxSessions    = 366
)

// builder makes workshops of records of one source.
type builder struct {
	file string
	layout
	g        Gazetteer
	themes   map[string]Theme  // folded
	statuses map[string]Status // folded
	lines    map[string]int    // ID → line, to find doubles
	towns    map[string]place.Place
}

func newBuilder(file string, f Format, g Gazetteer, l layout) *builder {
	b := &builder{file: file, layout: l, g: g, themes: map[string]Theme{}, statuses: map[string]Status{},
		lines: map[string]int{}, towns: map[string]place.Place{}}
	for word, target := range f.Themes {
		b.themes[place.Fold(word)], _ = ParseTheme(target) // Validate has looked
	}
	for word, target := range f.Statuses {
		b.statuses[place.Fold(word)] = Status(target)
	}
	return b
}

// row is one record under way; the first fault counts.
type row struct {
	*builder
	fields []string
	fault  *RowError
}

func (b *builder) workshop(line int, fields []string) (Workshop, error) {
	r := &row{builder: b, fields: fields}
	w := r.build()
	if r.fault == nil {
		if w.ID == "" {
			w.ID = derivedID(&w)
		}
		if first, taken := b.lines[w.ID]; taken {
			r.bad("id", fmt.Sprintf("%s is the same workshop as line %d; each session needs an id of its own", shorten(w.ID, 40), first))
		}
	}
	if r.fault != nil {
		r.fault.File, r.fault.Line = b.file, line
		return Workshop{}, r.fault
	}
	b.lines[w.ID] = line
	return w, nil
}

func (r *row) build() Workshop {
	var w Workshop
	w.ID, w.Title, w.Module = r.text("id", maxText), r.needed("title", maxText), r.text("module", maxText)
	w.Theme = r.theme()
	w.Date, w.Start, w.End = r.when()
	w.Venue, w.Address, w.City = r.text("venue", maxText), r.text("address", maxText), r.text("city", maxText)
	w.PostalCode, w.INSEE = r.postalCode(), r.insee()
	w.Organiser, w.Phone = r.text("organiser", maxText), parsed(r, "phone", ParsePhone)
	w.Price = parsed(r, "price", ParsePrice)
	w.Status, w.Remote = r.status(), r.remote()
	w.Summary, w.Description = r.text("summary", maxSummary), r.text("description", maxDescription)
	w.Cycle, w.Session, w.Sessions = r.text("cycle", maxText), r.count("session"), r.count("sessions")
	w.Lat, w.Lon = r.point()
	w.Region = r.region()
	if r.fault == nil {
		r.locate(&w)
	}
	return w
}

// bad notes a fault of a field under the file's own name for its column.
func (r *row) bad(field, reason string) {
	if r.fault != nil {
		return
	}
	r.fault = &RowError{Reason: reason}
	if field != "" {
		r.fault.Column = r.name(field)
	}
}

// cell is the raw text of a field, empty when the file has no such column or the row is short.
func (r *row) cell(field string) string {
	if i, ok := r.at[field]; ok && i < len(r.fields) {
		return r.fields[i]
	}
	return ""
}

// text is a cell as clean text of at most limit characters.
func (r *row) text(field string, limit int) string {
	s := cleanText(r.cell(field), field == "description")
	if n := utf8.RuneCountInString(s); n > limit {
		r.bad(field, fmt.Sprintf("the text is %d characters long, at most %d are allowed", n, limit))
	}
	if strings.ContainsRune(s, utf8.RuneError) {
		r.bad(field, "the text holds a character that was lost in an earlier conversion (�)")
	}
	return s
}

func (r *row) needed(field string, limit int) string {
	s := r.text(field, limit)
	if s == "" {
		r.bad(field, "is empty")
	}
	return s
}

// parsed reads a cell by one of the Parse functions.
func parsed[T any](r *row, field string, parse func(string) (T, error)) T {
	v, err := parse(r.text(field, maxText))
	if err != nil {
		r.bad(field, reasonOf(err))
	}
	return v
}

// reasonOf takes the package's name off an error of this package: the row's text starts with file and line instead.
func reasonOf(err error) string {
	var v *ValueError
	if errors.As(err, &v) {
		return fmt.Sprintf("%q %s", v.Value, v.Reason)
	}
	return err.Error()
}

func (r *row) theme() string {
	s := r.needed("theme", maxText)
	if t, ok := r.themes[place.Fold(s)]; ok {
		return t.Label
	}
	t, ok := ParseTheme(s)
	if !ok && s != "" {
		r.bad("theme", fmt.Sprintf("%q is none of %s; map it under themes in the configuration", shorten(s, 60), themeList()))
	}
	return t.Label
}

// when reads date, start and end; the date's cell may hold the first hour, the start's cell both.
func (r *row) when() (date Date, start, end Clock) {
	s := r.needed("date", maxText)
	if s == "" {
		return
	}
	date, inDate, err := ParseDate(s)
	if err != nil {
		r.bad("date", reasonOf(err))
	}
	start, inStart := r.hours("start")
	if !start.Known() {
		start = inDate
	}
	end, last := r.hours("end")
	if i, ok := r.at["end"]; ok && i == r.at["start"] && !last.Known() {
		end = Clock{} // one column for both, with one hour in it
	}
	switch {
	case last.Known(): // "14h30-16h" in the column of the end, too: one column mapped to both
		end = last
	case !end.Known():
		end = inStart
	}
	if start.Known() && end.Known() && end.Minutes() <= start.Minutes() {
		r.bad("end", fmt.Sprintf("%s is not after the start, %s", end, start))
	}
	return date, start, end
}

func (r *row) hours(field string) (Clock, Clock) {
	start, end, err := ParseHours(r.text(field, maxText))
	if err != nil {
		r.bad(field, reasonOf(err))
	}
	return start, end
}

// postalCode takes five digits, also "84 000", "84000 Cedex 9", and "4000" from a spreadsheet that dropped the zero.
func (r *row) postalCode() string {
	s := r.text("postal_code", maxText)
	digits := strings.Join(strings.Fields(strings.Split(strings.ToLower(s), "cedex")[0]), "")
	if len(digits) == 4 {
		digits = "0" + digits
	}
	if s != "" && (len(digits) != 5 || strings.Trim(digits, "0123456789") != "") {
		r.bad("postal_code", fmt.Sprintf("%q is no postal code of five digits", shorten(s, 40)))
	}
	return digits
}

func (r *row) insee() string {
	s := strings.ToUpper(r.text("insee", maxText))
	if len(s) == 4 {
		s = "0" + s
	}
	rest := s
	if strings.HasPrefix(s, "2A") || strings.HasPrefix(s, "2B") {
		rest = s[2:]
	}
	if s != "" && (len(s) != 5 || strings.Trim(rest, "0123456789") != "") {
		r.bad("insee", fmt.Sprintf("%q is no commune code (84007, 2A004)", shorten(s, 40)))
	}
	return s
}

func (r *row) status() Status {
	s := r.text("status", maxText)
	if s == "" {
		return Open
	}
	key := place.Fold(s)
	if status, ok := r.statuses[key]; ok {
		return status
	}
	status, ok := vocabulary().statusOf[key]
	if !ok {
		r.bad("status", fmt.Sprintf("%q is no known state; map it to open, full, closed or cancelled under statuses in the configuration", shorten(s, 60)))
	}
	return status
}

func (r *row) remote() bool {
	s := r.text("remote", maxText)
	if s == "" {
		return false
	}
	yes, ok := vocabulary().remoteOf[place.Fold(s)]
	if !ok {
		r.bad("remote", fmt.Sprintf("%q says neither true nor false", shorten(s, 60)))
	}
	return yes
}

func (r *row) count(field string) int {
	s := r.text(field, maxText)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxSessions {
		r.bad(field, fmt.Sprintf("%q is no count from 1 to %d", shorten(s, 40), maxSessions))
	}
	return n
}

// point reads lat and lon, both or none, with a point or a comma as decimal sign.
func (r *row) point() (lat, lon float64) {
	a, o := r.text("lat", maxText), r.text("lon", maxText)
	if a == "" && o == "" {
		return 0, 0
	}
	lat, errLat := strconv.ParseFloat(strings.Replace(a, ",", ".", 1), 64)
	lon, errLon := strconv.ParseFloat(strings.Replace(o, ",", ".", 1), 64)
	switch {
	case errLat != nil || !(lat >= -90 && lat <= 90):
		r.bad("lat", fmt.Sprintf("%q is no latitude in degrees", shorten(a, 40)))
	case errLon != nil || !(lon >= -180 && lon <= 180):
		r.bad("lon", fmt.Sprintf("%q is no longitude in degrees", shorten(o, 40)))
	case lon > 41 && lon < 52 && lat > -6 && lat < 10:
		r.bad("lat", "latitude and longitude stand in each other's place")
	}
	return lat, lon
}

// region keeps a region word of contracts and leaves everything else to locate: sources mean other regions by the word.
func (r *row) region() string {
	switch s := strings.ToLower(r.text("region", maxText)); s {
	case place.RegionSudEst, place.RegionLanguedoc, place.RegionCentre, place.RegionBourgogne, place.RegionOther:
		return s
	}
	return ""
}

// derivedID makes an ID for a source that has none, from what makes a session itself, so that it stays over refreshes.
func derivedID(w *Workshop) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{w.Cycle, w.Title, w.Theme, w.Date.String(), w.Start.String(), w.Venue, w.Address,
		w.PostalCode, w.City, w.Organiser, strconv.Itoa(w.Session)}, "\x00")))
	return "w-" + hex.EncodeToString(sum[:8])
}

// cleanText gives NFC text without control characters, with single spaces; lines keeps line breaks (one empty line at most).
func cleanText(s string, lines bool) string {
	if !lines {
		return cleanLine(s)
	}
	var out []string
	for l := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n") {
		l = cleanLine(l)
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimSuffix(strings.Join(out, "\n"), "\n")
}

func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cc, r) || r == '\ufeff' || r == '\u200b' || r == '\u00ad':
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}
