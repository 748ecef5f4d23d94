package media

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

const (
	// Packet types that mark RTCP on a port shared with RTP (RFC 5761 §4).
	rtcpTypeFirst = 192
	rtcpTypeLast  = 223

	rtcpInterval = 5 * time.Second // RFC 3550 §6.2; the first report comes after half of it
	ntpUnixDelta = 2208988800      // seconds from 1900 to 1970
	maxRTT       = 30 * time.Second
)

// reporter sends sender and receiver reports and reads those of the peer (RFC 3550 §6). It has a goroutine of its own, off
// the 20 ms path.
type reporter struct {
	s *Session

	mu           sync.Mutex
	peer         netip.AddrPort // where the peer's RTCP came from, once it did
	lastSR       uint32         // middle 32 bits of the NTP time of the peer's last sender report
	lastSRAt     time.Duration
	sent         uint64
	received     uint64
	invalid      uint64
	refused      uint64
	packetsPrior uint64 // RTP packets sent when the last report went out

	rtt, rttMax  time.Duration // mean and longest
	rtts         int64         // round trips measured
	reports      uint64        // reception reports about our packets
	expected     uint64        // packets we had sent when the last of them came
	remoteLost   int64
	remoteLoss   float64
	remoteJitter time.Duration
	byeReceived  bool
}

func newReporter(s *Session) *reporter { return &reporter{s: s} }

// run reads and reports until the context ends.
func (r *reporter) run(ctx context.Context) {
	var buf [maxPacket]byte
	next := time.Now().Add(r.wait() / 2)
	for {
		_ = r.s.rtcp.SetReadDeadline(next)
		if ctx.Err() != nil {
			return
		}
		n, from, err := r.s.rtcp.ReadFromUDPAddrPort(buf[:])
		switch {
		case err == nil:
			r.handle(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), time.Since(r.s.born))
		case errors.Is(err, net.ErrClosed):
			return
		}
		if ctx.Err() == nil && !time.Now().Before(next) {
			r.report(false)
			next = time.Now().Add(r.wait())
		}
	}
}

// wait is the time to the next report, spread so that reports of many calls do not come together (RFC 3550 §6.2).
func (r *reporter) wait() time.Duration {
	return rtcpInterval/2 + time.Duration(r.s.cfg.Random()%uint64(rtcpInterval))
}

// handle takes one datagram of RTCP. Broken ones and strangers' are counted and forgotten.
func (r *reporter) handle(data []byte, from netip.AddrPort, now time.Duration) {
	known := r.s.in.knows(from.Addr())
	r.mu.Lock()
	defer r.mu.Unlock()
	var packets []rtcp.Packet
	data, err := r.unprotect(data, known)
	r.s.tapped(false, r.s.rtcpAddr(), from, data)
	if !known {
		r.refused++
		return
	}
	if err == nil {
		packets, err = rtcp.Unmarshal(data)
	}
	if err != nil {
		r.invalid++
		return
	}
	r.received++
	r.peer = from
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			r.lastSR, r.lastSRAt = uint32(p.NTPTime>>16), now
			r.reception(p.Reports)
		case *rtcp.ReceiverReport:
			r.reception(p.Reports)
		case *rtcp.Goodbye:
			r.byeReceived = true
		}
	}
}

// unprotect decrypts a packet if the peer protects its RTCP (RFC 3711 §3.4); a stranger's, and one that fails, stays as it is.
func (r *reporter) unprotect(data []byte, known bool) ([]byte, error) {
	a := r.s.agreed.Load()
	if a == nil || a.seal == nil || !known {
		return data, nil
	}
	plain, err := a.seal.receiveRTCP.DecryptRTCP(nil, data, nil)
	if err != nil {
		return data, err
	}
	return plain, nil
}

// reception reads what the peer says about our packets.
func (r *reporter) reception(reports []rtcp.ReceptionReport) {
	for _, b := range reports {
		if b.SSRC != r.s.out.ssrc {
			continue
		}
		r.reports, r.expected = r.reports+1, r.s.out.packets.Load()
		r.remoteLost = int64(int32(b.TotalLost<<8) >> 8) // 24 bits, signed
		r.remoteLoss = float64(b.FractionLost) * 100 / 256
		r.s.out.loss.Store(int32(r.remoteLoss))
		r.remoteJitter = time.Duration(b.Jitter) * samplePeriod / time.Duration(r.s.out.scale())
		if b.LastSenderReport == 0 {
			continue
		}
		units := int32(uint32(ntpTime(time.Now())>>16) - b.LastSenderReport - b.Delay)
		if rtt := time.Duration(units) * time.Second / 65536; rtt >= 0 && rtt < maxRTT {
			r.rtts++
			r.rtt += (rtt - r.rtt) / time.Duration(r.rtts)
			r.rttMax = max(r.rttMax, rtt)
		}
	}
}

// report sends one compound packet: a sender report if we sent RTP since the last one, else a receiver report, then our
// name, then the goodbye if this is the end (RFC 3550 §6.1).
func (r *reporter) report(goodbye bool) {
	a := r.s.agreed.Load()
	if a == nil {
		return
	}
	to, conn := r.destination(a)
	if !to.IsValid() || to.Port() == 0 || to.Addr().IsUnspecified() {
		return
	}
	packets := []rtcp.Packet{r.head(), r.name()}
	if goodbye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{r.s.out.ssrc}})
	}
	data, err := rtcp.Marshal(packets)
	if err == nil {
		r.s.tapped(true, r.s.rtcpAddr(), to, data)
		if a.seal != nil {
			data, err = a.seal.sendRTCP.EncryptRTCP(nil, data, nil)
		}
	}
	if err == nil {
		_, err = conn.WriteToUDPAddrPort(data, to)
	}
	if err != nil {
		// A report that does not go out harms nobody; the next one says it all again.
		r.s.cfg.Log.Debug("media: no RTCP report sent", "to", to, "err", err)
		return
	}
	r.mu.Lock()
	r.sent++
	r.mu.Unlock()
}

// bye is sent once, after the last RTP packet.
func (r *reporter) bye() {
	if r.s.out.packets.Load() > 0 {
		r.report(true)
	}
}

func (r *reporter) name() *rtcp.SourceDescription {
	return &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: r.s.out.ssrc,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: r.s.cfg.CNAME}},
	}}}
}

// head is the sender or receiver report.
func (r *reporter) head() rtcp.Packet {
	now := time.Now()
	since := now.Sub(r.s.born)
	r.mu.Lock()
	defer r.mu.Unlock()
	blocks := r.blocks(since)
	sent := r.s.out.packets.Load()
	if sent == r.packetsPrior {
		return &rtcp.ReceiverReport{SSRC: r.s.out.ssrc, Reports: blocks}
	}
	r.packetsPrior = sent
	elapsed := since - time.Duration(r.s.started.Load())
	return &rtcp.SenderReport{
		SSRC:        r.s.out.ssrc,
		NTPTime:     ntpTime(now),
		RTPTime:     r.s.out.timestampAt(elapsed), // the same moment as NTPTime
		PacketCount: uint32(sent),
		OctetCount:  uint32(r.s.out.bytes.Load()),
		Reports:     blocks,
	}
}

// blocks is what we say about the peer's packets; none before the first one.
func (r *reporter) blocks(since time.Duration) []rtcp.ReceptionReport {
	b, ok := r.s.in.reception()
	if !ok {
		return nil
	}
	if r.lastSRAt > 0 {
		b.LastSenderReport = r.lastSR
		b.Delay = uint32((since - r.lastSRAt) * 65536 / time.Second)
	}
	return []rtcp.ReceptionReport{b}
}

// destination is where the peer wants RTCP: where its own came from, else what its SDP says, else next to its RTP.
func (r *reporter) destination(a *agreement) (netip.AddrPort, *net.UDPConn) {
	voice := r.s.in.destination()
	if a.RemoteRTCP == a.Remote {
		return voice, r.s.rtp
	}
	r.mu.Lock()
	peer := r.peer
	r.mu.Unlock()
	switch {
	case peer.IsValid() && peer.Addr() == voice.Addr():
		return peer, r.s.rtcp
	case a.RemoteRTCP.IsValid() && voice.Addr() == a.Remote.Addr():
		return a.RemoteRTCP, r.s.rtcp
	}
	return netip.AddrPortFrom(voice.Addr(), voice.Port()+1), r.s.rtcp
}

func (r *reporter) fillStats(s *Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.RTCPSent, s.RTCPReceived, s.RTCPInvalid, s.RTCPRefused = r.sent, r.received, r.invalid, r.refused
	s.RTTMS, s.RTTMaxMS = milliseconds(r.rtt), milliseconds(r.rttMax)
	s.RemoteReports, s.RemoteExpected = r.reports, r.expected
	s.RemoteLost, s.RemoteLossPct, s.RemoteJitterMS = r.remoteLost, r.remoteLoss, milliseconds(r.remoteJitter)
	s.ByeReceived = r.byeReceived
}

// ntpTime is the 64-bit time of RFC 3550 §4: seconds since 1900 and their fraction.
func ntpTime(t time.Time) uint64 {
	return uint64(t.Unix()+ntpUnixDelta)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// knows tells whether an address is the peer's, as its SDP said or as its RTP shows.
func (r *receiver) knows(ip netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.configured && (ip == r.latch.current.Addr() || ip == r.latch.signalled.Addr())
}

// destination is where RTP goes.
func (r *receiver) destination() netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.latch.destination()
}

// reception is our report on the peer's packets, without the times that belong to RTCP.
func (r *receiver) reception() (rtcp.ReceptionReport, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.source
	if !s.active {
		return rtcp.ReceptionReport{}, false
	}
	return rtcp.ReceptionReport{
		SSRC:               s.ssrc,
		FractionLost:       s.interval(),
		TotalLost:          uint32(min(s.lost()-s.lostBefore, 0x7FFFFF)),
		LastSequenceNumber: s.maxSeq - seqMod, // the source counts from one cycle on
		Jitter:             uint32(s.jitter),
	}, true
}
