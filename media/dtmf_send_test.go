package media

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestKeysAreSpelledOut(t *testing.T) {
	var d dtmfSender
	if err := d.enqueue("5#"); err != nil {
		t.Fatal(err)
	}
	type event struct {
		tick       int
		start      uint32
		key        byte
		first, end bool
		duration   uint16
	}
	var got []event
	for tick := range 30 {
		e, start, first, send, active := d.next(uint32(tick * FrameSamples))
		if send && !active {
			t.Fatal("sent while inactive")
		}
		if send {
			got = append(got, event{tick, start, eventKeys[e.code], first, e.end, e.duration})
		}
	}
	var want []event
	for k, key := range []byte("5#") {
		begin := k * (keyToneTicks + keyGapTicks)
		for i := range keyToneTicks + keyCopyTicks {
			want = append(want, event{
				begin + i, uint32(begin * FrameSamples), key, i == 0, i >= keyToneTicks-1,
				uint16(min(i+1, keyToneTicks) * FrameSamples),
			})
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d packets, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("packet %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if d.busy.Load() || d.sent.Load() != 2 {
		t.Errorf("busy %v, sent %d", d.busy.Load(), d.sent.Load())
	}
}

// What one end sends, the other end hears.
func TestSentKeysAreHeard(t *testing.T) {
	var s dtmfSender
	var r dtmfReceiver
	var out [keyQueue]uint8
	const digits = "0123456789*#ABCDabcd00"
	if err := s.enqueue(digits); err != nil {
		t.Fatal(err)
	}
	got := ""
	for tick := range len(digits)*(keyToneTicks+keyGapTicks) + 10 {
		now := time.Duration(tick) * FrameDuration
		if e, start, _, send, _ := s.next(uint32(tick * FrameSamples)); send {
			r.packet(9, start, e, now)
		}
		r.tick(now)
		for _, c := range out[:r.take(&out)] {
			got += string(eventKeys[c])
		}
	}
	if want := strings.ToUpper(digits); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestSendDigitsRefusals(t *testing.T) {
	var d dtmfSender
	for _, bad := range []string{"12x", "1 2", "é", "E"} {
		if err := d.enqueue(bad); !errors.Is(err, ErrBadDigit) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if d.queued != 0 {
		t.Error("part of a refused sequence was queued")
	}
	if err := d.enqueue(strings.Repeat("1", keySendQueue)); err != nil {
		t.Fatal(err)
	}
	if err := d.enqueue("2"); !errors.Is(err, ErrDigitQueue) {
		t.Errorf("a full queue: %v", err)
	}
}
