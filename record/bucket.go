package record

import (
	"fmt"
	"slices"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// By is the length of the periods that figures are given for (K9).
type By string

// The periods, in French civil time: a day of a clock change has 23 or 25 hours, a week begins on Monday (ISO 8601).
const (
	ByMonth    By = "month"
	ByWeek     By = "week"
	ByDay      By = "day"
	ByHour     By = "hour"
	ByHalfHour By = "half-hour"
)

// Bys lists the periods, the longest first.
func Bys() []By { return []By{ByMonth, ByWeek, ByDay, ByHour, ByHalfHour} }

// start gives the beginning of the period that holds t, and the beginning of the next one. No period: both zero.
func (b By) start(t time.Time) (from, to time.Time) {
	y, m, d := t.Date()
	day := func(d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, t.Location()) }
	switch b {
	case ByMonth:
		return day(1), time.Date(y, m+1, 1, 0, 0, 0, 0, t.Location())
	case ByWeek:
		monday := d - (int(t.Weekday())+6)%7
		return day(monday), day(monday + 7)
	case ByDay:
		return day(d), day(d + 1)
	case ByHour:
		return truncated(t, time.Hour)
	case ByHalfHour:
		return truncated(t, 30*time.Minute)
	}
	return time.Time{}, time.Time{}
}

// truncated cuts to d, a part of an hour: in elapsed time, so that the hour that comes twice in October is two. (French offsets are whole hours.)
func truncated(t time.Time, d time.Duration) (from, to time.Time) {
	from = t.Truncate(d)
	return from, from.Add(d)
}

// buckets are the periods from one moment to another, in order, the first and the last cut to them.
type buckets struct {
	starts []time.Time
	bounds []string // starts as stored, then the end
}

// maxBuckets keeps a slip of the keyboard in --from from filling the memory: half-hours of twenty years.
const maxBuckets = 20 * 366 * 48

func newBuckets(by By, from, to time.Time) (*buckets, error) {
	b := &buckets{}
	for t := from; t.Before(to); {
		if len(b.starts) == maxBuckets {
			return nil, fmt.Errorf("record: more than %d periods between %s and %s: choose a shorter span or longer periods", maxBuckets,
				from.Format(time.DateOnly), to.Format(time.DateOnly))
		}
		b.starts = append(b.starts, t)
		b.bounds = append(b.bounds, store.FormatTime(t))
		if by == "" {
			break
		}
		_, t = by.start(t)
	}
	b.bounds = append(b.bounds, store.FormatTime(to))
	return b, nil
}

// find gives the period of a stored time, sought from another one on. Stored times order as text, and calls come in their order.
func (b *buckets) find(near int, at []byte) int {
	if string(at) < b.bounds[near] || near+8 < len(b.starts) && string(at) >= b.bounds[near+8] { // far away
		near, _ = slices.BinarySearchFunc(b.bounds[1:len(b.starts)], at, func(bound string, at []byte) int {
			if bound <= string(at) {
				return -1
			}
			return 1
		})
	}
	for near < len(b.starts)-1 && string(at) >= b.bounds[near+1] {
		near++
	}
	return near
}
