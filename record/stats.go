package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
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

// Stats are figures; their JSON is that of contracts `stats`.
type Stats struct {
	From  time.Time  `json:"from"`
	To    time.Time  `json:"to"` // the first moment after
	By    *By        `json:"by"`
	Group *string    `json:"group"` // with a comma between several
	Rows  []StatsRow `json:"rows"`
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

// tally sums the measures of one group, period by period.
type tally struct {
	key  groupKey
	sums []sum // period × measure
}

type sum struct{ numerator, denominator float64 }

// statsRun is one Query being answered.
type statsRun struct {
	q        Query
	measures []Measure
	buckets  *buckets
	groups   map[groupKey]*tally
	of       []sum // of the call being counted
}

// ComputeStats answers q from the table of calls, in one pass. Calls of other lines than production are not counted, whatever is asked (T1).
// Groups without a call in the whole span have no rows; every other group has one for each period and measure. Errors wrap ErrQuery when
// the question is wrong.
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
	r := &statsRun{q: q, measures: chosen, buckets: b, groups: map[groupKey]*tally{}, of: make([]sum, len(chosen))}
	if len(q.Group) == 0 {
		r.group(groupKey{}) // a span without calls has its zeros
	}
	if err := r.read(ctx, db); err != nil {
		return Stats{}, fmt.Errorf("record: reading calls: %w", db.Explain(err))
	}
	now := q.Now
	if now.IsZero() {
		now = time.Now()
	}
	if err := r.addAvailability(ctx, db, now); err != nil {
		return Stats{}, fmt.Errorf("record: reading the minutes of availability: %w", db.Explain(err))
	}
	return r.stats(), nil
}

const statsColumns = `started_at, answered_at IS NOT NULL, welcomed, duration_ms, statuses, COALESCE(region, ''), origin, place_asked, place_found,
	COALESCE(place_tries, 0), sms_sent, searches, rating`

func (r *statsRun) read(ctx context.Context, db *store.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT "+statsColumns+" FROM calls WHERE started_at >= $1 AND started_at < $2 AND line = 'production' ORDER BY started_at",
		store.FormatTime(r.q.From), store.FormatTime(r.q.To))
	if err != nil {
		return err
	}
	defer rows.Close()
	sets := map[string]statusSet{} // as stored → bits: there are few combinations
	for rows.Next() {
		var at, statuses string
		var t tallied
		var ms, rating *int64
		err := rows.Scan(&at, &t.answered, &t.welcomed, &ms, &statuses, &t.region, &t.origin, &t.asked, &t.found, &t.tries, &t.sms, &t.searches, &rating)
		if err != nil {
			return err
		}
		if ms != nil {
			t.timed, t.seconds = true, float64(*ms)/1000
		}
		if rating != nil {
			t.rated, t.rating = true, *rating
		}
		set, ok := sets[statuses]
		if !ok {
			for _, s := range splitStatuses(statuses) {
				set |= statusBits[s]
			}
			sets[statuses] = set
		}
		t.statuses = set
		r.add(r.buckets.find(at), &t)
	}
	return errors.Join(rows.Err(), rows.Close())
}

// add counts a call in its group, or under each of its statuses.
func (r *statsRun) add(bucket int, t *tallied) {
	r.measure(t)
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
		r.group(key).add(bucket, r.of)
		return
	}
	for _, s := range AllStatuses() {
		if t.is(statusBits[s]) {
			key[byStatus] = string(s)
			r.group(key).add(bucket, r.of)
		}
	}
}

func (r *statsRun) group(key groupKey) *tally {
	g := r.groups[key]
	if g == nil {
		g = &tally{key: key, sums: make([]sum, len(r.buckets.starts)*len(r.measures))}
		r.groups[key] = g
	}
	return g
}

func (g *tally) add(bucket int, of []sum) {
	sums := g.sums[bucket*len(of):][:len(of)]
	for i, s := range of {
		sums[i].numerator += s.numerator
		sums[i].denominator += s.denominator
	}
}

// measure computes every measure of one call, once for all the groups that it stands in.
func (r *statsRun) measure(t *tallied) {
	for i := range r.measures {
		r.of[i] = sum{}
		if m := &r.measures[i]; m.numerator != nil {
			r.of[i].numerator = m.numerator(t)
			if m.denominator != nil {
				r.of[i].denominator = m.denominator(t)
			}
		}
	}
}

// stats makes rows: period by period, group by group, measure by measure.
func (r *statsRun) stats() Stats {
	out := Stats{From: r.q.From, To: r.q.To, Rows: []StatsRow{}}
	if r.q.By != "" {
		out.By = &r.q.By
	}
	if len(r.q.Group) > 0 {
		out.Group = new(string)
		*out.Group = strings.ReplaceAll(joined(r.q.Group), ", ", ",")
	}
	groups := make([]*tally, 0, len(r.groups))
	for _, g := range r.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *tally) int { return r.compare(a.key, b.key) })
	for i, start := range r.buckets.starts {
		for _, g := range groups {
			named := r.named(g.key)
			for j, m := range r.measures {
				out.Rows = append(out.Rows, m.row(start, named, g.sums[i*len(r.measures)+j]))
			}
		}
	}
	return out
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

func (r *statsRun) named(key groupKey) map[Group]*string {
	out := map[Group]*string{}
	for i, g := range r.q.Group {
		out[g] = nil
		if key[i] != "" {
			out[g] = &key[i]
		}
	}
	return out
}

func (m Measure) row(start time.Time, group map[Group]*string, s sum) StatsRow {
	row := StatsRow{Bucket: start, Group: group, Measure: m.Name, Numerator: rounded(s.numerator), Target: m.Target, Label: m.Label, Unit: m.Unit, AtMost: m.AtMost}
	switch {
	case m.Unit == Count, m.Unit == Minutes:
		row.Value = row.Numerator
	default:
		row.Denominator = rounded(s.denominator)
		if s.denominator > 0 {
			row.Value = rounded(s.numerator / s.denominator)
		}
	}
	return row
}

// rounded drops what only the order of additions decided.
func rounded(v float64) *float64 {
	v = math.Round(v*1e6) / 1e6
	return &v
}
