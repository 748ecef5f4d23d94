package record

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// statsColumns are all that figures need of a call, in one text: columns one by one cost more than all the rest (BenchmarkStats). First the
// moment, then words that are the same in many calls, each between commas, then the duration, and flags and small numbers in one.
const (
	statsColumns = `started_at || statuses || COALESCE(region, '') || ',' || origin || ',' || COALESCE(duration_ms, -1) || ',' || (` + packed + `)`
	packed       = `CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END + CASE WHEN welcomed THEN 2 ELSE 0 END + CASE WHEN place_asked THEN 4 ELSE 0 END
		+ CASE WHEN place_found THEN 8 ELSE 0 END + CASE WHEN wait_ms IS NULL THEN 0 ELSE 16 END + CASE WHEN incident_link IS NULL THEN 0 ELSE 32 END
		+ 64 * (COALESCE(rating + 1, 0) + 1000 * (COALESCE(place_tries, 0) + 1000 * (sms_sent + 1000 * searches)))`
)

func (r *statsRun) read(ctx context.Context, db *store.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT "+statsColumns+" FROM calls WHERE started_at >= $1 AND started_at < $2 AND line = 'production' ORDER BY started_at",
		store.FormatTime(r.q.From), store.FormatTime(r.q.To))
	if err != nil {
		return err
	}
	defer rows.Close()
	words := words{}
	for rows.Next() {
		var text sql.RawBytes
		if err := rows.Scan(&text); err != nil {
			return err
		}
		at, t, err := words.unpack(text)
		if err != nil {
			return err
		}
		r.calls = append(r.calls, t)
		r.add(r.buckets.find(at), int32(len(r.calls)-1)) //nolint:gosec // two thousand million calls
	}
	return errors.Join(rows.Err(), rows.Close())
}

// words keeps what the words of a call mean; there are few combinations.
type words map[string]tallied

// unpack reads what statsColumns gives.
func (w words) unpack(text []byte) (at []byte, t tallied, err error) {
	bad := func() ([]byte, tallied, error) {
		return nil, t, fmt.Errorf("record: a call's figures are unreadable: %q", text)
	}
	const moment = len("2006-01-02T15:04:05.000000Z")
	last := bytes.LastIndexByte(text, ',')
	if last < moment {
		return bad()
	}
	before := bytes.LastIndexByte(text[:last], ',')
	if before < moment {
		return bad()
	}
	said := text[moment:before]
	t, ok := w[string(said)]
	if !ok {
		parts := strings.Split(string(said), ",")
		if len(parts) < 3 {
			return bad()
		}
		t.region, t.origin = parts[len(parts)-2], parts[len(parts)-1]
		for _, s := range parts[:len(parts)-2] {
			t.statuses |= statusBits[Status(s)]
		}
		w[string(said)] = t
	}
	ms, err := strconv.ParseInt(string(text[before+1:last]), 10, 64)
	if err != nil {
		return bad()
	}
	if ms >= 0 {
		t.timed, t.seconds = true, float64(ms)/1000
	}
	n, err := strconv.ParseInt(string(text[last+1:]), 10, 64)
	if err != nil {
		return bad()
	}
	t.answered, t.welcomed, t.asked, t.found, t.waited, t.incident = n&1 != 0, n&2 != 0, n&4 != 0, n&8 != 0, n&16 != 0, n&32 != 0
	n >>= 6
	if rating := n % 1000; rating > 0 {
		t.rated, t.rating = true, rating-1
	}
	t.tries, t.sms, t.searches = n/1000%1000, n/1_000_000%1000, n/1_000_000_000
	return text[:moment], t, nil
}

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
