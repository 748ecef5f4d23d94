package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Option tags of the extensions spoken here.
const (
	tagTimer    = "timer"  // RFC 4028
	tagReliable = "100rel" // RFC 3262
)

// What we take, for Allow and Accept.
const (
	allowed       = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"
	acceptedTypes = typeSDP + ", application/dtmf-relay, application/dtmf"
)

// supported is our Supported header (RFC 3261 §20.37).
func (e *Endpoint) supported() string {
	if e.cfg.Reliable == ReliableOff {
		return tagTimer
	}
	return tagReliable + ", " + tagTimer
}

// unsupported are the extensions that a request requires and that we do not speak.
func (e *Endpoint) unsupported(req *sip.Request) []string {
	var unknown []string
	for _, tag := range headerList(req, "Require") {
		if !e.speaks(tag) {
			unknown = append(unknown, tag)
		}
	}
	return unknown
}

func (e *Endpoint) speaks(tag string) bool {
	return strings.EqualFold(tag, tagTimer) || strings.EqualFold(tag, tagReliable) && e.cfg.Reliable != ReliableOff
}

// lists tells whether a list header holds a token. Option tags and methods are compared without regard to case: peers write
// them as they please.
func lists(msg sip.Message, header, token string) bool {
	return slices.ContainsFunc(headerList(msg, header), func(v string) bool { return strings.EqualFold(v, token) })
}

// supports tells whether the sender of a message speaks an extension: requiring it says so too.
func supports(msg sip.Message, tag string) bool {
	return lists(msg, "Supported", tag) || lists(msg, "Require", tag)
}

// abilities answer OPTIONS (RFC 3261 §11.2).
func (e *Endpoint) abilities() []sip.Header {
	return []sip.Header{
		sip.NewHeader("Allow", allowed), sip.NewHeader("Accept", acceptedTypes), sip.NewHeader("Accept-Encoding", "identity"),
		sip.NewHeader("Accept-Language", "fr"), sip.NewHeader("Supported", e.supported()),
	}
}
