package call

import "sync"

// admission hands out conversation slots and, when none is free, places in the
// waiting room, first come first served (T2).
type admission struct {
	mu           sync.Mutex
	slots, rooms int
	talking      int
	queue        []*place
}

// place is a caller's slot or the right to the next one.
type place struct {
	ready chan struct{} // closed when the slot is this caller's
}

// waiting tells whether the slot is still to come.
func (p *place) waiting() bool {
	select {
	case <-p.ready:
		return false
	default:
		return true
	}
}

func newAdmission(slots, rooms int) *admission { return &admission{slots: slots, rooms: rooms} }

// enter gives a slot, a place in the waiting room, or nil when both are full.
func (a *admission) enter() *place {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &place{ready: make(chan struct{})}
	switch {
	case a.talking < a.slots:
		a.talking++
		close(p.ready)
	case len(a.queue) < a.rooms:
		a.queue = append(a.queue, p)
	default:
		return nil
	}
	return p
}

// leave gives the place back; a slot goes to the caller who waited longest.
func (a *admission) leave(p *place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, q := range a.queue {
		if q == p {
			a.queue = append(a.queue[:i], a.queue[i+1:]...)
			return
		}
	}
	if len(a.queue) > 0 {
		close(a.queue[0].ready)
		a.queue = a.queue[1:]
		return
	}
	a.talking--
}

func (a *admission) load() (talking, waiting int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.talking, len(a.queue)
}
