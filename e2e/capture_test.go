package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/pion/rtp"
)

// One chosen call is captured whole, signalling and sound both ways; another one, before and after, is not.
func TestCaptureOfOneCall(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	if _, errOut, code := program(t, "", "capture", "--data", s.data); code != 2 || !strings.Contains(errOut, "which call") {
		t.Errorf("no choice: status %d, %s", code, errOut)
	}
	s.call("--max", "1s")
	if out, errOut, code := program(t, "", "capture", "--caller", "06 39 98 00 02", "--data", s.data); code != 0 {
		t.Fatalf("status %d: %s%s", code, out, errOut)
	}
	s.call("--from", "0639980001", "--max", "1s")
	r := s.call("--from", "0639980002", "--max", "3s")
	s.call("--from", "0639980002", "--max", "1s")
	eventually(t, 20*time.Second, func() string {
		if strings.Contains(s.logText(), "capture ended") {
			return ""
		}
		return "the capture does not end"
	})
	out, errOut, code := program(t, "", "capture", "list", "--json", "--data", s.data)
	var files []struct {
		Name    string
		Call    string
		Expires time.Time
	}
	if err := json.Unmarshal([]byte(out), &files); err != nil || code != 0 || len(files) != 1 {
		t.Fatalf("status %d, %v: %s%s", code, err, out, errOut)
	}
	if left := time.Until(files[0].Expires); left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("expires in %v", left)
	}
	if info, err := os.Stat(files[0].Name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	sip, sound := captured(t, files[0].Name)
	for _, want := range []string{"INVITE sip:", "SIP/2.0 100", "SIP/2.0 180", "SIP/2.0 200", "ACK sip:", "BYE sip:"} {
		if !strings.Contains(strings.Join(sip, "\n"), want) {
			t.Errorf("no %s in %q", want, sip)
		}
	}
	if len(sip) > 12 {
		t.Errorf("%d messages: %q", len(sip), sip)
	}
	if len(sound) != 2 {
		t.Fatalf("%d sources of RTP", len(sound))
	}
	// Of one source the caller heard all but what was on its way when it hung up; the other one is the caller.
	ours := false
	for ssrc, n := range sound {
		ours = ours || n >= r.Heard.Packets && n <= r.Heard.Packets+25
		if n < 50 {
			t.Errorf("%d packets of source %x in 3 s", n, ssrc)
		}
	}
	if !ours {
		t.Errorf("%v packets captured, %d heard", sound, r.Heard.Packets)
	}
	if log := s.logText(); strings.Contains(log, "980002") || strings.Contains(log, "39980002") {
		t.Error("the caller's number is in the log")
	}
	if out, _, code := program(t, "", "capture", "delete", "--data", s.data); code != 0 || !strings.Contains(out, "1") {
		t.Errorf("status %d, %s", code, out)
	}
	out, _, code = program(t, "", "privacy", "audit", "list", "--data", s.data)
	if code != 0 || strings.Count(out, `"action":"capture"`) != 1 || strings.Count(out, `"action":"capture delete"`) != 1 || !strings.Contains(out, "063998") || strings.Contains(out, "980002") {
		t.Errorf("audit list: status %d, %s", code, out)
	}
	s.stop()
	if _, errOut, code := program(t, "", "capture", "--next", "--data", s.data); code != 1 || !strings.Contains(errOut, "no service") {
		t.Errorf("nobody runs: status %d, %s", code, errOut)
	}
}

// captured reads the first lines of the SIP messages and counts the RTP packets of each source.
func captured(t *testing.T, name string) (sip []string, sound map[uint32]int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	sound = map[uint32]int{}
	for {
		data, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return sip, sound
		}
		if err != nil {
			t.Fatal(err)
		}
		udp, ok := gopacket.NewPacket(data, r.LinkType(), gopacket.Default).TransportLayer().(*layers.UDP)
		if !ok {
			t.Fatalf("no UDP: %x", data)
		}
		var p rtp.Packet
		switch first, _, _ := strings.Cut(string(udp.Payload), "\r\n"); {
		case strings.Contains(first, "SIP/2.0"):
			sip = append(sip, first)
		case len(udp.Payload) > 1 && udp.Payload[1] >= 192 && udp.Payload[1] <= 223: // RTCP (RFC 5761)
		case p.Unmarshal(udp.Payload) == nil:
			sound[p.SSRC]++
		}
	}
}
