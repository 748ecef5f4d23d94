package sip

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// uriParts is what we need of a SIP URI (RFC 3261 §19.1): everything as written, escapes kept.
type uriParts struct {
	scheme string // lower case
	user   string // with password and user parameters; "" if none
	host   string // without the brackets of IPv6; for other schemes the opaque rest
	port   int    // 0: none given
	params []string
	header string // after "?"
}

var errURI = errors.New("URI is malformed")

// parseURI checks a URI before it reaches any other parser. tel: and unknown schemes are kept opaque.
func parseURI(s string) (uriParts, error) {
	var u uriParts
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !isScheme(scheme) || rest == "" {
		return u, errURI
	}
	u.scheme = strings.ToLower(scheme)
	if u.scheme != "sip" && u.scheme != "sips" {
		u.host = rest
		return u, nil
	}
	// "@" cannot stand for itself after the user part (§25.1), so the last one ends it.
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		u.user, rest = rest[:at], rest[at+1:]
		if u.user == "" || strings.ContainsAny(u.user, "@[]<>\" \t") {
			return u, errURI
		}
	}
	rest, u.header, _ = strings.Cut(rest, "?")
	hostport, params, _ := strings.Cut(rest, ";")
	if params != "" {
		u.params = strings.Split(params, ";")
		for _, p := range u.params {
			if p == "" || strings.ContainsAny(p, "<>\" \t") {
				return u, errURI
			}
		}
	}
	var err error
	u.host, u.port, err = splitHostPort(hostport)
	return u, err
}

// splitHostPort reads host, host:port, [v6] and [v6]:port; spaces around the colon are allowed (Via has them).
func splitHostPort(s string) (host string, port int, err error) {
	host = strings.TrimSpace(s)
	digits, hasPort := "", false
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return "", 0, errURI
		}
		rest := strings.TrimSpace(host[end+1:])
		host = host[1:end]
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() {
			return "", 0, errURI
		}
		if rest != "" && rest[0] != ':' {
			return "", 0, errURI
		}
		digits, hasPort = strings.TrimPrefix(rest, ":"), rest != ""
	} else {
		host, digits, hasPort = strings.Cut(host, ":")
		host = strings.TrimSpace(host)
		if !isHost(host) {
			return "", 0, errURI
		}
	}
	if !hasPort {
		return host, 0, nil
	}
	port, err = strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || port < 1 || port > 65535 {
		return "", 0, errURI
	}
	return host, port, nil
}

func isHost(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return s != ""
}

// via is one hop of the Via header (RFC 3261 §20.42).
type via struct {
	transport string
	host      string
	port      int // 0: none given
	params    []string
}

// parseVia reads one value, spaces and folding allowed where the grammar allows them: "SIP / 2.0 / UDP host : 5060 ; branch = x".
func parseVia(s string) (via, error) {
	var v via
	name, rest, ok1 := strings.Cut(s, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	rest = strings.TrimLeft(rest, " \t")
	transport, rest, ok3 := cutSpace(rest)
	if !ok1 || !ok2 || !ok3 || !strings.EqualFold(strings.TrimSpace(name), "SIP") || strings.TrimSpace(version) != "2.0" || !isToken(transport) {
		return v, errors.New("malformed Via")
	}
	v.transport = strings.ToUpper(transport)
	hostport, params := rest, ""
	if semi := strings.IndexByte(rest, ';'); semi >= 0 {
		hostport, params = rest[:semi], rest[semi:]
	}
	var err error
	if v.host, v.port, err = splitHostPort(hostport); err != nil {
		return v, errors.New("malformed Via")
	}
	if v.params, err = parseParams(params); err != nil {
		return v, errors.New("malformed Via")
	}
	return v, nil
}

func cutSpace(s string) (before, after string, ok bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// stamp writes down where the request really came from (RFC 3261 §18.2.1) and forgets what the sender claimed about it. rport
// stays empty: it tells sipgo to answer to the source port, and sipgo fills it in.
func (v *via) stamp(src netip.AddrPort) {
	kept := make([]string, 0, len(v.params)+1)
	for _, p := range v.params {
		switch name, _, _ := strings.Cut(p, "="); strings.ToLower(name) {
		case "received":
		case "rport":
			kept = append(kept, "rport")
		default:
			kept = append(kept, p)
		}
	}
	if ip, err := netip.ParseAddr(v.host); err != nil || ip.Unmap() != src.Addr() {
		kept = append(kept, "received="+src.Addr().String())
	}
	v.params = kept
}

// answered is the stamped Via as an answer carries it, with rport filled in (RFC 3581 §4).
func (v via) answered(src netip.AddrPort) via {
	params := make([]string, 0, len(v.params)+1)
	for _, p := range v.params {
		switch {
		case p == "rport":
			params = append(params, "rport="+strconv.Itoa(int(src.Port())), "received="+src.Addr().String())
		case !strings.HasPrefix(p, "received="):
			params = append(params, p)
		}
	}
	if _, ok := findParam(params, "received"); !ok {
		if r, ok := findParam(v.params, "received"); ok {
			params = append(params, "received="+r)
		}
	}
	v.params = params
	return v
}

// replyTo is where an answer goes over UDP: back to the source, at the port of rport or of the Via (RFC 3261 §18.2.2).
func (v via) replyTo(src netip.AddrPort) netip.AddrPort {
	port := v.port
	if port == 0 {
		port = defaultPort
	}
	if _, ok := findParam(v.params, "rport"); ok {
		port = int(src.Port())
	}
	return netip.AddrPortFrom(src.Addr(), uint16(port))
}

func (v via) String() string {
	s := "SIP/2.0/" + v.transport + " " + hostPort(v.host, v.port)
	for _, p := range v.params {
		s += ";" + p
	}
	return s
}

// hostPort writes host:port, with brackets for IPv6 and no port if 0.
func hostPort(host string, port int) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port > 0 {
		host += ":" + strconv.Itoa(port)
	}
	return host
}
