package workshop

import (
	"fmt"

	"github.com/acotel/acotel-sbc/place"
)

// Records makes Workshops of a source that is no table: JSON, a calendar. Each record maps our fields (Columns) to the source's text, and
// is read as strictly as a row of a CSV file. Make one with NewRecords; it belongs to one goroutine.
type Records struct {
	builder *builder
	fields  []string
	read    Read
}

// NewRecords begins a source. name stands in errors, f maps its words for themes and states (its columns are not looked at), labels
// gives the source's own name of a field for errors (may be nil), g is for records without a point (may be nil).
func NewRecords(name string, f Format, labels map[string]string, g Gazetteer) (*Records, error) {
	f.Columns = nil
	if err := f.Validate(); err != nil {
		return nil, err
	}
	l := layout{at: map[string]int{}}
	for i, field := range Columns() {
		l.at[field] = i
		if label := labels[field]; label != "" {
			field = label
		}
		l.names = append(l.names, field)
	}
	return &Records{builder: newBuilder(name, f, g, l), fields: make([]string, len(l.names))}, nil
}

// KnowsTheme tells whether a word of the source stands for a theme.
func (r *Records) KnowsTheme(word string) bool {
	if _, ok := r.builder.themes[place.Fold(word)]; ok {
		return true
	}
	_, ok := ParseTheme(word)
	return ok
}

// Add takes one record, at is its number in the source from 1. A broken one is listed in Read; the error is ErrTooManyRows alone.
func (r *Records) Add(at int, fields map[string]string) error {
	if len(r.read.Workshops)+r.read.BrokenRows >= maxRows {
		return fmt.Errorf("%s: %w", r.builder.file, ErrTooManyRows)
	}
	clear(r.fields)
	for field, text := range fields {
		if i, ok := r.builder.at[field]; ok {
			r.fields[i] = text
		}
	}
	w, err := r.builder.workshop(at, r.fields)
	if err != nil {
		r.broken(err.(*RowError)) //nolint:errcheck // the builder gives no other error
		return nil
	}
	r.read.Workshops = append(r.read.Workshops, w)
	return nil
}

// Fault lists a record that could not even be read.
func (r *Records) Fault(at int, field, reason string) {
	r.broken(&RowError{File: r.builder.file, Line: at, Column: field, Reason: reason})
}

func (r *Records) broken(e *RowError) {
	if r.read.BrokenRows++; len(r.read.Broken) < maxListed {
		r.read.Broken = append(r.read.Broken, e)
	}
}

// Read is what came out so far.
func (r *Records) Read() Read { return r.read }
