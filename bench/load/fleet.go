package load

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/acotel/acotel-sbc/media"
)

const (
	slots       = 20 // a packet each 20 ms, sent in the millisecond that is the call's own
	slot        = time.Millisecond
	callsOnWire = 250
	rtpHeader   = 12
	frameBytes  = media.FrameSamples // of G.711
	payloadPCMA = 8
)

// Fleet carries the sound of many calls. Run moves it.
type Fleet struct {
	ip    netip.Addr
	voice *Track

	mu     sync.Mutex // of all below, taken once in a tick
	shards []*shard
	legs   int
	late   Histogram // how late ticks were: the generator's own trouble
	window window
}

// window is what is being measured over all calls.
type window struct {
	open           bool
	pacing         *Histogram
	received, lost uint64 // of calls that have ended
}

// shard is a socket and the calls on it.
type shard struct {
	wire    *wire
	bySlot  [slots][]*Leg
	byPeer  map[netip.AddrPort]*Leg
	wheel   [wheelSlots][]delayed // of the bad lines
	count   int
	strays  uint64 // datagrams that belong to no call
	refused uint64 // datagrams that the kernel did not take
}

// Leg is the sound of one call.
type Leg struct {
	fleet *Fleet
	shard *shard

	// Under the fleet's lock.
	peer  netip.AddrPort
	to    sockaddr
	live  bool
	slot  int
	sends sending
	heard hearing
	watch func(p Packet)
}

// Packet is one that came in.
type Packet struct {
	At      time.Time // by the kernel's clock
	Seq     uint16
	Payload []byte // valid during the call
}

// NewFleet opens a fleet whose calls speak voice from the local address ip.
func NewFleet(ip netip.Addr, voice *Track) *Fleet {
	return &Fleet{ip: ip, voice: voice, window: window{pacing: &Histogram{}}}
}

// NewLeg gives a call its place on a socket. It must be closed.
func (f *Fleet) NewLeg() (*Leg, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var s *shard
	for _, have := range f.shards {
		if have.count < callsOnWire {
			s = have
			break
		}
	}
	if s == nil {
		w, err := openWire(f.ip)
		if err != nil {
			return nil, err
		}
		s = &shard{wire: w, byPeer: map[netip.AddrPort]*Leg{}}
		f.shards = append(f.shards, s)
	}
	s.count++
	f.legs++
	l := &Leg{fleet: f, shard: s, slot: rand.IntN(slots)}
	l.sends = newSending(f.voice)
	return l, nil
}

// Addr is where the call's sound is received.
func (l *Leg) Addr() netip.AddrPort { return l.shard.wire.addr }

// Connect lets the sound flow as agreed. It fits sip.LocalMedia.Agreed.
func (l *Leg) Connect(p media.Params) error {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	peer := netip.AddrPortFrom(p.Remote.Addr().Unmap(), p.Remote.Port())
	if l.live && l.peer == peer {
		return nil
	}
	l.unlink()
	l.peer, l.to, l.live = peer, l.shard.wire.sockaddr(peer), true
	l.sends.eventType = p.DTMF
	l.shard.byPeer[peer] = l
	l.shard.bySlot[l.slot] = append(l.shard.bySlot[l.slot], l)
	return nil
}

// unlink takes the call off its socket. The lock is held.
func (l *Leg) unlink() {
	if !l.live {
		return
	}
	l.live = false
	w := &l.fleet.window
	w.received, w.lost = w.received+l.heard.received, w.lost+l.heard.lost()
	if l.shard.byPeer[l.peer] == l {
		delete(l.shard.byPeer, l.peer)
	}
	legs := l.shard.bySlot[l.slot]
	for i, x := range legs {
		if x == l {
			legs[i] = legs[len(legs)-1]
			legs[len(legs)-1] = nil
			l.shard.bySlot[l.slot] = legs[:len(legs)-1]
			return
		}
	}
}

// Close ends the call's sound and gives its place back.
func (l *Leg) Close() {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	l.unlink()
	l.shard.count--
	l.fleet.legs--
}

// Run moves the sound of all calls until ctx ends, then closes the sockets.
func (f *Fleet) Run(ctx context.Context) {
	start := time.Now()
	for n := int64(1); ctx.Err() == nil; n++ {
		due := start.Add(time.Duration(n) * slot)
		time.Sleep(time.Until(due))
		f.mu.Lock()
		f.tick(n, time.Since(due))
		f.mu.Unlock()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.shards {
		_ = s.wire.close()
	}
	f.shards = nil
}

// tick is one millisecond: what is due goes out, what came is taken.
func (f *Fleet) tick(n int64, late time.Duration) {
	if f.window.open {
		f.late.Add(late)
	}
	for _, s := range f.shards {
		for _, l := range s.bySlot[n%slots] {
			l.send(n)
		}
		s.deliver(n)
		s.flush()
		s.wire.receive(func(data []byte, from netip.AddrPort, at time.Time) {
			if l := s.byPeer[from]; l != nil {
				l.receive(data, at, &f.window)
			} else {
				s.strays++
			}
		})
	}
}

func (s *shard) flush() { s.refused += uint64(s.wire.flush()) }

// buffer is where the next packet is written.
func (s *shard) buffer() []byte {
	b := s.wire.buffer()
	if b == nil {
		s.flush()
		b = s.wire.buffer()
	}
	return b
}

// Open begins a measurement over all calls; what was counted before is forgotten.
func (f *Fleet) Open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.late, f.window = Histogram{}, window{open: true, pacing: &Histogram{}}
	for _, s := range f.shards {
		s.refused, s.strays = 0, 0
		for _, legs := range s.bySlot {
			for _, l := range legs {
				l.heard.reset()
			}
		}
	}
}

// Measured is what a measurement over all calls saw.
type Measured struct {
	Pacing   *Histogram // deviation from 20 ms between two packets of a call that follow each other
	Late     *Histogram // of our own ticks
	Received uint64
	Lost     uint64
	JitterMS float64 // RFC 3550, mean of the calls
	Refused  uint64  // packets of ours that the kernel did not take
}

// Collect ends a measurement.
func (f *Fleet) Collect() Measured {
	f.mu.Lock()
	defer f.mu.Unlock()
	late := f.late
	m := Measured{Pacing: f.window.pacing, Late: &late, Received: f.window.received, Lost: f.window.lost}
	f.window = window{pacing: &Histogram{}}
	n := 0
	for _, s := range f.shards {
		m.Refused += s.refused
		for _, legs := range s.bySlot {
			for _, l := range legs {
				m.Received += l.heard.received
				m.Lost += l.heard.lost()
				m.JitterMS += l.heard.jitter.Seconds() * 1000
				n++
			}
		}
	}
	if n > 0 {
		m.JitterMS /= float64(n)
	}
	return m
}

// hearing follows the packets of one call.
type hearing struct {
	started  bool
	base     int64 // extended sequence number of the first packet
	highest  int64
	received uint64
	last     time.Time // arrival of the packet with the highest number

	jitter  time.Duration
	transit time.Duration
}

func (h *hearing) reset() { *h = hearing{} }

// lost is expected less received (RFC 3550 A.3).
func (h *hearing) lost() uint64 {
	if !h.started {
		return 0
	}
	return uint64(max(0, h.highest-h.base+1-int64(h.received)))
}

// packet takes a sequence number, a timestamp in samples and the time of arrival.
func (h *hearing) packet(seq uint16, timestamp uint32, at time.Time, w *window) {
	transit := time.Duration(at.UnixNano()) - time.Duration(timestamp)*(time.Second/media.LineRate)
	if !h.started {
		*h = hearing{started: true, base: int64(seq), highest: int64(seq), received: 1, last: at, transit: transit}
		return
	}
	h.received++
	if d := (transit - h.transit).Abs(); d < time.Second { // a timestamp that wrapped or jumped is no jitter
		h.jitter += (d - h.jitter) / 16
	}
	h.transit = transit
	ahead := int64(int16(seq - uint16(h.highest)))
	if ahead <= 0 {
		return
	}
	h.highest += ahead
	if ahead == 1 && w.open {
		w.pacing.Add((at.Sub(h.last) - media.FrameDuration).Abs())
	}
	h.last = at
}

// receive takes one datagram of the call's peer.
func (l *Leg) receive(data []byte, at time.Time, w *window) {
	if len(data) < rtpHeader || data[0]>>6 != 2 || data[1]&0x7F >= 64 && data[1]&0x7F < 96 { // RTCP on the same port (RFC 5761 §4)
		return
	}
	seq := binary.BigEndian.Uint16(data[2:])
	l.heard.packet(seq, binary.BigEndian.Uint32(data[4:]), at, w)
	if l.sends.mix != nil {
		l.sends.mix.hear(data[rtpHeader:])
	}
	if l.watch != nil {
		l.watch(Packet{At: at, Seq: seq, Payload: data[rtpHeader:]})
	}
}
