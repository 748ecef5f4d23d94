package record

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// WriteJSON writes traces as one JSON array, a call a line, as they come. Nothing is written after an error of the
// sequence, so that half a report is no valid JSON.
func WriteJSON(w io.Writer, traces iter.Seq2[Trace, error]) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	before := "[\n"
	for t, err := range traces {
		if err != nil {
			return err
		}
		if _, err := out.WriteString(before); err != nil {
			return fmt.Errorf("record: writing traces: %w", err)
		}
		if err := enc.Encode(t); err != nil {
			return fmt.Errorf("record: writing traces: %w", err)
		}
		before = ","
	}
	end := "]\n"
	if before != "," {
		end = "[]\n"
	}
	if _, err := out.WriteString(end); err != nil {
		return fmt.Errorf("record: writing traces: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("record: writing traces: %w", err)
	}
	return nil
}

// csvHeader names the columns of WriteCSV: the JSON keys, those of steps, incident and quality written out.
func csvHeader() []string {
	quality, _ := (*TraceQuality)(nil).cells()
	return append([]string{"id", "line", "started_at", "caller", "origin", "duration_s", "welcome_s", "conversation_s", "total_s", "statuses", "region",
		"postal_code", "place_asked", "place_tries", "sms_sent", "mos", "ended_by", "incident_link", "incident_at"}, quality...)
}

// WriteCSV writes traces as CSV (RFC 4180, UTF-8, comma, point as decimal mark), a header first; an unknown value is
// an empty cell, statuses stand in one cell with a space between. A cell that a spreadsheet would take for a formula
// gets an apostrophe in front.
func WriteCSV(w io.Writer, traces iter.Seq2[Trace, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader()); err != nil {
		return fmt.Errorf("record: writing traces: %w", err)
	}
	for t, err := range traces {
		if err != nil {
			return err
		}
		row := csvRow(t)
		for i := range row {
			row[i] = guardCell(row[i])
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("record: writing traces: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("record: writing traces: %w", err)
	}
	return nil
}

func csvRow(t Trace) []string {
	words := make([]string, len(t.Statuses))
	for i, s := range t.Statuses {
		words[i] = string(s)
	}
	var link, linkAt string
	if t.Incident != nil {
		link, linkAt = t.Incident.Link, t.Incident.At.Format(time.RFC3339Nano)
	}
	tries := ""
	if t.PlaceTries != nil {
		tries = strconv.Itoa(*t.PlaceTries)
	}
	row := []string{t.ID, t.Line, t.StartedAt.Format(time.RFC3339Nano), t.Caller, textCell(t.Origin), floatCell(t.DurationS), floatCell(t.Steps.WelcomeS),
		floatCell(t.Steps.ConversationS), floatCell(t.Steps.TotalS), strings.Join(words, " "), textCell(t.Region), textCell(t.PostalCode),
		strconv.FormatBool(t.PlaceAsked), tries, strconv.Itoa(t.SMSSent), floatCell(t.MOS), textCell(t.EndedBy), link, linkAt}
	_, quality := t.Quality.cells()
	for _, v := range quality {
		row = append(row, floatCell(v))
	}
	return row
}

func textCell(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func floatCell(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

// guardCell keeps a spreadsheet from running what a caller or a source wrote as a formula (OWASP "CSV injection").
func guardCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
