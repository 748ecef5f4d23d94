package media

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

const (
	sendBuffer = rtpHeaderSize + maxSlots*slotSamples + srtpOverhead // the longest packet of G.711
	// talkspurtGap is how much filler silence comes before sound that counts as a new talkspurt (RFC 3551 §4.1): 200 ms. The
	// marker tells the peer that this is a good moment to correct its own delay.
	talkspurtGap = 200 * LineRate / 1000
)

// sender is the way of sound from the Playout to the socket. All but the counters belongs to the clock.
type sender struct {
	ssrc   uint32
	seq    uint16
	timing atomic.Uint64 // RTP timestamp of slot 0, then units of the RTP clock in a sample (32 bits each); written by the clock alone
	codec  encoder
	pt     uint8
	mark   bool  // the next packet begins anew after a gap
	due    int64 // slot of the next packet
	filler int   // samples of filler silence in a row
	seal   *seal // nil: packets go in clear
	header rtp.Header
	packet [sendBuffer]byte

	tap func(to netip.AddrPort, packet []byte) // nil: nobody looks

	loss atomic.Int32 // percent of our packets that the peer misses, by its last report
	told int32        // of it, what the codec was told

	packets, bytes, errors atomic.Uint64
}

func newSender(random func() uint64) *sender {
	s := &sender{
		ssrc: uint32(random()),
		seq:  uint16(random()) &^ (1 << 15), // far from its roll-over, which a peer must not miss (RFC 4568 §6.4)
		mark: true,
	}
	s.timing.Store(random()<<32 | 1)
	return s
}

// timestamp is the RTP timestamp of a slot: it follows the slots, not the packets and not the wall clock.
func (s *sender) timestamp(slot int64) uint32 {
	t := s.timing.Load()
	return uint32(t>>32) + uint32(slot)*slotSamples*uint32(t)
}

// timestampAt is the RTP timestamp of a moment since slot 0.
func (s *sender) timestampAt(elapsed time.Duration) uint32 {
	t := s.timing.Load()
	return uint32(t>>32) + uint32(int64(elapsed/samplePeriod))*uint32(t)
}

// scale is how many units of the RTP clock a sample takes.
func (s *sender) scale() uint32 { return uint32(s.timing.Load()) }

// use changes the codec from a slot on. At a change of the clock's rate the timestamps go on from where they stand (RFC 7160 §4.2).
func (s *sender) use(c Codec, e encoder, slot int64) {
	s.codec, s.pt, s.told = e, c.PayloadType, 0
	scale := uint32(c.scale())
	base := s.timestamp(slot) - uint32(slot)*slotSamples*scale
	s.timing.Store(uint64(base)<<32 | uint64(scale))
}

// sound sends one packet. voiced says whether there is more in it than filler.
func (s *sender) sound(conn *net.UDPConn, to netip.AddrPort, slot int64, frame []int16, voiced bool) {
	if voiced && s.filler >= talkspurtGap {
		s.mark = true
	}
	if voiced {
		s.filler = 0
	} else {
		s.filler += len(frame)
	}
	if loss := s.loss.Load(); loss != s.told {
		s.told = loss
		if e, ok := s.codec.(lossAware); ok {
			e.ExpectLoss(int(loss))
		}
	}
	n := s.codec.Encode(s.packet[rtpHeaderSize:], frame)
	if n == 0 {
		s.mark = true
		return // the codec has nothing to say (discontinuous transmission)
	}
	s.write(conn, to, s.pt, s.timestamp(slot), s.mark, n)
	s.mark = false
}

// comfort sends a packet of comfort noise where filler silence of so many samples would begin, unless one went out a short time ago.
func (s *sender) comfort(conn *net.UDPConn, to netip.AddrPort, slot int64, samples int) {
	if (s.filler-talkspurtGap)%comfortEvery < samples {
		s.packet[rtpHeaderSize] = comfortLevel
		s.write(conn, to, payloadComfortNoise, s.timestamp(slot), false, 1)
	}
	s.filler += samples
}

// key sends one telephone event packet.
func (s *sender) key(conn *net.UDPConn, to netip.AddrPort, pt uint8, e keyEvent, start uint32, first bool) {
	e.put(s.packet[rtpHeaderSize:])
	s.write(conn, to, pt, start, first, eventSize)
}

func (s *sender) write(conn *net.UDPConn, to netip.AddrPort, pt uint8, timestamp uint32, marker bool, size int) {
	s.header = rtp.Header{
		Version: rtpVersion, Marker: marker, PayloadType: pt,
		SequenceNumber: s.seq, Timestamp: timestamp, SSRC: s.ssrc,
	}
	s.seq++
	data := s.packet[:rtpHeaderSize+size]
	_, err := s.header.MarshalTo(data)
	if err == nil && s.tap != nil {
		s.tap(to, data)
	}
	if err == nil && s.seal != nil {
		data, err = s.seal.sendRTP.EncryptRTP(s.packet[:], data, &s.header)
	}
	if err != nil {
		s.errors.Add(1)
		return
	}
	if _, err := conn.WriteToUDPAddrPort(data, to); err != nil {
		s.errors.Add(1)
		return
	}
	s.packets.Add(1)
	s.bytes.Add(uint64(size))
}
