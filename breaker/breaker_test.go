package breaker

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestBreaker plays what happens to a backend, a word each, and compares the states that are told.
func TestBreaker(t *testing.T) {
	for _, c := range []struct {
		name   string
		does   []string
		told   []State
		usable bool
	}{
		{"works", []string{"ok", "ok"}, nil, true},
		{"one failure is borne", []string{"fail", "ok", "fail"}, nil, true},
		{"two in a row are not", []string{"fail", "fail"}, []State{Open}, false},
		{"no trial before its time", []string{"fail", "fail", "no trial"}, []State{Open}, false},
		{"a trial that works", []string{"fail", "fail", "rest", "trial", "ok"}, []State{Open, HalfOpen, Closed}, true},
		{"one trial at a time", []string{"fail", "fail", "rest", "trial", "no trial"}, []State{Open, HalfOpen}, false},
		{"a trial that fails", []string{"fail", "fail", "rest", "trial", "fail", "no trial"}, []State{Open, HalfOpen, Open}, false},
		{"a trial that tells nothing", []string{"fail", "fail", "rest", "trial", "spare", "no trial", "rest", "trial"}, []State{Open, HalfOpen, Open, HalfOpen}, false},
		{"being busy is no failure", []string{"fail", "spare", "ok"}, nil, true},
		{"asked for want of another, and it works", []string{"fail", "fail", "ok"}, []State{Open, Closed}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(0, 0)
			var told []State
			b := New(Config{Failures: 2, Rest: time.Minute, Now: func() time.Time { return now }, Changed: func(s State, _ error) { told = append(told, s) }})
			for _, what := range c.does {
				switch what {
				case "ok":
					b.Succeeded()
				case "fail":
					b.Failed(errors.New("gone"))
				case "spare":
					b.Spared()
				case "rest":
					now = now.Add(time.Minute)
				case "trial", "no trial":
					if due := b.Trial(); due != (what == "trial") {
						t.Fatalf("%s: a trial is due: %v", what, due)
					}
				}
			}
			if !slices.Equal(told, c.told) || b.Usable() != c.usable {
				t.Errorf("told %v, want %v; usable %v, want %v", told, c.told, b.Usable(), c.usable)
			}
		})
	}
	if s := New(Config{}).State().String() + Open.String() + HalfOpen.String(); s != "closedopenhalf_open" {
		t.Errorf("names %q", s)
	}
}
