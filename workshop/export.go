package workshop

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// column is one key of a workshop as a CSV cell.
type column struct {
	name string
	text func(*Workshop) string
}

// csvColumns are the JSON keys of a workshop in their order; empty cells are unknown values.
var csvColumns = [...]column{
	{"id", func(w *Workshop) string { return w.ID }},
	{"title", func(w *Workshop) string { return w.Title }},
	{"theme", func(w *Workshop) string { return w.Theme }},
	{"module", func(w *Workshop) string { return w.Module }},
	{"date", func(w *Workshop) string { return w.Date.String() }},
	{"start", func(w *Workshop) string { return w.Start.String() }},
	{"end", func(w *Workshop) string { return w.End.String() }},
	{"venue", func(w *Workshop) string { return w.Venue }},
	{"address", func(w *Workshop) string { return w.Address }},
	{"postal_code", func(w *Workshop) string { return w.PostalCode }},
	{"city", func(w *Workshop) string { return w.City }},
	{"distance_km", func(w *Workshop) string { return "" }}, // belongs to a search, not to the workshop
	{"price", func(w *Workshop) string { return w.Price.String() }},
	{"organiser", func(w *Workshop) string { return w.Organiser }},
	{"phone", func(w *Workshop) string { return w.Phone }},
	{"status", func(w *Workshop) string { return string(w.Status) }},
	{"remote", func(w *Workshop) string { return strconv.FormatBool(w.Remote) }},
	{"summary", func(w *Workshop) string { return w.Summary }},
	{"description", func(w *Workshop) string { return w.Description }},
	{"cycle", func(w *Workshop) string { return w.Cycle }},
	{"session", func(w *Workshop) string { return countText(w.Session) }},
	{"sessions", func(w *Workshop) string { return countText(w.Sessions) }},
	{"lat", func(w *Workshop) string { return degrees(w, w.Lat) }},
	{"lon", func(w *Workshop) string { return degrees(w, w.Lon) }},
	{"region", func(w *Workshop) string { return w.Region }},
	{"insee", func(w *Workshop) string { return w.INSEE }},
}

// Columns gives the fields of a workshop: the columns that WriteCSV writes, and the left side of Format.Columns.
func Columns() []string {
	names := make([]string, len(csvColumns))
	for i, c := range csvColumns {
		names[i] = c.name
	}
	return names
}

// WriteCSV writes ws with the JSON keys of Workshop as columns (D4, `workshops export`): UTF-8, commas, CRLF (RFC 4180). Reading it back
// gives the same workshops, but for DistanceKM, which belongs to a search.
func WriteCSV(out io.Writer, ws []Workshop) error {
	w := bufio.NewWriterSize(out, 64<<10)
	row := func(text func(column) string) {
		for i, c := range csvColumns {
			if i > 0 {
				_ = w.WriteByte(',')
			}
			_, _ = w.WriteString(quoteCell(text(c)))
		}
		_, _ = w.WriteString("\r\n")
	}
	row(func(c column) string { return c.name })
	for i := range ws {
		row(func(c column) string { return c.text(&ws[i]) })
	}
	// bufio keeps the first error of any write and gives it here.
	if err := w.Flush(); err != nil {
		return fmt.Errorf("workshop: writing the CSV file: %w", err)
	}
	return nil
}

func quoteCell(s string) string {
	if !strings.ContainsAny(s, ",;\"\r\n\t|") && strings.TrimSpace(s) == s {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func degrees(w *Workshop, v float64) string {
	if !w.Located() {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
