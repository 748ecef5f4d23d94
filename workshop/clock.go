package workshop

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // Europe/Paris must be known on a machine without zone files
)

// Clock is an hour of the day in Europe/Paris, to the minute. The zero Clock is unknown (midnight is NewClock(0, 0)): null in JSON, an
// empty cell in CSV. It is comparable with == and prints as 14:30.
type Clock struct{ after uint16 } // minutes since midnight plus one

// NewClock gives hour:minute; out of 00:00 to 23:59 it gives the unknown Clock.
func NewClock(hour, minute int) Clock {
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return Clock{}
	}
	return Clock{uint16(hour*60+minute) + 1}
}

// ParseClock reads 14:30.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return Clock{}, fmt.Errorf("workshop: %q is no hour of the form 14:30", s)
	}
	return NewClock(t.Hour(), t.Minute()), nil
}

// Known reports whether an hour was given.
func (c Clock) Known() bool { return c.after > 0 }

// Minutes since midnight, 0 when unknown.
func (c Clock) Minutes() int { return max(int(c.after)-1, 0) }

// Hour of the day, 0 to 23.
func (c Clock) Hour() int { return c.Minutes() / 60 }

// Minute of the hour, 0 to 59.
func (c Clock) Minute() int { return c.Minutes() % 60 }

// Add gives the hour n minutes later, never past 23:59.
func (c Clock) Add(minutes int) Clock {
	m := min(max(c.Minutes()+minutes, 0), 24*60-1)
	return NewClock(m/60, m%60)
}

// String is 14:30, or empty when unknown.
func (c Clock) String() string {
	if !c.Known() {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", c.Hour(), c.Minute())
}

// MarshalJSON writes "14:30" or null.
func (c Clock) MarshalJSON() ([]byte, error) { return marshalText(c.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Clock) UnmarshalJSON(b []byte) error {
	s, err := unmarshalText(b)
	if err != nil || s == "" {
		*c = Clock{}
		return err
	}
	*c, err = ParseClock(s)
	return err
}

// Paris is the zone of every date and hour of a workshop. The zone is compiled in, so it is always there.
var Paris = sync.OnceValue(func() *time.Location {
	l, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		// Only a broken embedded zone table comes here; standard time is an hour off in summer and better than no service.
		return time.FixedZone("CET", 3600)
	}
	return l
})

// marshalText writes a JSON string, or null for an unknown value (contracts: unknown values are null).
func marshalText(s string) ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return []byte(strconv.Quote(s)), nil
}

func unmarshalText(b []byte) (string, error) {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return "", err
	}
	return *s, nil
}
