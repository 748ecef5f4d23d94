package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of a session's life.
var (
	ErrClosed  = errors.New("media: the session is closed")
	ErrRunning = errors.New("media: Run was called before; open a new session for a new call")
)

const (
	defaultJitterMin = 20 * time.Millisecond
	defaultJitterMax = 200 * time.Millisecond
	voiceDSCP        = 46 // Expedited Forwarding

	// maxReadFailures in a row mean that the socket is of no use any more.
	maxReadFailures = 100
)

// Listener hears the peer. Both are called on the 20 ms clock, which other calls share: they must return at once, must not call Close,
// and must not keep pcm, which is used again for the next frame.
type Listener interface {
	// Frame gives 20 ms of sound at LineRate, one each 20 ms, silence included. at counts from Run and jumps when ticks had to
	// be skipped. concealed says that some of the sound was made up for packets that did not come.
	Frame(pcm []int16, at time.Duration, concealed bool)
	// Digit gives one key press (RFC 4733): 0-9, *, #, A-D.
	Digit(d rune)
}

// Speaker is a Listener that wants to know what the peer is sent, to tell its echo from the peer's own voice. Sent is called like Frame, with
// all sound in the order of sending, silence included, before the Frame of the same moment.
type Speaker interface{ Sent(pcm []int16) }

// SessionConfig says how to open a session. Zero values of all but IP have a default.
type SessionConfig struct {
	IP       netip.Addr // local address to bind
	Ports    PortRange
	Listener Listener // nil: nobody listens
	Log      *slog.Logger
	Tap      Tap    // nil: nobody looks at the packets
	Wheel    *Wheel // the clock that it shares with other sessions; nil: one of its own

	// Other gets what comes to the RTP port and is neither RTP nor RTCP: STUN and DTLS (RFC 7983 §7), of who agrees on keys in
	// the sound's own path (DTLS-SRTP, RFC 5764). It answers by WriteOther, and hands the keys over in Params.Protection; until then
	// the Direction is Inactive. It runs on the clock: it must return at once and must not keep data. nil: such packets are counted as invalid.
	Other func(data []byte, from netip.AddrPort)

	JitterMin, JitterMax time.Duration // bounds of the jitter buffer's target depth; 20 and 200 ms
	CNAME                string        // canonical name in RTCP (RFC 3550 §6.5.1); random, so that calls cannot be linked (RFC 7022)
	DSCP                 int           // marking of packets, 46 (EF) by default, negative: none
	Random               func() uint64 // source of SSRC, first sequence number, ports, phase, report times; called by one goroutine at a time
}

// Session is the RTP side of one call: a pair of sockets, a place on a Wheel and a goroutine for RTCP while Run runs, a Playout to speak and a
// Listener to hear. It serves the called and the calling side alike.
type Session struct {
	cfg       SessionConfig
	rtp, rtcp *net.UDPConn
	born      time.Time // origin of all times inside

	in      *receiver
	out     *sender
	digits  dtmfSender
	playout *Playout
	reports *reporter

	agreed atomic.Pointer[agreement]

	// Of the clock only.
	pace    pacer
	phase   int // on the wheel
	raw     rawSocket
	reads   failures
	using   *agreement
	speaker Speaker // nil: the Listener does not want to know what is sent
	heard   [FrameSamples]int16
	said    [maxSlots * slotSamples]int16
	keys    [keyQueue]uint8

	running      atomic.Bool
	started      atomic.Int64 // time.Duration from born to tick 0
	clockLate    atomic.Uint64
	clockSkipped atomic.Uint64

	mu     sync.Mutex // life: Run and Close
	cancel context.CancelFunc
	ended  chan struct{}
	closed bool
}

// agreement is Params made ready for the clock.
type agreement struct {
	Params
	slots   int     // length of the packets that we send
	encoder encoder // used by the clock alone
	decoder decoder // of the receiver
	seal    *seal   // nil: in clear
}

// NewSession binds a pair of sockets (RTP on an even port, RTCP on the next) and is ready to be described in SDP. It must
// be closed. It fails with ErrNoPorts when the range is used up.
func NewSession(c SessionConfig) (*Session, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	rtpConn, rtcpConn, err := listenPair(c.IP, c.Ports, c.Random, c.DSCP)
	if err != nil {
		return nil, err
	}
	s := &Session{
		cfg: c, rtp: rtpConn, rtcp: rtcpConn, born: time.Now(),
		in: newReceiver(c.JitterMin, c.JitterMax), out: newSender(c.Random), playout: newPlayout(),
	}
	s.raw, err = newRawSocket(rtpConn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media: the RTP socket: %w", err), rtpConn.Close(), rtcpConn.Close())
	}
	s.reports = newReporter(s)
	s.speaker, _ = c.Listener.(Speaker)
	if c.Tap != nil {
		s.out.tap = func(to netip.AddrPort, packet []byte) { c.Tap.Packet(true, s.Addr(), to, packet) }
		s.in.tap = func(from netip.AddrPort, packet []byte) { c.Tap.Packet(false, s.Addr(), from, packet) }
	}
	return s, nil
}

func (c SessionConfig) withDefaults() (SessionConfig, error) {
	if !c.IP.IsValid() {
		return c, errors.New("media: the local IP address of the session is missing")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.JitterMin <= 0 {
		c.JitterMin = defaultJitterMin
	}
	if c.JitterMax <= 0 {
		c.JitterMax = defaultJitterMax
	}
	if c.JitterMin > c.JitterMax {
		return c, fmt.Errorf("media: the jitter buffer's least depth %v is above its greatest %v", c.JitterMin, c.JitterMax)
	}
	if c.DSCP == 0 {
		c.DSCP = voiceDSCP
	}
	if c.Random == nil {
		c.Random = rand.Uint64
	}
	if c.Wheel == nil {
		c.Wheel = newWheel(1)
	}
	if c.CNAME == "" {
		c.CNAME = fmt.Sprintf("%016x", c.Random())
	}
	return c, nil
}

// Addr is the local address of RTP; RTCP has the next port.
func (s *Session) Addr() netip.AddrPort {
	return s.rtp.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Playout is the queue of what is said.
func (s *Session) Playout() *Playout { return s.playout }

// Configure takes what an offer and its answer agreed on: before Run, while it runs, and again for each re-INVITE. From
// then on RTP flows within 20 ms of Run, without a gap, as the direction allows.
func (s *Session) Configure(p Params) error {
	if err := p.check(); err != nil {
		return err
	}
	p.Remote = netip.AddrPortFrom(p.Remote.Addr().Unmap(), p.Remote.Port())
	p.RemoteRTCP = netip.AddrPortFrom(p.RemoteRTCP.Addr().Unmap(), p.RemoteRTCP.Port())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	a, err := s.agreement(p)
	if err != nil {
		return err
	}
	s.in.configure(p, a.decoder)
	s.in.unseal(a.seal)
	s.agreed.Store(a)
	return nil
}

// agreement makes ready what the parameters need. A codec that stays the same keeps its state: a session refresh is not heard.
func (s *Session) agreement(p Params) (*agreement, error) {
	var err error
	a := &agreement{Params: p, slots: p.slots()}
	was := s.agreed.Load()
	if was == nil {
		was = &agreement{}
	}
	if a.seal, err = newSeal(p.Protection, was.seal); err != nil {
		return nil, err
	}
	if was.Codec == p.Codec {
		a.encoder, a.decoder = was.encoder, was.decoder
		return a, nil
	}
	if a.encoder, err = newEncoder(p.Codec); err != nil {
		return nil, err
	}
	a.decoder, err = newDecoder(p.Codec)
	return a, err
}

// SendDigits queues keys to be sent as RFC 4733 events, 100 ms each with 100 ms between them, in place of sound. It
// returns at once; all keys are queued or none.
func (s *Session) SendDigits(digits string) error {
	a := s.agreed.Load()
	if a == nil || a.DTMF == 0 {
		return ErrNoDTMF
	}
	return s.digits.enqueue(digits)
}

// DigitsPending tells whether keys are still waiting or being sent.
func (s *Session) DigitsPending() bool { return s.digits.busy.Load() }

// Run moves sound until the context ends or the session is closed, then says goodbye by RTCP and returns when all its goroutines
// are gone. It can be called once. Its error is nil unless a socket failed.
func (s *Session) Run(ctx context.Context) error {
	ctx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer close(s.ended)
	s.drain()
	clock := s.cfg.Wheel.add(s)
	var wg sync.WaitGroup
	wg.Go(func() { s.reports.run(ctx) })
	<-ctx.Done()
	clock.remove(s)
	_ = s.rtcp.SetReadDeadline(time.Unix(1, 0)) // wakes the reader, which checks the context after it set its own deadline
	wg.Wait()
	s.reports.bye()
	return s.reads.err
}

func (s *Session) begin(ctx context.Context) (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.ended != nil:
		return nil, ErrRunning
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.ended = make(chan struct{})
	return ctx, nil
}

// A flood on one call's port must not hold the other calls' clock: so many batches are read in one turn, and thrown away at once by drain.
const maxReads, maxDrain = 32, 1024

// drain throws away what waits in the RTP socket: played all at once, it would only be delay.
func (s *Session) drain() {
	var r packetReader
	for range maxDrain {
		if n, err := r.read(&s.raw); n == 0 || err != nil {
			return
		}
	}
}

// failures counts the times in a row that a socket could not be read.
type failures struct {
	n   int
	err error // that ended the session
}

// read takes what has come in since the last frame. A socket that fails again and again ends the session.
func (s *Session) read(r *packetReader) {
	if s.reads.err != nil {
		return
	}
	for range maxReads {
		n, err := r.read(&s.raw)
		switch {
		case err == nil:
			s.reads.n = 0
		case errors.Is(err, net.ErrClosed) || s.reads.n >= maxReadFailures:
			s.reads.err = fmt.Errorf("media: the RTP socket failed: %w", err)
			s.cancel()
			return
		default:
			s.reads.n++ // a peer's ICMP comes here
		}
		now := time.Since(s.born)
		for i := range n {
			data, from, age := r.packet(i)
			s.datagram(data, from, now-age)
		}
		if n < readBatch {
			return
		}
	}
}

// WriteOther sends what is neither RTP nor RTCP from the RTP port; see SessionConfig.Other.
func (s *Session) WriteOther(data []byte, to netip.AddrPort) error {
	if _, err := s.rtp.WriteToUDPAddrPort(data, to); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}

// datagram takes one packet of the RTP port, which RTCP may share (RFC 5761 §4). now is when it came.
func (s *Session) datagram(data []byte, from netip.AddrPort, now time.Duration) {
	if s.cfg.Other != nil && len(data) > 0 && data[0] < rtpFirstByte {
		s.cfg.Other(data, from)
		return
	}
	if len(data) > 1 && data[1] >= rtcpTypeFirst && data[1] <= rtcpTypeLast {
		s.reports.handle(data, from, now)
		return
	}
	s.in.handle(data, from, now)
}

// Stats is a picture of the session; it may be taken at any moment, also after the end.
func (s *Session) Stats() Stats {
	var st Stats
	s.in.fillStats(&st)
	s.reports.fillStats(&st)
	st.PacketsSent, st.BytesSent, st.SendErrors = s.out.packets.Load(), s.out.bytes.Load(), s.out.errors.Load()
	st.DigitsSent = s.digits.sent.Load()
	st.ClockLate, st.ClockSkipped = s.clockLate.Load(), s.clockSkipped.Load()
	st.PlayoutEventsDropped, st.PlayoutStarved = s.playout.counters()
	if s.running.Load() {
		st.Elapsed = max(0, time.Since(s.born)-time.Duration(s.started.Load()))
	}
	return st
}

// Close ends Run, waits for it and gives the ports back. It may be called again, but not from the Listener.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	cancel, ended := s.cancel, s.ended
	s.mu.Unlock()
	if ended != nil {
		cancel()
		<-ended
	}
	return errors.Join(s.rtp.Close(), s.rtcp.Close())
}
