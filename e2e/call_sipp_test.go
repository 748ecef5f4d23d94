package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
)

var portsGiven atomic.Int32

// freePort finds a port that nobody has, neither UDP nor TCP, for programs that want to be told one. It is given once, and is none of those
// that the kernel hands out or sessions take for sound: nobody else gets it before the program does.
func freePort(t *testing.T) int {
	t.Helper()
	for range 2000 {
		port := 7000 + (os.Getpid()*37+int(portsGiven.Add(1)))%1500*2 // some take the next one, too
		at := fmt.Sprintf("127.0.0.1:%d", port)
		udp, err := net.ListenPacket("udp", at)
		if err != nil {
			continue
		}
		tcp, err := net.Listen("tcp", at)
		_ = udp.Close()
		if err == nil {
			_ = tcp.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// sipp runs a scenario of testdata/sipp against the service.
func (s *service) sipp(scenario string, args ...string) {
	s.t.Helper()
	port := freePort(s.t)
	if !sippAlone(s.t, scenario, append([]string{s.sip, "-m", "1", "-i", "127.0.0.1", "-p", fmt.Sprint(port), "-mp", fmt.Sprint(10000 + port%3000*2)}, args...)...) {
		s.t.Log(s.logText())
	}
}

// sippAlone runs a scenario with arguments of the caller's; false when it failed.
func sippAlone(t *testing.T, scenario string, args ...string) bool {
	bin, errors := peer(t, "sipp"), t.TempDir()+"/errors"
	cmd := exec.Command(bin, append(args, "-sf", "../testdata/sipp/"+scenario, "-timeout", "180s", "-timeout_error", "-nostdin", "-trace_err", "-error_file", errors)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		text, _ := os.ReadFile(errors)
		t.Errorf("sipp %s: %v\n%s\n%s", scenario, err, text, tail(out.String(), 3000))
	}
	return err == nil
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[len(s)-n:]
}

// SIPp as the operator: a whole call from a mobile whose digits come as RTP
// telephone events that SIPp writes itself, ended by our BYE.
func TestSIPpCallByRTPDigits(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("SIPp sends RTP captures through a raw socket, which needs root")
	}
	s := serve(t, t.TempDir())
	s.sipp("complete_call.xml", "-s", "0970000000")
	t.Logf("conversation\n%s", s.outText())
	checkCompleteTrace(t, s.data, 1)
}
