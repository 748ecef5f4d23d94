package sms

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
)

// row is a message as sending needs it.
type row struct {
	key, body string
	recipient personal.Phone
	attempts  int
	doubt     bool
}

// change runs one statement on the table and gives the number of rows that it changed.
func (o *Outbox) change(ctx context.Context, what, query string, args ...any) (int64, error) {
	res, err := o.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("sms: %s: %w", what, err)
	}
	return res.RowsAffected()
}

func (o *Outbox) requeueSending(ctx context.Context) (int64, error) {
	return o.change(ctx, "looking for messages under way", "UPDATE sms_outbox SET state = $1, next_attempt = $2, doubt = TRUE WHERE state = $3",
		string(Queued), store.FormatTime(o.now()), string(Sending))
}

// allDue has every message that waits tried now.
func (o *Outbox) allDue(ctx context.Context) error {
	now := store.FormatTime(o.now())
	_, err := o.change(ctx, "trying messages at once", "UPDATE sms_outbox SET next_attempt = $1 WHERE state = $2 AND next_attempt > $1", now, string(Queued))
	return err
}

// expire gives up what is too old. The number goes with it.
func (o *Outbox) expire(ctx context.Context) error {
	now := store.FormatTime(o.now())
	_, err := o.change(ctx, "giving up old messages", `UPDATE sms_outbox SET state = $1, finished_at = $2, recipient = '',
		reason = CASE WHEN reason = '' THEN 'too old' ELSE 'too old; last attempt: ' || reason END
		WHERE state = $3 AND expires_at <= $2`, string(Expired), now, string(Queued))
	return err
}

func (o *Outbox) due(ctx context.Context) ([]row, error) {
	rows, err := o.db.QueryContext(ctx, "SELECT key, recipient, body, attempts, doubt FROM sms_outbox WHERE state = $1 AND next_attempt <= $2 ORDER BY next_attempt, key LIMIT $3",
		string(Queued), store.FormatTime(o.now()), dueBatch)
	if err != nil {
		return nil, fmt.Errorf("sms: reading messages to send: %w", o.db.Explain(err))
	}
	defer rows.Close()
	var due []row
	for rows.Next() {
		var r row
		var recipient string
		if err := rows.Scan(&r.key, &recipient, &r.body, &r.attempts, &r.doubt); err != nil {
			return nil, fmt.Errorf("sms: reading messages to send: %w", err)
		}
		r.recipient = personal.NewPhone(recipient)
		due = append(due, r)
	}
	return due, errors.Join(rows.Err(), rows.Close())
}

// claim marks a message as under way; false when somebody else did.
func (o *Outbox) claim(ctx context.Context, key string) (bool, error) {
	n, err := o.change(ctx, "taking message "+key, "UPDATE sms_outbox SET state = $1, attempts = attempts + 1, provider = $2 WHERE key = $3 AND state = $4",
		string(Sending), o.provider.Name(), key, string(Queued))
	return n == 1, err
}

// finish writes the end of a message and blanks the number.
func (o *Outbox) finish(ctx context.Context, key string, s State, reason, providerID string) error {
	_, err := o.change(ctx, "ending message "+key, "UPDATE sms_outbox SET state = $1, reason = $2, provider_id = $3, finished_at = $4, recipient = '' WHERE key = $5",
		string(s), reason, providerID, store.FormatTime(o.now()), key)
	return err
}

func (o *Outbox) retry(ctx context.Context, r row, pause time.Duration, reason string) error {
	_, err := o.change(ctx, "putting back message "+r.key, "UPDATE sms_outbox SET state = $1, reason = $2, next_attempt = $3, doubt = $4 WHERE key = $5",
		string(Queued), reason, store.FormatTime(o.now().Add(pause)), r.doubt, r.key)
	return err
}

func (o *Outbox) unreported(ctx context.Context) ([]Outcome, error) {
	rows, err := o.db.QueryContext(ctx, `SELECT key, call_id, state, reason, provider_id, attempts FROM sms_outbox
		WHERE state IN ('sent', 'failed', 'expired') AND NOT reported ORDER BY finished_at, key`)
	if err != nil {
		return nil, fmt.Errorf("sms: reading ended messages: %w", o.db.Explain(err))
	}
	defer rows.Close()
	var ends []Outcome
	for rows.Next() {
		var e Outcome
		if err := rows.Scan(&e.Key, &e.CallID, &e.State, &e.Reason, &e.ProviderID, &e.Attempts); err != nil {
			return nil, fmt.Errorf("sms: reading ended messages: %w", err)
		}
		ends = append(ends, e)
	}
	return ends, errors.Join(rows.Err(), rows.Close())
}

func (o *Outbox) markReported(ctx context.Context, key string) error {
	_, err := o.change(ctx, "ending message "+key, "UPDATE sms_outbox SET reported = TRUE WHERE key = $1", key)
	return err
}

// untilNext is the time until the next attempt or expiry.
func (o *Outbox) untilNext(ctx context.Context) (time.Duration, error) {
	var next sql.NullString
	err := o.db.QueryRowContext(ctx, "SELECT MIN(CASE WHEN next_attempt < expires_at THEN next_attempt ELSE expires_at END) FROM sms_outbox WHERE state = $1", string(Queued)).Scan(&next)
	if err != nil {
		return 0, fmt.Errorf("sms: reading messages to send: %w", o.db.Explain(err))
	}
	if !next.Valid {
		return idleLook, nil
	}
	at, err := store.ParseTime(next.String)
	if err != nil {
		return 0, err
	}
	return max(0, min(idleLook, at.Sub(o.now()))), nil
}

// full tells whether a number has had its messages of the day; the one with this key is not counted.
func (o *Outbox) full(ctx context.Context, tx *sql.Tx, hashes []string, key string) (bool, error) {
	if o.set.PerDay <= 0 {
		return false, nil
	}
	since, had := store.FormatTime(o.now().Add(-24*time.Hour)), 0
	for _, hash := range hashes {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_outbox WHERE recipient_hash = $1 AND created_at > $2 AND key <> $3", hash, since, key).Scan(&n); err != nil {
			return false, fmt.Errorf("counting the number's messages: %w", err)
		}
		had += n
	}
	return had >= o.set.PerDay, nil
}
