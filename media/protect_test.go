package media

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func newKey(t testing.TB, s Suite) MasterKey {
	t.Helper()
	k, err := NewMasterKey(s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// protected is a sending and a receiving side with one suite.
type protected struct {
	*ticking
	rx  *receiver
	now time.Duration
}

func newProtected(t *testing.T, s Suite) *protected {
	t.Helper()
	p := &protected{rx: testReceiver()}
	send, receive := newKey(t, s), newKey(t, s)
	p.ticking = newTicking(t, Params{Codec: PCMA(), DTMF: 101, Protection: Protection{Suite: s, Send: send, Receive: receive}})
	theirs, err := newSeal(Protection{Suite: s, Send: receive, Receive: send}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.rx.unseal(theirs)
	return p
}

// wire is what one frame looks like on the network.
func (p *protected) wire() []byte {
	p.t.Helper()
	p.slot(p.p.n, p.p.due())
	p.p.advance(p.p.due(), false)
	buf := make([]byte, maxPacket)
	_ = p.peer.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := p.peer.conn.Read(buf)
	if err != nil {
		p.t.Fatal(err)
	}
	return buf[:n]
}

// hear gives a packet to the receiving side, which may change it.
func (p *protected) hear(data []byte, from netip.AddrPort) {
	p.now += FrameDuration
	p.rx.handle(bytes.Clone(data), from, p.now)
}

func TestSRTPCarriesSound(t *testing.T) {
	for _, s := range Suites() {
		t.Run(string(s), func(t *testing.T) {
			p := newProtected(t, s)
			pcm := tone(2*LineRate, LineRate, 1004, 10000)
			p.say(pcm)
			var keys [keyQueue]uint8
			frame := make([]int16, FrameSamples)
			var heard []int16
			clear := 0
			for i := range 100 {
				data := p.wire()
				var want [FrameSamples]byte
				alaw{}.Encode(want[:], pcm[i*FrameSamples:][:FrameSamples])
				if bytes.Contains(data, want[:20]) {
					clear++
				}
				p.hear(data, peerAddr)
				p.rx.pull(frame, &keys, p.now, p.now+FrameDuration)
				heard = append(heard, frame...)
			}
			if clear > 0 {
				t.Errorf("%d packets went in clear", clear)
			}
			if position(heard, coded(pcm)[:80*FrameSamples]) < 0 || p.rx.n.unauthentic > 0 {
				t.Errorf("the sound did not come back unchanged; %d packets refused", p.rx.n.unauthentic)
			}
		})
	}
}

// What was altered, what comes a second time, what has another key and what comes in clear is refused, and harms nothing.
func TestSRTPRefusesWhatIsNotThePeers(t *testing.T) {
	p := newProtected(t, AESCM80)
	first := p.wire()
	p.hear(first, peerAddr)
	refusals := uint64(0)
	refused := func(what string, data []byte) {
		t.Helper()
		p.hear(data, peerAddr)
		if refusals++; p.rx.n.unauthentic != refusals {
			t.Errorf("%s was not refused", what)
		}
	}
	refused("a repeated packet", first)
	altered := p.wire()
	for _, at := range []int{1, 3, 7, 20, len(altered) - 1} {
		data := slices.Clone(altered)
		data[at] ^= 1
		refused(fmt.Sprintf("a packet altered at %d", at), data)
	}
	refused("a packet in clear", packet(8, false, 9, 160, 1, make([]byte, 160)))
	refused("a packet cut short", altered[:14])
	other := newProtected(t, AESCM80)
	refused("another call's packet", other.wire())
	p.hear(altered, peerAddr)
	if p.rx.n.packets != 2 || p.rx.n.unauthentic != refusals {
		t.Errorf("%d packets taken, %d refused, want 2 and %d", p.rx.n.packets, p.rx.n.unauthentic, refusals)
	}
}

// The sequence wraps, with packets lost and swapped around it (RFC 3711 §3.3.1).
func TestSRTPRollover(t *testing.T) {
	for _, s := range []Suite{AESCM80, GCM256} {
		t.Run(string(s), func(t *testing.T) {
			p := newProtected(t, s)
			p.out.seq = 65530
			var held []byte
			for i := range 20 {
				data := p.wire()
				switch {
				case i == 5: // 65535 comes after 0
					held = data
					continue
				case i == 8: // lost
					continue
				}
				p.hear(data, peerAddr)
				if i == 6 {
					p.hear(held, peerAddr)
				}
			}
			if roc, _ := p.rx.open.ROC(p.out.ssrc); p.rx.n.packets != 19 || p.rx.n.unauthentic != 0 || roc != 1 {
				t.Errorf("%d packets taken, %d refused, roll-over counter %d", p.rx.n.packets, p.rx.n.unauthentic, roc)
			}
		})
	}
}

// A refresh of the session with the same keys goes on; a new key of the peer's is taken up at once.
func TestSRTPKeysAtAReinvite(t *testing.T) {
	p := newProtected(t, AESCM80)
	p.out.seq = 65530
	for range 10 {
		p.hear(p.wire(), peerAddr)
	}
	p.configure(p.agreed.Load().Params) // as in a session refresh
	for range 5 {
		p.hear(p.wire(), peerAddr)
	}
	if p.rx.n.packets != 15 || p.rx.n.unauthentic != 0 {
		t.Fatalf("a refresh began the counter anew: %d packets taken, %d refused", p.rx.n.packets, p.rx.n.unauthentic)
	}
	params := p.agreed.Load().Params
	params.Protection.Send = newKey(t, AESCM80)
	p.configure(params)
	theirs, err := newSeal(Protection{Suite: AESCM80, Send: params.Protection.Receive, Receive: params.Protection.Send}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.rx.unseal(theirs)
	for range 5 {
		p.hear(p.wire(), peerAddr)
	}
	if p.rx.n.packets != 20 || p.rx.n.unauthentic != 0 {
		t.Errorf("with a new key %d packets taken, %d refused", p.rx.n.packets, p.rx.n.unauthentic)
	}
}

func TestKeysDoNotShow(t *testing.T) {
	k, err := MasterKeyOf(AESCM80, []byte("0123456789abcdefghijklmnopqrst"))
	if err != nil {
		t.Fatal(err)
	}
	p := Params{Codec: PCMA(), Protection: Protection{Suite: AESCM80, Send: k, Receive: k}}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		fmt.Fprintf(&b, verb+"\n", p)
		fmt.Fprintf(&b, verb+"\n", &p)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "params", p, "key", k)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "params", p, "key", k)
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(data)
	for _, secret := range []string{"0123456", fmt.Sprintf("%x", "0123456"), "48 49 50", "0x30"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the key shows as %q in\n%s", secret, b.String())
		}
	}
}

func TestProtectionRefusals(t *testing.T) {
	if _, err := NewMasterKey("DES", rand.Reader); err == nil {
		t.Error("an unknown suite")
	}
	if _, err := MasterKeyOf(GCM128, make([]byte, 30)); err == nil {
		t.Error("a key of the wrong length")
	}
	s, err := NewSession(SessionConfig{IP: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Configure(Params{Codec: PCMA(), Remote: peerAddr, Protection: Protection{Suite: AESCM80}}); err == nil {
		t.Error("a suite without keys")
	}
}

// Two sessions talk by SRTP and SRTCP. Keys agreed in the path of the sound come through Other.
func TestSessionsByKeysOfAHandshake(t *testing.T) {
	a, ha := running(t, Params{})
	b, hb := running(t, Params{})
	one, two := newKey(t, GCM128), newKey(t, GCM128)
	for s, p := range map[*Session]Protection{a: {GCM128, one, two}, b: {GCM128, two, one}} {
		other := b
		if s == b {
			other = a
		}
		if err := s.Configure(Params{Codec: Opus(), DTMF: 110, DTMFRate: 48000, Remote: other.Addr(), Protection: p}); err != nil {
			t.Fatal(err)
		}
		u := s.Playout().Begin("x", true)
		_ = u.Write(tone(8000, LineRate, 1000, 10000))
		u.End()
	}
	soon(t, "the tones", func() bool { return strongest(ha.sound()) > 900 && strongest(hb.sound()) > 900 })
	if err := a.SendDigits("7"); err != nil {
		t.Fatal(err)
	}
	soon(t, "the key", func() bool { return hb.pressed() == "7" })
	soon(t, "RTCP both ways", func() bool { return a.Stats().RTCPReceived > 0 && b.Stats().RTCPReceived > 0 })
	for who, s := range map[string]*Session{"a": a, "b": b} {
		if st := s.Stats(); st.Unauthentic != 0 || st.Invalid != 0 || st.RTCPInvalid != 0 || st.SendErrors != 0 {
			t.Errorf("%s: %+v", who, st)
		}
	}
}

func TestOtherGetsTheHandshake(t *testing.T) {
	got := make(chan []byte, 8)
	s, err := NewSession(SessionConfig{IP: loopback, Other: func(data []byte, _ netip.AddrPort) { got <- bytes.Clone(data) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context()) }()
	soon(t, "the start", func() bool { return s.running.Load() })
	peer := newPeer(t, s.Addr())
	hello := []byte{22, 254, 253, 0, 0} // a DTLS record
	peer.raw(hello)
	select {
	case data := <-got:
		if !bytes.Equal(data, hello) {
			t.Errorf("got % x", data)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the record did not come")
	}
	if err := s.WriteOther(hello, peer.addr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	_ = peer.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := peer.conn.Read(buf); err != nil || !bytes.Equal(buf[:n], hello) {
		t.Errorf("% x %v", buf[:n], err)
	}
	if st := s.Stats(); st.Invalid != 0 {
		t.Errorf("%d counted as broken RTP", st.Invalid)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-ended
}
