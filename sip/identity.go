package sip

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/personal"
)

// callerOf tells who calls: P-Asserted-Identity, then Remote-Party-ID, then From, in the order of trust; the first two only
// from a trunk whose word we take (RFC 3325 §4), and only when they are a number: some operators assert the name of an account.
// P-Preferred-Identity is a wish of a telephone's to its own proxy (§9.2) and tells us nothing.
//
// A caller who asked for privacy stays withheld whatever else is there, be it by Privacy or by an anonymous From alone.
func callerOf(req *sip.Request, believe bool) Number {
	from := ParseNumber(req.From().Value())
	if wantsPrivacy(req) || asksAnonymity(req.From().Value()) {
		return withheld()
	}
	if !believe {
		return from
	}
	candidates := append(assertedIdentities(req), remotePartyIDs(req)...)
	for _, n := range candidates {
		if !n.E164.IsZero() || n.Withheld {
			return n
		}
	}
	if from.E164.IsZero() && len(candidates) > 0 {
		return candidates[0] // a short number or a name, but one that the operator stands for
	}
	return from
}

// asksAnonymity knows a From by which the caller, or the network for them, hides who they are (RFC 3323 §4.1.1). A number that
// is only unknown or unavailable is not hidden.
func asksAnonymity(from string) bool {
	a, err := parseAddr(from)
	if err != nil {
		return false
	}
	if strings.EqualFold(a.display, "anonymous") {
		return true
	}
	u, err := parseURI(a.uri)
	if err != nil {
		return false
	}
	user, _, _ := strings.Cut(strings.ToLower(u.user), ";")
	switch user {
	case "anonymous", "anonyme", "restricted", "private", "withheld", "masque":
		return true
	}
	return strings.EqualFold(u.host, "anonymous.invalid")
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

// assertedIdentities are the values of P-Asserted-Identity; there may be one SIP and one tel URI (RFC 3325 §9.1).
func assertedIdentities(req *sip.Request) (list []Number) {
	for _, v := range headerList(req, "P-Asserted-Identity") {
		list = append(list, ParseNumber(v))
	}
	return list
}

// remotePartyIDs reads the header that came before P-Asserted-Identity and is still sent (draft-ietf-sip-privacy-04 §5.1).
func remotePartyIDs(req *sip.Request) (list []Number) {
	for _, v := range headerList(req, "Remote-Party-ID") {
		a, err := parseAddr(v)
		if err != nil {
			continue
		}
		if party, ok := findParam(a.params, "party"); ok && !strings.EqualFold(party, "calling") {
			continue
		}
		n := ParseNumber(v)
		if privacy, ok := findParam(a.params, "privacy"); ok {
			switch strings.ToLower(privacy) {
			case "off":
			case "name":
				n.Display = personal.Text{}
			default:
				n = withheld()
			}
		}
		list = append(list, n)
	}
	return list
}

// calledOf is the number that was rung on our trunk: the user part of the Request-URI, of To when the former names no number
// (a bare host, a name). A registrar rings the Contact that we registered: when the Request-URI is only that account, the
// number is in P-Called-Party-ID (RFC 7315 §4.2) or in To, if there is one.
func calledOf(req *sip.Request, account string) string {
	user, _ := userPart(req.Recipient.String())
	to, _ := userPart(req.To().Value())
	if account != "" && strings.EqualFold(user, account) {
		if party, _ := userPart(headerValue(req, "P-Called-Party-ID")); isNumber(party) {
			return cleanNumber(party)
		}
		if isNumber(to) {
			return cleanNumber(to)
		}
		return cleanNumber(user)
	}
	if isNumber(user) {
		return cleanNumber(user)
	}
	if to != "" {
		return cleanNumber(to)
	}
	return user
}

func isNumber(user string) bool {
	digits, _ := digitsOf(user)
	return digits != ""
}

// dialledOf is the number first dialled when the call was diverted on its way: the oldest entry, which Diversion has at the end
// (RFC 5806 §4) and History-Info at the beginning (RFC 7044 §10). When a registrar rang our account for another number and
// nothing says more, it is the account's.
func dialledOf(req *sip.Request, account string) string {
	if d := headerList(req, "Diversion"); len(d) > 0 {
		user, _ := userPart(d[len(d)-1])
		return cleanNumber(user)
	}
	if h := headerList(req, "History-Info"); len(h) > 1 { // one entry is the call itself
		user, _ := userPart(h[0])
		return cleanNumber(user)
	}
	if user, _ := userPart(req.Recipient.String()); account != "" && strings.EqualFold(user, account) {
		if user = cleanNumber(user); user != calledOf(req, account) {
			return user
		}
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
