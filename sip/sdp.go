package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// Bounds of a session description that we are willing to read.
const (
	maxSDP   = 32 * 1024
	maxLines = 32 // m= lines
)

// The packets that we send: 20 ms (RFC 3551 §4.2), or what the peer asks for within these bounds and steps.
const (
	defaultPTime = 20 * time.Millisecond
	minPTime     = 10 * time.Millisecond
	maxPTime     = 60 * time.Millisecond
	stepPTime    = 10 * time.Millisecond
)

// description is a peer's session description (RFC 8866), reduced to what we act on.
type description struct {
	streams []mediaStream
}

// mediaStream is one m= line. kind, proto and formats are kept as written: a refusal repeats them (RFC 3264 §6).
type mediaStream struct {
	kind, proto string
	port        int
	formats     []string
	mid         string
	sound       *sound // nil: not a stream of sound that we could carry
}

// sound is what an audio stream over RTP or SRTP says about itself.
type sound struct {
	remote    netip.AddrPort
	rtcp      netip.AddrPort // zero: the port after remote's
	hold      bool           // c=0.0.0.0, the old way to say "send me nothing" (RFC 3264 §8.4)
	formats   []format       // in order of preference
	cryptos   []crypto       // the a=crypto lines that we can use
	ptime     time.Duration
	direction media.Direction // theirs
}

// format is one payload type, named by rtpmap or by the static table of RFC 3551 §6.
type format struct {
	pt       uint8
	name     string // as registered, case does not count
	rate     int    // Hz
	channels int    // 0: left out, 1
	wants    string // parameters of its fmtp line
}

// is tells whether a payload type carries the codec.
func (f format) is(c media.Codec) bool {
	return strings.EqualFold(f.name, c.Name) && f.rate == c.ClockRate && max(1, f.channels) == max(1, c.Channels)
}

const (
	telephoneEvent = "telephone-event"
	comfortNoise   = "CN" // of the static type 13 alone
)

var comfortFormat = format{pt: 13, name: comfortNoise, rate: 8000}

// readDescription parses SDP. The order of lines, unknown media and protocols, and lines that do not matter here are all
// forgiven; an error wraps ErrSDP.
func readDescription(body []byte) (*description, error) {
	if len(body) > maxSDP {
		return nil, fmt.Errorf("%w: %d bytes are too many", ErrSDP, len(body))
	}
	tidy, d, err := tidySDP(string(body))
	if err != nil {
		return nil, err
	}
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(tidy); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if len(parsed.MediaDescriptions) != len(d.streams) {
		return nil, fmt.Errorf("%w: m= lines", ErrSDP)
	}
	for i, m := range parsed.MediaDescriptions {
		s := &d.streams[i]
		s.mid, _ = m.Attribute(sdp.AttrKeyMID)
		if _, known := profileSecure(s.proto); known && s.kind == "audio" {
			s.sound = soundOf(&parsed, m, s)
		}
	}
	return d, nil
}

// tidySDP keeps the lines we act on, in the order that the grammar asks for, and the m= lines as they were written: pion's
// parser knows neither T.38's m=image nor its protocols, and what we do not read shall not make a call fail.
func tidySDP(body string) (string, *description, error) {
	d := &description{}
	session := &section{head: "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n"}
	sections := []*section{session}
	var version, origin bool
	for _, line := range strings.FieldsFunc(body, func(r rune) bool { return r == '\r' || r == '\n' }) {
		kind, value, ok := strings.Cut(line, "=")
		if !ok || len(kind) != 1 {
			return "", nil, fmt.Errorf("%w: a line without type", ErrSDP)
		}
		current := sections[len(sections)-1]
		switch kind {
		case "v":
			version = strings.TrimSpace(value) == "0"
		case "o":
			origin = len(strings.Fields(value)) == 6
		case "c":
			if current.connection == "" {
				current.connection = "c=" + strings.TrimSpace(value) + "\r\n"
			}
		case "a":
			current.attributes = append(current.attributes, "a="+value+"\r\n")
		case "m":
			s, err := mediaLine(value)
			if err != nil || len(d.streams) == maxLines {
				return "", nil, fmt.Errorf("%w: m= line", ErrSDP)
			}
			d.streams = append(d.streams, s)
			sections = append(sections, &section{head: fmt.Sprintf("m=audio %d RTP/AVP %s\r\n", s.port, strings.Join(s.formats, " "))})
		}
	}
	if !version || !origin {
		return "", nil, fmt.Errorf("%w: v= or o= line", ErrSDP)
	}
	session.connection += "t=0 0\r\n"
	var b strings.Builder
	for _, s := range sections {
		b.WriteString(s.head + s.connection)
		for _, a := range s.attributes {
			b.WriteString(a)
		}
	}
	return b.String(), d, nil
}

// section is the session level or one m= line with what follows it.
type section struct {
	head, connection string
	attributes       []string
}

func mediaLine(value string) (mediaStream, error) {
	f := strings.Fields(value)
	if len(f) < 4 {
		return mediaStream{}, ErrSDP
	}
	port, _, _ := strings.Cut(f[1], "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return mediaStream{}, ErrSDP
	}
	return mediaStream{kind: f[0], port: int(n), proto: f[2], formats: f[3:]}, nil
}

// broadcast reaches a whole network: nobody's sound goes there.
var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// soundOf reads an audio stream, nil when it has no usable address or format.
func soundOf(session *sdp.SessionDescription, m *sdp.MediaDescription, line *mediaStream) *sound {
	conn := m.ConnectionInformation
	if conn == nil {
		conn = session.ConnectionInformation
	}
	if conn == nil || conn.Address == nil {
		return nil
	}
	ip, err := netip.ParseAddr(conn.Address.Address) // a multicast address with a TTL fails here, as it should
	if err != nil || ip.IsMulticast() || ip.Unmap() == broadcast || ip.Zone() != "" {
		return nil
	}
	s := &sound{
		remote: netip.AddrPortFrom(ip.Unmap(), uint16(line.port)), hold: ip.IsUnspecified(),
		direction: directionOf(session, m), ptime: ptimeOf(m), formats: formatsOf(m, line.formats), cryptos: cryptosOf(m),
	}
	if v, ok := m.Attribute("rtcp"); ok {
		s.rtcp = rtcpOf(v, s.remote.Addr())
	}
	return s
}

func directionOf(session *sdp.SessionDescription, m *sdp.MediaDescription) media.Direction {
	for _, attributes := range [][]sdp.Attribute{m.Attributes, session.Attributes} {
		for _, a := range attributes {
			switch a.Key {
			case "sendrecv":
				return media.SendRecv
			case "sendonly":
				return media.SendOnly
			case "recvonly":
				return media.RecvOnly
			case "inactive":
				return media.Inactive
			}
		}
	}
	return media.SendRecv
}

// ptimeOf is the packet length that the peer wants to receive, within its maxptime (RFC 8866 §6.4), as far as we can send it.
func ptimeOf(m *sdp.MediaDescription) time.Duration {
	read := func(key string) (time.Duration, bool) {
		v, ok := m.Attribute(key)
		ms, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return time.Duration(ms * float64(time.Millisecond)), ok && err == nil && ms > 0 && ms <= 1000
	}
	ptime, ok := read("ptime")
	if !ok {
		ptime = defaultPTime
	}
	if limit, ok := read("maxptime"); ok && limit < ptime {
		ptime = limit
	}
	return max(minPTime, min(ptime.Truncate(stepPTime), maxPTime))
}

// staticFormats are the payload types that need no rtpmap and that a G.711 line may meet (RFC 3551 table 4).
var staticFormats = map[uint8]string{0: "PCMU", 3: "GSM", 8: "PCMA", 9: "G722", 13: "CN", 18: "G729"} // all at 8000 Hz

func formatsOf(m *sdp.MediaDescription, payloadTypes []string) []format {
	mapped := map[uint8]format{}
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, encoding, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		pt, err := strconv.ParseUint(number, 10, 7)
		parts := strings.Split(strings.TrimSpace(encoding), "/")
		if err != nil || len(parts) < 2 {
			continue
		}
		f := format{pt: uint8(pt), name: parts[0]}
		if f.rate, err = strconv.Atoi(parts[1]); err != nil {
			continue
		}
		if len(parts) > 2 {
			if f.channels, err = strconv.Atoi(parts[2]); err != nil {
				continue
			}
		}
		mapped[f.pt] = f
	}
	var formats []format
	wanted := parametersOf(m)
	for _, p := range payloadTypes {
		pt, err := strconv.ParseUint(p, 10, 7)
		if err != nil {
			continue
		}
		f, ok := mapped[uint8(pt)]
		if !ok {
			f = format{pt: uint8(pt), name: staticFormats[uint8(pt)], rate: 8000}
		}
		if f.name != "" {
			f.wants = wanted[f.pt]
			formats = append(formats, f)
		}
	}
	return formats
}

// parametersOf reads the a=fmtp lines: what the peer wants of each payload type.
func parametersOf(m *sdp.MediaDescription) map[uint8]string {
	wanted := map[uint8]string{}
	for _, a := range m.Attributes {
		if a.Key != "fmtp" {
			continue
		}
		number, parameters, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		if pt, err := strconv.ParseUint(number, 10, 7); err == nil {
			wanted[uint8(pt)] = strings.TrimSpace(parameters)
		}
	}
	return wanted
}

// rtcpOf reads a=rtcp:53020 IN IP4 192.0.2.1 (RFC 3605).
func rtcpOf(value string, ip netip.Addr) netip.AddrPort {
	f := strings.Fields(value)
	if len(f) == 0 {
		return netip.AddrPort{}
	}
	port, err := strconv.ParseUint(f[0], 10, 16)
	if err != nil || port == 0 {
		return netip.AddrPort{}
	}
	if len(f) == 4 {
		other, err := netip.ParseAddr(f[3])
		if err != nil || other.IsMulticast() || other.Unmap() == broadcast {
			return netip.AddrPort{}
		}
		ip = other.Unmap()
	}
	return netip.AddrPortFrom(ip, uint16(port))
}

// event finds telephone-event at the clock rate of the codec (RFC 4733 §2.1). Some peers offer it at 8000 Hz alone, whatever the codec:
// that is better than no keys. ok is false when the peer has none, or gives it the codec's own number.
func (s *sound) event(c media.Codec) (e format, ok bool) {
	for _, f := range s.formats {
		if !strings.EqualFold(f.name, telephoneEvent) || f.pt == c.PayloadType {
			continue
		}
		if f.rate == c.ClockRate {
			return f, true
		}
		if f.rate == media.LineRate && !ok {
			e, ok = f, true
		}
	}
	return e, ok
}

// comfort tells whether comfort noise may go along with the codec: the peer has it, and it has the codec's clock (RFC 3389 §4).
func (s *sound) comfort(c media.Codec) bool {
	return c.ClockRate == comfortFormat.rate && slices.ContainsFunc(s.formats, func(f format) bool {
		return f.pt == comfortFormat.pt && strings.EqualFold(f.name, comfortFormat.name) && f.rate == comfortFormat.rate
	})
}

// choose takes the first of the peer's formats that we speak: the order of preference is the offerer's (RFC 3264 §6.1), unless
// ours shall count.
func (s *sound) choose(ours []media.Codec, preferOurs bool) (media.Codec, bool) {
	best := len(ours)
	var chosen media.Codec
	for _, f := range s.formats {
		rank := slices.IndexFunc(ours, f.is)
		if rank < 0 || rank >= best {
			continue
		}
		chosen, best = ours[rank], rank
		chosen.PayloadType, chosen.Format = f.pt, f.wants
		if !preferOurs {
			break
		}
	}
	return chosen, best < len(ours)
}

// ourDirection mirrors the peer's (RFC 3264 §6.1): what it only sends we only receive. On an old-style hold it receives nothing.
func (s *sound) ourDirection() media.Direction {
	sends, receives := s.direction.Sends(), s.direction.Receives() && !s.hold
	switch {
	case sends && receives:
		return media.SendRecv
	case sends:
		return media.RecvOnly
	case receives:
		return media.SendOnly
	}
	return media.Inactive
}
