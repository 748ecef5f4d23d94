package workshop

import "fmt"

// ValueError is a text that does not say what it should: a date, an hour, a price, a telephone number.
type ValueError struct {
	Value  string // as the source wrote it, shortened
	Reason string // "is no date (write 2026-05-14 or 14/05/2026)"
}

func (e *ValueError) Error() string { return fmt.Sprintf("workshop: %q %s", e.Value, e.Reason) }

func invalid(value, reason string) error {
	return &ValueError{Value: shorten(value, 60), Reason: reason}
}

// shorten cuts s to n runes for a message.
func shorten(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i] + "…"
		}
		count++
	}
	return s
}

// RowError is one row of a source that was refused. Its text is `FILE:LINE: reason`, as contracts want it on standard error, hence
// without the package's name in front.
type RowError struct {
	File   string
	Line   int    // from 1, the header counts; the first line of a row that spans several
	Column string // the file's column; empty when the whole row is wrong
	Reason string
}

func (e *RowError) Error() string {
	if e.Column != "" {
		return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Column, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}
