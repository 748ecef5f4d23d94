package sip

import (
	"net/netip"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// answered is the outcome of an offer.
type answered struct {
	streams []*sdp.MediaDescription // ours, one for each of the offer's
	params  media.Params
	removed bool // the offer takes the sound away (port 0): agreed, but params are void
}

// answer takes the first stream of sound that we can carry, one with keys before one in clear, and refuses all others with port 0,
// in the order of the offer (RFC 3264 §6). The answer names one codec and uses the offer's numbers. ErrNoCodec when nothing is
// left (488).
func (s *localSession) answer(d *description, local netip.AddrPort, l LocalMedia) (answered, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a answered
	taken, disabled := -1, false
	var ours *sdp.MediaDescription
	for i := range d.streams {
		offered := &d.streams[i]
		disabled = disabled || offered.kind == "audio" && offered.port == 0
		if taken >= 0 && a.params.Protection.Suite != "" {
			break
		}
		m, p, ok := s.answerStream(offered, local, l)
		if ok && (taken < 0 || p.Protection.Suite != "") {
			taken, ours, a.params = i, m, p
		}
	}
	if taken < 0 && !disabled {
		return a, ErrNoCodec
	}
	for i := range d.streams {
		if i == taken {
			s.settle(d.streams[i].proto, a.params.Protection)
			a.streams = append(a.streams, ours)
			continue
		}
		a.streams = append(a.streams, refusedLine(&d.streams[i]))
	}
	a.removed = taken < 0
	return a, nil
}

func (session *localSession) answerStream(s *mediaStream, local netip.AddrPort, l LocalMedia) (*sdp.MediaDescription, media.Params, bool) {
	if s.sound == nil || s.port == 0 || !sameFamily(s.sound, local.Addr()) {
		return nil, media.Params{}, false
	}
	codec, ok := s.sound.choose(l.Codecs, l.PreferOurs)
	if !ok {
		return nil, media.Params{}, false
	}
	line, protection, ok := session.protect(s, l.SRTP)
	if !ok {
		return nil, media.Params{}, false
	}
	p := s.sound.params(codec)
	p.Protection = protection
	var beside []format
	if p.ComfortNoise = l.ComfortNoise && s.sound.comfort(codec); p.ComfortNoise {
		beside = append(beside, comfortFormat)
	}
	if e, ok := s.sound.event(codec); ok {
		e.name = telephoneEvent
		beside = append(beside, e)
	}
	// We ask for packets as long as those that we shall send: some telephones know but one length for both ways.
	m := audioLine(s.proto, local.Port(), []media.Codec{codec}, beside, p.PTime, p.Direction)
	if protection.Suite != "" {
		line.write(m)
	}
	if s.mid != "" {
		m.WithValueAttribute(sdp.AttrKeyMID, s.mid) // RFC 5888 §9.1
	}
	return m, p, true
}

// refusedLine repeats a stream with port 0.
func refusedLine(s *mediaStream) *sdp.MediaDescription {
	return &sdp.MediaDescription{MediaName: sdp.MediaName{Media: s.kind, Protos: strings.Split(s.proto, "/"), Formats: s.formats}}
}
