package sip

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// header checks one header and writes it in canonical form.
func (in *inspection) header(name, value string) error {
	if singles[name] && in.seen[name] > 1 {
		return bad("Multiple " + name)
	}
	switch name {
	case "Via":
		return in.viaHeader(value)
	case "From", "To":
		return in.addressHeader(name, value)
	case "Contact", "Route", "Record-Route":
		return in.addressList(name, value)
	case "CSeq":
		return in.cseq(value)
	case "Max-Forwards":
		if n, err := strconv.Atoi(value); err != nil || n < 0 || n > 255 { // §8.1.1.6
			return bad("Malformed Max-Forwards")
		}
	case "Call-ID":
		if value == "" || strings.ContainsAny(value, " \t") || strings.ContainsFunc(value, isControl) {
			return bad("Malformed Call-ID")
		}
	case "Content-Type":
		mediaType, _, _ := strings.Cut(value, ";")
		kind, sub, ok := strings.Cut(strings.TrimSpace(mediaType), "/")
		if !ok || !isToken(strings.TrimSpace(kind)) || !isToken(strings.TrimSpace(sub)) {
			return bad("Malformed Content-Type")
		}
	case "Content-Length":
		return nil // body writes the true one
	case "Refer-To", "Referred-By":
		return nil // sipgo would parse them, and nothing here reads them
	}
	if strings.ContainsFunc(value, func(r rune) bool { return isControl(r) && r != '\t' }) {
		return bad("Control Character In " + name)
	}
	in.write(name, value)
	return nil
}

func (in *inspection) write(name, value string) { in.out.WriteString(name + ": " + value + "\r\n") }

func (in *inspection) viaHeader(value string) error {
	for _, s := range splitOutside(value, ',') {
		v, err := parseVia(strings.TrimSpace(s))
		if err != nil {
			return bad("Malformed Via")
		}
		for _, p := range v.params {
			if strings.Contains(p, `"`) {
				return bad("Malformed Via") // no parameter in use is a quoted string
			}
		}
		if in.request && in.top != nil && in.seen["written Via"] == 0 {
			v = *in.top
		}
		in.seen["written Via"]++
		in.write("Via", v.String())
	}
	return nil
}

func (in *inspection) addressHeader(name, value string) error {
	a, err := parseAddr(value)
	if err != nil {
		return bad("Malformed " + name)
	}
	if _, err := parseURI(a.uri); err != nil {
		return bad("Malformed " + name)
	}
	in.write(name, a.canonical().String())
	return nil
}

// addressList writes each address on a line of its own. Of a request's Contact only the first is kept: a dialog has one
// (§8.1.1.8). Answers may have several: a registrar lists all bindings (§10.3).
func (in *inspection) addressList(name, value string) error {
	if name == "Contact" && value == "*" {
		if in.method != "REGISTER" {
			return bad("Malformed Contact")
		}
		return nil
	}
	for _, s := range splitOutside(value, ',') {
		a, err := parseAddr(s)
		if err != nil || !strings.Contains(s, "<") && strings.ContainsRune(a.uri, '?') { // §20: such a URI needs brackets
			return bad("Malformed " + name)
		}
		u, err := parseURI(a.uri)
		if err != nil || (name != "Contact" && u.scheme != "sip" && u.scheme != "sips") {
			return bad("Malformed " + name)
		}
		if name == "Contact" && in.request && in.seen["written Contact"] > 0 {
			continue
		}
		in.seen["written "+name]++
		in.write(name, a.canonical().String())
	}
	return nil
}

// canonical leaves out what the parsers behind cannot carry and no one needs: control characters that were escaped in a
// display name, parameters with quoted values.
func (a nameAddr) canonical() nameAddr {
	c := nameAddr{display: strings.Map(dropControl, a.display), uri: a.uri}
	for _, p := range a.params {
		if !strings.Contains(p, `"`) {
			c.params = append(c.params, p)
		}
	}
	return c
}

func (in *inspection) cseq(value string) error {
	number, method, ok := cutSpace(value)
	method = strings.TrimSpace(method)
	n, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil || n >= 1<<31 || !isToken(method) { // §8.1.1.5
		return bad("Malformed CSeq")
	}
	if in.request && method != in.method {
		return bad("CSeq Method Differs")
	}
	in.write("CSeq", fmt.Sprintf("%d %s", n, method))
	return nil
}

// mandatory asks for what every message must have (§8.1.1), and what sipgo needs to match a transaction.
func (in *inspection) mandatory() error {
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		if in.seen[name] == 0 {
			return bad("Missing " + name)
		}
	}
	if in.method == "INVITE" && in.seen["Contact"] == 0 {
		return bad("Missing Contact")
	}
	if !in.request || in.top == nil {
		return nil
	}
	branch, _ := findParam(in.top.params, "branch")
	from, _ := parseAddr(in.echo["From"])
	if _, tag := findParam(from.params, "tag"); !tag && !strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) {
		return bad("Missing Via branch and From tag")
	}
	return nil
}

// body takes what Content-Length says, all that came without it (datagrams only: a stream cannot be cut without), and
// ends the canonical message.
func (in *inspection) body(body []byte) error {
	if v, ok := in.echo["Content-Length"]; ok {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return bad("Malformed Content-Length")
		}
		if n > uint64(len(body)) {
			return bad("Message Body Shorter Than Content-Length") // §18.3
		}
		body = body[:n]
	} else if in.stream {
		return bad("Missing Content-Length")
	}
	if in.request && len(body) > 0 && in.seen["Content-Type"] == 0 {
		return bad("Missing Content-Type")
	}
	in.write("Content-Length", strconv.Itoa(len(body)))
	in.out.WriteString("\r\n")
	in.out.Write(body)
	return nil
}
