package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	_ "time/tzdata" // Europe/Paris must be known on a machine without zone files

	"github.com/acotel/acotel-sbc/store"
)

// tracePage is how many calls one query fetches: large enough to be quick, small enough that neither memory nor the
// write-ahead log (which a long read would keep from shrinking) grows with the length of the report.
const tracePage = 1000

// Traces gives the calls that f chooses, oldest first, without limit and without holding the database: calls are
// fetched in pages, so that a slow reader holds nobody up. An error ends the sequence.
func Traces(ctx context.Context, db *store.DB, f Filter) iter.Seq2[Trace, error] {
	return func(yield func(Trace, error) bool) {
		if f.Location == nil {
			paris, err := time.LoadLocation("Europe/Paris")
			if err != nil {
				yield(Trace{}, fmt.Errorf("record: time zone of the traces: %w", err))
				return
			}
			f.Location = paris
		}
		var after cursor
		for {
			page, err := readPage(ctx, db, f, after)
			if err != nil {
				yield(Trace{}, fmt.Errorf("record: reading traces: %w", db.Explain(err)))
				return
			}
			for _, t := range page {
				if !yield(t.Trace, nil) {
					return
				}
				after = t.cursor
			}
			if len(page) < tracePage {
				return
			}
		}
	}
}

// cursor is the place of a call in the order of traces: what the next page begins after.
type cursor struct{ startedAt, id string }

type tracedCall struct {
	Trace
	cursor
}

const traceColumns = `id, line, started_at, caller_masked, origin, duration_ms, welcome_ms, conversation_ms, statuses, region, postal_code,
	place_asked, place_tries, sms_sent, mos, ended_by, end_reason, end_cause, wait_ms, incident_link, incident_owner, incident_at, quality`

// where builds the condition of a filter and its arguments.
func (f Filter) where(after cursor) (string, []any) {
	conds := []string{"NOT anonymous"} // a call past its retention is in the figures only
	var args []any
	add := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		conds = append(conds, cond)
	}
	if !f.From.IsZero() {
		add("started_at >= ?", store.FormatTime(f.From))
	}
	if !f.To.IsZero() {
		add("started_at < ?", store.FormatTime(f.To))
	}
	if f.Line != "" {
		add("line = ?", f.Line)
	}
	if f.ID != "" {
		add("id = ?", f.ID)
	}
	if f.Region != "" {
		add("region = ?", f.Region)
	}
	if f.Origin != "" {
		add("origin = ?", f.Origin)
	}
	if f.Status != "" {
		add("statuses LIKE ?", "%,"+string(f.Status)+",%")
	}
	if after.id != "" {
		// Written out, for the row comparison (a, b) > (c, d) is not used as an index range by every planner.
		add("started_at >= ? AND (started_at > ? OR id > ?)", after.startedAt, after.startedAt, after.id)
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

func readPage(ctx context.Context, db *store.DB, f Filter, after cursor) ([]tracedCall, error) {
	where, args := f.where(after)
	query := fmt.Sprintf("SELECT %s FROM calls%s ORDER BY started_at, id LIMIT %d", traceColumns, where, tracePage)
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	page := make([]tracedCall, 0, tracePage)
	for rows.Next() {
		t, err := scanTrace(rows, f.Location)
		if err != nil {
			return nil, err
		}
		page = append(page, t)
	}
	return page, errors.Join(rows.Err(), rows.Close())
}

func scanTrace(rows *sql.Rows, loc *time.Location) (tracedCall, error) {
	var t tracedCall
	var origin, statuses string
	var duration, welcome, conversation, wait *int64
	var link, owner, linkAt, quality *string
	err := rows.Scan(&t.cursor.id, &t.Line, &t.startedAt, &t.Caller, &origin, &duration, &welcome, &conversation, &statuses, &t.Region, &t.PostalCode,
		&t.PlaceAsked, &t.PlaceTries, &t.SMSSent, &t.MOS, &t.EndedBy, &t.Reason, &t.Cause, &wait, &link, &owner,
		&linkAt, &quality)
	if err != nil {
		return t, err
	}
	t.ID = t.cursor.id
	if origin != "" {
		t.Origin = &origin
	}
	at, err := store.ParseTime(t.startedAt)
	if err != nil {
		return t, err
	}
	t.StartedAt = at.In(loc)
	t.DurationS, t.WaitS = seconds(duration), seconds(wait)
	t.Steps = Steps{WelcomeS: seconds(welcome), ConversationS: seconds(conversation), TotalS: seconds(duration)}
	t.Statuses = splitStatuses(statuses)
	if t.Quality, err = parseQuality(quality); err != nil {
		return t, err
	}
	if linkAt != nil {
		at, err := store.ParseTime(*linkAt)
		if err != nil {
			return t, err
		}
		t.Incident = &TraceIncident{At: at.In(loc), Owner: owner}
		if link != nil {
			t.Incident.Link = *link
		}
	}
	return t, nil
}

func seconds(ms *int64) *float64 {
	if ms == nil {
		return nil
	}
	s := float64(*ms) / 1000
	return &s
}
