package record

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store/storetest"
)

// Minutes between 6:00 and 21:00 are counted, from the first one noted to now; interruptions of a moment count for their minute.
func TestAvailability(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := storetest.Open(t)
	day := func(text string) time.Time { return parisTime(t, text) }
	// The service starts on 28 March at 20:00, the day before the clocks change, and stops from 12:00 to 12:30 on the 29th.
	for at, end := day("2026-03-28T20:00:10+01:00"), day("2026-03-29T14:00:00+02:00"); at.Before(end); at = at.Add(30 * time.Second) {
		down := !at.Before(day("2026-03-29T12:00:00+02:00")) && at.Before(day("2026-03-29T12:30:00+02:00"))
		if down {
			continue
		}
		moment := at.Equal(day("2026-03-29T09:15:40+02:00"))
		if err := Beat(ctx, db, at, !moment, map[bool]string{true: "database"}[moment]); err != nil {
			t.Fatal(err)
		}
	}
	q := Query{From: day("2026-03-28T00:00:00+01:00"), To: day("2026-03-31T00:00:00+02:00"), By: ByDay, Measures: []string{"disponibilite"},
		Now: day("2026-03-29T14:00:20+02:00")}
	got, err := ComputeStats(ctx, db, q)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ numerator, denominator float64 }{
		{60, 60},                // from 20:00 to 21:00
		{8*60 - 30 - 1, 8 * 60}, // 6:00 to 14:00, but half an hour and one minute
		{0, 0},                  // has not come yet
	}
	rows := slices.Collect(got.Rows())
	if len(rows) != len(want) {
		t.Fatalf("rows %+v", rows)
	}
	for i, r := range rows {
		if *r.Numerator != want[i].numerator || *r.Denominator != want[i].denominator || (r.Value == nil) != (want[i].denominator == 0) {
			t.Errorf("%s: %v of %v, want %v of %v", r.Bucket, *r.Numerator, *r.Denominator, want[i].numerator, want[i].denominator)
		}
	}
	if all, err := ComputeStats(ctx, db, Query{From: q.From, To: q.To, Now: q.Now, Group: []Group{GroupRegion}, Measures: q.Measures}); err != nil || len(slices.Collect(all.Rows())) != 0 {
		t.Errorf("grouped: %+v, %v", slices.Collect(all.Rows()), err)
	}
}

func TestWatchedMinutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     float64
	}{
		{"2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 900}, // 23 hours long: its 6 to 21 are as many
		{"2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 900},
		{"2026-10-25T05:30:00+01:00", "2026-10-25T06:30:00+01:00", 30},
		{"2026-10-25T20:30:00+01:00", "2026-10-27T06:10:00+01:00", 30 + 900 + 10},
		{"2026-10-25T22:00:00+01:00", "2026-10-25T23:00:00+01:00", 0},
		{"2026-10-25T10:00:00+01:00", "2026-10-25T09:00:00+01:00", 0},
	} {
		if got := watched(parisTime(t, c.from), parisTime(t, c.to)); got != c.want {
			t.Errorf("%s to %s: %v minutes, want %v", c.from, c.to, got, c.want)
		}
	}
}
