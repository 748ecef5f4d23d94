package media

import (
	"net/netip"
	"time"
)

// Stats is a picture of a session, cheap to take at any moment. Counters only grow.
type Stats struct {
	PacketsSent, BytesSent         uint64 // RTP sent; bytes of payload, as in sender reports
	PacketsReceived, BytesReceived uint64 // RTP accepted; bytes of payload
	SendErrors                     uint64 // packets the kernel refused

	Lost       uint64 // packets that never came: expected less received (RFC 3550 A.3)
	Late       uint64 // came after their moment had passed
	Duplicates uint64
	Reordered  uint64
	Overflow   uint64 // thrown away because the jitter buffer was full

	Refused        uint64 // from a source that is not the peer
	Invalid        uint64 // no RTP, or broken RTP
	Unauthentic    uint64 // SRTP that the peer did not make, or that came a second time
	UnknownPayload uint64 // RTP of a payload type that was not agreed
	Ignored        uint64 // came while we were not listening (hold) or before the call was configured

	SSRCChanges uint64
	Relatches   uint64 // times the peer's address moved after the first latch

	Frames    uint64 // frames handed to the Listener
	Concealed uint64 // of these, frames with sound that we made up
	Recovered uint64 // steps of lost sound that a later packet brought a copy of (Opus)
	Inserted  uint64 // frames added to let the jitter buffer grow
	Dropped   uint64 // frames left out to let it shrink

	JitterMS       float64 // interarrival jitter, ms (RFC 3550 A.8)
	BufferMS       float64 // sound waiting in the jitter buffer
	DelayMS        float64 // from a packet's arrival, if it came fast, to its playing
	TargetMS       float64 // depth that the jitter buffer aims at
	RTTMS          float64 // round trip by RTCP, the mean of the call; 0 until known
	RTTMaxMS       float64 // the longest
	RemoteReports  uint64  // reception reports of the peer about our packets
	RemoteExpected uint64  // packets of ours that its last one speaks of
	RemoteLost     int64   // of these, how many it misses; negative when it got some twice
	RemoteLossPct  float64 // share of ours that it missed in its last interval, 0..100
	RemoteJitterMS float64 // jitter of ours that it sees
	RTCPSent       uint64
	RTCPReceived   uint64
	RTCPInvalid    uint64 // broken
	RTCPRefused    uint64 // from a stranger
	ByeReceived    bool   // the peer's RTCP said goodbye

	DigitsReceived, DigitsSent uint64
	DigitsDropped              uint64 // keys lost because the queue to the Listener was full

	ClockLate    uint64 // ticks that began more than 5 ms after their time
	ClockSkipped uint64 // ticks left out because we were far behind

	PlayoutEventsDropped uint64 // old events given up for new ones
	PlayoutStarved       uint64 // frames of silence inside an utterance whose sound came too late

	Source  netip.AddrPort // where the peer's RTP really comes from; zero before the first latch
	Elapsed time.Duration  // since Run
}

// fillStats copies what the receiving side counted.
func (r *receiver) fillStats(s *Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := &r.n
	s.PacketsReceived, s.BytesReceived = n.packets, n.bytes
	s.Lost, s.Late, s.Overflow = r.source.lost(), r.jitter.late, r.jitter.overflow
	s.Duplicates, s.Reordered = n.duplicates, n.reordered
	s.Refused, s.Relatches, s.Source = r.latch.refused, r.latch.moves, r.latch.current
	s.Invalid, s.UnknownPayload, s.Ignored = n.invalid, n.unknownPayload, n.ignored
	s.Recovered = n.recovered
	s.SSRCChanges, s.Unauthentic = n.ssrcChanges, n.unauthentic
	s.Frames, s.Concealed, s.Inserted, s.Dropped = n.frames, n.concealed, n.inserted, n.dropped
	s.JitterMS = milliseconds(r.source.jitterTime())
	s.BufferMS = milliseconds(r.jitter.depth(r.held))
	s.DelayMS = milliseconds(r.jitter.delay)
	s.TargetMS = milliseconds(r.jitter.network.target)
	s.DigitsReceived, s.DigitsDropped = r.dtmf.total, r.dtmf.dropped
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
