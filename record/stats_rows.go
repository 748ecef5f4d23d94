package record

import (
	"iter"
	"math"
	"slices"
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
	for i, g := range out.groups {
		g.index = i
	}
	out.zeros = len(r.q.Group) == 0 || len(r.buckets.starts)*len(out.groups)*len(r.measures) <= maxZeros
	return out
}

// Len is how many rows there are.
func (s Stats) Len() int {
	if s.run == nil {
		return 0
	}
	cells := len(s.run.buckets.starts) * len(s.groups)
	if !s.zeros {
		cells = 0
		for _, g := range s.groups {
			cells += len(g.buckets)
		}
	}
	return cells * len(s.run.measures)
}

// each gives the sums of every measure, period by period (those from one to another) and group by group; what it gives is overwritten at the
// next step.
func (s Stats) each(from, to int, yield func(bucket int, g *tally, sums []sum) bool) {
	r := s.run
	sums := make([]sum, len(r.measures))
	next := make([]int, len(s.groups)) // period with calls of each group
	for i, g := range s.groups {
		next[i], _ = slices.BinarySearch(g.buckets, int32(from)) //nolint:gosec // at most maxBuckets
	}
	for bucket := from; bucket < to; bucket++ {
		for i, g := range s.groups {
			n := next[i]
			here := n < len(g.buckets) && int(g.buckets[n]) == bucket
			if !here && !s.zeros {
				continue
			}
			clear(sums)
			if here {
				r.sum(sums, g.in(n))
				next[i]++
			}
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
func (r *statsRun) sum(sums []sum, calls []call) {
	for _, c := range calls {
		k := &r.kinds[c.kind]
		adds := k.adds[:len(sums)]
		for i := range sums {
			sums[i].numerator += adds[i].numerator
			sums[i].denominator += adds[i].denominator
		}
		for _, t := range k.timed {
			sums[t.measure].numerator += t.perSecond * (float64(c.ms) / 1000)
		}
	}
}

// Rows gives the figures: period by period, group by group, measure by measure.
func (s Stats) Rows() iter.Seq[StatsRow] {
	return func(yield func(StatsRow) bool) {
		if s.run == nil {
			return
		}
		s.each(0, len(s.run.buckets.starts), func(bucket int, g *tally, sums []sum) bool {
			for i, m := range s.run.measures {
				if !yield(m.row(s.run.buckets.starts[bucket], g.named, sums[i])) {
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
