package media

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zaf/g711"
)

// ErrUnknownCodec is returned for a codec that this package cannot encode and decode.
var ErrUnknownCodec = errors.New("media: unknown codec; use PCMA or PCMU")

// Static payload types of RFC 3551 table 4.
const (
	payloadPCMU         = 0
	payloadPCMA         = 8
	payloadComfortNoise = 13 // RFC 3389
)

// Codec names one way of carrying sound in RTP, as an SDP a=rtpmap line does.
type Codec struct {
	Name        string // encoding name of RFC 3551 or its registration, upper case: PCMA
	PayloadType uint8  // 0..127, as agreed for this call
	ClockRate   int    // Hz, of RTP timestamps
	SampleRate  int    // Hz, of the samples (differs from ClockRate for G.722, RFC 3551 §4.5.2)
}

// PCMA is G.711 A-law, what European trunks speak.
func PCMA() Codec {
	return Codec{Name: "PCMA", PayloadType: payloadPCMA, ClockRate: 8000, SampleRate: 8000}
}

// PCMU is G.711 µ-law.
func PCMU() Codec {
	return Codec{Name: "PCMU", PayloadType: payloadPCMU, ClockRate: 8000, SampleRate: 8000}
}

// Codecs lists what a Session can speak, preferred first.
func Codecs() []Codec { return []Codec{PCMA(), PCMU()} }

// CodecByName finds a codec by the encoding name of an rtpmap line; case does not count (RFC 4855 §3).
func CodecByName(name string) (Codec, bool) {
	for _, c := range Codecs() {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Codec{}, false
}

// CodecByPayloadType finds a codec by its static payload type, for SDP without rtpmap lines (RFC 3551 §6).
func CodecByPayloadType(pt uint8) (Codec, bool) {
	for _, c := range Codecs() {
		if c.PayloadType == pt {
			return c, true
		}
	}
	return Codec{}, false
}

// encoder turns samples into one RTP payload. Encode writes into dst, which is long enough, and returns the bytes used.
type encoder interface {
	Encode(dst []byte, pcm []int16) int
}

// decoder turns one RTP payload into samples. Samples tells how many a payload holds without decoding it;
// Decode writes into dst, which is long enough, and returns the samples written.
type decoder interface {
	Samples(payload []byte) int
	Decode(dst []int16, payload []byte) int
}

func newEncoder(c Codec) (encoder, error) {
	switch strings.ToUpper(c.Name) {
	case "PCMA":
		return alaw{}, nil
	case "PCMU":
		return ulaw{}, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownCodec, c.Name)
}

func newDecoder(c Codec) (decoder, error) {
	switch strings.ToUpper(c.Name) {
	case "PCMA":
		return alaw{}, nil
	case "PCMU":
		return ulaw{}, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownCodec, c.Name)
}

// The slice functions of zaf/g711 allocate their result at each call, so the 20 ms path uses its functions per sample.

type alaw struct{}

func (alaw) Samples(payload []byte) int { return len(payload) }

func (alaw) Encode(dst []byte, pcm []int16) int {
	for i, s := range pcm {
		dst[i] = g711.EncodeAlawFrame(s)
	}
	return len(pcm)
}

func (alaw) Decode(dst []int16, payload []byte) int {
	for i, b := range payload {
		dst[i] = g711.DecodeAlawFrame(b)
	}
	return len(payload)
}

type ulaw struct{}

func (ulaw) Samples(payload []byte) int { return len(payload) }

func (ulaw) Encode(dst []byte, pcm []int16) int {
	for i, s := range pcm {
		dst[i] = g711.EncodeUlawFrame(s)
	}
	return len(pcm)
}

func (ulaw) Decode(dst []int16, payload []byte) int {
	for i, b := range payload {
		dst[i] = g711.DecodeUlawFrame(b)
	}
	return len(payload)
}
