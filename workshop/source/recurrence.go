package source

import (
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/acotel/acotel-sbc/workshop"
)

// Bounds of a recurrence: what lies further ahead is nothing a caller is told, and a rule without end must end.
const (
	aheadDays   = 366
	maxSessions = 366    // of one event
	maxSteps    = 20_000 // of a rule, the past included: fifty years of days
)

// recurrences gives the sessions of an event from yesterday on, as objects with begin and end in RFC 3339 (begin is a date alone when the
// event has no hour). moved are instants that have a component of their own.
func (s *Source) recurrences(c *ics.ComponentBase, moved map[string][]time.Time) ([]map[string]string, error) {
	p := c.GetProperty(ics.ComponentPropertyDtStart)
	if p == nil {
		return nil, fmt.Errorf("DTSTART is missing")
	}
	start, hour, err := instantOf(p)
	if err != nil {
		return nil, fmt.Errorf("DTSTART: %w", err)
	}
	length, err := lengthOf(c, start)
	if err != nil {
		return nil, err
	}
	begins, err := s.begins(c, start)
	if err != nil {
		return nil, err
	}
	except := instants(c, ics.ComponentPropertyExdate, start.Location())
	if c.GetProperty(ics.ComponentPropertyRecurrenceId) == nil {
		except = append(except, moved[text(c, "UID")]...)
	}
	var sessions []map[string]string
	for _, t := range begins {
		if slices.ContainsFunc(except, func(e time.Time) bool { return e.Equal(t) }) {
			continue
		}
		one := map[string]string{"begin": t.In(workshop.Paris()).Format(time.RFC3339)}
		if !hour {
			one["begin"] = t.Format(time.DateOnly)
		} else if length > 0 {
			one["end"] = t.Add(length).In(workshop.Paris()).Format(time.RFC3339)
		}
		sessions = append(sessions, one)
	}
	return sessions, nil
}

// lengthOf reads DTEND or DURATION; 0 when there is neither.
func lengthOf(c *ics.ComponentBase, start time.Time) (time.Duration, error) {
	if p := c.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		end, _, err := instantOf(p)
		if err != nil {
			return 0, fmt.Errorf("DTEND: %w", err)
		}
		return end.Sub(start), nil
	}
	if d := text(c, "DURATION"); d != "" {
		length, ok := durationOf(d)
		if !ok {
			return 0, fmt.Errorf("DURATION: %q is no duration", shorten(d, 40))
		}
		return length, nil
	}
	return 0, nil
}

// begins are the starts from yesterday on: DTSTART, RRULE and RDATE together, in order, each once.
func (s *Source) begins(c *ics.ComponentBase, start time.Time) ([]time.Time, error) {
	from := s.now().AddDate(0, 0, -1)
	until := from.AddDate(0, 0, aheadDays)
	all := append(instants(c, ics.ComponentPropertyRdate, start.Location()), start)
	if rule := text(c, "RRULE"); rule != "" {
		repeated, err := expand(rule, start, from, until)
		if err != nil {
			return nil, fmt.Errorf("RRULE: %w", err)
		}
		all = append(all, repeated...)
	}
	slices.SortFunc(all, time.Time.Compare)
	all = slices.CompactFunc(all, time.Time.Equal)
	all = slices.DeleteFunc(all, func(t time.Time) bool { return t.Before(from) || t.After(until) })
	return all[:min(len(all), maxSessions)], nil
}

// expand lists what a rule gives between two instants. A rule that repeats more often than daily is nothing that a workshop does.
func expand(rule string, start, from, until time.Time) ([]time.Time, error) {
	o, err := rrule.StrToROptionInLocation(rule, start.Location())
	if err != nil {
		return nil, err
	}
	if o.Freq > rrule.DAILY {
		return nil, fmt.Errorf("%q repeats more often than daily", shorten(rule, 60))
	}
	o.Dtstart = start
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return nil, err
	}
	var list []time.Time
	next := r.Iterator()
	for range maxSteps {
		t, ok := next()
		if !ok || t.After(until) {
			return list, nil
		}
		if !t.Before(from) {
			list = append(list, t)
		}
	}
	return list, nil
}

// instants reads all values of a property that lists instants.
func instants(c *ics.ComponentBase, name ics.ComponentProperty, zone *time.Location) []time.Time {
	var list []time.Time
	for _, p := range c.GetProperties(name) {
		for value := range strings.SplitSeq(p.Value, ",") {
			one := *p
			one.Value = value
			if _, own := p.ICalParameters["TZID"]; !own {
				if t, _, err := instantIn(value, zone); err == nil {
					list = append(list, t)
				}
				continue
			}
			if t, _, err := instantOf(&one); err == nil {
				list = append(list, t)
			}
		}
	}
	return list
}
