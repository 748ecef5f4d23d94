package workshop

import (
	"fmt"
	"time"
)

// Date is a civil date in Europe/Paris, without an hour. The zero Date is unknown: null in JSON, an empty cell in CSV. It is comparable
// with == and prints as 2026-05-14.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the civil date of t in t's own zone; use In(Paris()) first for an instant of another zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseISODate reads 2026-05-14 and refuses days that no calendar has.
func ParseISODate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("workshop: %q is no date of the form 2026-05-14", s)
	}
	return DateOf(t), nil
}

// IsZero reports an unknown date.
func (d Date) IsZero() bool { return d == Date{} }

// At gives the instant of that date and hour in Europe/Paris.
func (d Date) At(c Clock) time.Time {
	return time.Date(d.Year, d.Month, d.Day, c.Hour(), c.Minute(), 0, 0, Paris())
}

// AddDays gives the date n days later (earlier when negative).
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 12, 0, 0, 0, time.UTC))
}

// Weekday of the date.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Weekday()
}

// Compare is -1, 0 or 1 as d lies before, on or after e.
func (d Date) Compare(e Date) int {
	switch a, b := d.ordinal(), e.ordinal(); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Before reports d < e, After d > e.
func (d Date) Before(e Date) bool { return d.ordinal() < e.ordinal() }

// After reports d > e.
func (d Date) After(e Date) bool { return d.ordinal() > e.ordinal() }

// ordinal orders dates by one integer; it is no count of days.
func (d Date) ordinal() int32 { return int32(d.Year)*512 + int32(d.Month)*32 + int32(d.Day) }

// String is 2026-05-14, or empty when unknown.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalJSON writes "2026-05-14" or null.
func (d Date) MarshalJSON() ([]byte, error) { return marshalText(d.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(b []byte) error {
	s, err := unmarshalText(b)
	if err != nil || s == "" {
		*d = Date{}
		return err
	}
	*d, err = ParseISODate(s)
	return err
}
