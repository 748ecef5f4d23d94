package call

import "testing"

func TestSlotsThenWaitingRoomThenNothing(t *testing.T) {
	a := newAdmission(2, 2)
	first, second := a.enter(), a.enter()
	third, fourth := a.enter(), a.enter()
	if first.waiting() || second.waiting() || !third.waiting() || !fourth.waiting() {
		t.Fatal("two should talk and two wait")
	}
	if a.enter() != nil {
		t.Fatal("a fifth caller got in")
	}
	a.leave(first)
	if third.waiting() || !fourth.waiting() {
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
	a.leave(second)
	if p := a.enter(); p == nil || p.waiting() {
		t.Error("the slot is lost")
	}
}
