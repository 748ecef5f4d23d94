package sip

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// callerOf tells who calls: P-Asserted-Identity, then Remote-Party-ID, then From, in the order of trust; the first two only
// from a trunk whose word we take (RFC 3325 §4). A caller who asked for privacy stays withheld whatever else is there.
func callerOf(req *sip.Request, believe bool) Number {
	if wantsPrivacy(req) {
		return withheld()
	}
	if believe {
		if n, ok := assertedIdentity(req); ok {
			return n
		}
		if n, ok := remotePartyID(req); ok {
			return n
		}
	}
	return ParseNumber(req.From().Value())
}

// wantsPrivacy reads the Privacy header (RFC 3323 §4.2, RFC 3325 §9.3).
func wantsPrivacy(req *sip.Request) bool {
	for _, h := range req.GetHeaders("Privacy") {
		for _, v := range strings.FieldsFunc(h.Value(), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch strings.ToLower(v) {
			case "id", "user", "header", "full":
				return true
			}
		}
	}
	return false
}

// assertedIdentity takes the first value that is a number; there may be one SIP and one tel URI (RFC 3325 §9.1).
func assertedIdentity(req *sip.Request) (Number, bool) {
	var first Number
	values := headerList(req, "P-Asserted-Identity")
	for i, v := range values {
		n := ParseNumber(v)
		if n.E164 != "" {
			return n, true
		}
		if i == 0 {
			first = n
		}
	}
	return first, len(values) > 0
}

// remotePartyID reads the header that came before P-Asserted-Identity and is still sent.
func remotePartyID(req *sip.Request) (Number, bool) {
	for _, v := range headerList(req, "Remote-Party-ID") {
		a, err := parseAddr(v)
		if err != nil {
			continue
		}
		if party, ok := findParam(a.params, "party"); ok && !strings.EqualFold(party, "calling") {
			continue
		}
		if privacy, ok := findParam(a.params, "privacy"); ok && !strings.EqualFold(privacy, "off") {
			return withheld(), true
		}
		return ParseNumber(v), true
	}
	return Number{}, false
}

// calledOf is the number that was rung on our trunk: the user part of the Request-URI, of To when the former names no number
// (a registered contact, or a bare host).
func calledOf(req *sip.Request) string {
	user, _ := userPart(req.Recipient.String())
	if digits, _ := digitsOf(user); digits != "" {
		return cleanNumber(user)
	}
	if to, _ := userPart(req.To().Value()); to != "" {
		return cleanNumber(to)
	}
	return user
}

// dialledOf is the number first dialled when the call was diverted on its way: the oldest entry, which Diversion has at the end
// (RFC 5806 §4) and History-Info at the beginning (RFC 7044 §10).
func dialledOf(req *sip.Request) string {
	if d := headerList(req, "Diversion"); len(d) > 0 {
		user, _ := userPart(d[len(d)-1])
		return cleanNumber(user)
	}
	if h := headerList(req, "History-Info"); len(h) > 1 { // one entry is the call itself
		user, _ := userPart(h[0])
		return cleanNumber(user)
	}
	return ""
}

// cleanNumber drops visual separators of a number, and leaves anything else as it is.
func cleanNumber(user string) string {
	digits, plus := digitsOf(user)
	switch {
	case digits == "":
		return user
	case plus:
		return "+" + digits
	}
	return digits
}
