package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// liveSeeds are whole messages of a call, of an operator's habits, and of RFC 4475.
func liveSeeds(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	if err != nil || len(files) == 0 {
		t.Fatal("no messages of RFC 4475", err)
	}
	var seeds [][]byte
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, raw)
	}
	for _, m := range []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "PRACK", "REGISTER", "NOTIFY", "REFER", "SUBSCRIBE", "MESSAGE"} {
		p := &phone{to: netip.MustParseAddrPort("127.0.0.1:5060"), callID: "live-" + m, tag: "t", conn: nil}
		for _, lines := range [][]string{nil, {"P-Asserted-Identity: <tel:+33639981234>", "Privacy: id"}, {"Require: 100rel"}, {"Session-Expires: 90;refresher=uas", "Supported: timer, 100rel"},
			{"Record-Route: <sip:127.0.0.1;lr>, <sip:127.0.0.2:5070>"}, {"Diversion: <sip:1@x>;reason=x", "History-Info: <sip:1@x?Reason=SIP>;index=1"}, {"RAck: 1 1 INVITE", "RSeq: 1"}} {
			seeds = append(seeds, []byte(p.messageFrom("127.0.0.1:9", m, "z9hG4bK-live-"+m, 1, offerText, lines...)))
		}
	}
	return append(seeds, []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1>\r\nContent-Length: 0\r\n\r\n"),
		[]byte("\r\n\r\n"), []byte{0}, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), []byte(strings.Repeat("\r\n ", 1000)))
}

// live is an endpoint that random messages are sent to: it answers some calls and refuses others, as they come.
func live(t testing.TB) *Endpoint {
	t.Helper()
	return listen(t, HandlerFunc(func(ctx context.Context, c *Call) {
		if len(c.ID())%2 == 0 && c.Answer(ctx, (&line{}).local()) == nil {
			<-c.Done()
		}
	}), func(c *Config) { c.ACKTimeout = 5 * testT1 })
}

// bombard sends one message over UDP and, cut into pieces, over TCP, to an endpoint; then it must still answer OPTIONS.
func bombard(t testing.TB, e *Endpoint, p *phone, raw []byte, overTCP bool) {
	t.Helper()
	if len(raw) < maxDatagram-100 {
		if _, err := p.conn.WriteToUDPAddrPort(raw, p.to); err != nil {
			t.Fatal(err)
		}
	}
	if !overTCP {
		return
	}
	conn, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	half := len(raw) / 2
	_, _ = conn.Write(raw[:half]) // the endpoint may have hung up already
	_, _ = conn.Write(raw[half:])
}

// serves asks by OPTIONS until it is answered; what comes for other messages is read and dropped.
func serves(t testing.TB, p *phone) {
	t.Helper()
	buf := make([]byte, maxDatagram)
	for try := range 20 {
		id := fmt.Sprintf("alive-%d-%d", p.seq, try)
		p.seq++
		m := p.messageFrom(p.conn.LocalAddr().String(), "OPTIONS", "z9hG4bK-"+p.callID+id, p.seq, "")
		m = strings.Replace(m, "Call-ID: "+p.callID, "Call-ID: "+id, 1)
		if _, err := p.conn.WriteToUDPAddrPort([]byte(m), p.to); err != nil {
			t.Fatal(err)
		}
		for _ = p.conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); ; {
			n, err := p.conn.Read(buf)
			if err != nil {
				break
			}
			if answer := string(buf[:n]); strings.Contains(answer, "Call-ID: "+id) && strings.HasPrefix(answer, "SIP/2.0 200") {
				return
			}
		}
	}
	t.Fatal("OPTIONS is not answered any more")
}

// TestBombardment sends thousands of mutated messages to a running endpoint. It serves all the while, and afterwards holds no
// call, no connection and no goroutine more than before.
func TestBombardment(t *testing.T) {
	const messages = 4000
	e := live(t)
	p := newPhone(t, e)
	serves(t, p)
	before := runtime.NumGoroutine()
	r := rand.New(rand.NewPCG(4475, 3261))
	seeds := liveSeeds(t)
	for i := range messages {
		bombard(t, e, p, mutate(r, seeds), i%20 == 0)
		if i%200 == 0 {
			serves(t, p)
		}
	}
	serves(t, p)
	st := e.Stats()
	if st.Malformed < messages/10 || st.Invites < messages/100 {
		t.Errorf("the messages were not of all kinds: %+v", st)
	}
	quiet := func() bool {
		st := e.Stats()
		return st.Active == 0 && st.HalfOpen == 0 && st.Connections == 0 && runtime.NumGoroutine() <= before+5
	}
	for end := time.Now().Add(20 * time.Second); !quiet() && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	if !quiet() {
		t.Errorf("left behind: %+v, %d goroutines, %d before", e.Stats(), runtime.NumGoroutine(), before)
	}
}

// mutate takes a seed and changes it as faults and attacks do: bytes, lines and parts of others.
func mutate(r *rand.Rand, seeds [][]byte) []byte {
	m := append([]byte{}, seeds[r.IntN(len(seeds))]...)
	// A branch and Call-ID of its own, most times: else all but the first would be retransmissions.
	if r.IntN(8) > 0 {
		m = []byte(strings.NewReplacer("z9hG4bK", fmt.Sprintf("z9hG4bK%x", r.Uint64()), "Call-ID: ", fmt.Sprintf("Call-ID: %x", r.Uint32())).Replace(string(m)))
	}
	for range r.IntN(4) {
		if len(m) == 0 {
			break
		}
		at := r.IntN(len(m))
		switch r.IntN(7) {
		case 0:
			m[at] = byte(r.IntN(256))
		case 1:
			m[at] ^= 1 << r.IntN(8)
		case 2: // cut off
			m = m[:at]
		case 3: // a piece is missing
			m = append(m[:at], m[min(len(m), at+r.IntN(40)):]...)
		case 4: // a line twice, or elsewhere
			lines := strings.SplitAfter(string(m), "\r\n")
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			lines[i] += lines[j]
			m = []byte(strings.Join(lines, ""))
		case 5: // a piece of another message
			other := seeds[r.IntN(len(seeds))]
			from := r.IntN(len(other) + 1)
			m = append(m[:at], other[from:]...)
		case 6: // long
			m = append(m[:at], append([]byte(strings.Repeat(string(m[at]), r.IntN(3000))), m[at:]...)...)
		}
	}
	return m
}

// FuzzLive gives the same to the fuzzer, which finds its way by what the endpoint runs through.
func FuzzLive(f *testing.F) {
	for _, s := range liveSeeds(f) {
		f.Add(s, true)
		f.Add(s, false)
	}
	e := live(f)
	p := newPhone(f, e)
	f.Fuzz(func(t *testing.T, raw []byte, overTCP bool) {
		bombard(t, e, p, raw, overTCP)
		serves(t, p)
	})
}
