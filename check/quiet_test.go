package check

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // the clocks of Paris, also on a machine without them
)

func TestQuiet(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		from, to int // hours
		at       string
		want     bool
	}{
		{"in the night", 22, 6, "2026-03-04T23:30:00+01:00", true},
		{"early", 22, 6, "2026-03-04T05:59:59+01:00", true},
		{"it ends", 22, 6, "2026-03-04T06:00:00+01:00", false},
		{"it begins", 22, 6, "2026-03-04T22:00:00+01:00", true},
		{"by day", 22, 6, "2026-03-04T12:00:00+01:00", false},
		{"at noon", 12, 14, "2026-03-04T13:00:00+01:00", true},
		{"after noon", 12, 14, "2026-03-04T14:00:00+01:00", false},
		{"in winter, told in UTC", 22, 6, "2026-01-04T21:30:00Z", true},
		{"in summer, told in UTC", 22, 6, "2026-07-04T20:30:00Z", true},
		{"in winter the same hour is not", 22, 6, "2026-01-04T20:30:00Z", false},
		{"none", 0, 0, "2026-03-04T00:00:00+01:00", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := Quiet(c.from*60, c.to*60, paris)(at); got != c.want {
				t.Errorf("%s: %v", c.at, got)
			}
		})
	}
}

// TestQuietHoursOfAMonitor: a call is made by day alone, unless somebody asks for it; the other links are looked at as ever.
func TestQuietHoursOfAMonitor(t *testing.T) {
	var calls, looks atomic.Int32
	count := func(n *atomic.Int32) func(context.Context) Verdict {
		return func(context.Context) Verdict { n.Add(1); return good("") }
	}
	night := time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC)
	m := NewMonitor(t.Context(), Config{QuietHours: Quiet(22*60, 6*60, time.UTC), Probes: []Probe{
		{Name: "call", Every: time.Hour, Quiet: true, Look: count(&calls)}, {Name: "disk", Every: time.Hour, Look: count(&looks)}}})
	for i := range m.due {
		m.due[i] = night
	}
	m.round(t.Context(), night)
	if calls.Load() != 0 || looks.Load() != 1 {
		t.Errorf("%d calls, %d looks at night", calls.Load(), looks.Load())
	}
	m.round(t.Context(), night.Add(7*time.Hour))
	if calls.Load() != 1 {
		t.Errorf("%d calls in the morning", calls.Load())
	}
	m.Fresh(t.Context(), 0)
	if calls.Load() != 2 {
		t.Errorf("%d calls when asked for", calls.Load())
	}
}
