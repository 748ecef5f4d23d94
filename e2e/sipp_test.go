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
	port := freeUDPPort(s.t)
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
