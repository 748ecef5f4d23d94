package media

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/hraban/opus.v2"
)

const (
	// Speech of a telephone's band needs 8 to 12 kbit/s (RFC 7587 §3.1.1); the rest is for the copies of lost packets.
	opusBitrate    = 20000
	opusMinBitrate = 6000
	opusComplexity = 2  // of 10; below 2 libopus makes no copies, and 5 takes half as long again and comes no nearer to the sound in this band
	opusLoss       = 10 // percent of packets expected to be lost, for which copies are sent along, until the peer reports more
	opusMostLoss   = 40 // beyond it the sound itself would suffer from its copies

	opusStep      = LineRate / 400        // samples in 2.5 ms, of which all packets are made (RFC 6716 §2.1.4)
	opusLongest   = 120 * LineRate / 1000 // samples in the longest packet
	opusMaxFrames = 48
	opusMaxBytes  = 400 // of a packet that we send: 60 ms at four times our bitrate
)

// OpusFormat is what our SDP says about Opus (RFC 7587 §6.1): the telephone's band is all we want and send, one channel, with
// copies of lost packets welcome.
const OpusFormat = "maxplaybackrate=8000;sprop-maxcapturerate=8000;stereo=0;useinbandfec=1"

// opusEncoder works on LineRate: libopus converts between its own rate and ours.
type opusEncoder struct{ e *opus.Encoder }

// newOpusEncoder makes an encoder as the receiver's a=fmtp parameters want it.
func newOpusEncoder(format string) (*opusEncoder, error) {
	e, err := opus.NewEncoder(LineRate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("media: opus encoder: %w", err)
	}
	want := formatParameters(format)
	bitrate := opusBitrate
	if limit, err := strconv.Atoi(want["maxaveragebitrate"]); err == nil && limit > 0 {
		bitrate = max(opusMinBitrate, min(bitrate, limit))
	}
	for _, set := range []error{
		e.SetBitrate(bitrate), e.SetComplexity(opusComplexity), e.SetMaxBandwidth(opus.Narrowband),
		e.SetInBandFEC(want["useinbandfec"] == "1"), e.SetPacketLossPerc(opusLoss), e.SetDTX(want["usedtx"] == "1"),
	} {
		if set != nil {
			return nil, fmt.Errorf("media: opus encoder: %w", set)
		}
	}
	return &opusEncoder{e}, nil
}

// formatParameters reads "a=1;b=2" of an fmtp line. Names are in lower case.
func formatParameters(format string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(format, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		all[strings.ToLower(name)] = strings.TrimSpace(value)
	}
	return all
}

// Encode takes 10, 20, 40 or 60 ms. A packet of one or two bytes means that nothing need be sent (RFC 7587 §3.1.3).
func (o *opusEncoder) Encode(dst []byte, pcm []int16) int {
	n, err := o.e.Encode(pcm, dst[:min(len(dst), opusMaxBytes):min(len(dst), opusMaxBytes)])
	if err != nil || n <= 2 {
		return 0
	}
	return n
}

// ExpectLoss adapts the copies to what the peer reports. They are never left out: the next burst comes unannounced.
func (o *opusEncoder) ExpectLoss(percent int) {
	_ = o.e.SetPacketLossPerc(max(opusLoss, min(percent, opusMostLoss))) // fails only for what is no percentage
}

// opusDecoder hides losses itself, from its own state or from the copy that the next packet brings.
type opusDecoder struct{ d *opus.Decoder }

func newOpusDecoder() (*opusDecoder, error) {
	d, err := opus.NewDecoder(LineRate, 1)
	if err != nil {
		return nil, fmt.Errorf("media: opus decoder: %w", err)
	}
	return &opusDecoder{d}, nil
}

func (*opusDecoder) Samples(payload []byte) int { return opusSamples(payload) }

// Decode gives silence for what is no Opus.
func (o *opusDecoder) Decode(dst []int16, payload []byte) int {
	want := opusSamples(payload)
	if want == 0 || want > len(dst) {
		return 0
	}
	n, err := o.d.Decode(payload, dst[:want:want])
	if err != nil {
		clear(dst[:want])
		return want
	}
	return n
}

// Conceal makes up what is lost (RFC 6716 §4.4).
func (o *opusDecoder) Conceal(dst []int16) bool {
	return len(dst)%opusStep == 0 && o.d.DecodePLC(dst[:len(dst):len(dst)]) == nil
}

// Recover decodes the copy of the packet before, "in-band FEC" (RFC 6716 §2.1.7).
func (o *opusDecoder) Recover(dst []int16, next []byte) bool {
	return len(dst)%opusStep == 0 && opusSamples(next) > 0 && opusHasCopy(next) && o.d.DecodeFEC(next, dst[:len(dst):len(dst)]) == nil
}

// opusHasCopy tells whether a packet carries a copy of the one before: its first frame is SILK's, and begins with a bit of voice
// activity for each 20 ms, then the bit that says so, for one channel or two (RFC 6716 §4.2.3, §4.2.4). Packets of several frames whose
// number is written out are not looked into; none of 20 ms is made that way.
func opusHasCopy(payload []byte) bool {
	const celt, stereo = 16, 0x04
	if len(payload) < 2 || payload[0]>>3 >= celt {
		return false
	}
	first := 1
	switch payload[0] & 3 {
	case 2: // two frames of their own lengths: that of the first one is told (§3.2.1)
		first = 2
		if payload[1] >= 252 {
			first = 3
		}
	case 3:
		return false
	}
	if len(payload) <= first {
		return false
	}
	steps := max(1, opusFrameSamples(payload[0]>>3)/FrameSamples)
	flags := payload[first]
	copied := flags>>(7-steps)&1 != 0
	if payload[0]&stereo != 0 {
		copied = copied || flags>>(6-2*steps)&1 != 0
	}
	return copied
}

// opusSamples reads the number of samples at LineRate from a packet's first bytes, 0 if it is none (RFC 6716 §3.1):
//
//	 0 1 2 3 4 5 6 7
//	+-+-+-+-+-+-+-+-+
//	| config  |s| c |
//	+-+-+-+-+-+-+-+-+
func opusSamples(payload []byte) int {
	if len(payload) == 0 {
		return 0
	}
	frames := 1
	switch payload[0] & 3 {
	case 1, 2:
		frames = 2
	case 3: // a byte with their number follows
		if len(payload) < 2 {
			return 0
		}
		frames = int(payload[1] & 0x3F)
	}
	n := frames * opusFrameSamples(payload[0]>>3)
	if frames > opusMaxFrames || n > opusLongest {
		return 0
	}
	return n
}

// opusFrameSamples is the length of one frame of a configuration (RFC 6716 table 2).
func opusFrameSamples(config uint8) int {
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		return opusStep * [...]int{4, 8, 16, 24}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		return opusStep * [...]int{4, 8}[config&1]
	}
	return opusStep << (config & 3) // CELT: 2.5, 5, 10, 20 ms
}
