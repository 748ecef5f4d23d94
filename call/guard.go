package call

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
)

// Windows and hysteresis of the guard.
const (
	guardEvery   = time.Second // between two judgements
	guardTicks   = 250         // ticks of 20 ms whose lateness is remembered: 5 s
	lateShare    = 0.05        // of these, one in twenty late is too many
	cpuSmoothing = 0.5         // weight of the newest second
	cpuRelief    = 10.0        // points below the limit at which calls are taken again
)

// Reasons for which a call is turned away, as facts and Stats give them.
const (
	refusedFull  = "full"      // no slot and no waiting place
	refusedCodec = "codec"     // no codec in common
	refusedWait  = "waited"    // waited too long
	refusedCPU   = "cpu"       // the processors are busy
	refusedClock = "clock"     // sound leaves late
	suspended    = "suspended" // the line is closed
)

// Guard tells when one more call would spoil those that are up: when the program
// keeps the processors busy, or when sound leaves late, whoever keeps them busy. The
// second it learns from a clock of its own that ticks like those of the calls. A nil
// Guard refuses nothing.
type Guard struct {
	cpuLimit  float64       // percent of the machine's processors, 0: no limit
	lateLimit time.Duration // 0: no limit
	cores     float64
	used      func() time.Duration // processor time of the process and its children so far
	log       *slog.Logger

	cpu     atomic.Uint64 // float64 bits
	verdict atomic.Pointer[string]

	mu    sync.Mutex // of what Run alone touches but tests look at
	late  [guardTicks]bool
	next  int
	known int
	began bool
	at    time.Time
	spent time.Duration
}

// NewGuard makes a guard for the limits of c; Run makes it look. cores is how many
// processors may be used.
func NewGuard(c config.Calls, cores int, log *slog.Logger) *Guard {
	return &Guard{cpuLimit: float64(c.CPUGuardPercent), lateLimit: ms(c.ClockGuardMS), cores: float64(cores), used: processorTime, log: log}
}

// Refuses tells whether new calls are refused now, and why: cpu or clock.
func (g *Guard) Refuses() (reason string, yes bool) {
	if g == nil {
		return "", false
	}
	if r := g.verdict.Load(); r != nil {
		return *r, *r != ""
	}
	return "", false
}

// CPUPercent is the share of the machine's processors that the program used lately.
func (g *Guard) CPUPercent() float64 {
	if g == nil {
		return 0
	}
	return math.Float64frombits(g.cpu.Load())
}

// Run looks until ctx ends.
func (g *Guard) Run(ctx context.Context) {
	start := time.Now()
	g.judge(start)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n, judged := int64(1), start; ; n++ {
		due := start.Add(time.Duration(n) * media.FrameDuration)
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		missed := int64(now.Sub(due) / media.FrameDuration)
		g.tick(now.Sub(due), int(missed))
		n += missed
		if now.Sub(judged) >= guardEvery {
			judged = now
			g.judge(now)
		}
	}
}

// tick notes how late one tick was; those that it made us miss were no better.
func (g *Guard) tick(late time.Duration, missed int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range min(1+missed, guardTicks) {
		g.late[g.next] = g.lateLimit > 0 && late > g.lateLimit
		g.next = (g.next + 1) % guardTicks
		g.known = min(g.known+1, guardTicks)
	}
}

// judge decides for the next second.
func (g *Guard) judge(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	spent := g.used()
	if g.began && now.After(g.at) {
		share := 100 * (spent - g.spent).Seconds() / now.Sub(g.at).Seconds() / g.cores
		g.cpu.Store(math.Float64bits(g.CPUPercent()*(1-cpuSmoothing) + share*cpuSmoothing))
	}
	g.began, g.at, g.spent = true, now, spent
	was, _ := g.Refuses()
	reason := g.reason(was)
	if reason == was {
		return
	}
	g.verdict.Store(&reason)
	if reason != "" {
		g.log.Warn("call: new calls are refused, those in progress come first", "reason", reason, "cpu_percent", math.Round(g.CPUPercent()), "late_share", g.lateShare())
	} else {
		g.log.Info("call: new calls are taken again", "after", was)
	}
}

// reason weighs what is known. What was refused for stays so until it is clearly
// better, so that calls are not let in and out by the second. The lock is held.
func (g *Guard) reason(was string) string {
	cpu, late := g.cpuLimit, lateShare
	if was == refusedCPU {
		cpu -= min(cpuRelief, cpu/2)
	}
	if was == refusedClock {
		late /= 2
	}
	switch {
	case g.cpuLimit > 0 && g.CPUPercent() > cpu:
		return refusedCPU
	case g.lateLimit > 0 && g.known == guardTicks && g.lateShare() > late:
		return refusedClock
	}
	return ""
}

func (g *Guard) lateShare() float64 {
	n := 0
	for _, l := range g.late[:g.known] {
		if l {
			n++
		}
	}
	return float64(n) / float64(max(g.known, 1))
}

// Describe says why in words, for a person who looks at the service's health.
func (g *Guard) Describe(reason string) string {
	switch reason {
	case refusedCPU:
		return fmt.Sprintf("new calls are refused: the program uses %.0f %% of the processors", g.CPUPercent())
	case refusedClock:
		return fmt.Sprintf("new calls are refused: sound leaves more than %d ms late", g.lateLimit.Milliseconds())
	}
	return ""
}

// processorTime is what the process and its children that have ended used.
func processorTime() time.Duration {
	var total time.Duration
	for _, who := range [...]int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil { // fails only for a wrong who
			total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return total
}
