package sip

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/emiago/sipgo/sip"
)

const typeSDP = "application/sdp"

// maxParts bounds what is read of a multipart body; operators send two or three (SDP with ISUP or location).
const maxParts = 8

// sdpBody finds the session description in a message: nil without error when there is no body, or one that may be ignored
// (handling=optional), an error when the body is of another type or for something else than a session (415). A multipart body is
// searched for its part of SDP (RFC 5621); another part refuses the whole only where it says handling=required itself, though RFC 3261
// takes that for the default: operators add ISUP and location without a word.
func sdpBody(msg sip.Message) ([]byte, error) {
	body := msg.Body()
	if len(body) == 0 {
		return nil, nil
	}
	d := dispositionOf(headerValue(msg, "Content-Disposition"))
	found, err := sdpIn(msg, body, d)
	if err != nil && d.handling == "optional" {
		return nil, nil
	}
	return found, err
}

func sdpIn(msg sip.Message, body []byte, d disposition) ([]byte, error) {
	if e := headerValue(msg, "Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, errContent
	}
	kind, params, err := mime.ParseMediaType(headerValue(msg, "Content-Type"))
	switch {
	case err != nil:
		return nil, errContent
	case kind == typeSDP && d.session():
		return body, nil
	case !strings.HasPrefix(kind, "multipart/"):
		return nil, errContent
	}
	var found []byte
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxParts {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		d := dispositionOf(part.Header.Get("Content-Disposition"))
		if is, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || is != typeSDP || !d.session() {
			if d.handling == "required" && kind != "multipart/alternative" { // of alternatives one is enough
				return nil, errContent
			}
			continue
		}
		if found == nil {
			if found, err = io.ReadAll(io.LimitReader(part, maxSDP+1)); err != nil {
				return nil, err
			}
		}
	}
	if found == nil {
		return nil, errContent
	}
	return found, nil
}

// disposition is a Content-Disposition (RFC 3261 §20.11): what a body is for, and whether who does not know may ignore it.
type disposition struct{ kind, handling string }

func dispositionOf(value string) disposition {
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		return disposition{}
	}
	return disposition{kind, strings.ToLower(params["handling"])}
}

// session tells whether a description is of the session: it is where nothing else is said. Another kind is early-session (RFC 3959).
func (d disposition) session() bool { return d.kind == "" || d.kind == "session" }

// errContent is answered with 415.
var errContent = &fault{415, "Unsupported Media Type"}

// headerValue is the first value of a header, "" if there is none.
func headerValue(msg sip.Message, name string) string {
	if h := msg.GetHeaders(name); len(h) > 0 {
		return h[0].Value()
	}
	return ""
}

// headerList gives all comma-separated values of a header, over all its lines.
func headerList(msg sip.Message, name string) []string {
	var values []string
	for _, h := range msg.GetHeaders(name) {
		for _, v := range splitOutside(h.Value(), ',') {
			if v = strings.TrimSpace(v); v != "" {
				values = append(values, v)
			}
		}
	}
	return values
}
