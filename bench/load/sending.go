package load

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"time"
)

// Times of a key in packets of 20 ms: 100 ms of tone, 100 ms of gap. The end is sent three times (RFC 4733 §2.5.1.4), its copies
// in the gap.
const (
	keyTone   = 5
	keyCopies = 2
	keyGap    = 5
	keyNames  = "0123456789*#ABCD" // by their event code
	keyVolume = 10                 // -10 dBm0
	eventSize = 4
)

// sending is what one call sends: a packet each 20 ms, sound from a Track that it shares with the others, or keys.
type sending struct {
	ssrc      uint32
	seq       uint16
	timestamp uint32
	marker    bool
	eventType uint8 // payload type of telephone-event, 0: none agreed

	track *Track
	at    int // frame of the track

	say   []byte    // payloads to send before the track goes on
	spoke time.Time // when the first of them went out

	keys    string // still to press
	tick    int    // packets into the key, 0: none
	began   uint32 // its timestamp
	pressed uint64

	line Impairment
	mix  *mixer // puts noise and echo into what is sent; nil: nothing
}

func newSending(t *Track) sending {
	return sending{ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), timestamp: rand.Uint32(), marker: true, track: t, at: rand.IntN(t.Frames())}
}

// next writes the packet that is due and returns its size.
func (s *sending) next(b []byte) (n int) {
	frame := s.track.Frame(s.at)
	s.at = (s.at + 1) % s.track.Frames()
	if len(s.say) >= frameBytes {
		if s.spoke.IsZero() {
			s.spoke = time.Now()
		}
		frame, s.say = s.say[:frameBytes], s.say[frameBytes:]
	}
	if s.keys != "" && s.eventType != 0 {
		n = s.key(b)
	}
	if n == 0 {
		n = rtpHeader + copy(b[rtpHeader:], frame)
		if s.mix != nil {
			s.mix.frame(b[rtpHeader:n])
		}
		s.header(b, payloadPCMA, s.timestamp)
	}
	s.timestamp += frameBytes
	return n
}

// key writes a packet of the key being pressed; none in the last part of the gap.
func (s *sending) key(b []byte) int {
	s.tick++
	tick := s.tick
	if tick == 1 {
		s.began, s.marker = s.timestamp, true
	}
	code := strings.IndexByte(keyNames, s.keys[0])
	if tick == keyTone+keyGap {
		s.tick, s.keys = 0, s.keys[1:]
	}
	if tick == keyTone {
		s.pressed++
	}
	if tick > keyTone+keyCopies {
		return 0
	}
	b[rtpHeader], b[rtpHeader+1] = byte(code), keyVolume
	if tick >= keyTone {
		b[rtpHeader+1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[rtpHeader+2:], uint16(min(tick, keyTone)*frameBytes))
	s.header(b, s.eventType, s.began)
	return rtpHeader + eventSize
}

// header writes the twelve bytes of RFC 3550 §5.1 and counts the packet.
func (s *sending) header(b []byte, payloadType uint8, timestamp uint32) {
	b[0], b[1] = 2<<6, payloadType
	if s.marker {
		b[1] |= 0x80
		s.marker = false
	}
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], timestamp)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	s.seq++
}

// send queues the packet that is due in millisecond n, as the line lets it through.
func (l *Leg) send(n int64) {
	s := &l.sends
	if s.line == (Impairment{}) {
		size := s.next(l.shard.buffer())
		l.shard.wire.queue(size, l.to)
		return
	}
	var p delayed
	p.size = s.next(p.data[:])
	p.leg = l
	for _, wait := range s.line.deliveries() {
		l.shard.later(n, wait, p)
	}
}

// Impairment is what a line does to what we send. Delay is independent from packet to packet, so that jitter of more than 20 ms
// also puts packets out of order, as on a path that is really several.
type Impairment struct {
	LossPercent      float64 // of packets that never arrive
	JitterMS         float64 // delay between 0 and this, evenly spread
	ReorderPercent   float64 // of packets held back behind the next one
	DuplicatePercent float64 // of packets that arrive twice
}

const (
	holdBack      = 25 * time.Millisecond // longer than a packet
	wheelSlots    = 256
	duplicateWait = 2 * time.Millisecond
)

// deliveries are the delays after which a packet arrives: none when it is lost, two when it is doubled.
func (i Impairment) deliveries() []time.Duration {
	if rand.Float64()*100 < i.LossPercent {
		return nil
	}
	wait := time.Duration(rand.Float64() * i.JitterMS * float64(time.Millisecond))
	if rand.Float64()*100 < i.ReorderPercent {
		wait += holdBack
	}
	if rand.Float64()*100 < i.DuplicatePercent {
		return []time.Duration{wait, wait + duplicateWait}
	}
	return []time.Duration{wait}
}

// delayed is a packet on its way over a bad line.
type delayed struct {
	leg  *Leg
	size int
	data [rtpHeader + frameBytes]byte
}

// later puts a packet into the wheel of what is sent in the next milliseconds.
func (s *shard) later(n int64, wait time.Duration, p delayed) {
	slots := min(max(wait, 0)/slot, wheelSlots-1)
	at := (n + int64(slots)) % wheelSlots
	s.wheel[at] = append(s.wheel[at], p)
}

// deliver queues what the bad lines let through in millisecond n.
func (s *shard) deliver(n int64) {
	list := s.wheel[n%wheelSlots]
	for i := range list {
		if p := &list[i]; p.leg.live {
			size := copy(s.buffer(), p.data[:p.size])
			s.wire.queue(size, p.leg.to)
		}
	}
	s.wheel[n%wheelSlots] = list[:0]
}

// Press lets the caller press keys, one after the other, behind those still to press.
func (l *Leg) Press(keys string) {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	l.sends.keys += keys
}

// Say lets the caller say something now, in place of the track.
func (l *Leg) Say(t *Track) {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	l.sends.say, l.sends.spoke = t.payload, time.Time{}
}

// Spoke is when the first packet of what was said last went out; zero: not yet.
func (l *Leg) Spoke() time.Time {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	return l.sends.spoke
}

// Watch lets f see every packet that comes in. It is called under the fleet's lock and must return at once.
func (l *Leg) Watch(f func(Packet)) {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	l.watch = f
}

// Mix puts sounds of the line into what the call sends: noise, echo.
func (l *Leg) Mix(m *mixer) {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	l.sends.mix = m
}

// Impair puts the call on a bad line; the zero value is a good one.
func (l *Leg) Impair(i Impairment) {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	l.sends.line = i
}

// Pressed is how many keys were pressed, and whether some are still to press.
func (l *Leg) Pressed() (n uint64, pending bool) {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	return l.sends.pressed, l.sends.keys != ""
}
