package load

import (
	"math"
	"testing"
	"time"
)

func TestSlopeLeavesTheWarmUpOut(t *testing.T) {
	t.Parallel()
	var samples []Sample
	for i := range 10 {
		heap := 20 + float64(i)*0.5 // half a MB for each thousand
		if i < soakWarm {
			heap = 100
		}
		samples = append(samples, Sample{Calls: i * 1000, Goroutines: 20, Sockets: 4, HeapMB: heap})
	}
	s := slopeOf(samples)
	if s == nil || math.Abs(s.HeapKB-512) > 0.01 || s.Goroutines != 0 || s.Sockets != 0 {
		t.Errorf("%+v", s)
	}
	if slopeOf(samples[:1]) != nil {
		t.Error("one sample has no slope")
	}
}

func TestSlopeOfTalkComparesEqualLoads(t *testing.T) {
	t.Parallel()
	samples := []Sample{{Calls: 1, Callers: 9, HeapMB: 50}, {Calls: 20, Callers: 10, HeapMB: 100}, {Calls: 40, Callers: 10, HeapMB: 101},
		{Calls: 60, Callers: 10, HeapMB: 102}, {Calls: 80, Callers: 4, HeapMB: 60}, {Calls: 84, HeapMB: 30}}
	s := slopeOf(withAllCallers(samples, 10))
	if s == nil || math.Abs(s.HeapKB-50*1024) > 0.01 || len(samples) != 6 {
		t.Errorf("%+v of %d samples", s, len(samples))
	}
	if slopeOf(withAllCallers(samples, 11)) != nil {
		t.Error("no sample has eleven callers")
	}
}

func TestImpairmentKeepsItsShares(t *testing.T) {
	t.Parallel()
	line := Impairment{LossPercent: 20, JitterMS: 100, ReorderPercent: 10, DuplicatePercent: 5}
	const n = 20000
	lost, doubled, longest := 0, 0, time.Duration(0)
	for range n {
		switch d := line.deliveries(); len(d) {
		case 0:
			lost++
		case 2:
			doubled++
			longest = max(longest, d[0])
		default:
			longest = max(longest, d[0])
		}
	}
	if lost < n*18/100 || lost > n*22/100 || doubled < n*3/100 || doubled > n*5/100 || longest > 100*time.Millisecond+holdBack || longest < 100*time.Millisecond {
		t.Errorf("%d lost, %d doubled, longest %v of %d", lost, doubled, longest, n)
	}
	if d := (Impairment{}).deliveries(); len(d) != 1 || d[0] != 0 {
		t.Errorf("a good line: %v", d)
	}
}

// A key is five packets of tone and two copies of its end, with one timestamp and the marker on the first (RFC 4733).
func TestKeyOnTheWire(t *testing.T) {
	t.Parallel()
	s := newSending(SilentTrack())
	s.keys, s.eventType, s.timestamp = "5#", 101, 1000
	var b [1500]byte
	events, ends, markers := map[uint32]int{}, map[uint32]int{}, 0
	for range 2*(keyTone+keyGap) + 3 {
		n := s.next(b[:])
		if b[1]&0x7F != 101 {
			if n != rtpHeader+frameBytes {
				t.Errorf("%d bytes of sound", n)
			}
			continue
		}
		at := uint32(b[4])<<24 | uint32(b[5])<<16 | uint32(b[6])<<8 | uint32(b[7])
		events[at]++
		if b[1]&0x80 != 0 {
			markers++
		}
		if b[rtpHeader+1]&0x80 != 0 {
			ends[at]++
		}
		if want := map[uint32]byte{1000: 5, 1000 + 10*160: 11}[at]; b[rtpHeader] != want {
			t.Errorf("event %d at %d", b[rtpHeader], at)
		}
	}
	if len(events) != 2 || events[1000] != 7 || ends[1000] != 3 || events[2600] != 7 || markers != 2 || s.pressed != 2 || s.keys != "" {
		t.Errorf("events %v, ends %v, %d markers, %d pressed, %q left", events, ends, markers, s.pressed, s.keys)
	}
}
