package record

import (
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/store/storetest"
)

// TestInterruptions: a day watched from 6:00 to 21:00 with two interruptions, 12 minutes in the morning (5 in which the service ran but
// could not, 7 in which it did not run) and 3 in the evening; nights do not count (K12).
func TestInterruptions(t *testing.T) {
	db := storetest.Open(t)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 3, 10, 0, 0, 0, 0, paris)
	for m := range 24 * 60 {
		at := day.Add(time.Duration(m) * time.Minute)
		open := true
		switch {
		case m >= 9*60 && m < 9*60+5:
			open = false
		case m >= 9*60+5 && m < 9*60+12:
			continue
		case m >= 20*60 && m < 20*60+3:
			continue
		case m >= 22*60:
			open = false
		}
		if err := Beat(t.Context(), db, at, open, ""); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ComputeInterruptions(t.Context(), db, day, day.AddDate(0, 0, 1), day.AddDate(0, 0, 2))
	if err != nil {
		t.Fatal(err)
	}
	if got.Watched != 900 || got.Closed() != 15 || got.Longest != 12 || !got.At.Equal(day.Add(9*time.Hour)) {
		t.Errorf("%+v", got)
	}
	if got, _ = ComputeInterruptions(t.Context(), db, day, day.AddDate(0, 0, 1), day.Add(6*time.Hour+10*time.Minute)); got.Watched != 10 || got.Closed() != 0 {
		t.Errorf("ten minutes into the day: %+v", got)
	}
}
