package call

import (
	"maps"
	"sync"
	"time"
)

// waitBounds are the upper bounds, in seconds, of the waiting times' histogram.
var waitBounds = [...]float64{5, 10, 20, 30, 60, 120, 300}

// Stats is what became of the calls since the service began (T2), and how things
// stand now.
type Stats struct {
	Talking, Waiting int // now

	Presented  uint64            // calls for one of our lines, echo lines left out
	Seated     uint64            // conversations begun, at once or after a wait
	Waited     uint64            // of these, after a wait
	Abandoned  uint64            // callers who left while waiting
	Refused    map[string]uint64 // calls turned away, by reason: full, waited, cpu, clock
	Suspended  uint64            // calls that heard that the service is suspended
	WaitTimes  Histogram         // of all waits, however they ended
	LoadGuard  string            // why new calls are refused now, "" when they are not
	CPUPercent float64           // of the machine's processors, lately
}

// Histogram counts values up to each bound, the smaller ones included.
type Histogram struct {
	Count   uint64
	Sum     float64            // seconds
	Buckets map[float64]uint64 // upper bound in seconds → values up to it
}

// counters is the live form of Stats.
type counters struct {
	mu sync.Mutex
	Stats
}

func newCounters() *counters {
	c := &counters{}
	c.Refused, c.WaitTimes.Buckets = map[string]uint64{}, map[float64]uint64{}
	for _, b := range waitBounds {
		c.WaitTimes.Buckets[b] = 0
	}
	return c
}

func (c *counters) presented() { c.mu.Lock(); defer c.mu.Unlock(); c.Presented++ }
func (c *counters) suspended() { c.mu.Lock(); defer c.mu.Unlock(); c.Suspended++ }

func (c *counters) refused(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Refused[reason]++
}

// seated counts a conversation that begins after a wait; 0 for none.
func (c *counters) seated(wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Seated++
	if wait > 0 {
		c.Waited++
		c.wait(wait)
	}
}

func (c *counters) abandoned(wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Abandoned++
	c.wait(wait)
}

func (c *counters) waitedInVain(wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Refused[refusedWait]++
	c.wait(wait)
}

// wait counts the time. The lock is held.
func (c *counters) wait(d time.Duration) {
	c.WaitTimes.Count++
	c.WaitTimes.Sum += d.Seconds()
	for _, b := range waitBounds {
		if d.Seconds() <= b {
			c.WaitTimes.Buckets[b]++
		}
	}
}

// Stats are the counters so far.
func (s *Service) Stats() Stats {
	s.count.mu.Lock()
	out := s.count.Stats
	out.Refused, out.WaitTimes.Buckets = maps.Clone(out.Refused), maps.Clone(out.WaitTimes.Buckets)
	s.count.mu.Unlock()
	out.Talking, out.Waiting = s.slots.load()
	out.LoadGuard, _ = s.cfg.Guard.Refuses()
	out.CPUPercent = s.cfg.Guard.CPUPercent()
	return out
}
