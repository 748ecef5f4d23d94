package sip

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"github.com/acotel/acotel-sbc/media"
)

// TestChallengesWithinACall: an operator asks who we are for a re-INVITE and for BYE; each is sent again with the answer, and a
// nonce that serves is not asked for twice.
func TestChallengesWithinACall(t *testing.T) {
	t.Parallel()
	for name, proxy := range map[string]bool{"by a server": false, "by a proxy": true} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t, "127.0.0.1", "udp", rules{qop: "auth", password: "secret", proxy: proxy}, nil)
			e := subscriber(t, "udp", nil, o)
			trunkIs(t, e, "registered", up)
			o.set(func(r *rules) { r.algorithm = "SHA-256" })
			s := e.handler.(*service)
			p := newPhone(t, e)
			p.call()
			c := next(t, s.calls, "call")
			next(t, c.Confirmed(), "ACK")

			done := make(chan error, 1)
			go func() { done <- c.Reinvite(t.Context(), media.SendRecv) }()
			first := p.expectRequest("INVITE")
			p.challenge(o, first)
			p.expectRequest("ACK") // of the refusal
			second := p.expectRequest("INVITE")
			checkAnswer(t, o, first, second)
			p.answer(second, 200, offerText)
			p.expectRequest("ACK")
			if err := next(t, done, "end of the re-INVITE"); err != nil {
				t.Error(err)
			}

			go func() { done <- c.Hangup(t.Context(), "") }()
			bye := p.expectRequest("BYE") // with the nonce that is known
			checkAnswer(t, o, second, bye)
			o.mu.Lock()
			stale := o.challenge(true)
			o.mu.Unlock()
			p.challengeWith(o, bye, stale)
			again := p.expectRequest("BYE")
			checkAnswer(t, o, bye, again)
			p.answer(again, 200, "")
			if err := next(t, done, "end"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestChallengedInvite: a call of ours over a trunk that registered is placed past the challenge and a 422
// behind it; what follows in its dialog is numbered from the INVITE that was answered.
func TestChallengedInvite(t *testing.T) {
	o := newOperator(t, "127.0.0.1", "udp", rules{qop: "auth", password: "secret", proxy: true}, nil)
	e := subscriber(t, "udp", nil, o)
	trunkIs(t, e, "registered", up)
	o.set(func(r *rules) { r.algorithm = "MD5" })
	p := newPhone(t, e)
	type dialled struct {
		c   *Call
		err error
	}
	done := make(chan dialled, 1)
	go func() {
		c, err := e.Dial(t.Context(), DialRequest{URI: "sip:0199000001@" + p.conn.LocalAddr().String(), From: operatorUser, Local: (&line{}).local()})
		done <- dialled{c, err}
	}()
	first := p.expectRequest("INVITE")
	p.challenge(o, first)
	p.expectRequest("ACK")
	second := p.expectRequest("INVITE")
	checkAnswer(t, o, first, second)
	brief := sip.NewResponseFromRequest(second, 422, "Session Interval Too Small", nil)
	brief.AppendHeader(sip.NewHeader("Min-SE", "7200"))
	p.send(brief.String())
	p.expectRequest("ACK")
	third := p.expectRequest("INVITE")
	checkAnswer(t, o, second, third)
	p.answer(third, 200, offerText)
	p.expectRequest("ACK")
	d := next(t, done, "call")
	if d.err != nil {
		t.Fatal(d.err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.c.Hangup(t.Context(), "") }()
	bye := p.expectRequest("BYE")
	checkAnswer(t, o, third, bye)
	p.answer(bye, 200, "")
	if err := next(t, ended, "end"); err != nil {
		t.Error(err)
	}
}

// TestChallengeThatIsNotOurs: a wrong password ends in the refusal, not in a loop; a trunk by address has no password at all.
func TestChallengeThatIsNotOurs(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "127.0.0.1", "udp", rules{qop: "auth", password: "another"}, nil)
	registered := subscriber(t, "udp", nil, o)
	trunkIs(t, registered, "registered", up)
	o.set(func(r *rules) { r.algorithm = "MD5" })
	for name, tt := range map[string]struct {
		e        *Endpoint
		requests int
	}{"wrong password": {registered, 2}, "by address": {listen(t, newService()), 1}} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, tt.e)
			p.call()
			c := next(t, tt.e.handler.(*service).calls, "call")
			next(t, c.Confirmed(), "ACK")
			done := make(chan error, 1)
			go func() { done <- c.Hangup(t.Context(), "") }()
			for range tt.requests {
				p.challenge(o, p.expectRequest("BYE"))
			}
			if err := next(t, done, "end"); err != nil {
				t.Error(err)
			}
			p.silent(5 * testT1)
		})
	}
}

// challenge refuses a request by an operator's rules.
func (p *phone) challenge(o *operator, req *sip.Request) {
	p.t.Helper()
	o.mu.Lock()
	text := o.challenge(false)
	o.mu.Unlock()
	p.challengeWith(o, req, text)
}

func (p *phone) challengeWith(o *operator, req *sip.Request, challenge string) {
	p.t.Helper()
	status, name := 401, "WWW-Authenticate"
	if o.rules.proxy {
		status, name = 407, "Proxy-Authenticate"
	}
	res := sip.NewResponseFromRequest(req, status, "X", nil)
	res.AppendHeader(sip.NewHeader(name, challenge))
	p.send(res.String())
}

// checkAnswer wants a request after another, numbered anew in a transaction of its own, whose digest is right.
func checkAnswer(t *testing.T, o *operator, before, req *sip.Request) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if ok, stale := o.authorised(req); !ok || stale {
		t.Errorf("not authorised\n%s", req)
	}
	old, _ := before.Via().Params.Get("branch")
	if branch, _ := req.Via().Params.Get("branch"); req.CSeq().SeqNo != before.CSeq().SeqNo+1 || branch == old || req.CallID().Value() != before.CallID().Value() {
		t.Errorf("after\n%s\ncame\n%s", before, req)
	}
}
