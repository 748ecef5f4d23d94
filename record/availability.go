package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// The hours of the day, in civil time, in which availability is measured (K12, T9).
const (
	watchFrom = 6
	watchTo   = 21
)

// Beat notes that the service runs in the minute of at, and whether it could take calls. The first word on a minute that was not open
// stands: a minute with an interruption is not available.
func Beat(ctx context.Context, db *store.DB, at time.Time, open bool, reason string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO availability (minute, open, reason) VALUES ($1, $2, $3) ON CONFLICT (minute) DO UPDATE
		SET open = availability.open AND excluded.open, reason = CASE WHEN availability.open THEN excluded.reason ELSE availability.reason END`,
		store.FormatTime(at.Truncate(time.Minute)), open, reason)
	if err != nil {
		return fmt.Errorf("record: noting that the service runs: %w", err)
	}
	return nil
}

// availability is the measure `disponibilite`: of the minutes between 6:00 and 21:00, those in which calls could be taken. It is counted
// from the first minute ever noted to now, for every group of calls alike, so it is given only where calls are not grouped.
var availability = Measure{Name: "disponibilite", Label: "Disponibilité de 6 h à 21 h", Unit: Rate, Target: target(0.998)}

// addAvailability counts the minutes of each period.
func (r *statsRun) addAvailability(ctx context.Context, db *store.DB, now time.Time) error {
	index := -1
	for i, m := range r.measures {
		if m.Name == availability.Name {
			index = i
		}
	}
	if index < 0 || len(r.q.Group) > 0 {
		return nil
	}
	var first sql.NullString
	if err := db.QueryRowContext(ctx, "SELECT MIN(minute) FROM availability").Scan(&first); err != nil {
		return err
	}
	if !first.Valid {
		return nil
	}
	begin, err := store.ParseTime(first.String)
	if err != nil {
		return err
	}
	sums := func(bucket int) *sum { return &r.group(groupKey{}).sums[bucket*len(r.measures)+index] }
	// The minute that is going on is not over: nothing is said of it.
	from, to := later(r.q.From, begin), earlier(r.q.To, now.Truncate(time.Minute))
	for i, start := range r.buckets.starts {
		end := r.q.To
		if i+1 < len(r.buckets.starts) {
			end = r.buckets.starts[i+1]
		}
		sums(i).denominator = watched(later(start, from), earlier(end, to))
	}
	rows, err := db.QueryContext(ctx, "SELECT minute FROM availability WHERE minute >= $1 AND minute < $2 AND open ORDER BY minute", store.FormatTime(from), store.FormatTime(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	r.buckets.last = 0
	for rows.Next() {
		var minute string
		if err := rows.Scan(&minute); err != nil {
			return err
		}
		at, err := store.ParseTime(minute)
		if err != nil {
			return err
		}
		if h := at.In(r.q.From.Location()).Hour(); h >= watchFrom && h < watchTo {
			sums(r.buckets.find(minute)).numerator++
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// watched counts the minutes between 6:00 and 21:00 from one moment to another, both whole minutes.
func watched(from, to time.Time) float64 {
	var minutes float64
	for y, m, d := from.Date(); ; d++ {
		opens, closes := time.Date(y, m, d, watchFrom, 0, 0, 0, from.Location()), time.Date(y, m, d, watchTo, 0, 0, 0, from.Location())
		if !opens.Before(to) {
			return minutes
		}
		if a, b := later(from, opens), earlier(to, closes); a.Before(b) {
			minutes += b.Sub(a).Minutes()
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.In(a.Location())
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b.In(a.Location())
	}
	return a
}
