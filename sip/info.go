package sip

import (
	"mime"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// info takes keys that the peer sends by signalling (RFC 6086 in its old, package-less use).
func (c *Call) info(req *sip.Request, tx *sip.ServerTx) {
	if len(req.Body()) == 0 {
		c.e.respond(req, tx, 200, "") // some peers ask this way whether we are still there
		return
	}
	kind, _, err := mime.ParseMediaType(headerValue(req, "Content-Type"))
	if err != nil || (kind != "application/dtmf-relay" && kind != "application/dtmf") {
		c.e.respond(req, tx, 415, "", c.e.contentHeaders(errContent)...)
		return
	}
	digit, ok := infoDigit(kind, string(req.Body()))
	if !ok {
		c.e.respond(req, tx, 400, "No Key In Body")
		return
	}
	c.mu.Lock()
	heard := c.local.Digit
	live := c.state == accepted || c.state == confirmed
	c.mu.Unlock()
	if live && heard != nil && digit != flash {
		heard(digit) // before the answer: a peer that waits for it before the next key sees its keys in their order
	}
	c.e.respond(req, tx, 200, "")
}

// flash is the hook key, which means nothing to us.
const flash = '!'

// infoDigit reads "Signal=5\r\nDuration=160" (dtmf-relay) or "5" (dtmf).
func infoDigit(kind, body string) (rune, bool) {
	if kind == "application/dtmf" {
		return digitOf(strings.TrimSpace(body))
	}
	for _, line := range strings.FieldsFunc(body, func(r rune) bool { return r == '\r' || r == '\n' }) {
		name, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(strings.TrimSpace(name), "Signal") {
			return digitOf(strings.TrimSpace(value))
		}
	}
	return 0, false
}

// digitOf reads a key, or its number as an event of RFC 4733 §3.2 as some gateways write it.
func digitOf(s string) (rune, bool) {
	switch s {
	case "10":
		return '*', true
	case "11":
		return '#', true
	case "12", "13", "14", "15":
		return rune('A' + s[1] - '2'), true
	case "16", "!":
		return flash, true
	}
	s = strings.ToUpper(s)
	if len(s) == 1 && strings.Contains("0123456789*#ABCD", s) {
		return rune(s[0]), true
	}
	return 0, false
}
