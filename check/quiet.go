package check

import "time"

// Quiet tells whether a moment is in the hours from to to, minutes of the day by the clocks of a place; to may be on the next day. Equal
// ends are no hours at all.
func Quiet(from, to int, in *time.Location) func(time.Time) bool {
	return func(at time.Time) bool {
		at = at.In(in)
		now := at.Hour()*60 + at.Minute()
		if from <= to {
			return from <= now && now < to
		}
		return now >= from || now < to
	}
}
