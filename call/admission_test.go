package call

import (
	"math/rand/v2"
	"testing"
)

// waiting tells whether the slot is still to come.
func (p *place) waiting() bool {
	select {
	case <-p.ready:
		return false
	default:
		return true
	}
}

func TestSlotsThenWaitingRoomThenNothing(t *testing.T) {
	a := newAdmission(2, 2)
	first, second := a.enter(), a.enter()
	third, fourth := a.enter(), a.enter()
	if first.waiting() || second.waiting() || !third.waiting() || !fourth.waiting() {
		t.Fatal("two should talk and two wait")
	}
	if a.position(first) != 0 || a.position(third) != 1 || a.position(fourth) != 2 {
		t.Errorf("places %d %d %d", a.position(first), a.position(third), a.position(fourth))
	}
	if a.enter() != nil {
		t.Fatal("a fifth caller got in")
	}
	a.leave(first)
	if third.waiting() || !fourth.waiting() || a.position(fourth) != 1 {
		t.Error("the slot should go to the caller who waited longest")
	}
	a.leave(fourth) // hung up while waiting
	if talking, waiting := a.load(); talking != 2 || waiting != 0 {
		t.Errorf("%d talk, %d wait", talking, waiting)
	}
	a.leave(second)
	a.leave(third)
	if talking, waiting := a.load(); talking != 0 || waiting != 0 {
		t.Errorf("%d talk, %d wait after all have left", talking, waiting)
	}
}

func TestSlotGivenUpWhileItIsHandedOver(t *testing.T) {
	a := newAdmission(1, 1)
	first, second := a.enter(), a.enter()
	a.leave(first) // second's now
	if a.giveUp(second) {
		t.Error("who has a slot can't give the waiting up")
	}
	a.leave(second)
	if p := a.enter(); p == nil || p.waiting() {
		t.Error("the slot is lost")
	}
}

func TestWhoGaveUpTakesNoSlotAlong(t *testing.T) {
	a := newAdmission(1, 1)
	first, second := a.enter(), a.enter()
	if !a.giveUp(second) {
		t.Error("the caller was waiting")
	}
	third := a.enter() // the waiting place is free at once
	a.leave(second)    // after the message
	if third == nil || a.position(third) != 1 {
		t.Fatal("the waiting place was not given back")
	}
	a.leave(first)
	if talking, waiting := a.load(); talking != 1 || waiting != 0 || third.waiting() {
		t.Errorf("%d talk, %d wait", talking, waiting)
	}
}

// TestAdmissionInAnyOrder comes and goes at random and compares with a plain list.
func TestAdmissionInAnyOrder(t *testing.T) {
	const slots, rooms = 3, 4
	a := newAdmission(slots, rooms)
	r := rand.New(rand.NewPCG(1, 2))
	var inside []*place // in the order in which they came
	for range 5000 {
		if r.IntN(2) == 0 {
			if p := a.enter(); p != nil {
				inside = append(inside, p)
			} else if len(inside) != slots+rooms {
				t.Fatalf("refused with %d inside", len(inside))
			}
		} else if len(inside) > 0 {
			i := r.IntN(len(inside))
			a.leave(inside[i])
			inside = append(inside[:i], inside[i+1:]...)
		}
		for i, p := range inside {
			if want := max(0, i-slots+1); a.position(p) != want || p.waiting() != (want > 0) {
				t.Fatalf("caller %d of %d has place %d", i, len(inside), a.position(p))
			}
		}
	}
}
