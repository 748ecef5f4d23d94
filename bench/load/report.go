package load

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Result is what a measurement found. Its JSON is the contract; its Report is for people.
type Result interface{ Report() Report }

// Report is a result for people: facts, tables and charts.
type Report struct {
	Title  string
	Facts  []Fact
	Tables []Table
	Charts []Chart
}

// Fact is one figure. Want is what it should be, "" when nothing is asked of it; Good tells whether it is.
type Fact struct {
	Name, Value, Want string
	Good              bool
}

// Table has a row of names and rows of figures.
type Table struct {
	Title string
	Names []string
	Rows  [][]string
}

// Chart shows lines over a common axis.
type Chart struct {
	Title, X, Y string
	Lines       []Line
	Limit       float64 // a line across, 0: none
}

// Line is one line of a Chart.
type Line struct {
	Name   string
	Points [][2]float64 // x, y
}

// WriteTable writes a report as text.
func WriteTable(w io.Writer, r Report) {
	fmt.Fprintln(w, r.Title)
	rows := make([][]string, 0, len(r.Facts))
	for _, f := range r.Facts {
		rows = append(rows, []string{f.Name, f.Value, f.verdict()})
	}
	writeRows(w, rows, false)
	for _, t := range r.Tables {
		fmt.Fprintf(w, "\n%s\n", t.Title)
		writeRows(w, append([][]string{t.Names}, t.Rows...), true)
	}
}

func (f Fact) verdict() string {
	switch {
	case f.Want == "":
		return ""
	case f.Good:
		return "✓ " + f.Want
	}
	return "✗ " + f.Want
}

// writeRows aligns columns; figures stand to the right.
func writeRows(w io.Writer, rows [][]string, right bool) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right {
				b.WriteString("  " + gap + cell)
			} else {
				b.WriteString("  " + cell + gap)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// reference are the figures asked for on the reference machine, with the generator beside the server.
const (
	wantCPUPercent   = 0.20 // of a core for each call
	wantRSSKB        = 400.0
	wantPacingMS     = 5.0
	wantLimitCalls   = 500
	wantSetupMS      = 20.0
	wantOnsetMS      = 300.0
	wantDecisionMS   = 40.0
	wantDigitsAtLoss = 10.0 // percent of loss at which all digits must arrive
)

// atMost is a figure with an upper bound.
func atMost(name string, v *float64, bound float64, unit string) Fact {
	if v == nil {
		return Fact{Name: name, Value: "not known"}
	}
	return Fact{Name: name, Value: figure(*v) + " " + unit, Want: "at most " + figure(bound) + " " + unit, Good: *v <= bound}
}

func figure(v float64) string {
	text := fmt.Sprintf("%.3f", v)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

func known(v *float64, unit string) string {
	if v == nil {
		return "not known"
	}
	return strings.TrimSpace(figure(*v) + " " + unit)
}

// facts are what every report begins with.
func (h Header) facts() []Fact {
	f := []Fact{
		{Name: "target", Value: h.Target},
		{Name: "machine", Value: fmt.Sprintf("%d cores, %s, Linux %s", h.Machine.Cores, h.Machine.CPU, h.Machine.Kernel)},
		{Name: "calls", Value: fmt.Sprint(h.Calls)},
		{Name: "measured", Value: figure(h.Seconds) + " s"},
	}
	if s := h.Server; s != nil {
		if s.CPUPercentPerCall != nil {
			f = append(f, atMost("server, of a core for each call", s.CPUPercentPerCall, wantCPUPercent, "%"), atMost("server, memory for each call", s.RSSKBPerCall, wantRSSKB, "KB"))
		}
		f = append(f, Fact{Name: "server in all", Value: fmt.Sprintf("%s %% of a core, %s MB", figure(s.CPUPercent), figure(s.RSSMB))})
	}
	return append(f, Fact{Name: "generator", Value: fmt.Sprintf("%s %% of a core, its own ticks late by %s (p99)", figure(h.Generator.CPUPercent), known(h.Generator.LateP99MS, "ms"))})
}

// Report is the result for people.
func (r MediaResult) Report() Report {
	return Report{
		Title: fmt.Sprintf("bench media: %d calls that play and listen", r.Calls),
		Facts: append(r.facts(),
			Fact{Name: "packets sent for each call", Value: figure(r.TxPPSPerCall) + " a second"},
			Fact{Name: "pacing error, p50", Value: known(r.PacingMS.P50, "ms")},
			atMost("pacing error, p99", r.PacingMS.P99, wantPacingMS, "ms"),
			Fact{Name: "pacing error, max", Value: known(r.PacingMS.Max, "ms")},
			Fact{Name: "jitter (RFC 3550)", Value: figure(r.JitterMS) + " ms"},
			none("packets lost", r.Lost), none("calls not answered", uint64(r.Failed)),
			Fact{Name: "calls ended by the server and placed anew", Value: fmt.Sprint(r.Ended)},
		),
		Charts: []Chart{distribution("Pacing error", r.pacing)},
	}
}

// none is a count that should be 0.
func none(name string, n uint64) Fact {
	return Fact{Name: name, Value: fmt.Sprint(n), Want: "none", Good: n == 0}
}

// distribution is the cumulative chart of a histogram.
func distribution(title string, h *Histogram) Chart {
	l := Line{Name: "share of all"}
	for i := range 200 {
		q := float64(i+1) / 200
		l.Points = append(l.Points, [2]float64{milliseconds(h.Quantile(q)), q * 100})
	}
	return Chart{Title: title, X: "ms", Y: "% at most", Lines: []Line{l}}
}

// Report is the result for people.
func (r SetupResult) Report() Report {
	rep := Report{
		Title: fmt.Sprintf("bench setup: %s calls a second", figure(r.Rate)),
		Facts: append(r.facts(),
			Fact{Name: "INVITE to 200, p50", Value: known(r.InviteTo200MS.P50, "ms")},
			atMost("INVITE to 200, p99", r.InviteTo200MS.P99, wantSetupMS, "ms"),
			Fact{Name: "INVITE to 200, max", Value: known(r.InviteTo200MS.Max, "ms")},
			none("retransmissions", r.Retransmissions), none("calls that failed", uint64(r.Failed)),
		),
		Charts: []Chart{distribution("INVITE to 200", r.setup)},
	}
	if len(r.Why) > 0 {
		t := Table{Title: "Why calls failed", Names: []string{"reason", "calls"}}
		for why, n := range r.Why {
			t.Rows = append(t.Rows, []string{why, fmt.Sprint(n)})
		}
		rep.Tables = append(rep.Tables, t)
	}
	return rep
}
