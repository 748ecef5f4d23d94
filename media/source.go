package media

import "time"

// Constants of RFC 3550 A.1.
const (
	seqMod      = 1 << 16
	maxDropout  = 3000
	maxMisorder = 100

	seqHistory = 256 // sequence numbers remembered to know duplicates; more than maxMisorder
)

// seqVerdict is what a sequence number says about its packet.
type seqVerdict uint8

const (
	seqInOrder   seqVerdict = iota // newer than all before, lost ones may lie between
	seqReordered                   // older, and not seen before
	seqDuplicate                   // seen before
	seqJump                        // far away: dropped, unless the next packet follows it
	seqRestart                     // the second packet after a jump: the source began anew
)

// rtpSource keeps the statistics of one stream of the peer (RFC 3550 A.1, A.3, A.8).
type rtpSource struct {
	active  bool
	ssrc    uint32
	maxSeq  uint32 // highest sequence number, extended by its cycles
	baseSeq uint32
	badSeq  uint32 // seqMod + 1: none

	received      uint64
	expectedPrior uint64
	receivedPrior uint64
	lostBefore    uint64 // of earlier streams of this session

	scale      int64   // timestamp units in a sample of LineRate
	jitter     float64 // timestamp units
	transit    int64
	hasTransit bool

	seen [seqHistory]uint32 // extended sequence number + 1
}

// start begins a new stream. What earlier ones lost stays counted.
func (s *rtpSource) start(ssrc uint32, seq uint16) {
	lost := s.lost()
	*s = rtpSource{
		active: true, ssrc: ssrc, badSeq: seqMod + 1, lostBefore: lost,
		// One cycle ahead, so that packets from before the first one have numbers too.
		maxSeq: seqMod | uint32(seq), baseSeq: seqMod | uint32(seq),
	}
	s.mark(s.maxSeq)
	s.received = 1
}

// update takes the sequence number of a packet and returns it extended to 32 bits.
func (s *rtpSource) update(seq uint16) (uint32, seqVerdict) {
	delta := seq - uint16(s.maxSeq)
	switch {
	case delta == 0:
		return s.maxSeq, seqDuplicate
	case delta < maxDropout:
		s.maxSeq += uint32(delta)
		s.badSeq = seqMod + 1
		s.mark(s.maxSeq)
		s.received++
		return s.maxSeq, seqInOrder
	case delta <= seqMod-maxMisorder:
		if uint32(seq) == s.badSeq {
			s.start(s.ssrc, seq)
			return s.maxSeq, seqRestart
		}
		s.badSeq = uint32(seq + 1)
		return 0, seqJump
	}
	extended := s.maxSeq - uint32(-delta)
	if s.seen[extended%seqHistory] == extended+1 {
		return extended, seqDuplicate
	}
	s.mark(extended)
	s.received++
	s.baseSeq = min(s.baseSeq, extended)
	return extended, seqReordered
}

func (s *rtpSource) mark(extended uint32) { s.seen[extended%seqHistory] = extended + 1 }

// measure updates the interarrival jitter (A.8). arrival has any origin, scale is the number of timestamp units in a sample of LineRate.
func (s *rtpSource) measure(arrival time.Duration, timestamp uint32, scale int64) {
	if scale != s.scale {
		s.jitter *= float64(scale) / float64(max(1, s.scale))
		s.scale, s.hasTransit = scale, false
	}
	transit := int64(uint32(int64(arrival)*scale/int64(samplePeriod)) - timestamp)
	if s.hasTransit {
		d := int64(int32(uint32(transit - s.transit)))
		if d < 0 {
			d = -d
		}
		// A jump of the timestamp is no jitter.
		if d < LineRate*scale {
			s.jitter += (float64(d) - s.jitter) / 16
		}
	}
	s.transit, s.hasTransit = transit, true
}

// jitterTime is the interarrival jitter as a time.
func (s *rtpSource) jitterTime() time.Duration {
	return time.Duration(s.jitter * float64(samplePeriod) / float64(max(1, s.scale)))
}

func (s *rtpSource) expected() uint64 {
	if !s.active {
		return 0
	}
	return uint64(s.maxSeq-s.baseSeq) + 1
}

// lost is the number of packets that never came, over all streams of the session.
func (s *rtpSource) lost() uint64 {
	if e := s.expected(); e > s.received {
		return s.lostBefore + e - s.received
	}
	return s.lostBefore
}

// interval gives the share of packets lost since the last call, in 1/256 (RFC 3550 A.3).
func (s *rtpSource) interval() uint8 {
	expected := s.expected() - min(s.expectedPrior, s.expected())
	received := s.received - s.receivedPrior
	s.expectedPrior, s.receivedPrior = s.expected(), s.received
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min(255, (expected-received)<<8/expected))
}
