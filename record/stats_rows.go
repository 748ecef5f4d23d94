package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Stats are figures; their JSON is that of contracts `stats`. They hold the calls and not the rows, of which there may be millions: rows are
// made when they are asked for.
type Stats struct {
	From  time.Time
	To    time.Time // the first moment after
	By    *By
	Group *string // with a comma between several

	run     *statsRun
	groups  []*tally // in order
	minutes []sum    // of availability, by period
	zeros   bool     // a group without a call in a period has its rows all the same
}

type sum struct{ numerator, denominator float64 }

// maxZeros is how many rows there may be before those of groups without a call in a period are left out: half-hours of a year by status and
// region would be ten millions, most of them nothing.
const maxZeros = 1_000_000

func (r *statsRun) stats(minutes []sum) Stats {
	out := Stats{From: r.q.From, To: r.q.To, run: r, minutes: minutes}
	if r.q.By != "" {
		out.By = &r.q.By
	}
	if len(r.q.Group) > 0 {
		out.Group = new(string)
		*out.Group = strings.ReplaceAll(joined(r.q.Group), ", ", ",")
	}
	for _, g := range r.groups {
		out.groups = append(out.groups, g)
	}
	slices.SortFunc(out.groups, func(a, b *tally) int { return r.compare(a.key, b.key) })
	out.zeros = len(r.q.Group) == 0 || len(r.buckets.starts)*len(out.groups)*len(r.measures) <= maxZeros
	return out
}

// each gives the sums of every measure, period by period and group by group; what it gives is overwritten at the next step.
func (s Stats) each(yield func(bucket int, g *tally, sums []sum) bool) {
	r := s.run
	if r == nil {
		return
	}
	sums := make([]sum, len(r.measures))
	next := make([]int, len(s.groups)) // cell of each group
	for bucket := range r.buckets.starts {
		for i, g := range s.groups {
			var calls []int32
			if n := next[i]; n < len(g.cells) && g.cells[n].bucket == bucket {
				calls = g.cells[n].calls
				next[i]++
			} else if !s.zeros {
				continue
			}
			r.sum(sums, calls)
			if s.minutes != nil {
				sums[r.availability] = s.minutes[bucket]
			}
			if !yield(bucket, g, sums) {
				return
			}
		}
	}
}

// sum adds up every measure over calls.
func (r *statsRun) sum(sums []sum, calls []int32) {
	for i := range r.measures {
		sums[i] = sum{}
		m := &r.measures[i]
		if m.numerator == nil {
			continue
		}
		for _, c := range calls {
			sums[i].numerator += m.numerator(&r.calls[c])
		}
		if m.denominator == nil {
			continue
		}
		for _, c := range calls {
			sums[i].denominator += m.denominator(&r.calls[c])
		}
	}
}

// Rows gives the figures: period by period, group by group, measure by measure.
func (s Stats) Rows() iter.Seq[StatsRow] {
	return func(yield func(StatsRow) bool) {
		named := map[*tally]map[Group]*string{}
		s.each(func(bucket int, g *tally, sums []sum) bool {
			if named[g] == nil {
				named[g] = s.run.named(g.key)
			}
			for i, m := range s.run.measures {
				if !yield(m.row(s.run.buckets.starts[bucket], named[g], sums[i])) {
					return false
				}
			}
			return true
		})
	}
}

func (m Measure) row(start time.Time, group map[Group]*string, s sum) StatsRow {
	row := StatsRow{Bucket: start, Group: group, Measure: m.Name, Target: m.Target, Label: m.Label, Unit: m.Unit, AtMost: m.AtMost}
	f := m.figure(s)
	row.Numerator = &f.numerator
	if f.divided {
		row.Denominator = &f.denominator
	}
	if f.known {
		row.Value = &f.value
	}
	return row
}

// figure is what a measure comes to.
type figure struct {
	numerator, denominator, value float64
	divided, known                bool // it has a denominator, a value
}

func (m *Measure) figure(s sum) figure {
	f := figure{numerator: rounded(s.numerator)}
	if m.Unit == Count || m.Unit == Minutes {
		f.value, f.known = f.numerator, true
		return f
	}
	f.denominator, f.divided = rounded(s.denominator), true
	if s.denominator > 0 {
		f.value, f.known = rounded(s.numerator/s.denominator), true
	}
	return f
}

// rounded drops what only the order of additions decided.
func rounded(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// WriteJSON writes the figures as one JSON object, a figure a line, as they are computed.
func (s Stats) WriteJSON(w io.Writer) error {
	head, err := json.Marshal(struct {
		From  time.Time `json:"from"`
		To    time.Time `json:"to"`
		By    *By       `json:"by"`
		Group *string   `json:"group"`
	}{s.From, s.To, s.By, s.Group})
	if err != nil {
		return fmt.Errorf("record: writing figures: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	_, _ = out.Write(append(head[:len(head)-1], `,"rows":[`...)) // Flush tells
	if err := s.writeRows(out); err != nil {
		return fmt.Errorf("record: writing figures: %w", err)
	}
	_, _ = out.WriteString("]}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("record: writing figures: %w", err)
	}
	return nil
}

// MarshalJSON gives what WriteJSON writes.
func (s Stats) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := s.WriteJSON(&b)
	return b.Bytes(), err
}

// writeRows writes the rows with the keys of StatsRow. By hand, for encoding/json takes ten times as long for a row: what is the same in many
// rows is encoded once.
func (s Stats) writeRows(out *bufio.Writer) error {
	if s.run == nil {
		return nil
	}
	encoded := map[*tally][]byte{}
	names, targets := make([][]byte, len(s.run.measures)), make([][]byte, len(s.run.measures))
	for i, m := range s.run.measures {
		names[i] = strconv.AppendQuote(nil, m.Name)
		targets[i] = []byte("null")
		if m.Target != nil {
			targets[i] = appendNumber(nil, *m.Target)
		}
	}
	var failed error
	var line, start []byte
	at, before := -1, "\n"
	s.each(func(bucket int, g *tally, sums []sum) bool {
		if bucket != at {
			at = bucket
			start = append(s.run.buckets.starts[bucket].AppendFormat(append(start[:0], `{"bucket":"`...), time.RFC3339Nano), `","group":`...)
		}
		if encoded[g] == nil {
			if encoded[g], failed = json.Marshal(s.run.named(g.key)); failed != nil {
				return false
			}
		}
		for i := range s.run.measures {
			f := s.run.measures[i].figure(sums[i])
			line = append(append(append(line[:0], before...), start...), encoded[g]...)
			line = append(append(line, `,"measure":`...), names[i]...)
			line = appendNumber(append(line, `,"numerator":`...), f.numerator)
			line = append(line, `,"denominator":`...)
			line = appendKnown(line, f.denominator, f.divided)
			line = append(line, `,"value":`...)
			line = appendKnown(line, f.value, f.known)
			line = append(append(append(line, `,"target":`...), targets[i]...), '}')
			if _, failed = out.Write(line); failed != nil {
				return false
			}
			before = ",\n"
		}
		return true
	})
	return failed
}

func appendKnown(b []byte, v float64, known bool) []byte {
	if !known {
		return append(b, "null"...)
	}
	return appendNumber(b, v)
}

// appendNumber writes a number as JSON has it.
func appendNumber(b []byte, v float64) []byte {
	if whole := math.Trunc(v); whole == v && math.Abs(v) < 1<<53 {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}
