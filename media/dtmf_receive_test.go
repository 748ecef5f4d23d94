package media

import (
	"slices"
	"testing"
	"time"
)

// wire is one telephone event packet and when it comes.
type wire struct {
	at       int // ms
	ssrc     uint32
	ts       uint32
	code     uint8
	end      bool
	duration uint16
}

// pressed spells one key out as it is sent: a packet each 20 ms, three end packets.
func pressed(at int, ts uint32, code uint8, ms int) (packets []wire) {
	for d := 20; d < ms; d += 20 {
		packets = append(packets, wire{at + d, 1, ts, code, false, uint16(d * 8)})
	}
	for range 3 {
		packets = append(packets, wire{at + ms, 1, ts, code, true, uint16(ms * 8)})
	}
	return packets
}

func join(parts ...[]wire) (all []wire) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// without leaves out packets by index.
func without(packets []wire, lost ...int) (kept []wire) {
	for i, p := range packets {
		gone := false
		for _, l := range lost {
			gone = gone || i == l
		}
		if !gone {
			kept = append(kept, p)
		}
	}
	return kept
}

// run feeds packets in their order, with ticks every 20 ms until 400 ms after the last one.
func keysHeard(packets []wire) string {
	var d dtmfReceiver
	var out [keyQueue]uint8
	got := ""
	tick := func(ms int) {
		d.tick(time.Duration(ms) * time.Millisecond)
		for _, c := range out[:d.take(&out)] {
			got += string(eventKeys[c])
		}
	}
	now := 0
	for _, p := range packets {
		for ; now+20 <= p.at; now += 20 {
			tick(now + 20)
		}
		d.packet(p.ssrc, p.ts, keyEvent{code: p.code, end: p.end, duration: p.duration}, time.Duration(p.at)*time.Millisecond)
	}
	for range 20 {
		now += 20
		tick(now)
	}
	return got
}

func TestKeysReceived(t *testing.T) {
	one := pressed(0, 1000, 8, 100)
	sameTS := func(at int) []wire { return pressed(at, 17632, 0, 140) }
	advancing := []wire{
		{20, 1, 1000, 5, false, 160}, {40, 1, 1160, 5, false, 320}, {60, 1, 1320, 5, false, 480},
		{80, 1, 1480, 5, true, 640}, {80, 1, 1480, 5, true, 640}, {100, 1, 1640, 5, true, 640},
	}
	held := []wire{}
	for ms := 20; ms <= 9000; ms += 20 {
		segment := uint32(0)
		d := ms * 8
		if d > 0xFFFF {
			segment, d = 0xFFFF, d-0xFFFF
		}
		held = append(held, wire{ms, 1, 1000 + segment, 3, ms == 9000, uint16(d)})
	}
	var postal []wire
	for i, c := range []uint8{8, 4, 0, 0, 0, 11} {
		postal = append(postal, pressed(200*i, uint32(1000+1600*i), c, 100)...)
	}
	tests := []struct {
		name    string
		packets []wire
		want    string
	}{
		{"one key", one, "8"},
		{"end packets lost", without(one, 4, 5, 6), "8"},
		{"all but one packet lost", one[:1], "8"},
		{"only the last end packet came", one[6:], "8"},
		{"duplicated packets", join(one, one), "8"},
		{"postal code", postal, "84000#"},
		{"postal code, all end packets lost", without(postal, 4, 5, 6, 11, 12, 13, 18, 19, 20, 25, 26, 27, 32, 33, 34), "84000#"},
		{"same key twice, end of the first lost", join(without(pressed(0, 1000, 0, 100), 4, 5, 6), pressed(200, 2600, 0, 100)), "00"},
		{"same key twice, little of the first came", join(pressed(0, 1000, 0, 100)[:1], pressed(160, 2280, 0, 100)), "00"},
		{"late packet of an earlier key", join(pressed(0, 1000, 1, 100), pressed(200, 2600, 2, 100)[:2], one[:0], []wire{{245, 1, 1000, 1, true, 800}}, pressed(200, 2600, 2, 100)[2:]), "12"},
		{"the same recorded packets again (SIPp)", join(sameTS(0), sameTS(600), sameTS(1200)), "000"},
		{"presses whose timestamps overlap (SIPp play_dtmf)", join(pressed(0, 25200, 0, 200), pressed(260, 25600, 0, 200), pressed(520, 26000, 0, 200)), "000"},
		{"recorded packets with timestamps that go back", join(pressed(0, 60800, 8, 140), pressed(200, 37120, 4, 140), pressed(400, 17632, 0, 140)), "840"},
		{"timestamp advances with each packet", advancing, "5"},
		{"timestamp advances and packets are lost", without(advancing, 1), "5"},
		{"key held for nine seconds in two segments", held, "3"},
		{"packets stop for a while inside one press", []wire{{20, 1, 1000, 7, false, 160}, {600, 1, 1000, 7, false, 4800}, {620, 1, 1000, 7, true, 4960}}, "7"},
		{"timestamp wraps", join(pressed(0, 1<<32-400, 1, 100), pressed(200, 1200, 2, 100)), "12"},
		{"two sources", join(pressed(0, 1000, 1, 100), []wire{{300, 2, 1000, 1, true, 800}}), "11"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := keysHeard(tt.packets); got != tt.want {
				t.Errorf("heard %q, want %q", got, tt.want)
			}
		})
	}
}

// A held key is told while it is still down, and not again when it goes up.
func TestHeldKeyIsToldEarly(t *testing.T) {
	var d dtmfReceiver
	var out [keyQueue]uint8
	heardAt, n := 0, 0
	for ms := 20; ms <= 2000; ms += 20 {
		d.packet(1, 1000, keyEvent{code: 4, end: ms == 2000, duration: uint16(ms * 8)}, time.Duration(ms)*time.Millisecond)
		d.tick(time.Duration(ms) * time.Millisecond)
		if k := d.take(&out); k > 0 {
			n += k
			heardAt = ms
		}
	}
	if n != 1 || heardAt != 520 {
		t.Errorf("told %d times, at %d ms", n, heardAt)
	}
}

func TestKeysSurviveLoss(t *testing.T) {
	r := seeded(7)
	wrong := 0
	const calls = 500
	for range calls {
		want := ""
		var packets []wire
		for i := range 6 {
			code := uint8(r.IntN(12))
			want += string(eventKeys[code])
			for _, p := range pressed(200*i, uint32(1000+1600*i), code, 100) {
				if r.Float64() >= 0.10 {
					packets = append(packets, p)
				}
			}
		}
		if keysHeard(packets) != want {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d codes were misheard at 10 %% loss", wrong, calls)
	}
}

// Keys keep their order through jitter that swaps packets, duplicates and loss.
func TestKeysSurviveDisorder(t *testing.T) {
	r := seeded(8)
	for call := range 300 {
		want := ""
		var packets []wire
		for i := range 6 {
			code := uint8(r.IntN(12))
			want += string(eventKeys[code])
			for _, p := range pressed(200*i, uint32(1<<32-3000+1600*i), code, 100) {
				for range 1 + r.IntN(5)/4 { // one in five comes twice
					if r.Float64() >= 0.05 {
						late := p
						late.at += r.IntN(61)
						packets = append(packets, late)
					}
				}
			}
		}
		slices.SortStableFunc(packets, func(a, b wire) int { return a.at - b.at })
		if got := keysHeard(packets); got != want {
			t.Fatalf("call %d: heard %q, want %q", call, got, want)
		}
	}
}

func TestKeyQueueKeepsTheOldest(t *testing.T) {
	var d dtmfReceiver
	var out [keyQueue]uint8
	for i := range keyQueue + 10 {
		d.packet(1, uint32(i*1600), keyEvent{code: uint8(i % 10), end: true, duration: 800}, time.Duration(i)*time.Second)
	}
	if n := d.take(&out); n != keyQueue || out[0] != 0 || out[1] != 1 || d.dropped != 10 {
		t.Errorf("%d keys, dropped %d", n, d.dropped)
	}
}

func TestParseKeyEvent(t *testing.T) {
	tests := []struct {
		name    string
		payload []byte
		want    keyEvent
		ok      bool
	}{
		{"empty", nil, keyEvent{}, false},
		{"short", []byte{1, 2, 3}, keyEvent{}, false},
		{"flash hook", []byte{16, 0, 0, 0}, keyEvent{}, false},
		{"seven, end", []byte{7, 0x8A, 0x03, 0x20}, keyEvent{7, true, 800}, true},
		{"star with trailing bytes", []byte{10, 0x0A, 0, 160, 9, 9}, keyEvent{10, false, 160}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := parseKeyEvent(tt.payload); got != tt.want || ok != tt.ok {
				t.Errorf("%+v %v", got, ok)
			}
		})
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 8, 10, 0, 160, 20, 0, 0, 0, 8, 0x8A, 1, 64})
	f.Add([]byte{0, 0, 0, 0, 0, 10, 0, 0, 255, 0, 0, 0, 0, 10, 0, 0})
	f.Add([]byte{0, 0, 0, 0, 15, 0x80, 255, 255, 1, 255, 255, 255, 15, 0, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		var d dtmfReceiver
		var out [keyQueue]uint8
		now := time.Duration(0)
		packets, heard := 0, 0
		for ; len(data) >= 8; data = data[8:] {
			now += time.Duration(data[0]) * time.Millisecond
			d.tick(now)
			if e, ok := parseKeyEvent(data[4:8]); ok {
				packets++
				d.packet(uint32(data[1]), uint32(data[2])<<24|uint32(data[3])*80, e, now)
			}
			heard += d.take(&out)
		}
		d.tick(now + time.Hour)
		if heard += d.take(&out); heard > packets {
			t.Errorf("%d keys from %d packets", heard, packets)
		}
	})
}
