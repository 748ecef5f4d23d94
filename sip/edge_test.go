package sip

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// tcpPhone is a bare TCP connection.
func tcpPhone(t *testing.T, e *Endpoint) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn, bufio.NewReader(conn)
}

func tcpOptions(seq int, extra string) string {
	branches++
	return fmt.Sprintf("OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK-tcp-%d\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n"+
		"Call-ID: c\r\nCSeq: %d OPTIONS\r\n%s\r\n", branches, seq, extra)
}

var branches int // no two transactions may share one

// status reads one answer without a body.
func status(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	first, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for l := first; strings.TrimSpace(l) != ""; {
		if l, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimSpace(first)
}

func TestStream(t *testing.T) {
	e := listen(t, newService())
	const end = "Content-Length: 0\r\n"
	t.Run("in pieces", func(t *testing.T) {
		conn, r := tcpPhone(t, e)
		for _, piece := range strings.SplitAfter(tcpOptions(1, end), ";") {
			fmt.Fprint(conn, piece)
			time.Sleep(time.Millisecond)
		}
		if s := status(t, r); s != "SIP/2.0 200 OK" {
			t.Error(s)
		}
	})
	t.Run("several at once", func(t *testing.T) {
		conn, r := tcpPhone(t, e)
		fmt.Fprint(conn, "\r\n"+tcpOptions(1, end)+"\r\n\r\n"+tcpOptions(2, "Content-Type: a/b\r\nl: 4\r\n")+"\r\n\r\n"+tcpOptions(3, end))
		for range 3 {
			if s := status(t, r); s != "SIP/2.0 200 OK" {
				t.Error(s)
			}
		}
	})
	t.Run("ping", func(t *testing.T) {
		conn, r := tcpPhone(t, e)
		fmt.Fprint(conn, "\r\n\r\n")
		pong := make([]byte, 2)
		if _, err := io.ReadFull(r, pong); err != nil || string(pong) != "\r\n" {
			t.Errorf("%q %v", pong, err)
		}
		fmt.Fprint(conn, tcpOptions(1, end))
		if s := status(t, r); s != "SIP/2.0 200 OK" {
			t.Error(s)
		}
	})
	t.Run("malformed, then good", func(t *testing.T) {
		conn, r := tcpPhone(t, e)
		fmt.Fprint(conn, tcpOptions(1, "Max-Forwards: x\r\n"+end)+tcpOptions(2, end))
		if s := status(t, r) + " " + status(t, r); s != "SIP/2.0 400 Malformed Max-Forwards SIP/2.0 200 OK" {
			t.Error(s)
		}
	})
	for name, message := range map[string]string{
		"no length":   tcpOptions(1, ""),
		"two lengths": tcpOptions(1, end+end),
		"too long":    tcpOptions(1, "Content-Type: a/b\r\nContent-Length: 100000\r\n"),
		"no end":      tcpOptions(1, "X: "+strings.Repeat("x", 70000)),
	} {
		t.Run(name, func(t *testing.T) {
			conn, r := tcpPhone(t, e)
			fmt.Fprint(conn, message)
			if s := status(t, r); !strings.HasPrefix(s, "SIP/2.0 400") && !strings.HasPrefix(s, "SIP/2.0 513") {
				t.Error(s)
			}
			if _, err := r.ReadByte(); err == nil {
				t.Error("the connection stays")
			}
		})
	}
	t.Run("garbage", func(t *testing.T) {
		conn, r := tcpPhone(t, e)
		fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
		if _, err := r.ReadByte(); err == nil {
			t.Error("answered")
		}
	})
}

func TestPeers(t *testing.T) {
	p := newPeers([]Trunk{
		{Name: "a", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28"), netip.MustParsePrefix("2001:db8::/64")}},
		{Name: "b", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
	})
	for address, want := range map[string]string{
		"192.0.2.1": "a", "192.0.2.17": "b", "::ffff:192.0.2.1": "a", "2001:db8::5": "a", "192.0.3.1": "", "2001:db8:1::": "",
	} {
		if trunk, _ := p.trunk(netip.MustParseAddr(address)); trunk.Name != want {
			t.Errorf("%s belongs to %q, want %q", address, trunk.Name, want)
		}
	}
	rang := netip.MustParseAddr("198.51.100.1")
	first, second := p.admit(rang, ""), p.admit(rang, "")
	first()
	first() // twice does not count twice
	if p.standing(rang) != rung {
		t.Error("not let in while the second call lasts")
	}
	second()
	if p.standing(rang) != stranger || len(p.rung) != 0 {
		t.Error("let in after the call")
	}
}

func TestLogsHideNumbers(t *testing.T) {
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := newService()
	e := listen(t, s, func(c *Config) { c.Log = log })
	p := newPhone(t, e)
	p.call("P-Asserted-Identity: <tel:+33639985678>")
	p.request("INFO", "Signal=9", "Content-Type: application/dtmf-relay")
	p.expect(200)
	p.hangup()
	p.send(strings.Replace(p.message("OPTIONS", "z9hG4bK-m", 99, ""), "Max-Forwards: 70", "Max-Forwards: 0639981234", 1))
	p.expectRefusal(400)
	slog.New(libraryLog{log.Handler()}).Error("x", "error", "bad number +33639985678", "data", "0639985678")
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	text := b.String()
	for _, secret := range []string{"39985678", "981234", "Signal"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log\n%s", secret, text)
		}
	}
	for _, said := range []string{"call presented", "063998••••", "call answered", "call ended", "malformed", "+3363998••••"} {
		if !strings.Contains(text, said) {
			t.Errorf("%q is not in the log\n%s", said, text)
		}
	}
}
