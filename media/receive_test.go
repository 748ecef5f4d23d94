package media

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var (
	peerAddr = netip.MustParseAddrPort("192.0.2.10:4000")
	testCall = Params{Codec: PCMA(), DTMF: 101, Remote: peerAddr}
)

// sentPacket is one packet of a simulated network.
type sentPacket struct {
	at   time.Duration // arrival
	data []byte
}

// sendOptions shape a stream.
type sendOptions struct {
	ptime time.Duration
	seq   uint16
	ts    uint32
	ssrc  uint32
	from  time.Duration // sending time of the first packet
	delay func(i int) time.Duration
	lost  func(i int) bool
	ppm   float64 // error of the sender's clock
}

// stream cuts samples into A-law packets.
func stream(pcm []int16, o sendOptions) (packets []sentPacket) {
	if o.ptime == 0 {
		o.ptime = FrameDuration
	}
	if o.ssrc == 0 {
		o.ssrc = 1
	}
	n := int(o.ptime / samplePeriod)
	for i := 0; (i+1)*n <= len(pcm); i++ {
		payload := make([]byte, n)
		alaw{}.Encode(payload, pcm[i*n:(i+1)*n])
		at := o.from + time.Duration(float64((time.Duration(i+1)*o.ptime))*(1+o.ppm/1e6))
		if o.delay != nil {
			at += o.delay(i)
		}
		if o.lost == nil || !o.lost(i) {
			packets = append(packets, sentPacket{at, packet(8, false, o.seq+uint16(i), o.ts+uint32(i*n), o.ssrc, payload)})
		}
	}
	return packets
}

// play feeds packets in the order of their arrival and pulls a frame each 20 ms.
func play(r *receiver, packets []sentPacket, from, to time.Duration) (pcm []int16, concealed int) {
	slices.SortStableFunc(packets, func(a, b sentPacket) int { return int(a.at - b.at) })
	frame := make([]int16, FrameSamples)
	var keys [keyQueue]uint8
	for now := from; now < to; now += FrameDuration {
		for len(packets) > 0 && packets[0].at <= now {
			r.handle(packets[0].data, peerAddr, packets[0].at)
			packets = packets[1:]
		}
		made, _, _ := r.pull(frame, &keys, now, now+FrameDuration)
		if made {
			concealed++
		}
		pcm = append(pcm, frame...)
	}
	return pcm, concealed
}

func testReceiver() *receiver {
	r := newReceiver(defaultJitterMin, defaultJitterMax)
	d, err := newDecoder(testCall.Codec)
	if err != nil {
		panic(err)
	}
	r.configure(testCall, d)
	return r
}

// coded is what comes back of samples that went through A-law.
func coded(pcm []int16) []int16 {
	b, out := make([]byte, len(pcm)), make([]int16, len(pcm))
	alaw{}.Encode(b, pcm)
	alaw{}.Decode(out, b)
	return out
}

// position finds want in got and returns its offset, -1 if it is nowhere.
func position(got, want []int16) int {
	for i := 0; i+len(want) <= len(got); i++ {
		if slices.Equal(got[i:i+len(want)], want) {
			return i
		}
	}
	return -1
}

// loud never passes for a quiet frame in less than three seconds, so the delay is left alone; after them, noise is background.
func loud(n int, r *rand.Rand) []int16 { return noise(n, -12, r) }

func uniform(r *rand.Rand, greatest time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return time.Duration(r.Int64N(int64(greatest))) }
}

func TestSoundArrivesUnchanged(t *testing.T) {
	r := seeded(1)
	pcm := loud(8*2400, r)
	for _, ms := range []time.Duration{10, 20, 30, 40, 60, 80} {
		t.Run((ms * time.Millisecond).String(), func(t *testing.T) {
			rx := testReceiver()
			got, concealed := play(rx, stream(pcm, sendOptions{ptime: ms * time.Millisecond, seq: 65500, ts: 1<<32 - 9999}), 0, 6*time.Second)
			at := position(got, coded(pcm))
			if at < 0 || concealed > 4 || rx.jitter.late > 0 || rx.source.lost() > 0 {
				t.Fatalf("at %d, concealed %d, late %d, lost %d", at, concealed, rx.jitter.late, rx.source.lost())
			}
			if delay := at/8 - int(ms); delay > 60 {
				t.Errorf("played %d ms after it came", delay)
			}
		})
	}
}

func TestNetworkTroubles(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name         string
		options      func(r *rand.Rand) sendOptions
		twist        func(p []sentPacket) []sentPacket
		maxLate      uint64
		lost         uint64
		maxConcealed int
		same         float64 // share of the frames that must come out unchanged
	}{
		{"jitter of 15 ms", func(r *rand.Rand) sendOptions { return sendOptions{delay: uniform(r, 15*ms)} }, nil, 0, 0, 5, 0.99},
		{"jitter of 60 ms", func(r *rand.Rand) sendOptions { return sendOptions{delay: uniform(r, 60*ms)} }, nil, 6, 0, 20, 0.95},
		// The delay aims at 97.5 % in time (delayQuantile): 12 of 500 late, and some until the network is learnt.
		{"jitter of 120 ms", func(r *rand.Rand) sendOptions { return sendOptions{delay: uniform(r, 120*ms)} }, nil, 20, 0, 30, 0.95},
		{"one in ten lost", func(r *rand.Rand) sendOptions {
			return sendOptions{lost: func(i int) bool { return i > 5 && i < 495 && i%10 == 0 }}
		}, nil, 0, 49, 55, 0.88},
		{"each packet twice", func(*rand.Rand) sendOptions { return sendOptions{} }, func(p []sentPacket) []sentPacket {
			return append(p, slices.Clone(p)...)
		}, 0, 0, 4, 0.99},
		{"neighbours swapped", func(*rand.Rand) sendOptions { return sendOptions{} }, func(p []sentPacket) []sentPacket {
			for i := 10; i+1 < len(p); i += 7 {
				p[i].at, p[i+1].at = p[i+1].at+ms, p[i].at+ms
			}
			return p
		}, 4, 0, 12, 0.95},
		{"a network stop of 150 ms", func(*rand.Rand) sendOptions {
			return sendOptions{delay: func(i int) time.Duration { return max(0, 150*ms-time.Duration((i%500+500-200)%500)*20*ms) }}
		}, nil, 4, 0, 25, 0.95},
		{"sender's clock slow by 300 ppm", func(*rand.Rand) sendOptions { return sendOptions{ppm: 300} }, nil, 2, 0, 8, 0.97},
		{"sender's clock fast by 300 ppm", func(*rand.Rand) sendOptions { return sendOptions{ppm: -300} }, nil, 2, 0, 8, 0.97},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := seeded(2)
			pcm := loud(80000, r)
			p := stream(pcm, tt.options(r))
			if tt.twist != nil {
				p = tt.twist(p)
			}
			rx := testReceiver()
			got, concealed := play(rx, p, 0, 11*time.Second)
			same := framesFound(got, coded(pcm))
			t.Logf("late %d, lost %d, concealed %d, same %.3f, target %v, delay %v, jitter %.1f",
				rx.jitter.late, rx.source.lost(), concealed, same, rx.jitter.network.target, rx.jitter.delay, rx.source.jitter/8)
			if rx.jitter.late > tt.maxLate || rx.source.lost() != tt.lost || concealed > tt.maxConcealed || same < tt.same {
				t.Errorf("late %d, lost %d, concealed %d, %.3f of the frames unchanged", rx.jitter.late, rx.source.lost(), concealed, same)
			}
			if d := rx.jitter.delay; d > defaultJitterMax+jitterSlack+FrameDuration {
				t.Errorf("the delay grew to %v", d)
			}
		})
	}
}

// framesFound is the share of frames of want that got holds, in their order.
func framesFound(got, want []int16) float64 {
	at := map[[8]int16]int{}
	for i := 0; i+8 <= len(got); i++ {
		at[[8]int16(got[i:i+8])] = i
	}
	found, last := 0, -1
	for i := 0; i+FrameSamples <= len(want); i += FrameSamples {
		// The first 10 ms may be joined softly to what was made up.
		if p, ok := at[[8]int16(want[i+joinLongest:i+joinLongest+8])]; ok && p > last {
			found++
			last = p
		}
	}
	return float64(found) / float64(len(want)/FrameSamples)
}

func TestDelayFollowsTheNetwork(t *testing.T) {
	r := seeded(3)
	// Speech with pauses, in which the delay may move; 20 s of bad network between two of good.
	var pcm []int16
	for range 30 {
		pcm = append(pcm, mix(append(voice(1.2, -22, r), make([]int16, 6400)...), noise(16000, -60, r))...)
	}
	bad := func(i int) bool { return i > 750 && i < 1750 }
	p := stream(pcm, sendOptions{delay: func(i int) time.Duration {
		if bad(i) {
			return uniform(r, 80*time.Millisecond)(i)
		}
		return uniform(r, 4*time.Millisecond)(i)
	}})
	rx := testReceiver()
	at := func(to time.Duration) { // the time in ms is continued by slicing the packets
		cut := slices.IndexFunc(p, func(s sentPacket) bool { return s.at > to })
		if cut < 0 {
			cut = len(p)
		}
		play(rx, p[:cut:cut], time.Duration(rx.n.frames)*FrameDuration, to)
		p = p[cut:]
	}
	slices.SortFunc(p, func(a, b sentPacket) int { return int(a.at - b.at) })
	at(14 * time.Second)
	if rx.jitter.delay > 60*time.Millisecond || rx.jitter.network.target > 40*time.Millisecond {
		t.Errorf("good network: delay %v, target %v", rx.jitter.delay, rx.jitter.network.target)
	}
	at(34 * time.Second)
	if rx.jitter.network.target < 70*time.Millisecond || rx.jitter.delay < 60*time.Millisecond {
		t.Errorf("bad network: delay %v, target %v", rx.jitter.delay, rx.jitter.network.target)
	}
	at(58 * time.Second)
	if rx.jitter.delay > 60*time.Millisecond {
		t.Errorf("good network again: delay %v, target %v, left out %d, added %d", rx.jitter.delay, rx.jitter.network.target, rx.n.dropped, rx.n.inserted)
	}
	t.Logf("late %d, concealed %d, added %d, left out %d", rx.jitter.late, rx.n.concealed, rx.n.inserted, rx.n.dropped)
	if rx.jitter.late > 40 {
		t.Errorf("%d of 3000 packets were late", rx.jitter.late)
	}
}

func TestStreamsThatChange(t *testing.T) {
	r := seeded(4)
	a, b := loud(11200, r), loud(11200, r)
	const part = 1400 * time.Millisecond // no longer: see loud
	tests := []struct {
		name  string
		first sendOptions
		then  sendOptions
		gone  int // frames of the second part that may be lost
		ssrcs uint64
	}{
		{"another SSRC", sendOptions{seq: 10, ts: 1000}, sendOptions{ssrc: 77, seq: 30000, ts: 5_000_000, from: part}, 1, 1},
		{"same SSRC, sequence begins anew", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 30000, ts: 12200, from: part}, 1, 0},
		{"sequence and timestamp begin anew", sendOptions{seq: 40000, ts: 1 << 31}, sendOptions{seq: 5, ts: 17, from: part}, 1, 0},
		{"timestamp jumps ahead", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 1 << 30, from: part}, 0, 0},
		{"timestamp jumps far back", sendOptions{seq: 10, ts: 1 << 30}, sendOptions{seq: 80, ts: 4000, from: part}, 0, 0},
		{"timestamp jumps back by half a second", sendOptions{seq: 10, ts: 100000}, sendOptions{seq: 80, ts: 100000 + 11200 - 4000, from: part}, 6, 0},
		{"timestamp jumps ahead by half a second", sendOptions{seq: 10, ts: 100000}, sendOptions{seq: 80, ts: 100000 + 11200 + 4000, from: part}, 0, 0},
		{"the way grows by 300 ms", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 12200, from: part + 300*time.Millisecond}, 8, 0},
		{"the way shrinks by 100 ms", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 12200, from: part - 100*time.Millisecond}, 0, 0},
		{"silence suppression for 3 s", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 12200 + 24000, from: part + 3*time.Second}, 0, 0},
		{"hold for 3 s, timestamp stands still", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 12200, from: part + 3*time.Second}, 0, 0},
		{"nothing for 30 s, timestamp goes on", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 12200 + 240000, from: part + 30*time.Second}, 0, 0},
		{"nothing for 30 s, sequence too, as after a broken network", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80 + 1500, ts: 12200 + 240000, from: part + 30*time.Second}, 0, 0},
		{"nothing for 30 s, then another SSRC", sendOptions{seq: 10, ts: 1000}, sendOptions{ssrc: 9, seq: 65530, ts: 1<<32 - 500, from: part + 30*time.Second}, 1, 1},
		{"hold for a minute", sendOptions{seq: 10, ts: 1000}, sendOptions{seq: 80, ts: 12200 + 480000, from: part + time.Minute}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rx := testReceiver()
			p := append(stream(a, tt.first), stream(b, tt.then)...)
			got, _ := play(rx, p, 0, tt.then.from+3*time.Second)
			if position(got, coded(a)[:len(a)-800]) < 0 {
				t.Error("the first part was not played unchanged")
			}
			want := coded(b)[tt.gone*FrameSamples+joinLongest:]
			at := position(got, want)
			if at < 0 {
				t.Fatalf("the second part was not played unchanged; %.2f of it was; late %d, left out %d", framesFound(got, coded(b)), rx.jitter.late, rx.n.dropped)
			}
			delay := time.Duration(at-tt.gone*FrameSamples-joinLongest)*samplePeriod - tt.then.from - FrameDuration
			if delay > 150*time.Millisecond && tt.then.from >= part {
				t.Errorf("played %v after it came", delay)
			}
			if rx.n.ssrcChanges != tt.ssrcs {
				t.Errorf("%d SSRC changes", rx.n.ssrcChanges)
			}
		})
	}
}

// A network that stops and then delivers everything at once must not leave a lasting delay.
func TestBurstIsNoLastingDelay(t *testing.T) {
	r := seeded(5)
	pcm := loud(160000, r)
	p := stream(pcm, sendOptions{delay: func(i int) time.Duration {
		return max(0, 800*time.Millisecond-time.Duration((i-200+1000)%1000)*20*time.Millisecond)
	}})
	rx := testReceiver()
	got, _ := play(rx, p, 0, 21*time.Second)
	tail := coded(pcm)[144000:]
	at := position(got, tail[:1600])
	if at < 0 {
		t.Fatal("the end was not played unchanged")
	}
	if delay := (at - 144000) / 8; delay > 20+int((defaultJitterMax+jitterSlack)/time.Millisecond)+20 {
		t.Errorf("%d ms of delay are left", delay)
	}
}

func TestKeysAmongSound(t *testing.T) {
	rx := testReceiver()
	r := seeded(6)
	pcm := loud(32000, r)
	var p []sentPacket
	seq := uint16(100)
	for i := range 200 {
		at := time.Duration(i+1) * FrameDuration
		if i >= 100 && i < 107 { // the sender's key takes the place of its sound
			payload := make([]byte, eventSize)
			keyEvent{code: 9, end: i >= 104, duration: uint16(min(i-99, 5) * 160)}.put(payload)
			p = append(p, sentPacket{at, packet(101, i == 100, seq, 1000+100*160, 1, payload)})
		} else {
			payload := make([]byte, 160)
			alaw{}.Encode(payload, pcm[i*160:(i+1)*160])
			p = append(p, sentPacket{at, packet(8, false, seq, 1000+uint32(i)*160, 1, payload)})
		}
		seq++
	}
	var keys [keyQueue]uint8
	frame := make([]int16, FrameSamples)
	var got []int16
	heard := ""
	for now := time.Duration(0); now < 5*time.Second; now += FrameDuration {
		for len(p) > 0 && p[0].at <= now {
			rx.handle(p[0].data, peerAddr, p[0].at)
			p = p[1:]
		}
		_, n, _ := rx.pull(frame, &keys, now, now+FrameDuration)
		for _, k := range keys[:n] {
			heard += string(eventKeys[k])
		}
		got = append(got, frame...)
	}
	if heard != "9" || rx.source.lost() != 0 || rx.jitter.late != 0 {
		t.Errorf("keys %q, lost %d, late %d", heard, rx.source.lost(), rx.jitter.late)
	}
	if position(got, coded(pcm[107*160+joinLongest:])) < 0 {
		t.Error("the sound after the key was not played unchanged")
	}
}

func TestHostilePackets(t *testing.T) {
	good := packet(8, false, 1, 160, 1, make([]byte, 160))
	padded := slices.Clone(good)
	padded[0] |= 0x20
	padded[len(padded)-1] = 200
	tests := []struct {
		name string
		data []byte
		from netip.AddrPort
		want func(s Stats) uint64
	}{
		{"empty", nil, peerAddr, func(s Stats) uint64 { return s.Invalid }},
		{"short", good[:11], peerAddr, func(s Stats) uint64 { return s.Invalid }},
		{"version 1", append([]byte{0x40}, good[1:]...), peerAddr, func(s Stats) uint64 { return s.Invalid }},
		{"more CSRCs than bytes", append([]byte{0x8F}, good[1:20]...), peerAddr, func(s Stats) uint64 { return s.Invalid }},
		{"extension past the end", append([]byte{0x90}, append(slices.Clone(good[1:12]), 0xBE, 0xDE, 0xFF, 0xFF)...), peerAddr, func(s Stats) uint64 { return s.Invalid }},
		{"padding longer than the packet", padded, peerAddr, func(s Stats) uint64 { return s.Invalid }},
		{"unknown payload type", packet(97, false, 1, 160, 1, make([]byte, 160)), peerAddr, func(s Stats) uint64 { return s.UnknownPayload }},
		{"from a stranger", good, netip.MustParseAddrPort("203.0.113.5:1"), func(s Stats) uint64 { return s.Refused }},
		{"oversized payload", packet(8, false, 1, 160, 1, make([]byte, jitterPayload+1)), peerAddr, func(s Stats) uint64 { return s.Overflow }},
		{"broken key", packet(101, false, 1, 160, 1, []byte{1}), peerAddr, func(s Stats) uint64 { return s.Invalid }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rx := testReceiver()
			rx.handle(tt.data, tt.from, time.Second)
			var s Stats
			rx.fillStats(&s)
			if tt.want(s) != 1 {
				t.Errorf("not counted: %+v", s)
			}
			pcm := loud(8000, seeded(1))
			got, _ := play(rx, stream(pcm, sendOptions{from: time.Second, ssrc: 1, seq: 2, ts: 320}), time.Second, 4*time.Second)
			if position(got, coded(pcm)[800:]) < 0 {
				t.Error("sound after it was not played unchanged")
			}
		})
	}
}

// Peers that agreed on A-law and send µ-law are understood.
func TestOtherLawIsUnderstood(t *testing.T) {
	rx := testReceiver()
	pcm := tone(1600, 8000, 440, 8000)
	for i := range 10 {
		payload := make([]byte, 160)
		ulaw{}.Encode(payload, pcm[i*160:(i+1)*160])
		rx.handle(packet(0, false, uint16(i), uint32(i*160), 1, payload), peerAddr, time.Duration(i)*FrameDuration)
	}
	var keys [keyQueue]uint8
	frame := make([]int16, FrameSamples)
	var got []int16
	for i := range 12 {
		rx.pull(frame, &keys, time.Duration(i+10)*FrameDuration, time.Duration(i+11)*FrameDuration)
		got = append(got, frame...)
	}
	if level := LevelDBov(got[400:1200]); level < -18 || level > -13 {
		t.Errorf("level %.1f dBov", level)
	}
}

func TestHoldIgnoresSound(t *testing.T) {
	rx := testReceiver()
	hold := testCall
	hold.Direction = Inactive
	rx.configure(hold, alaw{})
	got, _ := play(rx, stream(loud(8000, seeded(1)), sendOptions{}), 0, time.Second)
	if slices.Max(got) != 0 || rx.n.ignored != 49 {
		t.Errorf("heard during hold; ignored %d", rx.n.ignored)
	}
}

func TestReceivingDoesNotAllocate(t *testing.T) {
	rx := testReceiver()
	data := packet(8, false, 0, 0, 1, make([]byte, 160))
	key := packet(101, false, 0, 0, 1, []byte{5, 10, 0, 160})
	var keys [keyQueue]uint8
	frame := make([]int16, FrameSamples)
	i := 0
	n := testing.AllocsPerRun(2000, func() {
		i++
		now := time.Duration(i) * FrameDuration
		data[2], data[3] = byte(i>>8), byte(i)
		ts := i * 160
		data[4], data[5], data[6], data[7] = byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts)
		if i%50 != 0 { // some are lost
			rx.handle(data, peerAddr, now-5*time.Millisecond)
		}
		rx.handle(key, peerAddr, now-4*time.Millisecond)
		rx.pull(frame, &keys, now, now+FrameDuration)
	})
	if n != 0 {
		t.Errorf("%v allocations for each packet and frame", n)
	}
}

// FuzzReceive throws anything at the receiving side: it must not panic, hang, or leave the bounds of its buffers.
func FuzzReceive(f *testing.F) {
	good := packet(8, true, 1, 160, 1, make([]byte, 160))
	f.Add(uint8(0), []byte{20, 172}, good)
	f.Add(uint8(0), []byte{0, 172, 20, 16}, append(slices.Clone(good), packet(101, true, 2, 160, 1, []byte{5, 0x8A, 3, 32})...))
	f.Add(uint8(0), []byte{255, 12}, []byte{0x8F, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Add(uint8(0), []byte{1, 20}, []byte{0x90, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 0x10, 1, 0, 0})
	f.Add(uint8(0), []byte{1, 13}, []byte{0xA0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1})
	f.Add(uint8(0), []byte{1, 24, 1, 24}, append(packet(8, false, 65535, 1<<32-1, 1, make([]byte, 12)), packet(8, false, 0, 1<<31, 2, make([]byte, 12))...))
	opus := packet(payloadOpus, false, 1, 960, 1, []byte{0x0B, 0x83, 0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	noise := packet(payloadComfortNoise, false, 3, 480, 1, []byte{50, 27, 200})
	f.Add(uint8(2), []byte{20, 172, 20, 15}, append(packet(payloadG722, false, 1, 160, 1, make([]byte, 160)), noise...))
	f.Add(uint8(3), []byte{20, 24, 40, 24}, append(slices.Clone(opus), packet(payloadOpus, false, 3, 2880, 1, []byte{0x78, 0xFF, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})...))
	f.Add(uint8(3), []byte{20, 14, 0, 13}, append(packet(payloadOpus, false, 1, 960, 1, []byte{0xFF, 0xFF}), packet(payloadOpus, false, 2, 960, 1, []byte{3})...))
	f.Add(uint8(4), []byte{20, 172}, good)
	key, err := MasterKeyOf(AESCM80, make([]byte, 30))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind uint8, cuts, data []byte) {
		// What comes may be of any codec, and protected or not.
		rx := newReceiver(defaultJitterMin, defaultJitterMax)
		c := Codecs()[int(kind)%len(Codecs())]
		d, err := newDecoder(c)
		if err != nil {
			t.Fatal(err)
		}
		rx.configure(Params{Codec: c, DTMF: 101, Remote: peerAddr}, d)
		if kind >= 128 || int(kind) == len(Codecs()) {
			theirs, err := newSeal(Protection{Suite: AESCM80, Send: key, Receive: key}, nil)
			if err != nil {
				t.Fatal(err)
			}
			rx.unseal(theirs)
		}
		var keys [keyQueue]uint8
		frame := make([]int16, FrameSamples)
		now := time.Duration(0)
		for ; len(cuts) >= 2 && len(data) > 0; cuts = cuts[2:] {
			n := min(int(cuts[1]), len(data))
			now += time.Duration(cuts[0]) * time.Millisecond
			rx.handle(data[:n], peerAddr, now)
			data = data[n:]
			rx.pull(frame, &keys, now, now+FrameDuration)
		}
		for range 30 {
			now += FrameDuration
			rx.pull(frame, &keys, now, now+FrameDuration)
		}
		if rx.jitter.count < 0 || rx.jitter.count > jitterSlots || rx.held > len(rx.fifo) {
			t.Errorf("%d packets and %d samples held", rx.jitter.count, rx.held)
		}
	})
}

func BenchmarkReceive(b *testing.B) {
	rx := testReceiver()
	payload := make([]byte, 160)
	alaw{}.Encode(payload, loud(160, seeded(1)))
	data := packet(8, false, 0, 0, 1, payload)
	var keys [keyQueue]uint8
	frame := make([]int16, FrameSamples)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		now := time.Duration(i) * FrameDuration
		data[2], data[3] = byte(i>>8), byte(i)
		ts := i * 160
		data[4], data[5], data[6], data[7] = byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts)
		rx.handle(data, peerAddr, now-5*time.Millisecond)
		rx.pull(frame, &keys, now, now+FrameDuration)
	}
}
