package record

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// WriteJSON writes the figures as one JSON object, a figure a line. By hand, for encoding/json takes ten times as long for a row.
func (s Stats) WriteJSON(w io.Writer) error {
	fail := func(err error) error { return fmt.Errorf("record: writing figures: %w", err) }
	head, err := json.Marshal(struct {
		From  time.Time `json:"from"`
		To    time.Time `json:"to"`
		By    *By       `json:"by"`
		Group *string   `json:"group"`
	}{s.From, s.To, s.By, s.Group})
	if err != nil {
		return fail(err)
	}
	if _, err := w.Write(append(head[:len(head)-1], `,"rows":[`...)); err != nil {
		return fail(err)
	}
	if err := s.writeRows(w, jsonRows()); err != nil {
		return fail(err)
	}
	if _, err := io.WriteString(w, "]}\n"); err != nil {
		return fail(err)
	}
	return nil
}

// MarshalJSON gives what WriteJSON writes.
func (s Stats) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := s.WriteJSON(&b)
	return b.Bytes(), err
}

// jsonRows are rows with the keys of StatsRow.
func jsonRows() rowFormat {
	return rowFormat{
		before: ",\n", first: "\n",
		period: func(b []byte, start time.Time) []byte {
			return append(start.AppendFormat(append(b, `{"bucket":"`...), time.RFC3339Nano), `","group":`...)
		},
		group: func(named map[Group]*string) ([]byte, error) { return json.Marshal(named) },
		measure: func(m *Measure) ([]byte, error) {
			return append(strconv.AppendQuote([]byte(`,"measure":`), m.Name), `,"numerator":`...), nil
		},
		figure: func(b []byte, m *Measure, f figure) []byte {
			b = appendNumber(b, f.numerator)
			b = appendKnown(append(b, `,"denominator":`...), f.denominator, f.divided, "null")
			b = appendKnown(append(b, `,"value":`...), f.value, f.known, "null")
			b = append(b, `,"target":`...)
			if m.Target == nil {
				return append(b, "null}"...)
			}
			return append(appendNumber(b, *m.Target), '}')
		},
	}
}

// WriteCSV writes the figures as CSV, a row each, as writeCSV does.
func (s Stats) WriteCSV(w io.Writer, groups []Group) error {
	head, err := csvCells(statsHeader(groups)...)
	if err != nil {
		return fmt.Errorf("record: writing CSV: %w", err)
	}
	if _, err := w.Write(append(head, '\n')); err != nil {
		return fmt.Errorf("record: writing CSV: %w", err)
	}
	if err := s.writeRows(w, csvRows(groups)); err != nil {
		return fmt.Errorf("record: writing CSV: %w", err)
	}
	return nil
}

// csvRows are rows with the columns of statsHeader.
func csvRows(groups []Group) rowFormat {
	return rowFormat{
		period: func(b []byte, start time.Time) []byte { return append(start.AppendFormat(b, time.RFC3339Nano), ',') },
		group: func(named map[Group]*string) ([]byte, error) {
			if len(groups) == 0 {
				return nil, nil
			}
			cells := make([]string, len(groups))
			for i, g := range groups {
				cells[i] = cellText(orNil(named[g]))
			}
			b, err := csvCells(cells...)
			return append(b, ','), err
		},
		measure: func(m *Measure) ([]byte, error) {
			b, err := csvCells(m.Name, m.Label)
			return append(b, ','), err
		},
		figure: func(b []byte, m *Measure, f figure) []byte {
			b = appendNumber(b, f.numerator)
			b = appendKnown(append(b, ','), f.denominator, f.divided, "")
			b = appendKnown(append(b, ','), f.value, f.known, "")
			b = append(b, ',')
			if m.Target != nil {
				b = appendNumber(b, *m.Target)
			}
			return append(b, '\n')
		},
	}
}

// csvCells are cells of a row of CSV, guarded as writeCSV guards them.
func csvCells(cells ...string) ([]byte, error) {
	guarded := make([]string, len(cells))
	for i, c := range cells {
		guarded[i] = guardCell(c)
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	err := out.Write(guarded)
	out.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

// WriteXLSX writes the figures as a workbook; see writeXLSX. Rows that no sheet holds are an error before any is computed.
func (s Stats) WriteXLSX(w io.Writer, groups []Group) error {
	if n := s.Len(); n >= excelize.TotalRows {
		return tooManyRows(n)
	}
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

func appendKnown(b []byte, v float64, known bool, unknown string) []byte {
	if !known {
		return append(b, unknown...)
	}
	return appendNumber(b, v)
}

// appendNumber writes a number as JSON has it: the fewest digits that give it back (strconv's 'f', -1), which are the decimals where a figure
// has six of them at most, as rounded leaves them.
func appendNumber(b []byte, v float64) []byte {
	const (
		decimals = 1_000_000
		exact    = 1e15 // of so many digits a float64 holds every one
	)
	scaled := math.Round(v * decimals)
	if math.Abs(scaled) >= exact || scaled/decimals != v {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	n := int64(scaled)
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/decimals, 10)
	if n %= decimals; n == 0 {
		return b
	}
	var digits [7]byte
	text := strconv.AppendInt(digits[:0], n+decimals, 10)
	return append(append(b, '.'), strings.TrimRight(string(text[1:]), "0")...)
}
