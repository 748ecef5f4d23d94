package sms

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/personal"
)

// A lost answer, and only that, makes the provider be asked with Doubt; a later clean failure does not take the doubt away.
func TestDoubtIsKept(t *testing.T) {
	db := openStore(t, t.TempDir())
	answers := []error{errors.New("can't be reached"), ErrDoubt, errors.New("can't be reached"), nil}
	p := &network{answer: func(n int) error { return answers[n-1] }}
	o := NewOutbox(db, p, nil, WithSettings(Settings{FirstRetry: time.Millisecond, LastRetry: time.Millisecond}))
	if err := o.Enqueue(context.Background(), message("a")); err != nil {
		t.Fatal(err)
	}
	runUntil(t, o)
	var got []bool
	for _, s := range p.asked {
		got = append(got, s.Doubt)
	}
	if want := []bool{false, false, true, true}; len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("doubt %v, want %v", got, want)
	}
}

// Whoever calls under somebody's number again and again can't have them flooded.
func TestOneNumberGetsSoManyADay(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	o := NewOutbox(openStore(t, t.TempDir()), &network{}, nil, WithHashes(lastFour), WithSettings(Settings{PerDay: 2}), WithClock(func() time.Time { return now }))
	enqueue := func(key, to string, want error) {
		t.Helper()
		m := message(key)
		m.To = personal.NewPhone(to)
		if err := o.Enqueue(ctx, m); !errors.Is(err, want) {
			t.Errorf("%s to %s: %v, want %v", key, to, err, want)
		}
	}
	enqueue("a", "0639980001", nil)
	now = now.Add(time.Hour)
	enqueue("b", "+33639980001", nil)
	enqueue("b", "0639980001", nil) // the same message
	enqueue("c", "06 39 98 00 01", ErrTooMany)
	enqueue("d", "0639980002", nil)
	now = now.Add(23 * time.Hour) // the first is a day old
	enqueue("e", "0639980001", nil)
	enqueue("f", "0639980001", ErrTooMany)

	// Fifteen calls at once.
	var wg sync.WaitGroup
	var taken atomic.Int32
	for i := range 15 {
		wg.Go(func() {
			m := message(fmt.Sprint("at once ", i))
			m.To = personal.NewPhone("0639980003")
			switch err := o.Enqueue(ctx, m); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, ErrTooMany):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := taken.Load(); n != 2 {
		t.Errorf("%d messages of calls at once", n)
	}
}

func TestDoNotSendList(t *testing.T) {
	ctx := context.Background()
	db := openStore(t, t.TempDir())
	p := &network{}
	o := NewOutbox(db, p, nil, WithHashes(lastFour))
	if err := o.Enqueue(ctx, message("waiting")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Block(ctx, personal.NewPhone("06 39 98 00 01"), "asked by letter"); err != nil {
			t.Fatal(err)
		}
	}
	if r := read(t, db, "waiting"); r.state != "failed" || r.recipient != "" || r.reason != "on the do-not-send list" {
		t.Errorf("a message that waited: %+v", r)
	}
	if err := o.Enqueue(ctx, message("later")); !errors.Is(err, ErrBlocked) {
		t.Errorf("a later message: %v", err)
	}
	other := message("other")
	other.To = personal.NewPhone("0639980002")
	if err := o.Enqueue(ctx, other); err != nil {
		t.Errorf("another number: %v", err)
	}
	var kept string
	if err := db.QueryRowContext(ctx, "SELECT recipient_hash || recipient_masked || reason FROM sms_blocked").Scan(&kept); err != nil || kept != "#0001063998••••asked by letter" {
		t.Errorf("the list holds %q, %v", kept, err)
	}
	if was, err := o.Unblock(ctx, personal.NewPhone("+33639980001")); err != nil || !was {
		t.Errorf("unblocking: %v, %v", was, err)
	}
	if was, err := o.Unblock(ctx, personal.NewPhone("+33639980001")); err != nil || was {
		t.Errorf("unblocking twice: %v, %v", was, err)
	}
	if err := o.Enqueue(ctx, message("later")); err != nil {
		t.Errorf("after unblocking: %v", err)
	}
	if err := o.Block(ctx, personal.NewPhone("0145000000"), ""); !errors.Is(err, ErrNotMobile) {
		t.Errorf("a landline: %v", err)
	}
	runUntil(t, o)
	if asked, _ := p.counts(); asked != 2 {
		t.Errorf("%d messages handed over, want 2", asked)
	}
}

func TestDelivered(t *testing.T) {
	ctx := context.Background()
	db := openStore(t, t.TempDir())
	o := NewOutbox(db, &network{}, nil)
	if err := o.Enqueue(ctx, message("a")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  string
		d    Delivery
		want bool
		then string
	}{
		{"a", Delivered, false, ""}, // not handed over yet: a receipt that can't be
		{"", "", false, ""},
		{"a", Undelivered, true, "undelivered"},
		{"a", Delivered, true, "delivered"},
		{"a", Undelivered, false, "delivered"}, // the late word of another network
		{"nobody", Delivered, false, "delivered"},
	} {
		if c.key == "" {
			runUntil(t, o)
			continue
		}
		got, err := o.Delivered(ctx, c.key, c.d)
		var state string
		if serr := db.QueryRowContext(ctx, "SELECT delivery FROM sms_outbox WHERE key = 'a'").Scan(&state); err != nil || serr != nil || got != c.want || state != c.then {
			t.Errorf("%s %s: %v %q, %v, %v; want %v %q", c.key, c.d, got, state, err, serr, c.want, c.then)
		}
	}
}

// lastFour stands in for keyed hashes: the present one, and one by a key of before.
func lastFour(p personal.Phone) []string {
	n := p.Reveal()
	return []string{"#" + n[len(n)-4:], "old#" + n[len(n)-4:]}
}

// A number blocked under a key that has been changed since stays blocked.
func TestBlockSurvivesANewKey(t *testing.T) {
	db := openStore(t, t.TempDir())
	old := NewOutbox(db, &network{}, nil, WithHashes(func(p personal.Phone) []string { return lastFour(p)[1:] }))
	ctx := context.Background()
	if err := old.Block(ctx, personal.NewPhone("0639980001"), "demande de Mme Martin au 06 39 98 00 01"); err != nil {
		t.Fatal(err)
	}
	now := NewOutbox(db, &network{}, nil, WithHashes(lastFour))
	if err := now.Enqueue(ctx, message("a")); !errors.Is(err, ErrBlocked) {
		t.Errorf("%v", err)
	}
	var reason string
	if err := db.QueryRowContext(ctx, "SELECT reason FROM sms_blocked").Scan(&reason); err != nil || reason != "demande de Mme [nom] au [numéro]" {
		t.Errorf("%q, %v", reason, err)
	}
	if was, err := now.Unblock(ctx, personal.NewPhone("0639980001")); err != nil || !was {
		t.Errorf("%t, %v", was, err)
	}
}
