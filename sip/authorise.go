package sip

import (
	"context"
	"net/netip"

	"github.com/emiago/sipgo/sip"
)

// Operators that know us by a registration may ask who we are for calls that we place and for requests within a call as well
// (RFC 3261 §22.2, §22.3): each is then sent once more, numbered anew, with the answer. What a challenge taught serves the rest of the call.

// credentials are those of the account, for one use of them.
func (r *Registration) credentials() credentials {
	c := credentials{user: r.AuthUser, password: r.Password}
	if c.user == "" {
		c.user = r.User
	}
	return c
}

// credentials are those for one call over a trunk; nil when it knows us by address.
func (t Trunk) credentials() *credentials {
	if t.Register == nil {
		return nil
	}
	c := t.Register.credentials()
	return &c
}

// sign adds what the challenges of this call have taught.
func (c *Call) sign(req *sip.Request) {
	if c.creds == nil {
		return
	}
	c.signing.Lock()
	defer c.signing.Unlock()
	c.creds.begin()
	if err := c.creds.sign(req); err != nil {
		c.log.Warn("sip: request not signed", "method", req.Method, "error", err)
	}
}

// challenged gives the request to send instead of one that was refused with a challenge; nil when there is none, or no use.
func (c *Call) challenged(req *sip.Request, res *sip.Response) *sip.Request {
	if c.creds == nil || res.StatusCode != 401 && res.StatusCode != 407 {
		return nil
	}
	c.signing.Lock()
	defer c.signing.Unlock()
	if err := c.creds.challenged(res); err != nil {
		c.log.Warn("sip: challenge not answered", "method", req.Method, "error", err)
		return nil
	}
	again := req.Clone()
	c.mu.Lock()
	c.dlg.localSeq++
	again.CSeq().SeqNo = c.dlg.localSeq
	c.mu.Unlock()
	again.Via().Params.Add("branch", sip.RFC3261BranchMagicCookie+"-"+newTag())
	if err := c.creds.sign(again); err != nil {
		c.log.Warn("sip: challenge not answered", "method", req.Method, "error", err)
		return nil
	}
	return again
}

// exchange sends a request within the call other than INVITE, and waits for its final answer.
func (c *Call) exchange(ctx context.Context, req *sip.Request, to netip.AddrPort) (*sip.Response, error) {
	c.sign(req)
	for tries := 1; ; tries++ {
		res, err := c.e.exchange(ctx, req, to)
		if err != nil || tries == maxChallenges {
			return res, err
		}
		again := c.challenged(req, res)
		if again == nil {
			return res, nil
		}
		req = again
	}
}
