package sip

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// credentials answer digest challenges (RFC 3261 §22, RFC 8760). A nonce is used again, counted, until the peer wants another:
// a refresh then needs no challenge. One goroutine at a time.
type credentials struct {
	user, password string
	known          [2]*challenge // by a server (401), by a proxy (407)
}

// challenge is one that was understood.
type challenge struct {
	*digest.Challenge
	used int  // times its nonce was used (nc)
	old  bool // from an earlier request: the peer may have forgotten it
}

// Where challenges and answers stand (§22.2, §22.3).
var authHeaders = [2]struct {
	status        int
	asks, answers string
}{
	{401, "WWW-Authenticate", "Authorization"},
	{407, "Proxy-Authenticate", "Proxy-Authorization"},
}

// maxChallenges bounds how often one request is tried again: a proxy, the server behind it, and a stale nonce of either.
const maxChallenges = 4

// errRefused: the peer does not know us, or the password is wrong. To go on asking might lock the account.
var errRefused = errors.New("user or password refused")

// begin starts a request that may be challenged again, whatever was agreed before.
func (c *credentials) begin() {
	for _, ch := range c.known {
		if ch != nil {
			ch.old = true
		}
	}
}

// sign adds the answers to the challenges known so far.
func (c *credentials) sign(req *sip.Request) error {
	for i, ch := range c.known {
		if ch == nil {
			continue
		}
		ch.used++
		body := req.Body()
		cred, err := digest.Digest(ch.Challenge, digest.Options{
			Method: req.Method.String(), URI: req.Recipient.String(), Username: c.user, Password: c.password, Count: ch.used,
			GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		})
		if err != nil {
			return fmt.Errorf("sip: %w", err)
		}
		req.RemoveHeader(authHeaders[i].answers)
		req.AppendHeader(sip.NewHeader(authHeaders[i].answers, cred.String()))
	}
	return nil
}

// challenged learns from a 401 or 407. An error means that there is no use in asking again.
func (c *credentials) challenged(res *sip.Response) error {
	for i, h := range authHeaders {
		if res.StatusCode != h.status {
			continue
		}
		next, err := firstChallenge(res, h.asks)
		if err != nil {
			return err
		}
		// An answer that was wrong once is wrong again, unless only its nonce was (§22.3), or it was an old one that the peer
		// forgot without saying so.
		if last := c.known[i]; last != nil && !next.Stale && !last.old {
			c.known[i] = nil
			return errRefused
		}
		c.known[i] = &challenge{Challenge: next}
		return nil
	}
	return fmt.Errorf("sip: %d is no challenge", res.StatusCode)
}

// firstChallenge is the topmost that we can answer (RFC 8760 §2.4).
func firstChallenge(res *sip.Response, name string) (*digest.Challenge, error) {
	for _, h := range res.GetHeaders(name) {
		ch, err := digest.ParseChallenge(strings.TrimSpace(h.Value()))
		if err != nil {
			continue
		}
		for i, q := range ch.QOP {
			ch.QOP[i] = strings.TrimSpace(q)
		}
		if digest.CanDigest(ch) {
			return ch, nil
		}
	}
	return nil, errors.New("challenge of a kind that is not spoken here: MD5, SHA-256 and SHA-512-256 are")
}

// renewed takes the nonce that an answer gives for the next request (RFC 7616 §3.5).
func (c *credentials) renewed(res *sip.Response) {
	for _, field := range strings.Split(headerValue(res, "Authentication-Info"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if value = strings.Trim(value, `"`); strings.EqualFold(name, "nextnonce") && value != "" && c.known[0] != nil {
			next := *c.known[0].Challenge
			next.Nonce = value
			c.known[0] = &challenge{Challenge: &next}
		}
	}
}
