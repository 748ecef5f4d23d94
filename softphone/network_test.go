package softphone

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"
)

var candidates = regexp.MustCompile(`a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (\w+)`)

// withoutCandidates is an offer of somebody whose addresses nobody else can reach: behind a translator, or under names that only their own
// network knows (mDNS).
func withoutCandidates(offer string) string {
	return regexp.MustCompile(`a=candidate:.*\r\n`).ReplaceAllString(offer, "")
}

// translator stands before the gateway as an operator's address translator does: what comes to its outer address goes on to the inner one, and
// back.
type translator struct {
	outer   *net.UDPConn
	inner   netip.AddrPort
	carried atomic.Uint64 // packets
	wait    sync.WaitGroup

	mu  sync.Mutex
	way map[netip.AddrPort]*net.UDPConn // of each browser
}

func translate(t *testing.T, outer, inner netip.AddrPort) *translator {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(outer))
	if err != nil {
		t.Fatal(err)
	}
	x := &translator{outer: conn, inner: inner, way: map[netip.AddrPort]*net.UDPConn{}}
	x.wait.Go(func() { x.inwards(t) })
	t.Cleanup(func() {
		conn.Close()
		x.mu.Lock()
		for _, w := range x.way {
			w.Close()
		}
		x.mu.Unlock()
		x.wait.Wait()
	})
	return x
}

func (x *translator) inwards(t *testing.T) {
	packet := make([]byte, largest)
	for {
		n, from, err := x.outer.ReadFromUDPAddrPort(packet)
		if err != nil {
			return
		}
		x.mu.Lock()
		way := x.way[from]
		if way == nil {
			if way, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(x.inner)); err != nil {
				x.mu.Unlock()
				t.Error(err)
				return
			}
			x.way[from] = way
			x.wait.Go(func() { x.outwards(way, from) })
		}
		x.mu.Unlock()
		x.carried.Add(1)
		_, _ = way.Write(packet[:n])
	}
}

func (x *translator) outwards(way *net.UDPConn, to netip.AddrPort) {
	packet := make([]byte, largest)
	for {
		n, err := way.Read(packet)
		if err != nil {
			return
		}
		_, _ = x.outer.WriteToUDPAddrPort(packet[:n], to)
	}
}

// freePort is a UDP port that nobody has on any address, with that many free ones behind it: below those that the kernel and the service give
// out by themselves.
func freePort(t *testing.T, more int) uint16 {
	t.Helper()
	const first, last = 10000, 16000
search:
	for try := range last - first {
		port := first + (os.Getpid()*16+try)%(last-first)
		for i := range more + 1 {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port + i})
			if err != nil {
				continue search
			}
			conn.Close()
		}
		return uint16(port)
	}
	t.Fatal("no free ports")
	return 0
}

// TestAdvertisedAddressAndOnePort: behind an address translator browsers are told the outer address alone, and one port carries all calls.
func TestAdvertisedAddressAndOnePort(t *testing.T) {
	port := freePort(t, 0)
	outer := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port)
	r := newRig(t, func(c *Config) { c.First, c.Last, c.Advertise = port, port, outer.Addr().String() })
	x := translate(t, outer, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port))
	for range 2 {
		up := r.service.up()
		b := r.callBy(url.Values{"codec": {codecPCMU}}, withoutCandidates)
		list := candidates.FindAllStringSubmatch(b.peer.RemoteDescription().SDP, -1)
		if len(list) == 0 {
			t.Fatalf("the answer names no address: %s", b.peer.RemoteDescription().SDP)
		}
		for _, c := range list {
			if ip := netip.MustParseAddr(c[1]); ip.Is4() && ip != outer.Addr() || c[2] != strconv.Itoa(int(port)) || c[3] != "host" {
				t.Errorf("candidate %s", c[0])
			}
		}
		b.state(stateTalking)
		wait(t, "answer", up)
		wait(t, "packet of sound", b.packets)
		b.status(http.MethodDelete, "", "")
		b.end()
		wait(t, "end at the service", r.service.ended)
	}
	if x.carried.Load() == 0 {
		t.Error("nothing went by the translator")
	}
}

// TestPortsAreKept: the sound uses the ports of the range alone; one call more than they carry is refused in words, and takes no place.
func TestPortsAreKept(t *testing.T) {
	first := freePort(t, 1)
	r := newRig(t, func(c *Config) { c.First, c.Last, c.MaxCalls = first, first+1, 3 })
	for range 2 {
		b := r.call(nil)
		for _, c := range candidates.FindAllStringSubmatch(b.peer.RemoteDescription().SDP, -1) {
			if p, _ := strconv.Atoi(c[2]); uint16(p) < first || uint16(p) > first+1 {
				t.Errorf("candidate %s is outside %d to %d", c[0], first, first+1)
			}
		}
		b.state(stateTalking)
	}
	b, offer := r.offer(codecOpus)
	defer b.peer.Close()
	answer := r.post(nil, offer)
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable || r.gateway.Figures().Refused[noPorts.Code] != 1 || r.gateway.InCall() != 2 {
		t.Errorf("the third call: %d, %+v", answer.StatusCode, r.gateway.Figures())
	}
}

// TestDeadHelpers: a STUN or TURN server that does not answer delays a call; it does not keep it from being made.
func TestDeadHelpers(t *testing.T) {
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	mute, err := net.Listen("tcp4", "127.0.0.1:0") // connections are made by the kernel, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	for name, s := range map[string]ICEServer{
		"STUN":           {URLs: []string{"stun:" + silent.LocalAddr().String()}},
		"TURN over UDP":  {URLs: []string{"turn:" + silent.LocalAddr().String() + "?transport=udp"}, Username: "acotel", Credential: "secret"},
		"TURN over TCP":  {URLs: []string{"turn:" + mute.Addr().String() + "?transport=tcp"}, Username: "acotel", Credential: "secret"},
		"TURN over TLS":  {URLs: []string{"turns:" + mute.Addr().String() + "?transport=tcp"}, Username: "acotel", Credential: "secret"},
		"TURN that left": {URLs: []string{"turn:127.0.0.1:9?transport=tcp"}, Username: "acotel", Credential: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *Config) { c.ICEServers = []ICEServer{s} })
			b := r.call(nil)
			b.state(stateTalking)
			b.status(http.MethodDelete, "", "")
			if e := b.end(); e.Reason != ByTester {
				t.Errorf("the end: %+v", e)
			}
			if s := b.peer.ConnectionState(); s == webrtc.PeerConnectionStateFailed {
				t.Errorf("the connection is %v", s)
			}
		})
	}
}
