package record

import (
	"context"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Allowances of interruption (T9), in minutes of the watched hours.
const (
	WeekAllowance = 4 * 60
	YearAllowance = 10 * 60
)

// Interruptions are the watched minutes (6:00 to 21:00) of a span in which calls could not be taken.
type Interruptions struct {
	Watched int // minutes that are over, from the first one ever noted
	Open    int
	Longest int       // minutes in a row, over the nights too when it was closed at 21:00 and at 6:00
	At      time.Time // its first minute; zero: no interruption
}

// Closed is how many minutes were not open.
func (i Interruptions) Closed() int { return i.Watched - i.Open }

// ComputeInterruptions counts the minutes from ≤ minute < to that are over at now, in the civil time of from's location.
func ComputeInterruptions(ctx context.Context, db *store.DB, from, to, now time.Time) (Interruptions, error) {
	var out Interruptions
	open, first, err := openMinutes(ctx, db, from, to)
	if err != nil {
		return out, fmt.Errorf("record: reading the minutes of availability: %w", db.Explain(err))
	}
	if first.IsZero() {
		return out, nil
	}
	last := earlier(to, now.Truncate(time.Minute))
	row, since := 0, time.Time{}
	for at := later(from, first).Truncate(time.Minute); at.Before(last); at = at.Add(time.Minute) {
		if h := at.Hour(); h < watchFrom || h >= watchTo {
			continue
		}
		out.Watched++
		if open[at.Unix()/3600]&(1<<at.Minute()) != 0 {
			out.Open++
			row = 0
			continue
		}
		if row++; row == 1 {
			since = at
		}
		if row > out.Longest {
			out.Longest, out.At = row, since
		}
	}
	return out, nil
}
