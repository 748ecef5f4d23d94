package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Group is what figures may be told apart by (K9).
type Group string

// The groups. A call counts under each of its statuses, so the groups of GroupStatus overlap.
const (
	GroupStatus Group = "status"
	GroupRegion Group = "region"
	GroupOrigin Group = "origin"
	GroupLine   Group = "line"
)

// Groups lists the groups.
func Groups() []Group { return []Group{GroupStatus, GroupRegion, GroupOrigin, GroupLine} }

// Query chooses figures.
type Query struct {
	From, To time.Time // From ≤ started_at < To; both in the location whose civil time the periods follow
	By       By        // "": one period
	Group    []Group   // none: all calls together
	Measures []string  // none: all
	Now      time.Time // what is later has not happened yet; zero: the clock's
}

// StatsRow is one figure. Value is null where the denominator is 0, Denominator where the measure is a count or a sum.
type StatsRow struct {
	Bucket      time.Time         `json:"bucket"` // the period's beginning
	Group       map[Group]*string `json:"group"`  // null: unknown
	Measure     string            `json:"measure"`
	Numerator   *float64          `json:"numerator"`
	Denominator *float64          `json:"denominator"`
	Value       *float64          `json:"value"`
	Target      *float64          `json:"target"`

	Label  string `json:"-"`
	Unit   Unit   `json:"-"`
	AtMost bool   `json:"-"`
}

// ErrQuery is wrapped by errors of a Query that can't be answered.
var ErrQuery = errors.New("wrong question")

// chosen gives the measures of a query in the order of reports.
func (q Query) chosen() ([]Measure, error) {
	all := Measures()
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
	}
	for _, name := range q.Measures {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%w: the measure %q is unknown; known are %s", ErrQuery, name, strings.Join(names, ", "))
		}
	}
	var out []Measure
	for _, m := range all {
		if len(q.Measures) > 0 && !slices.Contains(q.Measures, m.Name) {
			continue
		}
		if m.Name == availability.Name && len(q.Group) > 0 {
			continue
		}
		if m.Name == durationByStatus.Name && slices.Contains(q.Group, GroupStatus) {
			m = durationByStatus
		}
		out = append(out, m)
	}
	return out, nil
}

// Validate tells what is wrong with the question; the error wraps ErrQuery.
func (q Query) Validate() error {
	if _, err := q.chosen(); err != nil {
		return err
	}
	if q.By != "" && !slices.Contains(Bys(), q.By) {
		return fmt.Errorf("%w: the period %q is unknown; known are %s", ErrQuery, q.By, joined(Bys()))
	}
	for i, g := range q.Group {
		if !slices.Contains(Groups(), g) {
			return fmt.Errorf("%w: the group %q is unknown; known are %s", ErrQuery, g, joined(Groups()))
		}
		if slices.Contains(q.Group[:i], g) {
			return fmt.Errorf("%w: the group %q is given twice", ErrQuery, g)
		}
	}
	if !q.From.Before(q.To) {
		return fmt.Errorf("%w: the span ends (%s) before it begins (%s)", ErrQuery, q.To.Format(time.RFC3339), q.From.Format(time.RFC3339))
	}
	return nil
}

func joined[T ~string](words []T) string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

// groupKey is the group of a call: one value for each Group asked for.
type groupKey [4]string

// tally holds the calls of one group, period by period.
type tally struct {
	key     groupKey
	named   map[Group]*string
	index   int     // among the groups, in their order
	buckets []int32 // periods with calls, in order
	ends    []int32 // of the calls of each of these periods
	calls   []call
}

// call is what figures need of a call: its kind, and the milliseconds that it was answered.
type call struct {
	kind int32
	ms   int64
}

// kind is what calls of one kind add to each measure: they are alike in everything but their duration. There are far fewer kinds than calls.
type kind struct {
	groups []*tally // where they count
	adds   []sum    // by measure
	timed  []timed
}

// timed is what each second of a call adds to the numerator of a measure.
type timed struct {
	measure   int
	perSecond float64
}

// statsRun is one Query being answered: calls are read once, and put where they count; what they add to each measure is computed when the
// figures are written.
type statsRun struct {
	q            Query
	measures     []Measure
	availability int // its place among measures; -1: not asked for
	buckets      *buckets
	kinds        []kind
	groups       map[groupKey]*tally
}

// ComputeStats answers q from the table of calls, in one pass. Calls of other lines than production are not counted, whatever is asked (T1).
// Groups without a call in the whole span have no rows; every other group has one for each period and measure, its zeros left out
// where they would make more than maxZeros rows. Errors wrap ErrQuery when the question is wrong.
func ComputeStats(ctx context.Context, db *store.DB, q Query) (Stats, error) {
	if err := q.Validate(); err != nil {
		return Stats{}, err
	}
	chosen, err := q.chosen()
	if err != nil {
		return Stats{}, err
	}
	b, err := newBuckets(q.By, q.From, q.To)
	if err != nil {
		return Stats{}, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	r := &statsRun{q: q, measures: chosen, buckets: b, groups: map[groupKey]*tally{},
		availability: slices.IndexFunc(chosen, func(m Measure) bool { return m.Name == availability.Name })}
	if len(q.Group) == 0 {
		r.group(groupKey{}) // a span without calls has its zeros
	}
	now := q.Now
	if now.IsZero() {
		now = time.Now()
	}
	var wg sync.WaitGroup
	var minutes []sum
	var failed error
	wg.Go(func() { minutes, failed = r.countAvailability(ctx, db, now) })
	found, err := readFigures(ctx, db, b, q.From, q.To)
	wg.Wait()
	if err != nil {
		return Stats{}, fmt.Errorf("record: reading calls: %w", db.Explain(err))
	}
	if failed != nil {
		return Stats{}, fmt.Errorf("record: reading the minutes of availability: %w", db.Explain(failed))
	}
	r.add(found)
	return r.stats(minutes), nil
}

// add puts calls in their groups; they come in the order of time.
func (r *statsRun) add(found figures) {
	r.kinds = make([]kind, len(found.kinds))
	for i := range found.kinds {
		r.kinds[i] = r.kind(&found.kinds[i])
	}
	for _, part := range found.parts {
		for _, c := range part {
			for _, g := range r.kinds[c.kind].groups {
				g.add(c.bucket, c.call)
			}
		}
	}
}

// kind computes what calls like t add. Measures are sums, and none but those of time depends on the seconds: one of these grows evenly with them.
func (r *statsRun) kind(t *tallied) kind {
	k := kind{groups: r.groupsOf(t), adds: make([]sum, len(r.measures))}
	long := *t
	t.seconds, long.seconds = 0, 60
	for i, m := range r.measures {
		if m.numerator == nil {
			continue
		}
		k.adds[i].numerator = m.numerator(t)
		if per := (m.numerator(&long) - k.adds[i].numerator) / 60; per != 0 {
			k.timed = append(k.timed, timed{measure: i, perSecond: per})
		}
		if m.denominator != nil {
			k.adds[i].denominator = m.denominator(t)
		}
	}
	return k
}

// groupsOf gives the group of calls like t, or those of each of their statuses.
func (r *statsRun) groupsOf(t *tallied) []*tally {
	var key groupKey
	byStatus := -1
	for i, g := range r.q.Group {
		switch g {
		case GroupRegion:
			key[i] = t.region
		case GroupOrigin:
			key[i] = t.origin
		case GroupLine:
			key[i] = "production"
		case GroupStatus:
			byStatus = i
		}
	}
	if byStatus < 0 {
		return []*tally{r.group(key)}
	}
	var out []*tally
	for i, s := range AllStatuses() {
		if t.is(1 << i) {
			key[byStatus] = string(s)
			out = append(out, r.group(key))
		}
	}
	return out
}

func (r *statsRun) group(key groupKey) *tally {
	g := r.groups[key]
	if g == nil {
		g = &tally{key: key, named: map[Group]*string{}}
		for i, name := range r.q.Group {
			g.named[name] = nil
			if key[i] != "" {
				g.named[name] = &g.key[i]
			}
		}
		r.groups[key] = g
	}
	return g
}

func (g *tally) add(bucket int32, c call) {
	g.calls = append(g.calls, c)
	end := int32(len(g.calls)) //nolint:gosec // two thousand million calls
	if n := len(g.buckets); n > 0 && g.buckets[n-1] == bucket {
		g.ends[n-1] = end
		return
	}
	g.buckets, g.ends = append(g.buckets, bucket), append(g.ends, end)
}

// in gives the calls of the period at place i of buckets.
func (g *tally) in(i int) []call {
	from := int32(0)
	if i > 0 {
		from = g.ends[i-1]
	}
	return g.calls[from:g.ends[i]]
}

// compare puts statuses in their own order and the rest in that of the alphabet, the unknown last.
func (r *statsRun) compare(a, b groupKey) int {
	for i, g := range r.q.Group {
		if a[i] == b[i] {
			continue
		}
		if g == GroupStatus {
			return cmp.Compare(statusBits[Status(a[i])], statusBits[Status(b[i])])
		}
		if (a[i] == "") != (b[i] == "") {
			return cmp.Compare(len(b[i]), len(a[i]))
		}
		return cmp.Compare(a[i], b[i])
	}
	return 0
}
