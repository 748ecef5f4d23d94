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
	ready  chan struct{} // closed when the slot is this caller's
	seated bool          // has a slot; guarded by the admission's lock
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
		p.seat()
	case len(a.queue) < a.rooms:
		a.queue = append(a.queue, p)
	default:
		return nil
	}
	return p
}

func (p *place) seat() {
	p.seated = true
	close(p.ready)
}

// position is the caller's place in the queue, 1 for who is next; 0 when the
// slot is theirs or they have left.
func (a *admission) position(p *place) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.indexOf(p) + 1
}

// indexOf finds a place in the queue, -1 when it is not there. The lock is held.
func (a *admission) indexOf(p *place) int {
	for i, q := range a.queue {
		if q == p {
			return i
		}
	}
	return -1
}

// giveUp takes a caller out of the queue; false when the slot became theirs first.
func (a *admission) giveUp(p *place) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := a.indexOf(p); i >= 0 {
		a.queue = append(a.queue[:i], a.queue[i+1:]...)
	}
	return !p.seated
}

// leave gives the place back; a slot goes to the caller who has waited longest.
func (a *admission) leave(p *place) {
	if a.giveUp(p) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p.seated = false // leaving twice gives nothing twice
	if len(a.queue) > 0 {
		a.queue[0].seat()
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
