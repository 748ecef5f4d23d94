package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// The hours of the day, in civil time, in which availability is measured (K12, T9).
const (
	watchFrom = 6
	watchTo   = 21
)

// Beat notes that the service runs in the minute of at, and whether it could take calls. A minute with an interruption is not available,
// whatever else was noted in it; the first reason stands.
func Beat(ctx context.Context, db *store.DB, at time.Time, open bool, reason string) error {
	minute := at.UTC().Truncate(time.Minute)
	var opened, closed int64
	if open {
		opened = 1 << minute.Minute()
	} else {
		closed = 1 << minute.Minute()
	}
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO availability_hours (hour, open, closed) VALUES ($1, $2, $3) ON CONFLICT (hour) DO UPDATE
			SET open = availability_hours.open | excluded.open, closed = availability_hours.closed | excluded.closed`,
			store.FormatTime(minute.Truncate(time.Hour)), opened, closed)
		if err != nil || open {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO availability_closed (minute, reason) VALUES ($1, $2) ON CONFLICT (minute) DO NOTHING", store.FormatTime(minute), reason)
		return err
	})
	if err != nil {
		return fmt.Errorf("record: noting that the service runs: %w", err)
	}
	return nil
}

// minutes are the minutes of an hour, as bits.
type minutes uint64

const wholeHour minutes = 1<<60 - 1

// between keeps the minutes of the hour that begins at hour which are in from ≤ t < to.
func (m minutes) between(hour, from, to time.Time) minutes {
	if skip := int((from.Sub(hour) + time.Minute - 1) / time.Minute); skip > 0 {
		m &^= 1<<min(skip, 60) - 1
	}
	if keep := int((to.Sub(hour) + time.Minute - 1) / time.Minute); keep < 60 {
		m &= 1<<max(keep, 0) - 1
	}
	return m
}

func (m minutes) count() int { return bits.OnesCount64(uint64(m)) }

// openMinutes are the minutes in which calls could be taken, by the Unix time of their hour in hours; first is the first minute ever noted,
// zero when there is none.
func openMinutes(ctx context.Context, db *store.DB, from, to time.Time) (open map[int64]minutes, first time.Time, err error) {
	open = map[int64]minutes{}
	err = eachHour(ctx, db, "hour >= $1 AND hour < $2", func(hour time.Time, o, c minutes) { open[hour.Unix()/3600] = o &^ c },
		store.FormatTime(from.UTC().Truncate(time.Hour)), store.FormatTime(to))
	if err != nil {
		return nil, first, err
	}
	err = eachHour(ctx, db, "hour = (SELECT MIN(hour) FROM availability_hours WHERE open <> 0 OR closed <> 0)", func(hour time.Time, o, c minutes) {
		first = hour.Add(time.Duration(bits.TrailingZeros64(uint64(o|c))) * time.Minute)
	})
	return open, first, err
}

func eachHour(ctx context.Context, db *store.DB, where string, f func(hour time.Time, open, closed minutes), args ...any) error {
	rows, err := db.QueryContext(ctx, "SELECT hour, open, closed FROM availability_hours WHERE "+where, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var open, closed int64
		if err := rows.Scan(&text, &open, &closed); err != nil {
			return err
		}
		hour, err := store.ParseTime(text)
		if err != nil {
			return err
		}
		f(hour, minutes(open), minutes(closed)) //nolint:gosec // bits
	}
	return errors.Join(rows.Err(), rows.Close())
}

// availability is the measure `disponibilite`: of the minutes between 6:00 and 21:00, those in which calls could be taken. It is counted
// from the first minute ever noted to now, for every group of calls alike, so it is given only where calls are not grouped.
var availability = Measure{Name: "disponibilite", Label: "Disponibilité de 6 h à 21 h", Unit: Rate, Target: target(0.998)}

// countAvailability counts the minutes of each period; nil where they are not asked for, or none was ever noted.
func (r *statsRun) countAvailability(ctx context.Context, db *store.DB, now time.Time) ([]sum, error) {
	if r.availability < 0 || len(r.q.Group) > 0 {
		return nil, nil
	}
	open, first, err := openMinutes(ctx, db, r.q.From, r.q.To)
	if err != nil || first.IsZero() {
		return nil, err
	}
	// The minute that is going on is not over: nothing is said of it.
	from, to := later(r.q.From, first), earlier(r.q.To, now.Truncate(time.Minute))
	sums := make([]sum, len(r.buckets.starts))
	for i, start := range r.buckets.starts {
		end := r.q.To
		if i+1 < len(r.buckets.starts) {
			end = r.buckets.starts[i+1]
		}
		start, end = later(start, from), earlier(end, to)
		sums[i].denominator = watched(start, end)
		for hour := start.Truncate(time.Hour); hour.Before(end); hour = hour.Add(time.Hour) {
			if h := hour.Hour(); h >= watchFrom && h < watchTo {
				sums[i].numerator += float64(open[hour.Unix()/3600].between(hour, start, end).count())
			}
		}
	}
	return sums, nil
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
