package sip

import (
	"context"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// provisionalOf is a 183 of one of several telephones, reliable when rseq is given.
func (p *phone) provisionalOf(invite *sip.Request, tag, rseq, body string) {
	p.t.Helper()
	res := sip.NewResponseFromRequest(invite, 183, "Session Progress", nil)
	res.To().Params.Add("tag", tag)
	res.AppendHeader(sip.NewHeader("Contact", "<sip:"+tag+"@"+p.conn.LocalAddr().String()+">"))
	res.AppendHeader(sip.NewHeader("Allow", "INVITE, UPDATE"))
	if rseq != "" {
		res.AppendHeader(sip.NewHeader("Require", "100rel"))
		res.AppendHeader(sip.NewHeader("RSeq", rseq))
	}
	if body != "" {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.SetBody([]byte(body))
	}
	p.send(res.String())
}

// ringing calls the phone and gives its INVITE, and the call when it is up.
func (p *phone) dialledBy(caller *Endpoint, l *line) (*sip.Request, <-chan *Call) {
	p.t.Helper()
	dialled := make(chan *Call, 1)
	go func() {
		c, err := caller.Dial(context.Background(), DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: l.local()})
		if err != nil {
			p.t.Error(err)
		}
		dialled <- c
	}()
	invite := p.expectRequest(sip.INVITE)
	p.callID, p.tag, p.seq = invite.CallID().Value(), "", 100
	return invite, dialled
}

// within sends a request of one of the telephones within its early dialog.
func (p *phone) within(invite *sip.Request, tag, method, body string) {
	p.t.Helper()
	p.tag, p.remote = tag, tagOf(invite.From())
	p.inDialog(method, body)
	p.seq++
}

// TestPRACK: each reliable answer gets its PRACK once, in its turn; the 200 needs no description any more.
func TestPRACK(t *testing.T) {
	t.Parallel()
	caller := listen(t, newService())
	p := newPhone(t, caller)
	l := &line{}
	invite, dialled := p.dialledBy(caller, l)
	p.provisionalOf(invite, "a", "700", "")
	first := p.expectRequest(sip.PRACK)
	if headerValue(first, "RAck") != "700 1 INVITE" || tagOf(first.To()) != "a" || first.CSeq().SeqNo != 2 || first.Recipient.User != "a" {
		t.Errorf("PRACK\n%s", first)
	}
	p.answer(first, 200, "")
	p.provisionalOf(invite, "a", "700", "")        // once more
	p.provisionalOf(invite, "a", "702", offerText) // the one before is still to come
	p.silent(3 * testT1)
	p.provisionalOf(invite, "a", "701", offerText)
	second := p.expectRequest(sip.PRACK)
	if headerValue(second, "RAck") != "701 1 INVITE" || second.CSeq().SeqNo != 3 {
		t.Errorf("PRACK\n%s", second)
	}
	p.answer(second, 200, "")
	if _, n := l.last(); n != 1 {
		t.Errorf("agreed %d times", n)
	}
	ok := sip.NewResponseFromRequest(invite, 200, "OK", nil)
	ok.To().Params.Add("tag", "a")
	ok.AppendHeader(sip.NewHeader("Contact", "<sip:a@"+p.conn.LocalAddr().String()+">"))
	p.send(ok.String())
	p.expectRequest(sip.ACK)
	c := next(t, dialled, "call")
	go func() { _ = c.Hangup(context.Background(), "") }()
	bye := p.expectRequest(sip.BYE)
	if bye.CSeq().SeqNo != 4 {
		t.Errorf("BYE\n%s", bye)
	}
	p.answer(bye, 200, "")
}

// TestForks: two telephones ring behind a proxy. Each has its dialog until one answers; the other one's is gone then, and when
// it answers too it is thanked and hung up.
func TestForks(t *testing.T) {
	t.Parallel()
	caller := listen(t, newService())
	p := newPhone(t, caller)
	l := &line{}
	invite, dialled := p.dialledBy(caller, l)
	offer := func(port string) string { return strings.Replace(offerText, "30000", port, 1) }
	for i, tag := range []string{"a", "b"} {
		p.provisionalOf(invite, tag, "1", offer([]string{"30000", "30010"}[i]))
		prack := p.expectRequest(sip.PRACK)
		if tagOf(prack.To()) != tag || prack.CSeq().SeqNo != 2 || prack.Recipient.User != tag {
			t.Errorf("PRACK\n%s", prack)
		}
		p.answer(prack, 200, "")
	}
	eventually(t, "the newest telephone's sound", func() bool { m, _ := l.last(); return m.Remote.Port() == 30010 })
	if n := caller.Stats().Active; n != 2 {
		t.Errorf("%d dialogs", n)
	}
	p.within(invite, "a", "UPDATE", offer("30020")) // the first one moves its sound
	p.expectFor(sip.UPDATE, 200)
	p.within(invite, "b", "OPTIONS", "")
	p.expectFor(sip.OPTIONS, 200)
	accept := func(tag string) {
		ok := sip.NewResponseFromRequest(invite, 200, "OK", nil)
		ok.To().Params.Add("tag", tag)
		ok.AppendHeader(sip.NewHeader("Contact", "<sip:"+tag+"@"+p.conn.LocalAddr().String()+">"))
		p.send(ok.String())
	}
	accept("a")
	if ack := p.expectRequest(sip.ACK); tagOf(ack.To()) != "a" || ack.CSeq().SeqNo != 1 {
		t.Errorf("ACK\n%s", ack)
	}
	c := next(t, dialled, "call")
	if m, _ := l.last(); m.Remote.Port() != 30020 {
		t.Errorf("sound goes to %v", m.Remote)
	}
	p.within(invite, "b", "UPDATE", "")
	p.expectFor(sip.UPDATE, 481)
	accept("b")
	if ack := p.expectRequest(sip.ACK); tagOf(ack.To()) != "b" || ack.CSeq().SeqNo != 1 {
		t.Errorf("ACK\n%s", ack)
	}
	bye := p.expectRequest(sip.BYE)
	if tagOf(bye.To()) != "b" || bye.CSeq().SeqNo != 3 || bye.Recipient.User != "b" {
		t.Errorf("BYE\n%s", bye)
	}
	p.answer(bye, 200, "")
	p.within(invite, "a", "OPTIONS", "")
	p.expectFor(sip.OPTIONS, 200)
	go func() { _ = c.Hangup(context.Background(), "") }()
	last := p.expectRequest(sip.BYE)
	if tagOf(last.To()) != "a" {
		t.Errorf("BYE\n%s", last)
	}
	p.answer(last, 200, "")
	eventually(t, "no dialog left", func() bool { return caller.Stats().Active == 0 })
}

// TestForksCancelled: one CANCEL is for all telephones that ring.
func TestForksCancelled(t *testing.T) {
	t.Parallel()
	caller := listen(t, newService())
	p := newPhone(t, caller)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = caller.Dial(ctx, DialRequest{URI: "sip:x@" + p.conn.LocalAddr().String(), From: "0639981234", Local: (&line{}).local()})
	}()
	invite := p.expectRequest(sip.INVITE)
	p.provisionalOf(invite, "a", "", "")
	p.provisionalOf(invite, "b", "", "")
	eventually(t, "two dialogs", func() bool { return caller.Stats().Active == 2 })
	cancel()
	p.answer(p.expectRequest(sip.CANCEL), 200, "")
	p.answer(invite, 487, "")
	p.expectRequest(sip.ACK)
	eventually(t, "no dialog left", func() bool { return caller.Stats().Active == 0 })
}
