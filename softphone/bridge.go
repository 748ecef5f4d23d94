package softphone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/acotel/acotel-sbc/media"
)

// mostWaiting is the sound that may wait between the two legs. Both live on one clock, so that it is a frame or none; more comes only when
// one of them was held up, and would be delay for the rest of the call: what waited all through a second past usualWaiting is left out, a
// frame a second.
const (
	mostWaiting  = 3 * media.FrameDuration
	usualWaiting = media.FrameDuration
	settled      = 50 // frames, one second
)

// lane carries what one leg hears to what the other one says. Its functions run on the clock, and are there from the beginning.
type lane struct {
	pressed func(d rune)      // learns of keys; nil: nobody
	heard   func(pcm []int16) // for the recording; nil: none

	to      atomic.Pointer[out]
	dropped atomic.Uint64 // frames

	frames int           // of this second
	least  time.Duration // that waited when they came
}

type out struct {
	session *media.Session
	say     *media.Utterance
}

// leadTo opens the lane.
func (l *lane) leadTo(s *media.Session) {
	l.to.Store(&out{s, s.Playout().Begin("lane", false)})
}

// Frame hands 20 ms on.
func (l *lane) Frame(pcm []int16, _ time.Duration, _ bool) {
	if l.heard != nil {
		l.heard(pcm)
	}
	o := l.to.Load()
	if o == nil {
		return
	}
	if h := o.session.Playout().Heard(); !l.fits(h.Total - h.Played) {
		l.dropped.Add(1)
		return
	}
	_ = o.say.Write(pcm) // fails when the call is over
}

// fits tells whether one more frame shall be said behind what waits.
func (l *lane) fits(waiting time.Duration) bool {
	if l.frames == 0 || waiting < l.least {
		l.least = waiting
	}
	if l.frames++; l.frames == settled {
		l.frames = 0
		if l.least > usualWaiting {
			return false
		}
	}
	return waiting < mostWaiting
}

// Digit hands a key on.
func (l *lane) Digit(d rune) {
	if o := l.to.Load(); o != nil {
		_ = o.session.SendDigits(string(d)) // before keys are agreed on nobody listens for them
	}
	if l.pressed != nil {
		l.pressed(d)
	}
}

// browserLeg is the sound of the browser as a media.Session: pion decrypts and encrypts, and RTP crosses over a pair of loopback sockets,
// so that jitter buffer, codecs and keys are those of every other call.
type browserLeg struct {
	session *media.Session
	relay   *net.UDPConn
	track   *track
	stop    context.CancelFunc
	wait    sync.WaitGroup
}

func openBrowserLeg(l media.Listener, ports media.PortRange, wheel *media.Wheel, t *track) (*browserLeg, error) {
	ip := netip.AddrFrom4([4]byte(loopback.To4()))
	session, err := media.NewSession(media.SessionConfig{IP: ip, Ports: ports, Listener: l, Wheel: wheel})
	if err != nil {
		return nil, fmt.Errorf("softphone: sound: %w", err)
	}
	relay, err := net.DialUDP("udp4", &net.UDPAddr{IP: loopback}, net.UDPAddrFromAddrPort(session.Addr()))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("softphone: sound: %w", err), session.Close())
	}
	b := &browserLeg{session: session, relay: relay, track: t}
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.wait.Go(func() { _ = session.Run(ctx) })
	b.wait.Go(b.toBrowser)
	return b, nil
}

// agree lets the sound flow as the browser's offer and our answer say.
func (b *browserLeg) agree() error {
	p, err := b.track.params()
	if err != nil {
		return err
	}
	p.Remote = b.relay.LocalAddr().(*net.UDPAddr).AddrPort()
	p.RemoteRTCP = p.Remote // pion makes its own reports to the browser; ours end at the relay
	return b.session.Configure(p)
}

const largest = 1500 // bytes of a packet

// toBrowser relays what we say, until the leg is closed.
func (b *browserLeg) toBrowser() {
	packet := make([]byte, largest)
	var h rtp.Header
	for {
		n, err := b.relay.Read(packet)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < 2 || isRTCP(packet[1]) {
			continue
		}
		if at, err := h.Unmarshal(packet[:n]); err == nil {
			b.track.write(&h, packet[at:n])
		}
	}
}

// isRTCP tells packets on a shared port apart by their second byte (RFC 5761 §4).
func isRTCP(second byte) bool { return second >= 192 && second <= 223 }

// fromBrowser relays what the browser says, until its track ends.
func (b *browserLeg) fromBrowser(t *webrtc.TrackRemote) {
	packet := make([]byte, largest)
	for {
		n, _, err := t.Read(packet)
		if err != nil {
			return
		}
		if _, err := b.relay.Write(packet[:n]); errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

func (b *browserLeg) close() {
	b.stop()
	_ = b.relay.Close() // of no interest any more
	b.wait.Wait()
	_ = b.session.Close()
}
