package sms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/personal"
	"github.com/acotel/acotel-sbc/store"
)

// dumped are all tables with all their columns.
func dumped(t *testing.T, db *store.DB) string {
	t.Helper()
	var b bytes.Buffer
	tables, _, err := db.Dump(t.Context(), func(string) (io.Writer, error) { return &b, nil })
	if err != nil || len(tables) < 5 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	return b.String()
}

// The full number lives from Enqueue to the message's end, whatever end that is, and then stands in no table.
func TestTheNumberIsForgottenAtEveryEnd(t *testing.T) {
	const digits = "639980001"
	for _, c := range []struct {
		name   string
		answer error
		expiry time.Duration
		block  bool
		state  State
	}{
		{name: "delivered", state: Sent},
		{name: "refused for good", answer: fmt.Errorf("%w: +33639980001 does not exist", ErrPermanent), state: Failed},
		{name: "given up", answer: errors.New("the line to 06 39 98 00 01 is down"), state: Failed},
		{name: "too old", expiry: time.Nanosecond, state: Expired},
		{name: "blocked while it waits", block: true, state: Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openStore(t, t.TempDir())
			p := &network{answer: func(int) error { return c.answer }}
			o := NewOutbox(db, p, nil, WithHashes(lastFour), WithSettings(Settings{Attempts: 2, FirstRetry: time.Millisecond, LastRetry: time.Millisecond, Expiry: c.expiry}))
			if err := o.Enqueue(t.Context(), message("a")); err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains([]byte(dumped(t, db)), []byte(digits)) {
				t.Fatal("a message that waits has no number: nothing could be sent")
			}
			if c.block {
				if err := o.Block(t.Context(), personal.NewPhone("0639980001"), "lettre"); err != nil {
					t.Fatal(err)
				}
			}
			runUntil(t, o)
			if r := read(t, db, "a"); r.state != string(c.state) || c.state != Sent && r.reason == "" {
				t.Errorf("%+v, want %s with a reason", r, c.state)
			}
			text := dumped(t, db)
			for _, way := range []string{digits, "6 39 98 00 01", "39 98 00 01"} {
				if bytes.Contains([]byte(text), []byte(way)) {
					t.Errorf("%q is left:\n%s", way, text)
				}
			}
		})
	}
}

// A receipt that names the message by the provider's own name finds it.
func TestDeliveredAs(t *testing.T) {
	ctx := context.Background()
	db := openStore(t, t.TempDir())
	o := NewOutbox(db, &network{}, nil)
	for _, key := range []string{"a", "b"} {
		if err := o.Enqueue(ctx, message(key)); err != nil {
			t.Fatal(err)
		}
	}
	if known, err := o.DeliveredAs(ctx, "", Delivered); known || err != nil { // no name yet
		t.Errorf("a receipt without a name: %t, %v", known, err)
	}
	runUntil(t, o)
	var name string
	if err := db.QueryRowContext(ctx, "SELECT provider_id FROM sms_outbox WHERE key = 'b'").Scan(&name); err != nil || name == "" {
		t.Fatalf("%q, %v", name, err)
	}
	for _, c := range []struct {
		name string
		want bool
	}{{"", false}, {"of nobody", false}, {name, true}, {name, false}} {
		if known, err := o.DeliveredAs(ctx, c.name, Delivered); err != nil || known != c.want {
			t.Errorf("%q: %t, %v", c.name, known, err)
		}
	}
	var others int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sms_outbox WHERE delivery = 'delivered' AND key <> 'b'").Scan(&others); err != nil || others != 0 {
		t.Errorf("%d other messages delivered, %v", others, err)
	}
}
