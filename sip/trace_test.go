package sip

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCallIDOf(t *testing.T) {
	for message, want := range map[string]string{
		"INVITE sip:a SIP/2.0\r\nVia: x\r\nCall-ID: a@b\r\n\r\n": "a@b",
		"SIP/2.0 200 OK\r\ni:short\r\n\r\n":                      "short",
		"SIP/2.0 200 OK\r\ncall-id :  spaced \r\n\r\n":           "spaced",
		"INVITE sip:a SIP/2.0\r\nVia: x\r\n\r\nCall-ID: in body": "",
		"":                         "",
		"\x00\x01 no SIP at all\n": "",
	} {
		if got := callIDOf([]byte(message)); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}

// Who asks for it sees every message of a call both ways, by UDP and TCP, and none once it is over.
func TestTrace(t *testing.T) {
	e := listen(t, newService())
	var mu sync.Mutex
	var seen []string
	e.Trace(func(m Trace) {
		mu.Lock()
		defer mu.Unlock()
		way := "<"
		if m.Sent {
			way = ">"
		}
		if !m.Local.IsValid() || m.Local.Port() != e.Addr().Port() || !m.Remote.IsValid() || m.CallID == "" {
			t.Errorf("%+v", m)
		}
		first, _, _ := strings.Cut(string(m.Message), "\r\n")
		if strings.HasPrefix(first, "SIP/2.0") {
			first = "x " + strings.Join(strings.Fields(first)[1:], " ")
		}
		seen = append(seen, way+m.Network+" "+strings.Fields(first)[0]+" "+strings.Fields(first)[1])
	})
	has := func(want string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Contains(strings.Join(seen, "\n")+"\n", want)
		}
	}
	p := newPhone(t, e)
	p.call()
	p.hangup()
	for _, want := range []string{"<UDP INVITE", ">UDP x 100\n", ">UDP x 200\n", "<UDP ACK", "<UDP BYE"} {
		eventually(t, want, has(want))
	}
	conn, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, tcpOptions(1, "Content-Length: 0\r\n"))
	if s := status(t, bufio.NewReader(conn)); s != "SIP/2.0 200 OK" {
		t.Error(s)
	}
	eventually(t, "OPTIONS", has("<TCP OPTIONS"))
	eventually(t, "its answer", has(">TCP x 200\n"))
	e.Trace(nil)
	mu.Lock()
	n := len(seen)
	mu.Unlock()
	p = newPhone(t, e)
	p.call()
	p.hangup()
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != n {
		t.Errorf("%d messages after the end: %q", len(seen)-n, seen[n:])
	}
}
