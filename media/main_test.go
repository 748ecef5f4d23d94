package media

import (
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

// tone is a sine of the given peak.
func tone(n, rate int, hz, peak float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// noise is white noise of the given level in dBov.
func noise(n int, dBov float64, r *rand.Rand) []int16 {
	rms := fullScale * math.Pow(10, dBov/20)
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = clip(r.NormFloat64() * rms)
	}
	return pcm
}

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 1)) }

// rtpPeer speaks bare RTP from a socket of its own.
type rtpPeer struct {
	t    testing.TB
	conn *net.UDPConn
	to   netip.AddrPort
	ssrc uint32
	seq  uint16
	ts   uint32
}

func newPeer(t testing.TB, to netip.AddrPort) *rtpPeer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rtpPeer{t: t, conn: conn, to: to, ssrc: 0x1234, seq: 65530, ts: 1<<32 - 500}
}

func (p *rtpPeer) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *rtpPeer) raw(data []byte) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort(data, p.to); err != nil {
		p.t.Fatal(err)
	}
}

func packet(pt uint8, marker bool, seq uint16, ts, ssrc uint32, payload []byte) []byte {
	data, err := (&rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: marker, PayloadType: pt, SequenceNumber: seq, Timestamp: ts, SSRC: ssrc,
	}, Payload: payload}).Marshal()
	if err != nil {
		panic(err)
	}
	return data
}

// sound sends one A-law packet of pcm.
func (p *rtpPeer) sound(pcm []int16) {
	payload := make([]byte, len(pcm))
	alaw{}.Encode(payload, pcm)
	p.raw(packet(8, false, p.seq, p.ts, p.ssrc, payload))
	p.seq++
	p.ts += uint32(len(pcm))
}

// key sends one telephone event packet with its own sequence number.
func (p *rtpPeer) key(pt, code uint8, end bool, duration uint16) {
	payload := make([]byte, eventSize)
	keyEvent{code: code, end: end, duration: duration}.put(payload)
	p.raw(packet(pt, false, p.seq, p.ts, p.ssrc, payload))
	p.seq++
}

// next reads one RTP packet.
func (p *rtpPeer) next(timeout time.Duration) (rtp.Packet, netip.AddrPort, bool) {
	buf := make([]byte, 1500)
	p.conn.SetReadDeadline(time.Now().Add(timeout))
	n, from, err := p.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		return rtp.Packet{}, from, false
	}
	var pk rtp.Packet
	if err := pk.Unmarshal(buf[:n]); err != nil {
		p.t.Fatal(err)
	}
	return pk, from, true
}
