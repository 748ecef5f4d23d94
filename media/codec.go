package media

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnknownCodec is returned for a codec that this package cannot encode and decode.
var ErrUnknownCodec = errors.New("media: unknown codec; use PCMA, PCMU, G722 or opus")

// Payload types. Those of opus and of events at its rate are what our own offers number them with.
const (
	payloadPCMU         = 0  // static types: RFC 3551 table 4
	payloadPCMA         = 8  //
	payloadG722         = 9  //
	payloadComfortNoise = 13 // RFC 3389
	payloadOpus         = 111
)

// Codec names one way of carrying sound in RTP, as an SDP a=rtpmap line does. Sound inside of a Session is at LineRate,
// whatever the codec.
type Codec struct {
	Name        string // encoding name of RFC 3551 or its registration: PCMA
	PayloadType uint8  // 0..127, as agreed for this call
	ClockRate   int    // Hz, of RTP timestamps
	SampleRate  int    // Hz, of the samples that the codec was made for (differs from ClockRate for G.722, RFC 3551 §4.5.2)
	Channels    int    // of the rtpmap line, 0: left out, 1. Opus always says 2 (RFC 7587 §7)
	Format      string // what the other side's a=fmtp line says about what it wants to receive, "" nothing
}

// PCMA is G.711 A-law, what European trunks speak.
func PCMA() Codec {
	return Codec{Name: "PCMA", PayloadType: payloadPCMA, ClockRate: 8000, SampleRate: 8000}
}

// PCMU is G.711 µ-law.
func PCMU() Codec {
	return Codec{Name: "PCMU", PayloadType: payloadPCMU, ClockRate: 8000, SampleRate: 8000}
}

// G722 is ITU-T G.722 at 64 kbit/s, the wide-band codec of cordless telephones.
func G722() Codec {
	return Codec{Name: "G722", PayloadType: payloadG722, ClockRate: 8000, SampleRate: 16000}
}

// Opus is RFC 6716 in RTP by RFC 7587.
func Opus() Codec {
	return Codec{Name: "opus", PayloadType: payloadOpus, ClockRate: 48000, SampleRate: 48000, Channels: 2}
}

// Codecs lists what a Session can speak, preferred first: the telephone network's own codec needs no translation anywhere, and
// costs the least.
func Codecs() []Codec { return []Codec{PCMA(), PCMU(), G722(), Opus()} }

// CodecsByName picks codecs in the order of their names. ErrUnknownCodec names the first one that is none.
func CodecsByName(names ...string) ([]Codec, error) {
	var picked []Codec
	for _, name := range names {
		c, ok := CodecByName(name)
		if !ok {
			return nil, fmt.Errorf("%w: %q", ErrUnknownCodec, name)
		}
		picked = append(picked, c)
	}
	return picked, nil
}

// CodecByName finds a codec by the encoding name of an rtpmap line; case does not count (RFC 4855 §3).
func CodecByName(name string) (Codec, bool) {
	for _, c := range Codecs() {
		if c.is(Codec{Name: name}) {
			return c, true
		}
	}
	return Codec{}, false
}

// LocalFormat is what our own a=fmtp line says about the codec, "" nothing.
func (c Codec) LocalFormat() string {
	if c.is(Opus()) {
		return OpusFormat
	}
	return ""
}

// is tells whether two Codecs have the same name.
func (c Codec) is(other Codec) bool { return strings.EqualFold(c.Name, other.Name) }

// scale is how many units of the RTP clock a sample of LineRate takes: 6 for Opus, 1 for all others.
func (c Codec) scale() int { return c.ClockRate / LineRate }

// encoder turns samples of LineRate into one RTP payload. Encode writes into dst, which is long enough, and returns the
// bytes used; 0: nothing needs to be sent.
type encoder interface {
	Encode(dst []byte, pcm []int16) int
}

// decoder turns one RTP payload into samples of LineRate. Samples tells how many a payload holds without decoding it;
// Decode writes into dst, which is long enough, and returns the samples written.
type decoder interface {
	Samples(payload []byte) int
	Decode(dst []int16, payload []byte) int
}

// recoverer is a decoder that hides losses by itself, from its own state. The length of dst is a multiple of 2.5 ms; false: it
// could not.
type recoverer interface {
	// Conceal makes up the next samples.
	Conceal(dst []int16) bool
	// Recover takes them from the copy that the packet after the lost one may carry.
	Recover(dst []int16, next []byte) bool
}

// lossAware is an encoder that prepares packets for losses.
type lossAware interface{ ExpectLoss(percent int) }

func newEncoder(c Codec) (encoder, error) {
	switch strings.ToUpper(c.Name) {
	case "PCMA":
		return alaw{}, nil
	case "PCMU":
		return ulaw{}, nil
	case "G722":
		return newG722Encoder(), nil
	case "OPUS":
		return newOpusEncoder(c.Format)
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownCodec, c.Name)
}

func newDecoder(c Codec) (decoder, error) {
	switch strings.ToUpper(c.Name) {
	case "PCMA":
		return alaw{}, nil
	case "PCMU":
		return ulaw{}, nil
	case "G722":
		return newG722Decoder(), nil
	case "OPUS":
		return newOpusDecoder()
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownCodec, c.Name)
}
