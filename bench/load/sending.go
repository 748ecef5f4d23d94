package load

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// sending is what one call sends: a packet of sound each 20 ms, from a Track that it shares with the others.
type sending struct {
	ssrc      uint32
	seq       uint16
	timestamp uint32
	marker    bool
	eventType uint8 // payload type of telephone-event, 0: none agreed

	track *Track
	at    int // frame of the track
}

func newSending(t *Track) sending {
	return sending{ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), timestamp: rand.Uint32(), marker: true, track: t, at: rand.IntN(t.Frames())}
}

// send queues the packet that is due.
func (l *Leg) send(time.Time) {
	s := &l.sends
	b := l.shard.buffer()
	n := rtpHeader + copy(b[rtpHeader:], s.track.Frame(s.at))
	s.header(b, payloadPCMA, s.timestamp)
	s.at = (s.at + 1) % s.track.Frames()
	s.timestamp += frameBytes
	l.shard.wire.queue(n, l.to)
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
