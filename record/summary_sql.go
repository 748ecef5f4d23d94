package record

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

// updateSummary writes what summaryArgs gives, after the call's id.
const updateSummary = `UPDATE calls SET line = $2, called = $3, trunk = $4, codec = $5, caller_masked = $6, caller_hash = $7, origin = $8,
	started_at = $9, answered_at = $10, ended_at = $11, ended_by = $12, end_reason = $13, duration_ms = $14, welcome_ms =
	$15, conversation_ms = $16, statuses = $17, region = $18, postal_code = $19, insee = $20, place_asked = $21, place_found
	= $22, place_tries = $23, sms_sent = $24, rating = $25, mos = $26, incident_link = $27, incident_at = $28, quality = $29, welcomed = $30, searches = $31,
	wait_ms = $32, end_cause = $33, incident_owner = $34 WHERE id = $1`

func summaryArgs(s Summary) []any {
	return []any{s.Line, s.Called, s.Trunk, s.Codec, s.CallerMasked, s.CallerHash, s.Origin, store.FormatTime(s.StartedAt), timeOrNull(s.AnsweredAt),
		timeOrNull(s.EndedAt), textOrNull(s.EndedBy), textOrNull(s.EndReason), msOrNull(s.Duration), msOrNull(s.Welcome), msOrNull(s.Conversation),
		joinStatuses(s.Statuses), textOrNull(s.Region), textOrNull(s.PostalCode), textOrNull(s.INSEE), s.PlaceAsked, s.PlaceFound, valueOrNull(s.PlaceTries),
		s.SMSSent, valueOrNull(s.Rating), valueOrNull(s.MOS), textOrNull(s.IncidentLink), timeOrNull(s.IncidentAt), qualityOrNull(s.Quality), s.Welcomed, s.Searches,
		msOrNull(s.Wait), textOrNull(s.EndCause), textOrNull(s.IncidentOwner)}
}

func saveSummary(ctx context.Context, tx *sql.Tx, s Summary) error {
	if _, err := tx.ExecContext(ctx, updateSummary, append([]any{s.ID}, summaryArgs(s)...)...); err != nil {
		return fmt.Errorf("record: writing the summary of call %s: %w", s.ID, err)
	}
	return nil
}

// Recompute makes the summary of a call again from its facts and stores it. It returns sql.ErrNoRows for a call
// without facts.
func Recompute(ctx context.Context, db *store.DB, callID string) (Summary, error) {
	var s Summary
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		facts, _, err := readFacts(ctx, tx, callID)
		if err != nil {
			return err
		}
		if len(facts) == 0 {
			return fmt.Errorf("record: call %s has no facts: %w", callID, sql.ErrNoRows)
		}
		s = Summarise(facts)
		return saveSummary(ctx, tx, s)
	})
	return s, err
}

// Columns hold NULL for what is unknown.

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func timeOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return store.FormatTime(*t)
}

func msOrNull(d *time.Duration) any {
	if d == nil {
		return nil
	}
	return d.Milliseconds()
}

func valueOrNull[T int | float64](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// joinStatuses puts a comma on both sides of every status, for LIKE '%,requete,%'.
func joinStatuses(list []Status) string {
	var b strings.Builder
	b.WriteByte(',')
	for _, s := range list {
		b.WriteString(string(s))
		b.WriteByte(',')
	}
	return b.String()
}

func splitStatuses(s string) []Status {
	out := []Status{}
	for word := range strings.SplitSeq(s, ",") {
		if word != "" {
			out = append(out, Status(word))
		}
	}
	return out
}
