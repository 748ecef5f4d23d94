package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
)

// freeUDPPort finds a port nobody has; SIPp wants to be told one.
func freeUDPPort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// sipp runs a scenario of testdata/sipp against the service.
func (s *service) sipp(scenario string, args ...string) {
	s.t.Helper()
	bin := peer(s.t, "sipp")
	port := freeUDPPort(s.t)
	all := append([]string{s.sip, "-sf", "../testdata/sipp/" + scenario, "-m", "1", "-i", "127.0.0.1", "-p", fmt.Sprint(port),
		"-mp", fmt.Sprint(10000 + port%3000*2), "-timeout", "180s", "-timeout_error", "-nostdin", "-trace_err", "-error_file", s.t.TempDir() + "/errors"}, args...)
	cmd := exec.Command(bin, all...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(all[len(all)-1])
		s.t.Errorf("sipp %s: %v\n%s\n%s\n%s", scenario, err, text, tail(out.String(), 3000), s.logText())
	}
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
