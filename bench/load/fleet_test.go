package load

import (
	"context"
	"math"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An echo of packets shows that each call hears its own peer, in batches, with the kernel's times.
func TestFleetCarriesEachCallsSound(t *testing.T) {
	t.Parallel()
	loopback := netip.MustParseAddr("127.0.0.1")
	f := NewFleet(loopback, SilentTrack())
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	var legs []*Leg
	for range 3 {
		peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		wait.Go(func() {
			buf := make([]byte, 1500)
			for {
				n, from, err := peer.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				_, _ = peer.WriteToUDPAddrPort(buf[:n], from)
			}
		})
		l, err := f.NewLeg()
		if err != nil {
			t.Fatal(err)
		}
		p := media.Params{Remote: peer.LocalAddr().(*net.UDPAddr).AddrPort()}
		if err := l.Connect(p); err != nil {
			t.Fatal(err)
		}
		legs = append(legs, l)
		go func() { <-ctx.Done(); peer.Close() }()
	}
	wait.Go(func() { f.Run(ctx) })
	// heard waits until every call has heard so many packets.
	heard := func(n uint64) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			least := uint64(math.MaxUint64)
			f.mu.Lock()
			for _, l := range legs {
				least = min(least, l.heard.received)
			}
			f.mu.Unlock()
			if least >= n {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("a call hears only %d packets", least)
			}
		}
	}
	heard(3)
	f.Open()
	heard(12)
	m := f.Collect()
	if m.Received < 36 || m.Lost != 0 || m.Refused != 0 || m.Pacing.Count() == 0 {
		t.Errorf("%d received, %d lost, %d refused, %d intervals", m.Received, m.Lost, m.Refused, m.Pacing.Count())
	}
	for _, l := range legs {
		l.Close()
	}
}

func TestTrackSpeaksAThirdOfTheTime(t *testing.T) {
	t.Parallel()
	tr, err := NewTrack(t.Context(), func(_ context.Context, text string) ([]int16, error) {
		pcm := make([]int16, 800+400*len(text))
		for i := 400; i < len(pcm)-400; i++ {
			pcm[i] = int16((i%40 - 20) * 100)
		}
		return pcm, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	loud := 0
	for i := range tr.Frames() {
		if levelOf(tr.Frame(i)) > -40 {
			loud++
		}
	}
	if share := float64(loud) / float64(tr.Frames()); share < 0.31 || share > 0.36 {
		t.Errorf("%.2f of the time is speech", share)
	}
}
