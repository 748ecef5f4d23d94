package sip

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestFloodIsDropped(t *testing.T) {
	e := listen(t, newService(), func(c *Config) { c.Limits = Limits{MessagesPerSecond: 10, BanAfter: 5, Ban: time.Minute} })
	p := newPhone(t, e)
	e.guard.stopClock()
	for range 60 {
		p.request("OPTIONS", "")
	}
	eventually(t, "all to have come", func() bool { st := e.Stats(); return st.Received+st.Limited == 60 })
	if st := e.Stats(); st.Received != burst*10 {
		t.Errorf("%d read, %d dropped", st.Received, st.Limited)
	}
	st := e.Stats()
	if st.Bans != 0 || len(e.Bans()) != 0 {
		t.Error("a trunk was banned for datagrams that anyone can have sent in its name")
	}
}

func TestBanOnTheWire(t *testing.T) {
	const ban = time.Minute
	e := listen(t, newService(), func(c *Config) { c.Limits = Limits{BanAfter: 3, Ban: ban} })
	pass := e.guard.stopClock()
	for range 3 {
		conn, r := tcpPhone(t, e) // a TCP connection can't be forged: even a trunk answers for it
		fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
		if _, err := r.ReadByte(); err == nil {
			t.Fatal("garbage was answered")
		}
	}
	if b := e.Bans(); len(b) != 1 || e.Stats().Banned != 1 || e.Stats().Bans != 1 {
		t.Fatalf("bans %v", b)
	}
	p := newPhone(t, e)
	p.request("OPTIONS", "")
	eventually(t, "the datagram to be dropped", func() bool { return e.Stats().DroppedBanned == 1 })
	pass(ban)
	if b := e.Bans(); len(b) != 0 {
		t.Errorf("bans %v", b)
	}
	p.request("OPTIONS", "")
	if res := p.expect(200); res.CSeq().SeqNo != 2 {
		t.Errorf("the datagram of a banned source was answered\n%s", res)
	}
}

// stopClock lets no time pass for the guard but what the test says.
func (g *guard) stopClock() (pass func(time.Duration)) {
	now := time.Now()
	set := func(at time.Time) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.clock = func() time.Time { return at }
	}
	set(now)
	return func(d time.Duration) { now = now.Add(d); set(now) }
}

func TestHalfOpenCallsAreBounded(t *testing.T) {
	calls := make(chan *Call, 8)
	e := listen(t, ringing(calls), func(c *Config) { c.Limits = Limits{HalfOpen: 2} })
	first, second := newPhone(t, e), newPhone(t, e)
	for _, p := range []*phone{first, second} {
		p.request("INVITE", offerText)
		p.expect(180)
		next(t, calls, "call")
	}
	third := newPhone(t, e)
	third.request("INVITE", offerText)
	if res := third.expect(503); headerValue(res, "Retry-After") != "5" {
		t.Errorf("Retry-After %q", headerValue(res, "Retry-After"))
	}
	third.ack(false, "")
	first.cancel()
	first.expect(200) // of the CANCEL
	first.expect(487)
	first.ack(false, "")
	eventually(t, "room", func() bool { return e.Stats().HalfOpen == 1 })
	fourth := newPhone(t, e)
	fourth.request("INVITE", offerText)
	fourth.expect(180)
	if st := e.Stats(); st.CallsLimited != 1 || st.HalfOpen != 2 || st.Rejected[503] != 1 {
		t.Errorf("stats %+v", st)
	}
}

// TestAnsweredCallIsHalfOpenUntilItsACK: what never acknowledges must not fill our memory either.
func TestAnsweredCallIsHalfOpenUntilItsACK(t *testing.T) {
	s := newService()
	e := listen(t, s, func(c *Config) { c.Limits = Limits{HalfOpen: 1} })
	p := newPhone(t, e)
	p.request("INVITE", offerText)
	p.expect(200)
	if n := e.Stats().HalfOpen; n != 1 {
		t.Errorf("%d half open before the ACK", n)
	}
	p.ack(true, "")
	eventually(t, "no half-open call", func() bool { return e.Stats().HalfOpen == 0 })
	p.hangup()
}

func TestTooManyCallsOfOneSource(t *testing.T) {
	e := listen(t, refusing(480), func(c *Config) { c.Limits = Limits{CallsPerSecond: 1} })
	refused := 0
	for range 10 {
		p := newPhone(t, e)
		p.request("INVITE", offerText)
		if res := p.final(); res.StatusCode == 503 && headerValue(res, "Retry-After") != "" {
			refused++
		}
		p.ack(false, "")
	}
	if n := int(e.Stats().CallsLimited); refused == 0 || n != refused {
		t.Errorf("%d of 10 calls at once were refused, %d counted", refused, n)
	}
}

func TestMessageTooLarge(t *testing.T) {
	e := listen(t, newService(), func(c *Config) { c.Limits = Limits{MessageBytes: leastMessage} })
	p := newPhone(t, e)
	p.request("OPTIONS", "", "X: "+strings.Repeat("x", leastMessage))
	p.expect(513)
	p.request("OPTIONS", "", "X: "+strings.Repeat("x", leastMessage/2))
	p.expect(200)
	conn, r := tcpPhone(t, e)
	fmt.Fprint(conn, tcpOptions(1, "X: "+strings.Repeat("x", leastMessage)+"\r\nContent-Length: 0\r\n"))
	if s := status(t, r); s != "SIP/2.0 513 Message Too Large" {
		t.Error(s)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("the connection goes on: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	for name, limits := range map[string]Limits{"in all": {Connections: 2}, "of a source": {ConnectionsPerSource: 2}} {
		t.Run(name, func(t *testing.T) {
			e := listen(t, newService(), func(c *Config) { c.Limits = limits })
			works := func(conn net.Conn, r io.ByteReader) bool {
				fmt.Fprint(conn, tcpOptions(1, "Content-Length: 0\r\n"))
				_, err := r.ReadByte()
				return err == nil
			}
			first, r1 := tcpPhone(t, e)
			second, r2 := tcpPhone(t, e)
			if !works(first, r1) || !works(second, r2) {
				t.Fatal("the first two are refused")
			}
			third, r3 := tcpPhone(t, e)
			if works(third, r3) {
				t.Error("a third connection was taken")
			}
			eventually(t, "the refusal to be counted", func() bool { return e.Stats().SocketsRefused == 1 })
			if st := e.Stats(); st.Connections != 2 {
				t.Errorf("stats %+v", st)
			}
			first.Close()
			eventually(t, "a place", func() bool { return e.Stats().Connections == 1 })
			fourth, r4 := tcpPhone(t, e)
			if !works(fourth, r4) {
				t.Error("the place was not given back")
			}
		})
	}
}

// TestNothingOfUsLeaks: behind a translated address every message shows the advertised one and not ours, and nothing tells who
// we are.
func TestNothingOfUsLeaks(t *testing.T) {
	const outside = "203.0.113.5"
	s := newService()
	e := listen(t, s, func(c *Config) { c.Listen = "127.0.0.77:0"; c.Advertise = ipOf(outside) })
	p := newPhone(t, e)
	check := func(text string) {
		t.Helper()
		leaksNothing(t, text)
		if strings.Contains(strings.ReplaceAll(text, "sip:0199000001@"+e.Addr().String(), ""), "127.0.0.77") {
			t.Errorf("our own address is in\n%s", text)
		}
	}
	p.request("OPTIONS", "")
	check(p.expect(200).String())
	p.request("INVITE", offerText)
	check(p.expect(180).String())
	res := p.expect(200)
	check(res.String())
	if !strings.Contains(headerValue(res, "Contact"), outside) || !strings.Contains(string(res.Body()), "c=IN IP4 "+outside) || !strings.Contains(string(res.Body()), "IN IP4 "+outside) {
		t.Errorf("the advertised address is missing\n%s", res)
	}
	p.ack(true, "")
	c := next(t, s.calls, "call")
	next(t, c.Confirmed(), "confirmation")
	done := make(chan error, 1)
	go func() { done <- c.Hangup(t.Context(), "") }()
	bye := p.expectRequest("BYE")
	check(bye.String())
	p.answer(bye, 200, "")
	if err := next(t, done, "end"); err != nil {
		t.Error(err)
	}
	p.remote = "nobody"
	p.request("BYE", "")
	check(p.expect(481).String())
}
