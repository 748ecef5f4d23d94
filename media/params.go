package media

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// The frame that everything in a call is cut into.
const (
	FrameDuration = 20 * time.Millisecond
	LineRate      = 8000 // Hz, of all samples a Session takes and gives
	FrameSamples  = 160  // samples of LineRate in FrameDuration
)

// ErrParams is wrapped by the errors of Configure.
var ErrParams = errors.New("media: these parameters cannot be used")

// Direction says which way sound flows, seen from our side (RFC 3264 §5.1). The zero value is SendRecv.
type Direction uint8

// Directions of RFC 8866 §6.7.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// Sends tells whether we send RTP.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives tells whether we listen to the RTP that arrives.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// String is the SDP attribute.
func (d Direction) String() string {
	switch d {
	case SendRecv:
		return "sendrecv"
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	case Inactive:
		return "inactive"
	}
	return fmt.Sprintf("direction(%d)", uint8(d))
}

// Params is what an offer and its answer agreed on.
type Params struct {
	Codec       Codec // as we send it
	ReceiveType uint8 // payload type that the peer sends it with; 0: that of Codec

	DTMF        uint8 // payload type of telephone-event that we send, 0: none agreed
	DTMFReceive uint8 // payload type of telephone-event that we accept; 0: the same as DTMF
	DTMFRate    int   // Hz, clock of the durations in telephone events; 0: the codec's (RFC 4733 §2.1)

	// PTime is how long the packets are that we send, as the peer wants them by a=ptime and a=maxptime (RFC 8866 §6.4): 10 to 60 ms,
	// in steps of 10 (opus: 10, 20, 40 or 60), 20 if 0. Packets of any length are accepted.
	PTime time.Duration

	// ComfortNoise sends RFC 3389 packets twice a second, of type 13, where we say nothing; false: silence is sent like sound. The
	// peer's comfort noise is always understood.
	ComfortNoise bool

	Remote     netip.AddrPort // where the peer's SDP says it receives RTP; 0.0.0.0 (old style hold) sends nothing
	Near       netip.Addr     // host that the peer signals from, zero if not known: behind a NAT, its sound comes from there too
	RemoteRTCP netip.AddrPort // RTCP of the peer; zero: Remote with the next port (RFC 3550 §11), equal to Remote: one port for both (RFC 5761)

	Direction Direction

	Protection Protection // zero: RTP in clear
}

// maxSlots is the longest packet that we send: 60 ms.
const maxSlots = 6

// slots is the length of the packets that we send.
func (p Params) slots() int {
	n := int(p.PTime / slotDuration)
	if p.PTime == 0 {
		n = slotsAFrame
	}
	n = min(max(n, 1), maxSlots)
	if p.Codec.is(Opus()) && n > 1 {
		n -= n % 2 // it has no packets of 30 or 50 ms (RFC 6716 §2.1.4)
	}
	return n
}

// receiveType is the payload type of the peer's sound.
func (p Params) receiveType() uint8 {
	if p.ReceiveType == 0 {
		return p.Codec.PayloadType
	}
	return p.ReceiveType
}

// eventScale is how many units of the telephone events' clock a sample takes.
func (p Params) eventScale() int {
	if p.DTMFRate == 0 {
		return p.Codec.scale()
	}
	return p.DTMFRate / LineRate
}

func (p Params) check() error {
	known, ok := CodecByName(p.Codec.Name)
	if !ok {
		return fmt.Errorf("%w: %w: %q", ErrParams, ErrUnknownCodec, p.Codec.Name)
	}
	if p.Codec.PayloadType > 127 || p.ReceiveType > 127 || p.DTMF > 127 || p.DTMFReceive > 127 {
		return fmt.Errorf("%w: payload types go from 0 to 127", ErrParams)
	}
	if p.Codec.ClockRate != known.ClockRate {
		return fmt.Errorf("%w: %s has a clock of %d Hz, not %d", ErrParams, p.Codec.Name, known.ClockRate, p.Codec.ClockRate)
	}
	if p.DTMFRate != 0 && p.DTMFRate != p.Codec.ClockRate && p.DTMFRate != LineRate {
		return fmt.Errorf("%w: telephone-event at %d Hz beside %s at %d Hz", ErrParams, p.DTMFRate, p.Codec.Name, p.Codec.ClockRate)
	}
	if (p.DTMF != 0 && p.DTMF == p.Codec.PayloadType) || (p.DTMFReceive != 0 && p.DTMFReceive == p.receiveType()) {
		return fmt.Errorf("%w: telephone-event and %s share payload type %d", ErrParams, p.Codec.Name, p.Codec.PayloadType)
	}
	if p.ComfortNoise && p.Codec.ClockRate != LineRate {
		return fmt.Errorf("%w: comfort noise beside %s: it has a clock of %d Hz", ErrParams, p.Codec.Name, LineRate)
	}
	if !p.Remote.IsValid() {
		return fmt.Errorf("%w: the peer's RTP address is missing", ErrParams)
	}
	return nil
}
