package record

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the figures as a table to read, in French: a block for each period and group, a line each measure.
func (s Stats) WriteText(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "Du %s au %s\n", s.From.Format("02/01/2006"), s.To.Add(-1).Format("02/01/2006"))
	block := ""
	for r := range s.Rows() {
		if title := r.title(s.By); title != block {
			if err := out.Flush(); err != nil { // nobody reads on
				return fmt.Errorf("record: writing figures: %w", err)
			}
			block = title
			fmt.Fprintf(out, "\n%s\n", title)
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", r.Label, r.Unit.french(r.Value), r.parts(), r.goal())
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("record: writing figures: %w", err)
	}
	return nil
}

// title names the period and the group.
func (r StatsRow) title(by *By) string {
	parts := []string{}
	if by != nil {
		layout := "02/01/2006"
		switch *by {
		case ByMonth:
			layout = "01/2006"
		case ByHour, ByHalfHour:
			layout += " 15 h 04"
		}
		parts = append(parts, r.Bucket.Format(layout))
	}
	for _, g := range Groups() {
		if v, ok := r.Group[g]; ok {
			if v == nil {
				parts = append(parts, "inconnu")
			} else {
				parts = append(parts, *v)
			}
		}
	}
	return strings.Join(parts, ", ")
}

// parts are the numerator and the denominator.
func (r StatsRow) parts() string {
	if r.Denominator == nil {
		return ""
	}
	return fmt.Sprintf("%s / %s", decimal(*r.Numerator), decimal(*r.Denominator))
}

func (r StatsRow) goal() string {
	if r.Target == nil {
		return ""
	}
	if r.AtMost {
		return "objectif : au plus " + r.Unit.french(r.Target)
	}
	return "objectif : au moins " + r.Unit.french(r.Target)
}

// french writes a value with its unit; — when unknown.
func (u Unit) french(v *float64) string {
	if v == nil {
		return "—"
	}
	switch u {
	case Rate:
		return decimal(*v*100) + " %"
	case Seconds:
		return decimal(*v) + " s"
	case Minutes:
		return decimal(*v) + " min"
	}
	return decimal(*v)
}

// decimal writes a number with at most one digit after a comma.
func decimal(v float64) string {
	return strings.Replace(strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0"), ".", ",", 1)
}
