package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// hostPort checks an address of this machine that is listened at; port 0 is any that is free.
func (l *loader) hostPort(key, v string) {
	host, port, err := net.SplitHostPort(v)
	if err != nil || port != "0" && !isPort(port) {
		l.bad(key, "%q is not host:port, for example 127.0.0.1:5060", v)
		return
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && host != "localhost" {
		l.bad(key, "%q: the host must be an IP address of this machine, or empty for all of them", v)
	}
}

// advertised checks an address of ours that others are told to send to.
func (l *loader) advertised(key, v string) {
	if v == "" {
		return
	}
	switch ip, err := netip.ParseAddr(v); {
	case err != nil:
		l.bad(key, "%q is not an IP address", v)
	case ip.IsUnspecified() || ip.IsMulticast():
		l.bad(key, "%q is no address that others can send to", v)
	}
}

// isServer tells whether s is a host with or without a port.
func isServer(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return isPeer(s) || !strings.Contains(s, ":") && isHost(s)
}

// isPeer tells whether s is host:port of a server, an IPv6 address in brackets.
func isPeer(s string) bool {
	host, port, err := net.SplitHostPort(s)
	return err == nil && isHost(host) && isPort(port)
}

// isPort tells that a port is one that a server can be reached at.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// isHost tells whether s is an IP address, without brackets, or may be a name (RFC 1123, and the underscore that some networks have). What
// ends in a number is an address or a slip of the pen, never a name (RFC 3696 section 2).
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return false
		}
	}
	return len(s) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// address reads the URL of a server: one of the schemes, a host that can be, and a port that can be or none.
func address(v string, schemes ...string) (*url.URL, bool) {
	u, err := url.Parse(v)
	if err != nil || !slices.Contains(schemes, u.Scheme) || !isHost(plainLetters(u.Hostname())) || strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()) {
		return nil, false
	}
	return u, true
}

// plainLetters puts a plain letter in place of each that only an international name has (RFC 5890): whoever makes the request encodes them.
func plainLetters(host string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII && unicode.IsLetter(r) {
			return 'x'
		}
		return r
	}, host)
}

// base reads the URL that paths are added to: nothing may stand behind its own.
func base(v string, schemes ...string) (*url.URL, bool) {
	u, ok := address(v, schemes...)
	if !ok || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, false
	}
	return u, true
}

// What a template fills in: a port, or anything else.
var (
	templatePort   = regexp.MustCompile(`:\{\{.*?\}\}`)
	templateAction = regexp.MustCompile(`\{\{.*?\}\}`)
)

// isAddressTemplate tells whether v, once filled in, can be an address of a web server.
func isAddressTemplate(v string) bool {
	filled := templateAction.ReplaceAllString(templatePort.ReplaceAllString(v, ":1"), "x")
	_, ok := address(filled, "http", "https")
	return ok || strings.HasPrefix(v, "{{") // even the scheme is filled in
}

// isICE tells whether v is the address of a STUN server (RFC 7064) or of a TURN relay (RFC 7065), as schemes say.
func isICE(v string, schemes ...string) bool {
	scheme, rest, _ := strings.Cut(v, ":")
	server, query, asked := strings.Cut(rest, "?")
	if asked && (!strings.HasPrefix(scheme, "turn") || query != "transport=udp" && query != "transport=tcp") {
		return false
	}
	if bare, ok := strings.CutPrefix(server, "["); ok {
		if ip, err := netip.ParseAddr(strings.TrimSuffix(bare, "]")); err == nil && ip.Is6() && strings.HasSuffix(bare, "]") {
			return slices.Contains(schemes, scheme)
		}
	}
	return slices.Contains(schemes, scheme) && (isPeer(server) || !strings.Contains(server, ":") && isHost(server))
}

// isPostgres tells whether v is the address of a PostgreSQL database. Several servers may stand in it, or none: a socket of this machine.
func isPostgres(v string) bool {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return false
	}
	if u.Host == "" {
		return true
	}
	for one := range strings.SplitSeq(u.Host, ",") {
		if !isServer(one) && !isServer(strings.Trim(one, "[]")) {
			return false
		}
	}
	return true
}

// IsWebAddress tells whether v is an http or https address that can be: a host, and a port that can be or none.
func IsWebAddress(v string) bool {
	_, ok := address(v, "https", "http")
	return ok
}
