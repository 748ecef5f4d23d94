package sip

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/acotel/acotel-sbc/media"
)

// SRTPPolicy says when sound is protected by keys in the session description (SDES, RFC 4568), which are worth as much as the
// protection of the signalling that carries them.
type SRTPPolicy uint8

// Policies.
const (
	SRTPAllowed  SRTPPolicy = iota // what the peer offers is taken; we offer it over TLS alone
	SRTPOff                        // neither offered nor taken
	SRTPRequired                   // always offered; without it there is no call
)

// maxCryptos bounds the a=crypto lines of a stream that we look at.
const maxCryptos = 32

// crypto is one a=crypto line that we could use (RFC 4568 §4):
//
//	a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20
type crypto struct {
	tag   string
	suite media.Suite
	key   media.MasterKey
}

// readCrypto reads the value of a line. ok is false for what we must not accept: unknown suites, several keys, a master key
// identifier, or session parameters that change what the suite does (§6.3).
func readCrypto(value string) (c crypto, ok bool) {
	f := strings.Fields(value)
	if len(f) < 3 || len(f[0]) > 9 || strings.Trim(f[0], "0123456789") != "" {
		return crypto{}, false
	}
	for _, parameter := range f[3:] {
		// The window size is only a hint, and what begins with a dash may be left aside (§6.3.5, §6.3.7).
		if !strings.HasPrefix(parameter, "WSH=") && !strings.HasPrefix(parameter, "-") {
			return crypto{}, false
		}
	}
	inline, ok := strings.CutPrefix(f[2], "inline:")
	if !ok || strings.Contains(inline, ";") {
		return crypto{}, false
	}
	salted, rest, _ := strings.Cut(inline, "|")
	if strings.Contains(rest, ":") {
		return crypto{}, false // MKI:length; the lifetime alone bounds what no call reaches
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(salted, "="))
	if err != nil {
		return crypto{}, false
	}
	c = crypto{tag: f[0], suite: media.Suite(f[1])}
	if !slices.Contains(media.Suites(), c.suite) {
		return crypto{}, false
	}
	c.key, err = media.MasterKeyOf(c.suite, raw)
	return c, err == nil
}

// cryptosOf are the usable a=crypto lines of a stream, in the order of the peer's preference.
func cryptosOf(m *sdp.MediaDescription) (usable []crypto) {
	seen := 0
	for _, a := range m.Attributes {
		if a.Key != "crypto" {
			continue
		}
		if c, ok := readCrypto(a.Value); ok {
			usable = append(usable, c)
		}
		if seen++; seen == maxCryptos {
			break
		}
	}
	return usable
}

// write puts the line into a description of ours.
func (c crypto) write(m *sdp.MediaDescription) {
	m.WithValueAttribute("crypto", fmt.Sprintf("%s %s inline:%s", c.tag, c.suite, base64.StdEncoding.EncodeToString(c.key.Reveal())))
}

// profileSecure tells RTP/SAVP and RTP/SAVPF, which must be protected, from RTP/AVP and RTP/AVPF, which may be (RFC 8643).
func profileSecure(proto string) (secure, known bool) {
	switch proto {
	case "RTP/AVP", "RTP/AVPF":
		return false, true
	case "RTP/SAVP", "RTP/SAVPF":
		return true, true
	}
	return false, false
}

// ourKey is the key that we protect with in this call, one for each suite, so that a new exchange does not begin anew.
func (s *localSession) ourKey(suite media.Suite) (media.MasterKey, error) {
	if k, ok := s.keys[suite]; ok {
		return k, nil
	}
	k, err := media.NewMasterKey(suite, rand.Reader)
	if err != nil {
		return k, fmt.Errorf("sip: %w", err)
	}
	if s.keys == nil {
		s.keys = map[media.Suite]media.MasterKey{}
	}
	s.keys[suite] = k
	return k, nil
}

// protect answers the first usable a=crypto line of an offer with a key of ours. The zero crypto stands for sound in clear; ok is false
// when the stream cannot be taken under the policy.
func (s *localSession) protect(offered *mediaStream, policy SRTPPolicy) (c crypto, p media.Protection, ok bool) {
	secure, _ := profileSecure(offered.proto)
	lines := offered.sound.cryptos
	if policy == SRTPOff {
		lines = nil
	}
	if len(lines) == 0 {
		return crypto{}, media.Protection{}, !secure && policy != SRTPRequired
	}
	theirs := lines[0]
	key, err := s.ourKey(theirs.suite)
	if err != nil {
		return crypto{}, media.Protection{}, false
	}
	return crypto{theirs.tag, theirs.suite, key}, media.Protection{Suite: theirs.suite, Send: key, Receive: theirs.key}, true
}

// offerCryptos are the lines of an offer, none when it is in clear, and its profile. In a call that is up both stay as agreed.
func (s *localSession) offerCryptos(policy SRTPPolicy) (proto string, lines []crypto) {
	proto = s.proto
	protected := s.protected
	if proto == "" {
		proto = "RTP/AVP"
		if protected = policy == SRTPRequired || policy == SRTPAllowed && s.secure; protected {
			proto = "RTP/SAVP"
		}
	}
	if !protected {
		return proto, nil
	}
	for i, suite := range media.Suites() {
		if key, err := s.ourKey(suite); err == nil {
			lines = append(lines, crypto{strconv.Itoa(i + 1), suite, key})
		}
	}
	return proto, lines
}

// protection is what an answer to our offer agreed on: the line it took, by its tag (§5.1.3). ok is false when it does not fit.
func (s *localSession) protection(answered *mediaStream, policy SRTPPolicy) (p media.Protection, ok bool) {
	secure, _ := profileSecure(answered.proto)
	proto, lines := s.offerCryptos(policy)
	if offeredSecure, _ := profileSecure(proto); secure != offeredSecure {
		return p, false
	}
	for _, c := range answered.sound.cryptos {
		i := slices.IndexFunc(lines, func(ours crypto) bool { return ours.tag == c.tag && ours.suite == c.suite })
		if i >= 0 {
			return media.Protection{Suite: c.suite, Send: lines[i].key, Receive: c.key}, true
		}
	}
	return p, !secure && policy != SRTPRequired
}

// settle remembers what was agreed, for the offers that follow.
func (s *localSession) settle(proto string, p media.Protection) {
	s.proto, s.protected = proto, p.Suite != ""
}
