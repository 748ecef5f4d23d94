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

// answer takes the first stream of sound that we can carry and refuses all others with port 0, in the order of the
// offer (RFC 3264 §6). The answer names one codec and uses the offer's numbers. ErrNoCodec when nothing is left (488).
func (*localSession) answer(d *description, local netip.AddrPort, l LocalMedia) (answered, error) {
	var a answered
	accepted, disabled := false, false
	for i := range d.streams {
		s := &d.streams[i]
		if m, p, ok := answerStream(s, local, l); ok && !accepted {
			accepted, a.params = true, p
			a.streams = append(a.streams, m)
			continue
		}
		disabled = disabled || s.kind == "audio" && s.port == 0
		a.streams = append(a.streams, refusedLine(s))
	}
	if !accepted && !disabled {
		return a, ErrNoCodec
	}
	a.removed = !accepted
	return a, nil
}

func answerStream(s *mediaStream, local netip.AddrPort, l LocalMedia) (*sdp.MediaDescription, media.Params, bool) {
	if s.sound == nil || s.port == 0 || !sameFamily(s.sound, local.Addr()) {
		return nil, media.Params{}, false
	}
	codec, ok := s.sound.choose(l.Codecs, l.PreferOurs)
	if !ok {
		return nil, media.Params{}, false
	}
	p := s.sound.params(codec)
	var events []format
	if e, ok := s.sound.event(codec); ok {
		events = []format{e}
	}
	// We ask for packets as long as those that we shall send: some telephones know but one length for both ways.
	m := audioLine(s.proto, local.Port(), []media.Codec{codec}, events, p.PTime, p.Direction)
	if s.mid != "" {
		m.WithValueAttribute(sdp.AttrKeyMID, s.mid) // RFC 5888 §9.1
	}
	return m, p, true
}

// refusedLine repeats a stream with port 0.
func refusedLine(s *mediaStream) *sdp.MediaDescription {
	return &sdp.MediaDescription{MediaName: sdp.MediaName{Media: s.kind, Protos: strings.Split(s.proto, "/"), Formats: s.formats}}
}
