package source

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"

	"github.com/acotel/acotel-sbc/workshop"
)

const (
	unixSeconds = "unix"
	unixMillis  = "unix_ms"
)

// clockReader reads the instants of a source in its own forms.
type clockReader struct {
	layouts []string // of package time
	epoch   string   // unix, unix_ms or none
}

// newClockReader takes forms as Mapping.Dates has them.
func newClockReader(forms []string) (*clockReader, error) {
	c := &clockReader{}
	for _, f := range forms {
		switch f {
		case unixSeconds, unixMillis:
			c.epoch = f
		default:
			layout, err := strftime.Layout(f)
			if err != nil || !strings.Contains(f, "%") {
				return nil, fmt.Errorf(`%w: dates: %q is no form of a date; write it as "%%d/%%m/%%Y %%H:%%M", or unix, unix_ms`, ErrConfig, f)
			}
			c.layouts = append(c.layouts, layout)
		}
	}
	return c, nil
}

// instant reads a whole instant or a date; hour tells whether it says an hour, too.
func (c *clockReader) instant(s string) (t time.Time, hour, ok bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && c.epoch != "" {
		if c.epoch == unixMillis {
			return time.UnixMilli(n).In(workshop.Paris()), true, true
		}
		return time.Unix(n, 0).In(workshop.Paris()), true, true
	}
	for _, layout := range c.layouts {
		if t, err := time.ParseInLocation(layout, s, workshop.Paris()); err == nil {
			return t.In(workshop.Paris()), strings.Contains(layout, "15") || strings.Contains(layout, "03"), true
		}
	}
	for _, layout := range isoLayouts {
		if t, err := time.ParseInLocation(layout, s, workshop.Paris()); err == nil {
			return t.In(workshop.Paris()), true, true
		}
	}
	return time.Time{}, false, false
}

// isoLayouts are forms of ISO 8601 that programs write; one without zone is meant for Paris.
var isoLayouts = []string{time.RFC3339, "2006-01-02T15:04:05.999Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00"}

// split turns instants in the fields date, start and end into what workshop reads: a date there, hours here. An end on another day is no
// end of a session.
func (c *clockReader) split(f map[string]string) {
	var day string
	if t, hour, ok := c.instant(f["date"]); ok {
		day = t.Format(time.DateOnly)
		f["date"] = day
		if hour && f["start"] == "" {
			f["start"] = t.Format("15:04")
		}
	}
	if t, hour, ok := c.instant(f["start"]); ok {
		day = t.Format(time.DateOnly)
		f["date"], f["start"] = day, ""
		if hour {
			f["start"] = t.Format("15:04")
		}
	} else if f["date"] == "" {
		f["date"], f["start"] = f["start"], "" // whatever it is: the row's fault is told under date
	}
	if t, hour, ok := c.instant(f["end"]); ok {
		f["end"] = ""
		if end := t.Format("15:04"); hour && t.Format(time.DateOnly) == day && end > f["start"] {
			f["end"] = end
		}
	}
}
