package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// ticking is a session whose clock is in the hand of the test.
type ticking struct {
	*Session
	t    testing.TB
	p    pacer
	peer *rtpPeer
}

func newTicking(t testing.TB, p Params) *ticking {
	t.Helper()
	s, err := NewSession(SessionConfig{IP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	k := &ticking{Session: s, t: t, p: pacer{start: s.born}, peer: newPeer(t, s.Addr())}
	k.configure(p)
	return k
}

func (k *ticking) configure(p Params) {
	k.t.Helper()
	p.Remote = k.peer.addr()
	if err := k.Configure(p); err != nil {
		k.t.Fatal(err)
	}
}

// run lets time pass and returns what was sent meanwhile, with the slot of each packet.
func (k *ticking) run(d time.Duration) (packets []rtp.Packet, slots []int64) {
	k.t.Helper()
	for end := k.p.n + int64(d/slotDuration); k.p.n < end; {
		at, before := k.p.n, k.out.packets.Load()
		k.slot(at, k.p.due())
		for range k.out.packets.Load() - before {
			pk, _, ok := k.peer.next(5 * time.Second)
			if !ok {
				k.t.Fatal("a packet was lost on loopback")
			}
			packets, slots = append(packets, pk), append(slots, at)
		}
		k.p.advance(k.p.due(), k.using.slots%slotsAFrame != 0)
	}
	return packets, slots
}

func (k *ticking) say(pcm []int16) {
	u := k.Playout().Begin("x", true)
	if err := u.Write(pcm); err != nil {
		k.t.Fatal(err)
	}
	u.End()
}

// Packets are as long as the peer wants them, and leave evenly: one each ptime, whatever the codec.
func TestPacketLengths(t *testing.T) {
	const second = time.Second
	for _, tt := range []struct {
		codec Codec
		ptime time.Duration
		want  time.Duration
	}{
		{PCMA(), 0, 20 * time.Millisecond}, {PCMA(), 10 * time.Millisecond, 10 * time.Millisecond}, {PCMU(), 20 * time.Millisecond, 20 * time.Millisecond},
		{PCMA(), 30 * time.Millisecond, 30 * time.Millisecond}, {G722(), 40 * time.Millisecond, 40 * time.Millisecond}, {PCMU(), 50 * time.Millisecond, 50 * time.Millisecond},
		{PCMA(), 60 * time.Millisecond, 60 * time.Millisecond}, {PCMA(), 200 * time.Millisecond, 60 * time.Millisecond},
		{Opus(), 10 * time.Millisecond, 10 * time.Millisecond}, {Opus(), 30 * time.Millisecond, 20 * time.Millisecond}, {Opus(), 60 * time.Millisecond, 60 * time.Millisecond},
	} {
		t.Run(tt.codec.Name+tt.ptime.String(), func(t *testing.T) {
			k := newTicking(t, Params{Codec: tt.codec, PTime: tt.ptime})
			k.say(tone(LineRate, LineRate, 1004, 10000))
			got, slots := k.run(second)
			if n := int((second + tt.want - 1) / tt.want); len(got) != n {
				t.Fatalf("%d packets in a second, want %d", len(got), n)
			}
			d, err := newDecoder(tt.codec)
			if err != nil {
				t.Fatal(err)
			}
			samples := int(tt.want / samplePeriod)
			for i, p := range got {
				if n := d.Samples(p.Payload); n != samples {
					t.Fatalf("packet %d holds %d samples, want %d", i, n, samples)
				}
				if i == 0 {
					continue
				}
				if step := p.Timestamp - got[i-1].Timestamp; step != uint32(samples*tt.codec.scale()) || p.SequenceNumber != got[i-1].SequenceNumber+1 {
					t.Fatalf("packet %d: timestamp goes on by %d, number %d after %d", i, step, p.SequenceNumber, got[i-1].SequenceNumber)
				}
				if gap := time.Duration(slots[i]-slots[i-1]) * slotDuration; gap != tt.want {
					t.Fatalf("packet %d leaves %v after the one before", i, gap)
				}
			}
		})
	}
}

// Keys count in the clock that was agreed for them: 48 kHz beside Opus, or 8 kHz where the peer knows no other. The sound before
// and after them does not overlap.
func TestKeysAtTheirClock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		p     Params
		scale uint32
	}{
		{"8000", Params{Codec: PCMA(), DTMF: 101, PTime: 30 * time.Millisecond}, 1},
		{"48000", Params{Codec: Opus(), DTMF: 110, DTMFRate: 48000, PTime: 60 * time.Millisecond}, 6},
		{"8000 beside opus", Params{Codec: Opus(), DTMF: 101, DTMFRate: 8000}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newTicking(t, tt.p)
			before, _ := k.run(200 * time.Millisecond)
			if err := k.SendDigits("5"); err != nil {
				t.Fatal(err)
			}
			got, _ := k.run(500 * time.Millisecond)
			var receiver dtmfReceiver
			var keys [keyQueue]uint8
			last, longest, heard := before[len(before)-1], uint32(0), 0
			sound, err := newDecoder(tt.p.Codec)
			if err != nil {
				t.Fatal(err)
			}
			end := last.Timestamp + uint32(sound.Samples(last.Payload)*tt.p.Codec.scale())
			for i, p := range got {
				if p.PayloadType != tt.p.DTMF {
					if int32(p.Timestamp-end) < 0 {
						t.Errorf("sound at %d before the end of what was sent at %d", p.Timestamp, end)
					}
					end = p.Timestamp + uint32(sound.Samples(p.Payload)*tt.p.Codec.scale())
					continue
				}
				e, ok := parseKeyEvent(p.Payload)
				if !ok || int32(p.Timestamp-end) < 0 {
					t.Errorf("packet %d: %+v at %d, sound until %d", i, e, p.Timestamp, end)
				}
				longest = max(longest, uint32(e.duration))
				receiver.packet(p.SSRC, p.Timestamp, e, time.Duration(i)*FrameDuration)
				heard += receiver.take(&keys)
			}
			if want := keyToneTicks * FrameSamples * tt.scale; longest != want || heard != 1 {
				t.Errorf("longest duration %d, want %d; %d keys", longest, want, heard)
			}
		})
	}
}

// A change of codec in mid-call: the timestamps go on, in the new clock's units, and nothing is lost between.
func TestCodecChangesInMidCall(t *testing.T) {
	k := newTicking(t, Params{Codec: PCMA()})
	k.say(tone(4*LineRate, LineRate, 1004, 10000))
	var last *rtp.Packet
	was := PCMA()
	for _, c := range []Codec{PCMA(), Opus(), G722(), PCMU(), Opus(), PCMA()} {
		k.configure(Params{Codec: c})
		got, _ := k.run(400 * time.Millisecond)
		for i, p := range got {
			if p.PayloadType != c.PayloadType {
				t.Fatalf("%s: type %d", c.Name, p.PayloadType)
			}
			if last != nil {
				units := uint32(FrameSamples * was.scale())
				if step := p.Timestamp - last.Timestamp; step != units || p.SequenceNumber != last.SequenceNumber+1 || p.SSRC != last.SSRC {
					t.Fatalf("%s, packet %d: timestamp goes on by %d, want %d", c.Name, i, step, units)
				}
			}
			last, was = &p, c
		}
	}
}

// The receiving side follows each change of codec within a packet, and hears the tone all the time.
func TestHearsThroughCodecChanges(t *testing.T) {
	rx := newReceiver(defaultJitterMin, defaultJitterMax)
	from := netip.MustParseAddrPort("192.0.2.10:4000")
	pcm := tone(6*LineRate, LineRate, 1004, 10000)
	frame := make([]int16, FrameSamples)
	var keys [keyQueue]uint8
	var heard []int16
	seq, ts := uint16(65500), uint32(1<<32-5000)
	payload := make([]byte, 2*FrameSamples)
	now := time.Duration(0)
	for part, c := range []Codec{PCMA(), Opus(), G722(), PCMU(), Opus(), PCMA()} {
		e, err := newEncoder(c)
		if err != nil {
			t.Fatal(err)
		}
		d, err := newDecoder(c)
		if err != nil {
			t.Fatal(err)
		}
		rx.configure(Params{Codec: c, Remote: from}, d)
		for i := range 50 {
			n := e.Encode(payload, pcm[(part*50+i)*FrameSamples:][:FrameSamples])
			rx.handle(packet(c.PayloadType, false, seq, ts, 1, payload[:n]), from, now)
			seq++
			ts += uint32(FrameSamples * c.scale())
			rx.pull(frame, &keys, now, now+FrameDuration)
			heard = append(heard, frame...)
			now += FrameDuration
		}
	}
	// The tone sets in softly at the beginning; at each change at most one frame is missing.
	quiet := 0
	for i := 10; i < len(heard)/FrameSamples; i++ {
		if LevelDBov(heard[i*FrameSamples:][:FrameSamples]) < -20 {
			quiet++
		}
	}
	if quiet > 5 || rx.n.unknownPayload > 0 || rx.jitter.late > 0 || rx.source.lost() > 0 {
		t.Errorf("%d frames without the tone, unknown %d, late %d, lost %d", quiet, rx.n.unknownPayload, rx.jitter.late, rx.source.lost())
	}
	if ms := milliseconds(rx.source.jitterTime()); ms > 1 {
		t.Errorf("jitter %.1f ms of a stream without any", ms)
	}
	t.Logf("%d frames without the tone, delay %v", quiet, rx.jitter.delay)
}
