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

// sdpBody finds the session description in a message: nil without error when there is no body at all, an error when the body is
// of another type (415). A multipart/mixed body is searched for its part of SDP (RFC 5621).
func sdpBody(msg sip.Message) ([]byte, error) {
	body := msg.Body()
	if len(body) == 0 {
		return nil, nil
	}
	if e := headerValue(msg, "Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, errContent
	}
	kind, params, err := mime.ParseMediaType(headerValue(msg, "Content-Type"))
	switch {
	case err != nil:
		return nil, errContent
	case kind == typeSDP:
		return body, nil
	case !strings.HasPrefix(kind, "multipart/"):
		return nil, errContent
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxParts {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		if kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err != nil || kind != typeSDP {
			continue
		}
		return io.ReadAll(io.LimitReader(part, maxSDP+1))
	}
	return nil, errContent
}

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
