package workshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/acotel/acotel-sbc/place"
)

// Gazetteer is what an import needs of place: points, communes and regions for rows that carry only a postal code or a town.
// *place.Gazetteer fits; nil leaves such rows without a point.
type Gazetteer interface {
	ByPostalCode(code string) []place.Place
	ByINSEE(code string) (place.Place, bool)
	Find(text string) []place.Match
}

// Limits of one source.
const (
	maxRows   = 200_000 // rows; the whole of France has some 20,000 sessions in a season
	maxListed = 1_000   // broken rows that are kept to be listed
)

// ErrTooManyRows is wrapped when a source goes on past 200,000 rows.
var ErrTooManyRows = errors.New("workshop: the file has more than 200000 rows")

// Read is what came out of a source.
type Read struct {
	Workshops  []Workshop
	Broken     []*RowError // in the order of lines; the first 1,000
	BrokenRows int         // all of them
}

// ReadCSV reads a whole source; name stands in errors. A header that does not fit (*HeaderError), a setting that cannot be, and a file
// that cannot be read to its end are errors; broken rows are listed in Read and harm no other row.
func ReadCSV(ctx context.Context, r io.Reader, name string, f Format, g Gazetteer) (Read, error) {
	var read Read
	for w, err := range Rows(ctx, r, name, f, g) {
		var row *RowError
		switch {
		case err == nil:
			read.Workshops = append(read.Workshops, w)
		case errors.As(err, &row):
			if read.BrokenRows++; len(read.Broken) < maxListed {
				read.Broken = append(read.Broken, row)
			}
		default:
			return read, err
		}
	}
	return read, nil
}

// Rows reads a source row by row, in constant memory but for the IDs: each good row as a Workshop, each broken one as a *RowError.
// Any other error ends the sequence.
func Rows(ctx context.Context, r io.Reader, name string, f Format, g Gazetteer) iter.Seq2[Workshop, error] {
	return func(yield func(Workshop, error) bool) {
		if err := f.Validate(); err != nil {
			yield(Workshop{}, err)
			return
		}
		records := newRecordReader(r, f.Encoding)
		layout, err := records.header(name, f)
		if err != nil {
			yield(Workshop{}, err)
			return
		}
		b := newBuilder(name, f, g, layout)
		for rows := 0; ; rows++ {
			line, fields, err := records.record()
			if err == io.EOF {
				return
			}
			if err == nil && rows == maxRows {
				err = fmt.Errorf("%s:%d: %w", name, line, ErrTooManyRows)
			}
			if err == nil {
				err = ctx.Err()
			}
			var w Workshop
			switch {
			case isRowFault(err):
				err = &RowError{File: name, Line: line, Reason: err.Error()}
			case err != nil:
				yield(Workshop{}, fmt.Errorf("workshop: reading %s, line %d: %w", name, line, err))
				return
			default:
				if w, err = b.workshop(line, fields); err != nil {
					w = Workshop{}
				}
			}
			if !yield(w, err) {
				return
			}
		}
	}
}

// header reads the line with the names of the columns, and the separator from it.
func (r *recordReader) header(name string, f Format) (layout, error) {
	r.comma = ','
	for {
		l, err := r.nextLine()
		if err == io.EOF {
			return layout{}, fmt.Errorf("workshop: %s is empty; its first line must name the columns", name)
		}
		if err == nil {
			err = l.err
		}
		if err != nil {
			return layout{}, fmt.Errorf("workshop: %s:%d: the line with the names of the columns cannot be read: %w", name, max(l.number, 1), err)
		}
		text := strings.TrimSpace(l.text)
		if text == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(strings.ToLower(text), "sep="); ok && len(rest) == 1 {
			r.comma = rest[0] // a spreadsheet's own note; the names follow
			continue
		}
		if r.comma == ',' {
			r.comma = guessComma(text)
		}
		if d := f.Delimiter; d != "" && d != auto {
			r.comma = d[0]
		}
		r.givenBack = append(r.givenBack, l)
		line, names, err := r.record()
		if err != nil {
			return layout{}, fmt.Errorf("workshop: %s:%d: the line with the names of the columns cannot be read: %w", name, line, err)
		}
		return f.header(name, line, names)
	}
}

// isRowFault tells what is wrong with one row from what is wrong with the file.
func isRowFault(err error) bool {
	for _, fault := range []error{errRowTooLong, errOpenQuote, errAfterQuote, errNotUTF8, errUnreadable, errBinaryInput} {
		if err == fault {
			return true
		}
	}
	return false
}
