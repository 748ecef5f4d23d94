package record

import (
	"io"
	"iter"
)

// WriteCSV writes the figures as CSV, a row each; see writeCSV.
func (s Stats) WriteCSV(w io.Writer, groups []Group) error {
	return writeCSV(w, statsHeader(groups), s.rows(groups))
}

// WriteXLSX writes the figures as a workbook; see writeXLSX.
func (s Stats) WriteXLSX(w io.Writer, groups []Group) error {
	return writeXLSX(w, "Mesures", statsHeader(groups), s.rows(groups))
}

func statsHeader(groups []Group) []string {
	out := []string{"bucket"}
	for _, g := range groups {
		out = append(out, string(g))
	}
	return append(out, "measure", "label", "numerator", "denominator", "value", "target")
}

func (s Stats) rows(groups []Group) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for r := range s.Rows() {
			out := row{r.Bucket}
			for _, g := range groups {
				out = append(out, orNil(r.Group[g]))
			}
			if !yield(append(out, r.Measure, r.Label, orNil(r.Numerator), orNil(r.Denominator), orNil(r.Value), orNil(r.Target)), nil) {
				return
			}
		}
	}
}
