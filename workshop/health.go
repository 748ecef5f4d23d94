package workshop

import (
	"context"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// Refreshed is what is known of the attempts to renew the copy from its source (D3). Times are zero while unknown.
type Refreshed struct {
	Source       string    `json:"source"`
	TriedAt      time.Time `json:"tried_at,omitzero"`
	GoodAt       time.Time `json:"good_at,omitzero"` // the source was read and taken, or said that nothing has changed
	Failures     int       `json:"failures"`         // in a row, 0 after a good one
	FailingSince time.Time `json:"failing_since,omitzero"`
	Error        string    `json:"error"` // of the last attempt, empty when it was good
	Held         bool      `json:"held"`  // the last attempt was held back (ErrHeld)
	Broken       int       `json:"broken"`
	ETag         string    `json:"etag"`          // validators of the copy for a conditional request (RFC 9110 §13)
	LastModified string    `json:"last_modified"` // as the source wrote it
}

// StoredRefreshed reads what WriteRefreshed wrote; the zero value when there was no attempt yet.
func StoredRefreshed(ctx context.Context, db *store.DB) (Refreshed, error) {
	var r Refreshed
	_, err := readJSON(ctx, db, refreshKey, &r)
	return r, err
}

// WriteRefreshed keeps r beside the copy.
func WriteRefreshed(ctx context.Context, db *store.DB, r Refreshed) error {
	return writeJSON(ctx, db, refreshKey, r)
}

// HealthState says in a word how far the copy can be relied on.
type HealthState string

// The states of the copy, the best first.
const (
	Healthy HealthState = "ok"
	Failing HealthState = "failing" // the last refreshes failed, the copy is still young
	Held    HealthState = "held"    // the last refresh was held back: a person must look
	Stale   HealthState = "stale"   // older than the setting allows
	Empty   HealthState = "empty"   // no copy at all
)

// Health is the state of the copy with its reason.
type Health struct {
	State  HealthState `json:"state"`
	Since  time.Time   `json:"since,omitzero"` // absent: unknown
	Reason string      `json:"reason"`
}

// HealthOf judges a copy. maxAge 0 never calls it stale.
func HealthOf(m Meta, r Refreshed, maxAge time.Duration, now time.Time) Health {
	confirmed := lastConfirmed(m, r)
	switch age := now.Sub(confirmed); {
	case m.Rows == 0:
		return Health{State: Empty, Reason: "no workshops are loaded"}
	case maxAge > 0 && age > maxAge:
		reason := fmt.Sprintf("the copy is %d h old, %d h are allowed", int(age.Hours()), int(maxAge.Hours()))
		if r.Error != "" {
			reason += "; " + r.Error
		}
		return Health{Stale, confirmed.Add(maxAge), reason}
	case r.Held:
		return Health{Held, r.FailingSince, r.Error}
	case r.Failures > 0:
		return Health{Failing, r.FailingSince, r.Error}
	}
	return Health{State: Healthy, Since: confirmed}
}

// AgeOf is the time since the source was last known to have what the copy holds.
func AgeOf(m Meta, r Refreshed, now time.Time) time.Duration { return now.Sub(lastConfirmed(m, r)) }

// lastConfirmed is when the source last said that the copy is what it has.
func lastConfirmed(m Meta, r Refreshed) time.Time {
	if r.Source == m.Source && r.GoodAt.After(m.LoadedAt) {
		return r.GoodAt
	}
	return m.LoadedAt
}
