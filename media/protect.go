package media

import (
	"errors"
	"fmt"
	"io"

	"github.com/pion/srtp/v3"
)

// ErrProtection is wrapped by the errors about keys and suites that SRTP cannot use.
var ErrProtection = errors.New("media: SRTP cannot be set up")

// Suite is how SRTP encrypts and authenticates packets, named as in SDP (RFC 4568 §6.2, RFC 6188, RFC 7714).
type Suite string

// The suites that a Session speaks.
const (
	AESCM80  Suite = "AES_CM_128_HMAC_SHA1_80"
	AESCM32  Suite = "AES_CM_128_HMAC_SHA1_32"
	AES256CM Suite = "AES_256_CM_HMAC_SHA1_80"
	GCM128   Suite = "AEAD_AES_128_GCM"
	GCM256   Suite = "AEAD_AES_256_GCM"
)

// Suites lists what a Session speaks, preferred first: what everybody has, then what is stronger, then a shorter tag.
func Suites() []Suite { return []Suite{AESCM80, GCM128, GCM256, AES256CM, AESCM32} }

// profile gives pion's name and the lengths of key and salt in bytes.
func (s Suite) profile() (p srtp.ProtectionProfile, key, salt int, err error) {
	switch s {
	case AESCM80:
		p = srtp.ProtectionProfileAes128CmHmacSha1_80
	case AESCM32:
		p = srtp.ProtectionProfileAes128CmHmacSha1_32
	case AES256CM:
		p = srtp.ProtectionProfileAes256CmHmacSha1_80
	case GCM128:
		p = srtp.ProtectionProfileAeadAes128Gcm
	case GCM256:
		p = srtp.ProtectionProfileAeadAes256Gcm
	default:
		return 0, 0, 0, fmt.Errorf("%w: unknown suite %q", ErrProtection, string(s))
	}
	if key, err = p.KeyLen(); err != nil {
		return 0, 0, 0, fmt.Errorf("%w: %w", ErrProtection, err)
	}
	if salt, err = p.SaltLen(); err != nil {
		return 0, 0, 0, fmt.Errorf("%w: %w", ErrProtection, err)
	}
	return p, key, salt, nil
}

// MasterKey is an SRTP master key followed by its master salt (RFC 3711 §3.2.1). However it is printed, it does not show.
type MasterKey struct{ secret string }

// NewMasterKey reads a key for the suite from a source of randomness.
func NewMasterKey(s Suite, random io.Reader) (MasterKey, error) {
	_, key, salt, err := s.profile()
	if err != nil {
		return MasterKey{}, err
	}
	b := make([]byte, key+salt)
	if _, err := io.ReadFull(random, b); err != nil {
		return MasterKey{}, fmt.Errorf("%w: no randomness: %w", ErrProtection, err)
	}
	return MasterKey{string(b)}, nil
}

// MasterKeyOf takes the bytes of a key that was agreed on elsewhere: key, then salt.
func MasterKeyOf(s Suite, b []byte) (MasterKey, error) {
	_, key, salt, err := s.profile()
	if err != nil {
		return MasterKey{}, err
	}
	if len(b) != key+salt {
		return MasterKey{}, fmt.Errorf("%w: %s wants %d bytes of key and salt, not %d", ErrProtection, s, key+salt, len(b))
	}
	return MasterKey{string(b)}, nil
}

// Reveal gives the bytes, for who must tell the peer.
func (k MasterKey) Reveal() []byte { return []byte(k.secret) }

// Format hides the key from every verb of fmt, and so from logs.
func (MasterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[key]") }

// MarshalText hides the key from encoders.
func (MasterKey) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// Protection is what two ends agreed on to protect RTP and RTCP with (RFC 3711); the zero value sends and takes them in clear. Who
// agreed on the keys, SDES in the session description (RFC 4568) or a DTLS handshake (RFC 5764), makes no difference here.
type Protection struct {
	Suite         Suite
	Send, Receive MasterKey // ours, that we protect with, and the peer's
}

// replayWindow is how many packets back a late one can still be told from a repeated one: more than a second of 10 ms.
const replayWindow = 128

// srtpOverhead is what protection adds to a packet at most: the tag of AES-GCM.
const srtpOverhead = 16

// seal holds the state of a Protection. RTP and RTCP have contexts of their own, as each of the four is used by another goroutine.
type seal struct {
	Protection
	sendRTP, sendRTCP, receiveRTP, receiveRTCP *srtp.Context
}

// newSeal makes a Protection ready, nil for none. A direction whose key stays the same goes on where it was, roll-over counter and
// replay window included (RFC 4568 §7.1.4).
func newSeal(p Protection, was *seal) (*seal, error) {
	if p.Suite == "" {
		return nil, nil
	}
	profile, key, salt, err := p.Suite.profile()
	if err != nil {
		return nil, err
	}
	open := func(k MasterKey) (*srtp.Context, error) {
		if len(k.secret) != key+salt {
			return nil, fmt.Errorf("%w: a key is missing", ErrProtection)
		}
		b := k.Reveal()
		c, err := srtp.CreateContext(b[:key], b[key:], profile, srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrProtection, err)
		}
		return c, nil
	}
	s := &seal{Protection: p}
	same := was != nil && was.Suite == p.Suite
	if same && was.Send == p.Send {
		s.sendRTP, s.sendRTCP = was.sendRTP, was.sendRTCP
	} else {
		var rtpErr, rtcpErr error
		s.sendRTP, rtpErr = open(p.Send)
		s.sendRTCP, rtcpErr = open(p.Send)
		if err := errors.Join(rtpErr, rtcpErr); err != nil {
			return nil, err
		}
	}
	if same && was.Receive == p.Receive {
		s.receiveRTP, s.receiveRTCP = was.receiveRTP, was.receiveRTCP
		return s, nil
	}
	var rtpErr, rtcpErr error
	s.receiveRTP, rtpErr = open(p.Receive)
	s.receiveRTCP, rtcpErr = open(p.Receive)
	return s, errors.Join(rtpErr, rtcpErr)
}
