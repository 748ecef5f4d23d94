package sms

import (
	"context"
	"fmt"

	"github.com/acotel/acotel-sbc/personal"
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

// DeliveredAs is Delivered for a provider that names a message by its own name (Receipt.ProviderID), not by our key.
func (o *Outbox) DeliveredAs(ctx context.Context, providerID string, d Delivery) (bool, error) {
	n, err := o.change(ctx, "writing the receipt of the provider's message "+providerID, `UPDATE sms_outbox SET delivery = $1, delivery_at = $2
		WHERE provider_id = $3 AND provider_id <> '' AND state = 'sent' AND delivery <> 'delivered'`, string(d), store.FormatTime(o.now()), providerID)
	return n > 0, err
}

// WithHashes has recipients known by hash (of the E.164 form), so that those on the do-not-send list get nothing. The first hash is stored,
// all are looked for.
func WithHashes(hashes func(personal.Phone) []string) Option {
	return func(o *Outbox) { o.hashes = hashes }
}

// first is the hash to be stored, "" without hashes.
func first(hashes []string) string {
	if len(hashes) == 0 {
		return ""
	}
	return hashes[0]
}

// blocked tells whether a number is on the do-not-send list.
func (o *Outbox) blocked(ctx context.Context, hashes []string) (bool, error) {
	for _, hash := range hashes {
		var n int
		if err := o.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_blocked WHERE recipient_hash = $1", hash).Scan(&n); err != nil {
			return false, fmt.Errorf("sms: reading the do-not-send list: %w", o.db.Explain(err))
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Block puts a number on the do-not-send list: what waits for it is given up. The number itself is not kept. Errors: ErrNotMobile.
func (o *Outbox) Block(ctx context.Context, number personal.Phone, reason string) error {
	to, masked, err := mobile(number)
	if err != nil {
		return err
	}
	now, hashes := store.FormatTime(o.now()), o.hashes(to)
	if _, err := o.change(ctx, "blocking a number", `INSERT INTO sms_blocked (recipient_hash, recipient_masked, blocked_at, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT (recipient_hash) DO NOTHING`, first(hashes), masked, now, personal.Anonymise(reason)); err != nil {
		return err
	}
	for _, hash := range hashes {
		_, err = o.change(ctx, "giving up messages to a blocked number", `UPDATE sms_outbox SET state = $1, reason = 'on the do-not-send list', finished_at = $2, recipient = ''
			WHERE state = $3 AND recipient_hash = $4`, string(Failed), now, string(Queued), hash)
		if err != nil {
			return err
		}
	}
	return nil
}

// Unblock takes a number off the list; false when it was not on it.
func (o *Outbox) Unblock(ctx context.Context, number personal.Phone) (bool, error) {
	to, _, err := mobile(number)
	if err != nil {
		return false, err
	}
	was := false
	for _, hash := range o.hashes(to) {
		n, err := o.change(ctx, "unblocking a number", "DELETE FROM sms_blocked WHERE recipient_hash = $1", hash)
		if err != nil {
			return was, err
		}
		was = was || n > 0
	}
	return was, nil
}
