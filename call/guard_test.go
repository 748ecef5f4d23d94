package call

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
)

// busy is a guard whose clock and processor time the test sets.
type busy struct {
	*Guard
	now  time.Time
	used time.Duration
}

func newBusy(cpuPercent, lateMS int) *busy {
	b := &busy{now: time.Unix(1000, 0)}
	b.Guard = NewGuard(config.Calls{CPUGuardPercent: cpuPercent, ClockGuardMS: lateMS}, 2, slog.New(slog.DiscardHandler))
	b.Guard.used = func() time.Duration { return b.used }
	b.judge(b.now)
	return b
}

// pass lets seconds go by with a share of both processors used and some ticks late.
func (b *busy) pass(seconds int, percent float64, lateTicks int) {
	for range seconds {
		for i := range int(time.Second / media.FrameDuration) {
			late := time.Duration(0)
			if i < lateTicks {
				late = 50 * time.Millisecond
			}
			b.tick(late, 0)
		}
		b.now = b.now.Add(time.Second)
		b.used += time.Duration(percent / 100 * 2 * float64(time.Second))
		b.judge(b.now)
	}
}

func TestGuardByProcessors(t *testing.T) {
	g := newBusy(80, 40)
	steps := []struct {
		name    string
		seconds int
		percent float64
		want    string
	}{
		{"idle", 3, 10, ""},
		{"one busy second is no reason", 1, 100, ""},
		{"calm again", 5, 10, ""},
		{"busy for long", 6, 95, refusedCPU},
		{"a little better is not enough", 10, 75, refusedCPU},
		{"clearly better", 8, 50, ""},
	}
	for _, s := range steps {
		g.pass(s.seconds, s.percent, 0)
		if got, _ := g.Refuses(); got != s.want {
			t.Fatalf("%s: %q, want %q at %.0f %%", s.name, got, s.want, g.CPUPercent())
		}
	}
}

func TestGuardByClock(t *testing.T) {
	g := newBusy(80, 40)
	for _, s := range []struct {
		name          string
		seconds, late int // ticks of fifty
		want          string
	}{
		{"before enough is known", 2, 50, ""},
		{"on time", 6, 0, ""},
		{"one in fifty", 6, 1, ""},
		{"one in ten", 6, 5, refusedClock},
		{"one in twenty-five is not yet good", 6, 2, refusedClock},
		{"on time again", 6, 0, ""},
	} {
		g.pass(s.seconds, 0, s.late)
		if got, _ := g.Refuses(); got != s.want {
			t.Fatalf("%s: %q, want %q", s.name, got, s.want)
		}
	}
	g.tick(time.Second, 50) // one stall is as bad as the ticks it swallowed
	g.judge(g.now.Add(time.Second))
	if got, _ := g.Refuses(); got != refusedClock {
		t.Errorf("after a stall: %q", got)
	}
}

func TestGuardWithoutLimits(t *testing.T) {
	g := newBusy(0, 0)
	g.pass(10, 100, 50)
	if r, yes := g.Refuses(); yes {
		t.Errorf("refuses: %s", r)
	}
	var none *Guard
	if _, yes := none.Refuses(); yes || none.CPUPercent() != 0 {
		t.Error("no guard refuses")
	}
}

func TestGuardRuns(t *testing.T) {
	t.Parallel()
	g := NewGuard(config.Calls{CPUGuardPercent: 1}, 1, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { g.Run(ctx); close(done) }()
	until(t, "a busy process to be seen as one", func() bool {
		for range 1000000 { // be busy
		}
		r, _ := g.Refuses()
		return r == refusedCPU
	})
	cancel()
	<-done
}
