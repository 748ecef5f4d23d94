package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// offeredEvents are the payload types of telephone-event in our offers, by their clock rates in Hz: 101 is what everybody uses.
var offeredEvents = map[int]uint8{8000: 101, 48000: 110}

// localSession is what stays the same over all descriptions that we send in a call: its id, and a version that grows by one
// whenever anything else changes (RFC 3264 §5, §8).
type localSession struct {
	id, version uint64
	last        string

	mu        sync.Mutex // of what follows
	secure    bool       // the signalling is TLS, which keeps keys secret
	proto     string     // profile agreed on, "" before
	protected bool       // and by SRTP
	keys      map[media.Suite]media.MasterKey
}

// render writes a description of ours around its streams.
func (s *localSession) render(ip netip.Addr, streams []*sdp.MediaDescription) ([]byte, error) {
	d := sdp.SessionDescription{
		Origin:                sdp.Origin{Username: "-", SessionID: s.id, NetworkType: "IN", AddressType: addressType(ip), UnicastAddress: ip.String()},
		SessionName:           "-",
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: addressType(ip), Address: &sdp.Address{Address: ip.String()}},
		TimeDescriptions:      []sdp.TimeDescription{{}},
		MediaDescriptions:     streams,
	}
	body, err := d.Marshal()
	if err != nil {
		return nil, fmt.Errorf("sip: our session description: %w", err)
	}
	if string(body) != s.last {
		s.last = string(body)
		s.version++
	}
	d.Origin.SessionVersion = s.version
	return d.Marshal()
}

func addressType(ip netip.Addr) string {
	if ip.Is6() {
		return "IP6"
	}
	return "IP4"
}

// offer describes all that we can do, as one stream: codecs in our order and keys.
func (s *localSession) offer(port uint16, l LocalMedia, dir media.Direction) []*sdp.MediaDescription {
	s.mu.Lock()
	proto, cryptos := s.offerCryptos(l.SRTP)
	s.mu.Unlock()
	m := audioLine(proto, port, l.Codecs, l.beside(), l.ptime(), dir)
	for _, c := range cryptos {
		c.write(m)
	}
	return []*sdp.MediaDescription{m}
}

// eventsOf is telephone-event once for each clock of the codecs (RFC 4733 §2.1).
func eventsOf(codecs []media.Codec) (events []format) {
	for _, c := range codecs {
		e := format{pt: offeredEvents[c.ClockRate], name: telephoneEvent, rate: c.ClockRate}
		if !slices.Contains(events, e) {
			events = append(events, e)
		}
	}
	return events
}

// beside are the formats that we offer with the codecs.
func (l LocalMedia) beside() []format {
	formats := eventsOf(l.Codecs)
	if l.ComfortNoise && slices.ContainsFunc(l.Codecs, func(c media.Codec) bool { return c.ClockRate == comfortFormat.rate }) {
		formats = append([]format{comfortFormat}, formats...)
	}
	return formats
}

// audioLine writes an m= line of sound: codecs, and keys and comfort noise beside them. ptime is how long we want the peer's packets.
func audioLine(proto string, port uint16, codecs []media.Codec, beside []format, ptime time.Duration, dir media.Direction) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{Media: "audio", Port: sdp.RangedPort{Value: int(port)}, Protos: strings.Split(proto, "/")}}
	for _, c := range codecs {
		m.WithCodec(c.PayloadType, c.Name, uint32(c.ClockRate), uint16(c.Channels), c.LocalFormat())
	}
	for _, f := range beside {
		parameters := ""
		if f.name == telephoneEvent {
			parameters = "0-15" // RFC 4733 §2.4.1: the keys of a telephone
		}
		m.WithCodec(f.pt, f.name, uint32(f.rate), 0, parameters)
	}
	m.WithValueAttribute("ptime", strconv.Itoa(int(ptime.Milliseconds())))
	m.WithPropertyAttribute(dir.String())
	return m
}

// read takes the peer's answer to our offer. The peer may number its types as it likes (RFC 3264 §6.1): we send with its numbers
// and receive with ours.
func (s *localSession) read(d *description, l LocalMedia, local netip.Addr) (media.Params, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range d.streams {
		m := &d.streams[i]
		if m.sound == nil || m.port == 0 || !sameFamily(m.sound, local) {
			continue
		}
		codec, ok := m.sound.choose(l.Codecs, false)
		if !ok {
			continue
		}
		p := m.sound.params(codec)
		p.ComfortNoise = l.ComfortNoise && m.sound.comfort(codec)
		if p.Protection, ok = s.protection(m, l.SRTP); !ok {
			return media.Params{}, ErrNoSRTP
		}
		s.settle(m.proto, p.Protection)
		if i := slices.IndexFunc(l.Codecs, func(c media.Codec) bool { return c.Name == codec.Name }); i >= 0 {
			p.ReceiveType = l.Codecs[i].PayloadType
		}
		if p.DTMF != 0 {
			p.DTMFReceive = offeredEvents[p.DTMFRate]
		}
		return p, nil
	}
	return media.Params{}, ErrNoCodec
}

// params is what was agreed on with the peer that s describes.
func (s *sound) params(codec media.Codec) media.Params {
	e, _ := s.event(codec)
	return media.Params{
		Codec: codec, DTMF: e.pt, DTMFReceive: e.pt, DTMFRate: e.rate,
		PTime: s.ptime, Remote: s.remote, RemoteRTCP: s.rtcp, Direction: s.ourDirection(),
	}
}

// sameFamily tells whether we can reach the peer's address from ours.
func sameFamily(s *sound, local netip.Addr) bool {
	return s.hold || s.remote.Addr().Is4() == local.Unmap().Is4()
}
