package record

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// row is one line of a table: nil, string, bool, int, float64 or time.Time in each cell.
type row []any

// orNil is the value behind p, nil when unknown.
func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// writeCSV writes rows as RFC 4180 CSV in UTF-8, a header first: point as decimal mark, times as RFC 3339, an unknown value an empty cell.
// A cell that a spreadsheet would take for a formula gets an apostrophe in front. An error of the sequence ends it.
func writeCSV(w io.Writer, header []string, rows iter.Seq2[row, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return fmt.Errorf("record: writing CSV: %w", err)
	}
	cells := make([]string, len(header))
	for r, err := range rows {
		if err != nil {
			return err
		}
		for i, v := range r {
			cells[i] = guardCell(cellText(v))
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("record: writing CSV: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("record: writing CSV: %w", err)
	}
	return nil
}

func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// guardCell keeps a spreadsheet from running what a caller or a source wrote as a formula (OWASP "CSV injection"). Numbers of our own have
// no sign.
func guardCell(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) { // full width too: spreadsheets of the Far East
		return "'" + s
	}
	return s
}

// The formats of XLSX cells and the width of columns, in characters.
const (
	xlsxDate   = "yyyy-mm-dd hh:mm:ss"
	xlsxColumn = 18
)

// writeXLSX writes rows as a workbook of one sheet (ECMA-376), row by row through a temporary file: typed cells, times as dates in their own
// civil time, the header frozen. Text is text whatever it begins with, so that nothing runs as a formula.
func writeXLSX(w io.Writer, sheet string, header []string, rows iter.Seq2[row, error]) (err error) {
	f := excelize.NewFile()
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("record: writing XLSX: %w", cerr)
		}
	}()
	fail := func(err error) error { return fmt.Errorf("record: writing XLSX: %w", err) }
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return fail(err)
	}
	format := xlsxDate
	date, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return fail(err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fail(err)
	}
	out, err := f.NewStreamWriter(sheet)
	if err != nil {
		return fail(err)
	}
	if err := out.SetColWidth(1, len(header), xlsxColumn); err != nil {
		return fail(err)
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fail(err)
	}
	cells := make([]any, len(header))
	for i, name := range header {
		cells[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	if err := out.SetRow("A1", cells); err != nil {
		return fail(err)
	}
	n := 1
	for r, err := range rows {
		if err != nil {
			return err
		}
		if n++; n > excelize.TotalRows {
			return tooManyRows(n)
		}
		for i, v := range r {
			if at, ok := v.(time.Time); ok {
				v = excelize.Cell{StyleID: date, Value: civil(at)}
			}
			cells[i] = v
		}
		if err := out.SetRow("A"+strconv.Itoa(n), cells); err != nil {
			return fail(err)
		}
	}
	if err := out.Flush(); err != nil {
		return fail(err)
	}
	if err := f.Write(w); err != nil {
		return fail(err)
	}
	return nil
}

func tooManyRows(n int) error {
	return fmt.Errorf("record: a sheet holds %d rows at most, and there are %d or more: choose a shorter span, or CSV", excelize.TotalRows, n)
}

// civil gives the time that a clock on the wall shows: a spreadsheet knows no time zones.
func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}
