package media

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// hearing is a Listener that keeps what it is given.
type hearing struct {
	mu   sync.Mutex
	pcm  []int16
	keys string
}

func (h *hearing) Frame(pcm []int16, _ time.Duration, _ bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pcm = append(h.pcm, pcm...)
}

func (h *hearing) Digit(d rune) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys += string(d)
}

func (h *hearing) pressed() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys
}

func (h *hearing) sound() []int16 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]int16(nil), h.pcm...)
}

// running is a session on loopback that runs until the test ends.
func running(t *testing.T, p Params) (*Session, *hearing) {
	t.Helper()
	h := &hearing{}
	s, err := NewSession(SessionConfig{IP: loopback, Listener: h})
	if err != nil {
		t.Fatal(err)
	}
	if p.Remote.IsValid() {
		if err := s.Configure(p); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s, h
}

// patience is what a busy machine gets for what takes milliseconds.
const patience = 30 * time.Second

func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// From the agreement to the end a packet goes out every 20 ms, silence included: consecutive numbers, timestamps 160 apart, one source.
// A machine that stops for longer than catchUp leaves frames out, which the timestamps, a marker and a counter tell.
func TestRTPFlowsWithoutAGap(t *testing.T) {
	peer := newPeer(t, netip.AddrPort{})
	s, _ := running(t, Params{Codec: PCMA(), DTMF: 101, Remote: peer.addr()})
	u := s.Playout().Begin("tone", true)
	_ = u.Write(tone(8000, LineRate, 440, 8000))
	u.End()
	var got []rtp.Packet
	read := func(ok func() bool) {
		for !ok() {
			p, _, came := peer.next(patience)
			if !came {
				t.Fatalf("no more after %d packets", len(got))
			}
			got = append(got, p)
		}
	}
	read(func() bool { return len(got) >= 100 && s.Playout().Idle() })
	sent := int(s.Stats().PacketsSent) // the last of the tone may still be on its way
	read(func() bool { return len(got) >= sent })
	due := func() (st Stats, frames uint64) {
		st = s.Stats() // counts what was sent before it looks at the clock
		return st, uint64(st.Elapsed / FrameDuration)
	}
	if st, frames := due(); st.PacketsSent+st.ClockSkipped > frames+1 {
		t.Errorf("%d packets sent and %d left out in %v", st.PacketsSent, st.ClockSkipped, st.Elapsed)
	}
	soon(t, "a clock that is on time", func() bool {
		st, frames := due()
		return st.PacketsSent >= uint64(len(got)) && st.PacketsSent+st.ClockSkipped+1 >= frames
	})
	loudest, left := 0, 0
	for i, p := range got {
		if len(p.Payload) != FrameSamples || p.PayloadType != 8 {
			t.Fatalf("packet %d: type %d, %d bytes", i, p.PayloadType, len(p.Payload))
		}
		if i > 0 {
			step := int(p.Timestamp - got[i-1].Timestamp)
			if p.SequenceNumber != got[i-1].SequenceNumber+1 || step <= 0 || step%FrameSamples != 0 || step > FrameSamples && !p.Marker || p.SSRC != got[0].SSRC {
				t.Fatalf("packet %d does not go on from the one before: %v, %v", i, got[i-1].Header, p.Header)
			}
			left += step/FrameSamples - 1
		}
		var pcm [FrameSamples]int16
		alaw{}.Decode(pcm[:], p.Payload)
		if LevelDBov(pcm[:]) > -20 {
			loudest++
		}
	}
	if loudest < 48 || loudest > 51 {
		t.Errorf("%d packets hold the tone of 50", loudest)
	}
	if st := s.Stats(); uint64(left) > st.ClockSkipped || st.SendErrors != 0 {
		t.Errorf("%+v", st)
	}
}

// The answer goes to where the sound comes from, not to where the SDP said
// (symmetric RTP, RFC 4961): a caller behind NAT is heard and hears.
func TestSymmetricRTP(t *testing.T) {
	told := newPeer(t, netip.AddrPort{})
	s, h := running(t, Params{Codec: PCMA(), Remote: told.addr()})
	real := newPeer(t, s.Addr())
	came := 0
	soon(t, "packets at the real address", func() bool {
		real.sound(tone(FrameSamples, LineRate, 400, 9000))
		if _, _, ok := real.next(20 * time.Millisecond); ok {
			came++
		}
		return came >= 10
	})
	soon(t, "the caller to be heard", func() bool { return LevelDBov(h.sound()) > -40 })
}

func TestKeysByRTP(t *testing.T) {
	s, h := running(t, Params{Codec: PCMA(), DTMF: 101, Remote: netip.MustParseAddrPort("127.0.0.1:9")})
	peer := newPeer(t, s.Addr())
	peer.sound(make([]int16, FrameSamples))
	for _, code := range []uint8{8, 4, 0, 0, 0, 11} {
		peer.ts += 1600
		for d := uint16(160); d <= 800; d += 160 {
			peer.key(101, code, false, d)
			time.Sleep(5 * time.Millisecond)
		}
		for range 3 {
			peer.key(101, code, true, 960)
		}
		peer.ts += 960
	}
	soon(t, "the keys", func() bool { return len(h.pressed()) >= 6 })
	if got := h.pressed(); got != "84000#" {
		t.Errorf("keys %q", got)
	}
	if st := s.Stats(); st.DigitsReceived != 6 {
		t.Errorf("%d keys counted", st.DigitsReceived)
	}
}

// Two sessions talk: sound and keys both ways, nothing lost, RTCP of each side
// tells the other.
func TestTwoSessions(t *testing.T) {
	a, ha := running(t, Params{})
	b, hb := running(t, Params{})
	for s, other := range map[*Session]*Session{a: b, b: a} {
		if err := s.Configure(Params{Codec: PCMU(), DTMF: 96, Remote: other.Addr()}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*Session{a, b} {
		u := s.Playout().Begin("x", true)
		_ = u.Write(tone(16000, LineRate, 1000, 10000))
		u.End()
	}
	soon(t, "the end of the tones", func() bool { return a.Playout().Idle() && b.Playout().Idle() })
	if err := a.SendDigits("159*#"); err != nil {
		t.Fatal(err)
	}
	soon(t, "the keys", func() bool { return hb.pressed() == "159*#" })
	for who, h := range map[string]*hearing{"a": ha, "b": hb} {
		if hz := strongest(h.sound()); math.Abs(hz-1000) > 30 {
			t.Errorf("%s hears %.0f Hz", who, hz)
		}
	}
	soon(t, "RTCP both ways", func() bool { return a.Stats().RTCPReceived > 0 && b.Stats().RTCPReceived > 0 })
	for who, s := range map[string]*Session{"a": a, "b": b} {
		st := s.Stats()
		if st.Lost != 0 || st.Invalid != 0 || st.Refused != 0 || st.RTCPInvalid != 0 || st.RemoteLost != 0 {
			t.Errorf("%s: %+v", who, st)
		}
	}
}

// strongest is the frequency of a tone by its zero crossings in the loud part.
func strongest(pcm []int16) float64 {
	crossings, samples := 0, 0
	for i := 0; i+FrameSamples <= len(pcm); i += FrameSamples {
		f := pcm[i : i+FrameSamples]
		if LevelDBov(f) < -20 {
			continue
		}
		samples += len(f)
		for j := 1; j < len(f); j++ {
			if (f[j-1] < 0) != (f[j] < 0) {
				crossings++
			}
		}
	}
	if samples == 0 {
		return 0
	}
	return float64(crossings) / 2 * LineRate / float64(samples) * float64(FrameSamples) / float64(FrameSamples-1)
}

func TestSessionRefusals(t *testing.T) {
	if _, err := NewSession(SessionConfig{}); err == nil {
		t.Error("a session without an address")
	}
	s, err := NewSession(SessionConfig{IP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Configure(Params{}); !errors.Is(err, ErrParams) {
		t.Errorf("empty parameters: %v", err)
	}
	if err := s.SendDigits("1"); !errors.Is(err, ErrNoDTMF) {
		t.Errorf("keys before an agreement: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Run after Close: %v", err)
	}
}

// Nothing is allocated for a packet that comes or goes.
func TestPacketsAllocateNothing(t *testing.T) {
	rx := testReceiver()
	frame := make([]int16, FrameSamples)
	var keys [keyQueue]uint8
	payload := make([]byte, FrameSamples)
	var i uint32
	var now time.Duration
	data := packet(8, false, 0, 0, 1, payload)
	if n := testing.AllocsPerRun(1000, func() {
		data[2], data[3] = byte(i>>8), byte(i)
		ts := i * FrameSamples
		data[4], data[5], data[6], data[7] = byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts)
		rx.handle(data, peerAddr, now)
		rx.pull(frame, &keys, now, now+FrameDuration)
		i++
		now += FrameDuration
	}); n != 0 {
		t.Errorf("%v allocations for a packet that comes", n)
	}
	if rx.source.lost() != 0 {
		t.Errorf("%d packets lost", rx.source.lost())
	}
	p := newPlayout()
	u := p.Begin("x", true)
	if err := u.Write(make([]int16, 1100*FrameSamples)); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() { p.pull(frame); alaw{}.Encode(payload, frame) }); n != 0 {
		t.Errorf("%v allocations for a frame that goes", n)
	}
}
