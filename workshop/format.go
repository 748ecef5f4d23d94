package workshop

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/acotel/acotel-sbc/place"
)

// Format is how a CSV source is to be read (D1): what a file calls its columns and themes is configuration, never code. The zero Format
// reads what WriteCSV writes, and the column names that French files usually have (words.yaml).
type Format struct {
	Delimiter string            `yaml:"delimiter" json:"delimiter"` // one of , ; | or \t (a tab); empty or "auto": seen from the header
	Encoding  string            `yaml:"encoding" json:"encoding"`   // "utf-8" or "windows-1252"; empty or "auto": seen line by line
	Columns   map[string]string `yaml:"columns" json:"columns"`     // our field (one of Columns) → the file's column name
	Themes    map[string]string `yaml:"themes" json:"themes"`       // the file's word → theme key or label, beside those of words.yaml
	Statuses  map[string]string `yaml:"statuses" json:"statuses"`   // the file's word → open, full, closed or cancelled
}

const (
	auto        = "auto"
	utf8Name    = "utf-8"
	windows1252 = "windows-1252"
)

// Validate reports the first setting that cannot be, with the nearest one that can.
func (f Format) Validate() error {
	if f.Delimiter != "" && f.Delimiter != auto && !slices.Contains([]string{",", ";", "|", "\t"}, f.Delimiter) {
		return fmt.Errorf("workshop: delimiter %q: use \",\", \";\", \"|\", a tab, or auto", f.Delimiter)
	}
	if e := strings.ToLower(f.Encoding); e != "" && e != auto && e != utf8Name && e != windows1252 {
		return fmt.Errorf("workshop: encoding %q: use utf-8, windows-1252 or auto", f.Encoding)
	}
	for _, field := range slices.Sorted(maps.Keys(f.Columns)) {
		if !slices.Contains(Columns(), field) {
			return fmt.Errorf("workshop: columns: there is no field %q, the nearest is %q", field, nearest(field, Columns()))
		}
	}
	for _, word := range slices.Sorted(maps.Keys(f.Themes)) {
		if _, ok := ParseTheme(f.Themes[word]); !ok {
			return fmt.Errorf("workshop: themes: %q is mapped to %q, which is none of %s", word, f.Themes[word], themeList())
		}
	}
	for _, word := range slices.Sorted(maps.Keys(f.Statuses)) {
		if !slices.Contains([]Status{Open, Full, Closed, Cancelled}, Status(f.Statuses[word])) {
			return fmt.Errorf("workshop: statuses: %q is mapped to %q; use open, full, closed or cancelled", word, f.Statuses[word])
		}
	}
	return nil
}

// HeaderError tells which columns a file lacks.
type HeaderError struct {
	File    string
	Line    int
	Missing []MissingColumn
	Have    []string // the file's columns
}

// MissingColumn is one column that was looked for.
type MissingColumn struct {
	Field   string // ours
	Column  string // the name looked for: the configured one, or the field's own
	Nearest string // among the file's columns that no other field uses; empty when there is none
}

func (e *HeaderError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "workshop: %s:%d: ", e.File, e.Line)
	for i, m := range e.Missing {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "no column %q", m.Column)
		if m.Column != m.Field {
			fmt.Fprintf(&b, " for %s", m.Field)
		}
		if m.Nearest != "" {
			fmt.Fprintf(&b, ", the nearest is %q", m.Nearest)
		}
	}
	fmt.Fprintf(&b, " (the file has: %s); name the right one under columns in the configuration of the source", shorten(strings.Join(e.Have, ", "), 400))
	return b.String()
}

// required fields; a place (postal_code, city, insee, or lat and lon) is asked of each row instead, as remote workshops have none.
var required = []string{"title", "theme", "date"}

// header finds the column of every field. A column that the configuration names must be there; without configuration the field's own
// name counts, then the usual names of words.yaml.
func (f Format) header(file string, line int, names []string) (layout, error) {
	at := map[string]int{}
	for i, name := range names {
		if key := foldColumn(name); key != "" {
			if _, taken := at[key]; !taken {
				at[key] = i
			}
		}
	}
	found := map[string]int{}
	missing := map[string]string{}
	for _, field := range Columns() {
		candidates := append([]string{field}, vocabulary().columns[field]...)
		name, mapped := f.Columns[field]
		if mapped {
			candidates = []string{name}
		}
		for _, c := range candidates {
			if i, ok := at[foldColumn(c)]; ok {
				found[field] = i
				break
			}
		}
		if _, ok := found[field]; !ok && (mapped || slices.Contains(required, field)) {
			missing[field] = candidates[0]
		}
	}
	if len(missing) == 0 {
		return layout{at: found, names: names}, nil
	}
	e := &HeaderError{File: file, Line: line, Have: names}
	free := unused(names, found)
	for _, field := range Columns() {
		if column, ok := missing[field]; ok {
			e.Missing = append(e.Missing, MissingColumn{Field: field, Column: column, Nearest: nearest(column, free)})
		}
	}
	return layout{}, e
}

// layout is where a file keeps our fields.
type layout struct {
	at    map[string]int // field → index of its column
	names []string       // of the file's columns
}

// name of a field in the file's own words.
func (l layout) name(field string) string {
	if i, ok := l.at[field]; ok {
		return cleanLine(l.names[i])
	}
	return field
}

func unused(names []string, found map[string]int) []string {
	var free []string
	used := slices.Collect(maps.Values(found))
	for i, name := range names {
		if strings.TrimSpace(name) != "" && !slices.Contains(used, i) {
			free = append(free, name)
		}
	}
	return free
}

// foldColumn makes "Code postal", "code_postal" and "CODE-POSTAL" one name.
func foldColumn(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(place.Fold(s), "_", " ")), " ")
}

// nearest gives the candidate with the fewest letters to change, empty when there are none.
func nearest(s string, candidates []string) string {
	best, distance := "", 0
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(foldColumn(s), foldColumn(c)); best == "" || d < distance {
			best, distance = c, d
		}
	}
	return best
}

func themeList() string {
	var labels []string
	for _, t := range Themes() {
		labels = append(labels, t.Label)
	}
	return strings.Join(labels, ", ")
}
