package sms

import (
	"context"
	"fmt"

	"github.com/acotel/acotel-sbc/store"
)

// Delivery is what the networks say became of a message that the provider took.
type Delivery string

// The ends of a delivery.
const (
	Delivered   Delivery = "delivered"   // it is on the handset
	Undelivered Delivery = "undelivered" // it never will be
)

// Delivered writes a delivery receipt; false when no message that was handed over has the key. What is delivered stays delivered.
func (o *Outbox) Delivered(ctx context.Context, key string, d Delivery) (bool, error) {
	n, err := o.change(ctx, "writing the receipt of message "+key, `UPDATE sms_outbox SET delivery = $1, delivery_at = $2
		WHERE key = $3 AND state IN ('sending', 'sent') AND delivery <> 'delivered'`, string(d), store.FormatTime(o.now()), key)
	return n > 0, err
}

// WithHash has recipients known by hash (of the E.164 form), so that those on the do-not-send list get nothing.
func WithHash(hash func(e164 string) string) Option { return func(o *Outbox) { o.hash = hash } }

// blocked tells whether a number is on the do-not-send list.
func (o *Outbox) blocked(ctx context.Context, hash string) (bool, error) {
	var n int
	if err := o.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_blocked WHERE recipient_hash = $1", hash).Scan(&n); err != nil {
		return false, fmt.Errorf("sms: reading the do-not-send list: %w", o.db.Explain(err))
	}
	return n > 0, nil
}

// Block puts a number on the do-not-send list: what waits for it is given up. The number itself is not kept. Errors: ErrNotMobile.
func (o *Outbox) Block(ctx context.Context, number, reason string) error {
	to, masked, err := mobile(number)
	if err != nil {
		return err
	}
	now := store.FormatTime(o.now())
	if _, err := o.change(ctx, "blocking a number", `INSERT INTO sms_blocked (recipient_hash, recipient_masked, blocked_at, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT (recipient_hash) DO NOTHING`, o.hash(to), masked, now, reason); err != nil {
		return err
	}
	_, err = o.change(ctx, "giving up messages to a blocked number", `UPDATE sms_outbox SET state = $1, reason = 'on the do-not-send list', finished_at = $2, recipient = ''
		WHERE state = $3 AND recipient_hash = $4`, string(Failed), now, string(Queued), o.hash(to))
	return err
}

// Unblock takes a number off the list; false when it was not on it.
func (o *Outbox) Unblock(ctx context.Context, number string) (bool, error) {
	to, _, err := mobile(number)
	if err != nil {
		return false, err
	}
	n, err := o.change(ctx, "unblocking a number", "DELETE FROM sms_blocked WHERE recipient_hash = $1", o.hash(to))
	return n > 0, err
}
