package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store"
	"github.com/acotel/acotel-sbc/store/storetest"
)

// An instance of before brings what it knows along: the minutes of availability, and what people were told of broken links.
func TestAnOlderInstanceIsBroughtUpToDate(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, storetest.In(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := db.Provider()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(ctx, 70); err != nil {
		t.Fatal(err)
	}
	write := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	hour := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	for minute, open := range map[int]bool{0: true, 31: true, 59: true, 7: false, 60 + 59: true} {
		write("INSERT INTO availability (minute, open, reason) VALUES ($1, $2, $3)", store.FormatTime(hour.Add(time.Duration(minute)*time.Minute)), open, map[bool]string{false: "database"}[open])
	}
	write("INSERT INTO check_links (name, state, since, told) VALUES ('voice', 'broken', $1, 'broken'), ('sms', 'ok', $1, '')", store.FormatTime(hour))
	if _, err := p.Up(ctx); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT hour || ' ' || CAST(open AS TEXT) || ' ' || CAST(closed AS TEXT) FROM availability_hours ORDER BY hour": fmt.Sprint([]string{
			fmt.Sprintf("2026-03-04T05:00:00.000000Z %d %d", 1|1<<31|1<<59, 1<<7), fmt.Sprintf("2026-03-04T06:00:00.000000Z %d 0", 1<<59)}),
		"SELECT minute || ' ' || reason FROM availability_closed":                             "[2026-03-04T05:07:00.000000Z database]",
		"SELECT receiver || ' ' || link || ' ' || state FROM check_told ORDER BY receiver":    "[mail voice broken webhook voice broken]",
		"SELECT name || ' ' || state FROM check_links WHERE name NOT LIKE '.%' ORDER BY name": "[sms ok voice broken]",
	} {
		got, err := store.Strings(ctx, db, query)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v; want %s", query, got, err, want)
		}
	}
}
