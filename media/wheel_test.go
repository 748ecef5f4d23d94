package media

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counting counts the frames it hears.
type counting struct{ frames atomic.Int64 }

func (c *counting) Frame([]int16, time.Duration, bool) { c.frames.Add(1) }
func (c *counting) Digit(rune)                         {}

// Sessions that share a clock each have their own moment, hear and send at their own pace, and leave it without a trace.
func TestWheelTurnsManySessions(t *testing.T) {
	t.Parallel()
	const n = 40
	w := newWheel(2)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	heard := make([]counting, n)
	var sessions []*Session
	for i := range n {
		s, err := NewSession(SessionConfig{IP: netip.MustParseAddr("127.0.0.1"), Listener: &heard[i], Wheel: w})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Configure(Params{Codec: PCMA(), Remote: sink.LocalAddr().(*net.UDPAddr).AddrPort()}); err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
		wait.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	const enough = 25
	soon(t, "frames and packets of all", func() bool {
		for i, s := range sessions {
			if heard[i].frames.Load() < enough || s.Stats().PacketsSent < enough {
				return false
			}
		}
		return true
	})
	for _, k := range w.workers {
		k.mu.Lock()
		for p, count := range k.phases {
			if want := n / 2 / wheelPhases; count != want {
				t.Errorf("%d sessions begin at phase %d, want %d", count, p, want)
			}
		}
		k.mu.Unlock()
	}
	for i, s := range sessions {
		frames := uint64(heard[i].frames.Load())
		if st := s.Stats(); max(frames, st.PacketsSent) > uint64(st.Elapsed/FrameDuration)+2 {
			t.Errorf("session %d heard %d frames and sent %d packets in %v", i, frames, st.PacketsSent, st.Elapsed)
		}
	}
	cancel()
	wait.Wait()
	after := heard[0].frames.Load()
	for _, k := range w.workers {
		if n := k.load(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	}
	soon(t, "the clocks to stop", func() bool {
		for _, k := range w.workers {
			k.mu.Lock()
			running := k.running
			k.mu.Unlock()
			if running {
				return false
			}
		}
		return true
	})
	if heard[0].frames.Load() != after {
		t.Error("a session was turned after its end")
	}
}

// A packet that waited in the socket counts as arrived when the kernel took it.
func TestArrivalIsTheKernels(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer, err := net.DialUDP("udp4", nil, conn.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	raw, err := newRawSocket(conn)
	if err != nil {
		t.Fatal(err)
	}
	var r packetReader
	if n, err := r.read(&raw); n != 0 || err != nil {
		t.Errorf("%d packets, %v, of an empty socket", n, err)
	}
	const wait = 30 * time.Millisecond
	stamped := false
	for i := 0; i < 20 && !stamped; i++ { // the kernel begins to stamp a moment after the first socket asks for it
		for _, text := range []string{"first", "second"} {
			if _, err := peer.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(wait)
		var got []string
		soon(t, "two packets", func() bool {
			n, err := r.read(&raw)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				data, from, age := r.packet(i)
				if from != peer.LocalAddr().(*net.UDPAddr).AddrPort() {
					t.Errorf("%q from %v", data, from)
				}
				got = append(got, string(data))
				stamped = age >= wait
			}
			return len(got) >= 2
		})
		if !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("%q", got)
		}
	}
	if !stamped {
		t.Error("packets that waited count as just arrived")
	}
	if allocs := testing.AllocsPerRun(100, func() { _, _ = r.read(&raw) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	conn.Close()
	if _, err := r.read(&raw); err == nil {
		t.Error("a closed socket was read")
	}
}

// What 20 ms of a call cost on the wheel: a packet read, one frame turned, a packet sent.
func BenchmarkTurn(b *testing.B) {
	s, peer := turned(b)
	var r packetReader
	packet := make([]byte, rtpHeaderSize+FrameSamples)
	packet[0], packet[1] = rtpVersion<<6, payloadPCMA
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		packet[2], packet[3] = byte(n>>8), byte(n)
		binary.BigEndian.PutUint32(packet[4:], uint32(n)*FrameSamples)
		b.StopTimer()
		if _, err := peer.WriteToUDPAddrPort(packet, s.Addr()); err != nil {
			b.Fatal(err)
		}
		s.pace.start = time.Now().Add(-time.Duration(s.pace.n) * slotDuration) // it is due
		b.StartTimer()
		s.turn(&r)
	}
	if st := s.Stats(); st.PacketsReceived == 0 || st.PacketsSent == 0 {
		b.Errorf("%d packets received, %d sent", st.PacketsReceived, st.PacketsSent)
	}
}

// The 20 ms path allocates nothing, reading and sending included.
func TestTurnAllocatesNothing(t *testing.T) {
	s, _ := turned(t)
	var r packetReader
	if n := testing.AllocsPerRun(200, func() {
		s.pace.start = time.Now().Add(-time.Duration(s.pace.n) * slotDuration)
		s.turn(&r)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// turned is a session that somebody else turns, and its peer.
func turned(t testing.TB) (*Session, *net.UDPConn) {
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	s, err := NewSession(SessionConfig{IP: netip.MustParseAddr("127.0.0.1"), Listener: &counting{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Configure(Params{Codec: PCMA(), Remote: peer.LocalAddr().(*net.UDPAddr).AddrPort()}); err != nil {
		t.Fatal(err)
	}
	s.begins(time.Now(), 0)
	return s, peer
}
