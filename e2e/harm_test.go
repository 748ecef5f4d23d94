package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Rubbish on the SIP and RTP ports, from an allowed peer, in the middle of a
// call: the call goes on, the next one is taken.
func TestMalformedSIPAndRTP(t *testing.T) {
	t.Parallel()
	first := 5200 + os.Getpid()%800*2 // neither of the kernel's ports nor of those that sessions take: nobody else gets the rubbish
	s := serve(t, t.TempDir(), "--set", fmt.Sprintf("rtp.ports=%d-%d", first, first+7))
	up := make(chan callReport, 1)
	go func() { r, _ := s.tryCall("--max", "12s"); up <- r }()
	s.talking(1)

	rng := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	sipMessages := [][]byte{
		{}, {0}, []byte("\r\n\r\n"), []byte("INVITE"), []byte("INVITE sip:x SIP/2.0\r\n\r\n"), []byte("SIP/2.0 200 OK\r\n\r\n"),
		[]byte("INVITE sip:1@127.0.0.1 SIP/2.0\r\nVia: \r\nFrom: \r\nTo: \r\nCall-ID: \r\nCSeq: x y\r\nContent-Length: -5\r\n\r\nv=0"),
		[]byte("BYE sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: none\r\nCSeq: 1 BYE\r\n\r\n"),
		[]byte(strings.Repeat("A", 60000)), noise(1400), noise(20),
	}
	for range 20 {
		for _, m := range sipMessages {
			send(t, "udp", s.sip, m)
		}
	}
	for _, m := range sipMessages {
		send(t, "tcp", s.sip, m)
	}
	for i := range 200 {
		for port := first; port < first+8; port++ {
			m := noise(rng.IntN(300))
			if len(m) > 1 && i%2 == 0 {
				m[0], m[1] = 0x80|m[0]&0x3f, m[1]&0x7f // looks like RTP, with extensions and CSRCs of any length
			}
			send(t, "udp", fmt.Sprintf("127.0.0.1:%d", port), m)
		}
	}
	if r := <-up; r.Status != 200 || r.EndedBy != "local" || r.Heard.SpeechSeconds < 6 {
		t.Errorf("the call in progress: %+v", r)
	}
	if r := s.call("--max", "3s"); r.Status != 200 || r.Heard.SpeechSeconds < 1 {
		t.Errorf("the next call: %+v", r)
	}
	if strings.Contains(s.logText(), "panic") {
		t.Error(s.logText())
	}
}

// send gives one message and looks away.
func send(t *testing.T, network, addr string, m []byte) {
	t.Helper()
	c, err := net.DialTimeout(network, addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(m) // a closed port answers with an ICMP error: the call may be over
}

// A disk without room for the speech cache: the caller hears everything, the log
// says so once.
func TestFullDiskForTheCache(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	data := t.TempDir()
	cache := filepath.Join(data, "tts")
	if err := os.Mkdir(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", cache, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(cache, syscall.MNT_DETACH) })
	s := serve(t, data)
	r := s.call("--max", "12s")
	if r.Status != 200 || r.Heard.SpeechSeconds < 6 {
		t.Errorf("report %+v", r)
	}
	if n := strings.Count(s.logText(), "the speech cache can't be used"); n != 1 {
		t.Errorf("the log tells of the full disk %d times\n%s", n, s.logText())
	}
}
