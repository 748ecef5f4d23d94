package record

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
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

// traceHeader names the columns of WriteCSV and WriteXLSX: the JSON keys, those of steps, incident and quality written out.
func traceHeader() []string {
	quality, _ := (*TraceQuality)(nil).cells()
	return append([]string{"id", "line", "started_at", "caller", "origin", "duration_s", "welcome_s", "conversation_s", "total_s", "statuses", "region",
		"postal_code", "place_asked", "place_tries", "sms_sent", "mos", "ended_by", "reason", "cause", "wait_s", "incident_link", "incident_owner", "incident_at"}, quality...)
}

// WriteCSV writes traces as CSV, statuses in one cell with a space between; see writeCSV.
func WriteCSV(w io.Writer, traces iter.Seq2[Trace, error]) error {
	return writeCSV(w, traceHeader(), traceRows(traces))
}

// WriteXLSX writes traces as a workbook; see writeXLSX.
func WriteXLSX(w io.Writer, traces iter.Seq2[Trace, error]) error {
	return writeXLSX(w, "Appels", traceHeader(), traceRows(traces))
}

func traceRows(traces iter.Seq2[Trace, error]) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for t, err := range traces {
			if !yield(t.row(), err) {
				return
			}
		}
	}
}

func (t Trace) row() row {
	words := make([]string, len(t.Statuses))
	for i, s := range t.Statuses {
		words[i] = string(s)
	}
	var link, owner, linkAt any
	if t.Incident != nil {
		link, owner, linkAt = t.Incident.Link, orNil(t.Incident.Owner), t.Incident.At
	}
	out := row{t.ID, t.Line, t.StartedAt, t.Caller, orNil(t.Origin), orNil(t.DurationS), orNil(t.Steps.WelcomeS), orNil(t.Steps.ConversationS),
		orNil(t.Steps.TotalS), strings.Join(words, " "), orNil(t.Region), orNil(t.PostalCode), t.PlaceAsked, orNil(t.PlaceTries), t.SMSSent,
		orNil(t.MOS), orNil(t.EndedBy), orNil(t.Reason), orNil(t.Cause), orNil(t.WaitS), link, owner, linkAt}
	_, quality := t.Quality.cells()
	for _, v := range quality {
		out = append(out, orNil(v))
	}
	return out
}
