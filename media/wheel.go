package media

import (
	"runtime"
	"sync"
	"time"
)

const (
	// wheelTick is how fine the moments are at which a Wheel turns sessions. A call keeps its moment, so that its packets are even
	// whatever the tick; a finer one costs wake-ups.
	wheelTick = 2 * time.Millisecond
	// wheelSize is the number of moments in one turn: a slot of the sessions' clocks.
	wheelSize = int64(slotDuration / wheelTick)
	// wheelPhases are the moments at which a frame may begin.
	wheelPhases = int(FrameDuration / wheelTick)
	// wheelNap is the longest sleep, in ticks: a session that comes meanwhile waits so long for its first turn.
	wheelNap = 2
)

// Wheel is the clock of many sessions: a goroutine for each processor wakes each 2 ms and turns the sessions whose moment it is,
// spread evenly over the moments. A call costs no wake-up of its own, and its socket is read when its frame is due, so that nothing else
// wakes for it either. Its goroutines live while it has sessions. The zero value is not usable, NewWheel makes one.
type Wheel struct {
	workers []*wheelWorker
	adding  sync.Mutex // the worker with the fewest sessions stays that until it has one more
}

// NewWheel makes a clock for the sessions of one process. It needs no closing.
func NewWheel() *Wheel { return newWheel(runtime.GOMAXPROCS(0)) }

func newWheel(workers int) *Wheel {
	w := &Wheel{}
	for range workers {
		w.workers = append(w.workers, &wheelWorker{})
	}
	return w
}

// add gives a session its moments and begins to turn it. It must be taken off again.
func (w *Wheel) add(s *Session) *wheelWorker {
	w.adding.Lock()
	defer w.adding.Unlock()
	best := w.workers[0]
	least := best.load()
	for _, k := range w.workers[1:] {
		if n := k.load(); n < least {
			best, least = k, n
		}
	}
	best.add(s)
	return best
}

// wheelWorker turns the sessions of one goroutine.
type wheelWorker struct {
	mu      sync.Mutex // held while the sessions of one moment are turned
	slots   [wheelSize][]*Session
	phases  [wheelPhases]int // sessions whose frames begin there
	count   int
	running bool
	began   time.Time // of tick 0
	reader  packetReader
}

func (k *wheelWorker) load() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}

// add takes a session at the emptiest phase; its first frame is due within one frame from now.
func (k *wheelWorker) add(s *Session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.running {
		k.began = time.Now()
	}
	phase := int(s.cfg.Random() % uint64(wheelPhases)) // of several that are equally empty
	for i := range wheelPhases {
		if p := (phase + i) % wheelPhases; k.phases[p] < k.phases[phase] {
			phase = p
		}
	}
	k.phases[phase]++
	k.count++
	now := int64(time.Since(k.began)/wheelTick) + 1
	first := now + (int64(phase)-now%int64(wheelPhases)+int64(wheelPhases))%int64(wheelPhases)
	s.begins(k.began.Add(time.Duration(first)*wheelTick), phase)
	at := first % wheelSize
	k.slots[at] = append(k.slots[at], s)
	if !k.running {
		k.running = true
		go k.run()
	}
}

// remove takes a session off: after it the session is not turned any more.
func (k *wheelWorker) remove(s *Session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := int64(s.phase) % wheelSize
	for i, have := range k.slots[at] {
		if have == s {
			last := len(k.slots[at]) - 1
			k.slots[at][i], k.slots[at][last] = k.slots[at][last], nil
			k.slots[at] = k.slots[at][:last]
			k.phases[s.phase]--
			k.count--
			return
		}
	}
}

// run turns the sessions until there is none.
func (k *wheelWorker) run() {
	tick := int64(0)
	for {
		k.mu.Lock()
		if k.count == 0 {
			k.running = false
			k.mu.Unlock()
			return
		}
		// A tick is never left out, however late: each session decides what to do about its own lateness.
		for now := int64(time.Since(k.began) / wheelTick); tick <= now; tick++ {
			for _, s := range k.slots[tick%wheelSize] {
				s.turn(&k.reader)
			}
		}
		// Of the next moments, the empty ones need no waking.
		next := tick
		for len(k.slots[next%wheelSize]) == 0 && next < tick+wheelNap {
			next++
		}
		until := time.Until(k.began.Add(time.Duration(next) * wheelTick))
		k.mu.Unlock()
		time.Sleep(until)
	}
}
