package record

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	key   groupKey
	cells []cell // those with calls, in the order of time
}

// cell is one period of a group.
type cell struct {
	bucket int
	calls  []int32 // of statsRun.calls
}

// statsRun is one Query being answered: calls are read once, and put where they count; what they add to each measure is computed when the
// figures are written.
type statsRun struct {
	q            Query
	measures     []Measure
	availability int // its place among measures; -1: not asked for
	buckets      *buckets
	calls        []tallied
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
	if err := r.read(ctx, db); err != nil {
		return Stats{}, fmt.Errorf("record: reading calls: %w", db.Explain(err))
	}
	now := q.Now
	if now.IsZero() {
		now = time.Now()
	}
	minutes, err := r.countAvailability(ctx, db, now)
	if err != nil {
		return Stats{}, fmt.Errorf("record: reading the minutes of availability: %w", db.Explain(err))
	}
	return r.stats(minutes), nil
}

const statsColumns = `started_at, answered_at IS NOT NULL, welcomed, duration_ms, statuses, COALESCE(region, ''), origin, place_asked, place_found,
	COALESCE(place_tries, 0), sms_sent, searches, rating, wait_ms IS NOT NULL, incident_link IS NOT NULL`

func (r *statsRun) read(ctx context.Context, db *store.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT "+statsColumns+" FROM calls WHERE started_at >= $1 AND started_at < $2 AND line = 'production' ORDER BY started_at",
		store.FormatTime(r.q.From), store.FormatTime(r.q.To))
	if err != nil {
		return err
	}
	defer rows.Close()
	words := words{} // there are few combinations
	for rows.Next() {
		var at, statuses, region, origin sql.RawBytes
		var t tallied
		var ms, rating *int64
		err := rows.Scan(&at, &t.answered, &t.welcomed, &ms, &statuses, &region, &origin, &t.asked, &t.found, &t.tries, &t.sms, &t.searches, &rating,
			&t.waited, &t.incident)
		if err != nil {
			return err
		}
		if ms != nil {
			t.timed, t.seconds = true, float64(*ms)/1000
		}
		if rating != nil {
			t.rated, t.rating = true, *rating
		}
		t.statuses, t.region, t.origin = words.statuses(statuses), words.of(region), words.of(origin)
		r.calls = append(r.calls, t)
		r.add(r.buckets.find(at), int32(len(r.calls)-1)) //nolint:gosec // two thousand million calls
	}
	return errors.Join(rows.Err(), rows.Close())
}

// words keeps each text of a column once.
type words map[string]struct {
	text string
	set  statusSet
}

func (w words) of(b []byte) string {
	known, ok := w[string(b)]
	if !ok {
		known.text = string(b)
		for _, s := range splitStatuses(known.text) {
			known.set |= statusBits[s]
		}
		w[known.text] = known
	}
	return known.text
}

func (w words) statuses(b []byte) statusSet { return w[w.of(b)].set }

// add puts a call in its group, or under each of its statuses. Calls come in the order of time.
func (r *statsRun) add(bucket int, call int32) {
	t := &r.calls[call]
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
		r.group(key).add(bucket, call)
		return
	}
	for i, s := range AllStatuses() {
		if t.is(1 << i) {
			key[byStatus] = string(s)
			r.group(key).add(bucket, call)
		}
	}
}

func (r *statsRun) group(key groupKey) *tally {
	g := r.groups[key]
	if g == nil {
		g = &tally{key: key}
		r.groups[key] = g
	}
	return g
}

func (g *tally) add(bucket int, call int32) {
	if n := len(g.cells); n == 0 || g.cells[n-1].bucket != bucket {
		g.cells = append(g.cells, cell{bucket: bucket})
	}
	last := &g.cells[len(g.cells)-1]
	last.calls = append(last.calls, call)
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
