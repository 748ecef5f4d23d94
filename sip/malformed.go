package sip

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Bounds of what we read. A longer message is nothing a telephone call needs.
const (
	maxMessage   = 60000 // bytes of one message; what a UDP datagram can hold, with room for what the edge adds
	leastMessage = 4096  // an INVITE with a signed identity and a long way behind it
	maxHeaders   = 300
)

// refusal is a message that nobody behind the edge gets to see.
type refusal struct {
	status int    // what the sender is told
	reason string // the reason phrase: what is wrong, without personal data
	reply  []byte // the whole answer; nil when none may or can be sent: answers, ACK, no Via

	to netip.AddrPort // where the answer goes over UDP
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.reason) }

// errNotSIP marks bytes that do not even look like a message.
var errNotSIP = errors.New("not a SIP message")

// fault is what is wrong with a message.
type fault struct {
	status int
	reason string
}

func (f *fault) Error() string { return f.reason }

func bad(reason string) error { return &fault{status: 400, reason: reason} }

// inspection gathers what is known of a message while it is read, enough to answer it when it turns out to be broken.
type inspection struct {
	src     netip.AddrPort
	stream  bool
	longest int // bytes
	request bool
	method  string
	top     *via              // the first Via, once it was understood
	echo    map[string]string // first values of To, From, Call-ID, CSeq as they came
	vias    []string          // all Vias as an answer repeats them
	seen    map[string]int
	out     bytes.Buffer
}

// singles are the headers that must not come twice. All but Content-Type matter for framing, matching or routing.
var singles = map[string]bool{"From": true, "To": true, "Call-ID": true, "CSeq": true, "Max-Forwards": true, "Content-Length": true, "Content-Type": true}

// compactForms of RFC 3261 §7.3.3 and the extensions that trunks send.
var compactForms = map[string]string{
	"c": "Content-Type", "e": "Content-Encoding", "f": "From", "i": "Call-ID", "k": "Supported", "l": "Content-Length", "m": "Contact",
	"s": "Subject", "t": "To", "v": "Via", "x": "Session-Expires", "y": "Identity", "a": "Accept-Contact", "b": "Referred-By", "r": "Refer-To",
	"o": "Event", "u": "Allow-Events", "j": "Reject-Contact", "d": "Request-Disposition",
}

// longForms gives headers that we read by name their usual spelling.
var longForms = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Content-Encoding", "Contact",
		"Route", "Record-Route", "Require", "Supported", "Accept", "Privacy", "P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info",
		"Retry-After", "Reason", "Refer-To", "Referred-By", "Session-Expires", "Min-SE", "Allow", "RSeq", "RAck"} {
		m[strings.ToLower(name)] = name
	}
	return m
}()

// inspect checks one whole message from src and gives it back in canonical form: long header names, no folding, one value
// a line where it matters, spaces only where they are due, the real source in the top Via, a Content-Length that is true.
// Behind it sipgo and our own code read only this form. A message that cannot be brought into it comes back as a *refusal,
// with the answer to send if there is one (RFC 3261 §8.2, §18.3, RFC 4475), or as errNotSIP.
//
// stream tells that the bytes came over TCP, where Content-Length is mandatory (§18.3).
func inspect(raw []byte, src netip.AddrPort, stream bool) ([]byte, sip.Message, error) {
	return inspectWithin(maxMessage, raw, src, stream)
}

// inspectWithin is inspect with a bound of the message's bytes: what is longer is refused with 513.
func inspectWithin(longest int, raw []byte, src netip.AddrPort, stream bool) ([]byte, sip.Message, error) {
	in := &inspection{src: src, stream: stream, longest: longest, echo: map[string]string{}, seen: map[string]int{}}
	err := in.read(raw)
	if err == nil {
		var msg sip.Message
		if msg, err = sip.ParseMessage(in.out.Bytes()); err == nil {
			return in.out.Bytes(), msg, nil
		}
		err = bad("Malformed Message")
	}
	var f *fault
	if !errors.As(err, &f) {
		return nil, nil, err
	}
	r := &refusal{status: f.status, reason: f.reason, reply: in.answer(f), to: src}
	if in.top != nil {
		r.to = in.top.replyTo(src)
	}
	return nil, nil, r
}

// answer writes the refusal of a request from what could be read of it, nil when there is nobody to answer (§8.2.7: the tag
// comes from the request, so that repeated requests get the same one).
func (in *inspection) answer(f *fault) []byte {
	if !in.request || in.method == "ACK" || len(in.vias) == 0 {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", f.status, f.reason)
	for _, v := range in.vias {
		b.WriteString("Via: " + v + "\r\n")
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		value, ok := in.echo[name]
		if !ok {
			continue
		}
		if a, err := parseAddr(value); name == "To" && err == nil {
			if _, tagged := findParam(a.params, "tag"); !tagged {
				h := fnv.New64a()
				h.Write([]byte(in.echo["Call-ID"] + in.echo["CSeq"] + in.echo["From"]))
				a.params = append(a.params, "tag="+strconv.FormatUint(h.Sum64(), 36))
				value = a.String()
			}
		}
		b.WriteString(name + ": " + value + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.Bytes()
}

func (in *inspection) read(raw []byte) error {
	raw = bytes.TrimLeft(raw, "\r\n") // §7.5
	tooLarge := len(raw) > in.longest
	raw = raw[:min(len(raw), in.longest)]
	head, body, complete := bytes.Cut(raw, []byte("\r\n\r\n"))
	lines := unfold(string(head))
	startErr := in.startLine(lines[0])
	if errors.Is(startErr, errNotSIP) {
		return startErr
	}
	// The headers are read even when the first line is wrong: an answer repeats them.
	headers, headErr := in.readHeaders(lines[1:])
	switch {
	case startErr != nil:
		return startErr
	case headErr != nil:
		return headErr
	case tooLarge:
		return &fault{513, "Message Too Large"}
	case !complete:
		return bad("Headers Not Ended")
	}
	for _, h := range headers {
		if err := in.header(h.name, h.value); err != nil {
			return err
		}
	}
	if err := in.mandatory(); err != nil {
		return err
	}
	return in.body(body)
}

// unfold cuts a header section into lines; a line that begins with space continues the one before (§7.3.1). Spaces at the end
// go, but for the first line, where they are an error.
func unfold(head string) []string {
	var lines []string
	var current strings.Builder
	for i, l := range strings.Split(head, "\r\n") {
		switch {
		case i == 0:
			current.WriteString(l)
			continue
		case l != "" && (l[0] == ' ' || l[0] == '\t'):
			current.WriteString(" " + strings.Trim(l, " \t"))
			continue
		}
		lines = append(lines, current.String())
		current.Reset()
		current.WriteString(strings.TrimRight(l, " \t"))
	}
	return append(lines, current.String())
}

func (in *inspection) startLine(line string) error {
	if len(line) > 8 && strings.EqualFold(line[:8], "SIP/2.0 ") {
		return in.statusLine(line[8:])
	}
	parts := strings.Split(line, " ")
	version := parts[len(parts)-1]
	if version == "" { // spaces at the end
		version = strings.TrimSpace(line[strings.LastIndexByte(strings.TrimRight(line, " "), ' ')+1:])
	}
	if len(parts) < 2 || !strings.HasPrefix(strings.ToUpper(version), "SIP/") {
		return errNotSIP
	}
	in.request, in.method = true, parts[0]
	switch {
	case len(parts) != 3 || !isToken(parts[0]) || strings.ContainsFunc(line, isControl):
		return bad("Malformed Request-Line")
	case !strings.EqualFold(version, "SIP/2.0"):
		return &fault{505, "Version Not Supported"}
	}
	u, err := parseURI(parts[1])
	switch {
	case err != nil || strings.ContainsAny(parts[1], "<>\"") || u.header != "": // §19.1.1: no headers in a Request-URI
		return bad("Malformed Request-URI")
	case u.scheme != "sip" && u.scheme != "sips" && u.scheme != "tel":
		return &fault{416, "Unsupported URI Scheme"}
	}
	fmt.Fprintf(&in.out, "%s %s SIP/2.0\r\n", parts[0], parts[1])
	return nil
}

func (in *inspection) statusLine(rest string) error {
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || status < 100 || status > 699 {
		return bad("Malformed Status-Line")
	}
	fmt.Fprintf(&in.out, "SIP/2.0 %d %s\r\n", status, strings.Map(dropControl, reason))
	return nil
}

func dropControl(r rune) rune {
	if isControl(r) {
		return -1
	}
	return r
}

type rawHeader struct{ name, value string }

// readHeaders splits the lines into names and values and keeps what an answer would repeat.
func (in *inspection) readHeaders(lines []string) ([]rawHeader, error) {
	var headers []rawHeader
	var first error
	for _, l := range lines {
		if l == "" {
			continue // only where the section has no end
		}
		name, value, ok := strings.Cut(l, ":")
		name = strings.TrimRight(name, " \t")
		if !ok || !isToken(name) {
			if first == nil {
				first = bad("Malformed Header Line")
			}
			continue
		}
		if len(headers) == maxHeaders {
			return headers, &fault{513, "Too Many Headers"}
		}
		lower := strings.ToLower(name)
		if long, ok := compactForms[lower]; ok {
			name = long
		} else if long, ok := longForms[lower]; ok {
			name = long
		}
		value = strings.TrimSpace(value)
		headers = append(headers, rawHeader{name, value})
		in.remember(name, value)
	}
	return headers, first
}

func (in *inspection) remember(name, value string) {
	in.seen[name]++
	switch name {
	case "Via":
		for _, v := range splitOutside(value, ',') {
			v = strings.Map(dropControl, strings.TrimSpace(v))
			if parsed, err := parseVia(v); err == nil && len(in.vias) == 0 {
				parsed.stamp(in.src)
				in.top = &parsed
				v = parsed.answered(in.src).String()
			}
			in.vias = append(in.vias, v)
		}
	case "From", "To", "Call-ID", "CSeq", "Content-Length":
		if _, ok := in.echo[name]; !ok {
			in.echo[name] = strings.Map(dropControl, value)
		}
	}
}
