package media

import (
	"testing"
	"time"
)

// path is the whole way of a packet: playout, encoder, protection, socket, protection, jitter buffer, decoder, concealment.
type path struct {
	*ticking
	rx    *receiver
	in    [maxPacket]byte
	frame [FrameSamples]int16
	keys  [keyQueue]uint8
	now   time.Duration
}

func newPath(t testing.TB, c Codec, s Suite) *path {
	t.Helper()
	params := Params{Codec: c, DTMF: 101, DTMFRate: LineRate}
	var theirs *seal
	if s != "" {
		params.Protection = Protection{Suite: s, Send: newKey(t, s), Receive: newKey(t, s)}
		var err error
		if theirs, err = newSeal(Protection{Suite: s, Send: params.Protection.Receive, Receive: params.Protection.Send}, nil); err != nil {
			t.Fatal(err)
		}
	}
	p := &path{ticking: newTicking(t, params), rx: newReceiver(defaultJitterMin, defaultJitterMax)}
	d, err := newDecoder(c)
	if err != nil {
		t.Fatal(err)
	}
	p.rx.configure(Params{Codec: c, DTMF: 101, DTMFRate: LineRate, Remote: peerAddr}, d)
	p.rx.unseal(theirs)
	p.say(voice(60, -20, seeded(1)))
	return p
}

// packet is 20 ms; what lost says does not arrive.
func (p *path) packet(lost bool) {
	p.slot(p.p.n, p.p.due())
	p.p.advance(p.p.due(), false)
	n, err := p.peer.conn.Read(p.in[:])
	if err != nil {
		p.t.Fatal(err)
	}
	p.now += FrameDuration
	if !lost {
		p.rx.handle(p.in[:n], peerAddr, p.now)
	}
	p.rx.pull(p.frame[:], &p.keys, p.now, p.now+FrameDuration)
}

// Nothing is allocated for 20 ms sent and received, whatever the codec and its protection, losses and keys included.
func TestPathAllocatesNothing(t *testing.T) {
	for _, c := range Codecs() {
		for _, s := range append([]Suite{""}, Suites()...) {
			t.Run(c.Name+" "+string(s), func(t *testing.T) {
				p := newPath(t, c, s)
				for range 20 {
					p.packet(false)
				}
				if err := p.SendDigits("12"); err != nil {
					t.Fatal(err)
				}
				i := 0
				if n := testing.AllocsPerRun(400, func() { i++; p.packet(i%10 == 0) }); n != 0 {
					t.Errorf("%v allocations", n)
				}
				if p.rx.n.packets < 350 || p.rx.n.unauthentic+p.rx.n.invalid+p.rx.n.unknownPayload+p.out.errors.Load() > 0 {
					t.Errorf("%+v", p.rx.n)
				}
			})
		}
	}
}

// BenchmarkPath is 20 ms sent over a loopback socket and received, two system calls included.
func BenchmarkPath(b *testing.B) {
	for _, c := range Codecs() {
		for _, s := range []Suite{"", AESCM80, GCM128} {
			name := c.Name
			if s != "" {
				name += "/" + string(s)
			}
			b.Run(name, func(b *testing.B) {
				p := newPath(b, c, s)
				b.ReportAllocs()
				for b.Loop() {
					p.packet(false)
				}
			})
		}
	}
}
