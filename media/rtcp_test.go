package media

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// reportingPeer is a peer's RTP and RTCP sockets in the hand of the test.
type reportingPeer struct {
	t         *testing.T
	rtp, rtcp *net.UDPConn
}

func newReportingPeer(t *testing.T) *reportingPeer {
	t.Helper()
	p := &reportingPeer{t: t}
	for _, c := range []**net.UDPConn{&p.rtp, &p.rtcp} {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback.AsSlice()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		*c = conn
	}
	return p
}

func addr(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// heard waits for a compound packet that begins with a sender report and says who sent it.
func (p *reportingPeer) heard() *rtcp.SenderReport {
	p.t.Helper()
	var buf [maxPacket]byte
	_ = p.rtcp.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		n, err := p.rtcp.Read(buf[:])
		if err != nil {
			p.t.Fatalf("no sender report: %v", err)
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			p.t.Fatal(err)
		}
		if sr, ok := packets[0].(*rtcp.SenderReport); ok {
			if _, ok := packets[1].(*rtcp.SourceDescription); !ok {
				p.t.Errorf("second comes %T, want our name (RFC 3550 §6.1)", packets[1])
			}
			return sr
		}
	}
}

func (p *reportingPeer) send(to netip.AddrPort, packets ...rtcp.Packet) {
	p.t.Helper()
	data, err := rtcp.Marshal(packets)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.rtcp.WriteToUDPAddrPort(data, netip.AddrPortFrom(to.Addr(), to.Port()+1)); err != nil {
		p.t.Fatal(err)
	}
}

// What the peer reports of our packets, and the round trip that its report shows, are read from its own RTCP.
func TestThePeersReportsTellHowWeSound(t *testing.T) {
	peer := newReportingPeer(t)
	s, _ := running(t, Params{Codec: PCMA(), Remote: addr(peer.rtp), RemoteRTCP: addr(peer.rtcp)})
	soon(t, "a second of sound", func() bool { return s.Stats().PacketsSent >= mosPackets })
	sr := peer.heard()
	if sr.PacketCount == 0 || sr.OctetCount != sr.PacketCount*FrameSamples {
		t.Errorf("we report %d packets of %d bytes", sr.PacketCount, sr.OctetCount)
	}
	// The peer held the report for 100 ms, of which nothing is true: its delay is subtracted, so the round trip is 200 ms less 100 ms.
	const held = 65536 / 10
	arrived := uint32(sr.NTPTime >> 16)
	peer.send(s.Addr(), &rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, FractionLost: 64, TotalLost: 5, Jitter: 80, LastSenderReport: arrived - 2*held, Delay: held,
	}}})
	soon(t, "the report", func() bool { return s.Stats().RemoteReports == 1 })
	st := s.Stats()
	if st.RemoteLost != 5 || st.RemoteLossPct != 25 || st.RemoteJitterMS != 10 || st.RemoteExpected < mosPackets {
		t.Errorf("%+v", st)
	}
	if st.RTTMS < 100 || st.RTTMS > 10000 || st.RTTMaxMS != st.RTTMS {
		t.Errorf("round trip %v ms, longest %v ms; at least 100", st.RTTMS, st.RTTMaxMS)
	}
	if mos, ok := st.RemoteMOS(); !ok || mos < 1 || mos > 4.2 {
		t.Errorf("MOS at the peer %v, %v", mos, ok)
	}
	// A report on somebody else's packets, and one that lost packets came twice in: 24 bits, signed.
	peer.send(s.Addr(), &rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: sr.SSRC + 1, TotalLost: 99}, {SSRC: sr.SSRC, TotalLost: 0xFFFFFE}}})
	soon(t, "the second report", func() bool { return s.Stats().RemoteReports == 2 })
	if st := s.Stats(); st.RemoteLost != -2 || st.RemoteLoss() != 0 || st.RTTMS > st.RTTMaxMS {
		t.Errorf("%+v", st)
	}
}

func TestBrokenAndStrangeRTCPIsCounted(t *testing.T) {
	peer := newReportingPeer(t)
	s, _ := running(t, Params{Codec: PCMA(), Remote: addr(peer.rtp), RemoteRTCP: addr(peer.rtcp)})
	to := netip.AddrPortFrom(s.Addr().Addr(), s.Addr().Port()+1)
	for _, data := range []string{"", "x", "\x81\xc8\x00\x40", "\x80\xcb\xff\xff"} {
		if _, err := peer.rtcp.WriteToUDPAddrPort([]byte(data), to); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "three broken packets", func() bool { return s.Stats().RTCPInvalid >= 3 })
	peer.send(s.Addr(), &rtcp.Goodbye{Sources: []uint32{1}})
	soon(t, "the goodbye", func() bool { return s.Stats().ByeReceived })
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 9, 9, 9)})
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	defer stranger.Close()
	if _, err := stranger.WriteToUDPAddrPort([]byte("\x80\xc9\x00\x01\x00\x00\x00\x01"), to); err != nil {
		t.Fatal(err)
	}
	soon(t, "the stranger's refusal", func() bool { return s.Stats().RTCPRefused == 1 })
}

func FuzzRTCP(f *testing.F) {
	rr, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: 1, TotalLost: 0xFFFFFE, LastSenderReport: 1}}}})
	sr, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 7, NTPTime: 1 << 60}, &rtcp.Goodbye{Sources: []uint32{7}}})
	f.Add(rr)
	f.Add(sr)
	f.Add([]byte("\x81\xc8\x00\x40"))
	s, err := NewSession(SessionConfig{IP: loopback})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	s.out.ssrc = 1
	from := netip.MustParseAddrPort("127.0.0.1:4000")
	if err := s.Configure(Params{Codec: PCMA(), Remote: from}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s.reports.handle(data, from, time.Second)
		if st := s.Stats(); st.RTTMS < 0 || st.RTTMaxMS > milliseconds(maxRTT) || st.Loss() > 1 || st.RemoteLoss() > 1 {
			t.Errorf("%+v", st)
		}
	})
}
