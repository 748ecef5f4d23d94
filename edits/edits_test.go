package edits

import (
	"errors"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store"
)

func TestVersionsAndRollback(t *testing.T) {
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, at := t.Context(), time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	put := func(key, author, body string) int64 {
		id, err := Put(ctx, db, Edit{Kind: Message, Key: key, At: at, Author: author, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := put("welcome.notice", "claire", "Bonjour.")
	put("welcome.notice", "paul", "Bonsoir.")
	put("call.full", "paul", "Rappelez.")
	now, err := Current(ctx, db, Message)
	if err != nil || len(now) != 2 || now["welcome.notice"].Body != "Bonsoir." || now["welcome.notice"].Author != "paul" {
		t.Fatalf("%+v, %v", now, err)
	}
	old, err := Version(ctx, db, Message, "welcome.notice", first)
	if err != nil || old.Body != "Bonjour." || old.Author != "claire" || !old.At.Equal(at) {
		t.Fatalf("%+v, %v", old, err)
	}
	put("welcome.notice", "claire", old.Body)
	put("call.full", "claire", "") // taken back
	if now, _ = Current(ctx, db, Message); len(now) != 1 || now["welcome.notice"].Body != "Bonjour." {
		t.Errorf("rolled back: %+v", now)
	}
	if h, _ := History(ctx, db, Message, "welcome.notice"); len(h) != 3 {
		t.Errorf("history: %+v", h)
	}
	if n, _ := Latest(ctx, db); n != 5 {
		t.Errorf("latest %d", n)
	}
	if _, err := Version(ctx, db, Message, "call.full", first); !errors.Is(err, ErrNone) {
		t.Errorf("another key's version: %v", err)
	}
	if _, err := Put(ctx, db, Edit{Kind: Line, Key: "x", At: at}); err == nil {
		t.Error("an edit without author is taken")
	}
}
