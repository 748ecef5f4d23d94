package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/tidwall/gjson"

	"github.com/acotel/acotel-sbc/workshop"
)

// event is what a VEVENT becomes before the mapping reads it: the texts of its properties under their own names (CATEGORIES and other
// lists split), and beside them what a path could not take apart.
type event map[string]any

// events reads an iCalendar stream (RFC 5545) and gives each event, with the sessions that its recurrence makes, to the mapping.
func (s *Source) events(body []byte, r *reader) error {
	if looksLikeHTML(body) {
		return fmt.Errorf("%w: it is a web page, not a calendar", ErrAnswer)
	}
	if !bytes.Contains(body, []byte("END:VCALENDAR")) {
		return fmt.Errorf("%w: it is no calendar, or cut short: END:VCALENDAR is missing", ErrAnswer)
	}
	calendar, err := ics.ParseCalendar(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	if err != nil {
		return fmt.Errorf("%w: it is no calendar: %w", ErrAnswer, err)
	}
	moved := replacements(calendar)
	for _, v := range calendar.Events() {
		e := properties(&v.ComponentBase)
		sessions, err := s.recurrences(&v.ComponentBase, moved)
		if err != nil {
			r.items++
			r.records.Fault(r.items, "", fmt.Sprintf("%s: %v", shorten(fmt.Sprint(e["UID"]), 60), err))
			continue
		}
		if len(sessions) == 0 {
			continue // all of them are over
		}
		e["sessions"] = sessions
		text, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("source: %w", err)
		}
		if err := r.item(gjson.ParseBytes(text)); err != nil {
			return err
		}
	}
	return nil
}

// lists are properties whose commas part values (RFC 5545 §3.8.1.2, §3.8.1.10).
var lists = map[string]bool{"CATEGORIES": true, "RESOURCES": true}

func properties(c *ics.ComponentBase) event {
	e := event{}
	for _, p := range c.Properties {
		text := ics.FromText(p.Value)
		switch {
		case lists[p.IANAToken]:
			var all []string
			if before, ok := e[p.IANAToken].([]string); ok {
				all = before
			}
			for word := range strings.SplitSeq(p.Value, ",") {
				all = append(all, ics.FromText(strings.TrimSpace(word)))
			}
			e[p.IANAToken] = all
		case e[p.IANAToken] == nil:
			e[p.IANAToken] = text
		}
	}
	e["place"] = placeOf(c, text(c, "LOCATION"))
	e["organiser"] = organiserOf(c)
	if e["RRULE"] != nil || e["RDATE"] != nil || e["RECURRENCE-ID"] != nil {
		e["cycle"] = e["UID"]
	}
	return e
}

func text(c *ics.ComponentBase, name string) string {
	if p := c.GetProperty(ics.ComponentProperty(name)); p != nil {
		return ics.FromText(p.Value)
	}
	return ""
}

// townPattern finds a postal code and its town at the end of an address.
var townPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.*?)[\s,;–-]*\b(\d{5})\s+([^\d,;\n]+?)(?:[\s,;]+France)?\s*$`)
})

// placeOf takes a location apart: "Salle des fêtes, 3 rue du Lac, 84000 Avignon".
func placeOf(c *ics.ComponentBase, location string) map[string]string {
	p := map[string]string{}
	if lat, lon, ok := strings.Cut(text(c, "GEO"), ";"); ok {
		p["lat"], p["lon"] = lat, lon
	}
	line := strings.Join(strings.Fields(strings.ReplaceAll(location, "\n", ", ")), " ")
	if m := townPattern().FindStringSubmatch(line); m != nil {
		line, p["postal_code"], p["city"] = strings.Trim(m[1], " ,"), m[2], m[3]
	}
	venue, address, both := strings.Cut(line, ",")
	switch {
	case both:
		p["venue"], p["address"] = strings.TrimSpace(venue), strings.Trim(address, " ,")
	case line != "" && line[0] >= '0' && line[0] <= '9':
		p["address"] = line
	default:
		p["venue"] = line
	}
	return p
}

// organiserOf reads the common name, and the address when it is a telephone's.
func organiserOf(c *ics.ComponentBase) map[string]string {
	o := map[string]string{}
	p := c.GetProperty(ics.ComponentPropertyOrganizer)
	if p == nil {
		return o
	}
	if cn := p.ICalParameters["CN"]; len(cn) > 0 {
		o["name"] = strings.Trim(cn[0], `"`)
	}
	if tel, ok := strings.CutPrefix(strings.ToLower(p.Value), "tel:"); ok {
		o["tel"] = tel
	}
	return o
}

// replacements lists, for each event, the instants of its recurrence that a component of their own replaces (RECURRENCE-ID).
func replacements(c *ics.Calendar) map[string][]time.Time {
	moved := map[string][]time.Time{}
	for _, v := range c.Events() {
		if p := v.GetProperty(ics.ComponentPropertyRecurrenceId); p != nil {
			if t, _, err := instantOf(p); err == nil {
				uid := text(&v.ComponentBase, "UID")
				moved[uid] = append(moved[uid], t)
			}
		}
	}
	return moved
}

// instantOf reads a DATE or DATE-TIME (RFC 5545 §3.3.4, §3.3.5); a floating one, and one of an unknown zone, is meant for Paris.
func instantOf(p *ics.IANAProperty) (t time.Time, hour bool, err error) {
	zone := workshop.Paris()
	if id := p.ICalParameters["TZID"]; len(id) > 0 {
		if l, err := time.LoadLocation(strings.Trim(id[0], `"`)); err == nil {
			zone = l
		}
	}
	return instantIn(p.Value, zone)
}

func instantIn(value string, zone *time.Location) (t time.Time, hour bool, err error) {
	value = strings.TrimSpace(value)
	if t, err = time.ParseInLocation("20060102T150405", value, zone); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse("20060102T150405Z", value); err == nil {
		return t, true, nil
	}
	if t, err = time.ParseInLocation("20060102", value, zone); err == nil {
		return t, false, nil
	}
	return time.Time{}, false, fmt.Errorf("%q is no instant of a calendar", shorten(value, 40))
}

// vocabulary of durations (RFC 5545 §3.3.6), without the negative ones.
var durationPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\+?P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?)?$`)
})

var durationUnits = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}

func durationOf(s string) (time.Duration, bool) {
	m := durationPattern().FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	var d time.Duration
	for i, unit := range durationUnits {
		var n int
		_, _ = fmt.Sscan(m[i+1], &n)
		d += time.Duration(n) * unit
	}
	return d, true
}
