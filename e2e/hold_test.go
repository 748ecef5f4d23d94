package e2e

import (
	"strings"
	"testing"
	"time"
)

// A softphone puts the call on hold in the middle of a sentence, for longer than any silence is allowed to last, and takes it back:
// nothing is said meanwhile, nobody hangs up, and the conversation goes on to its result.
func TestBaresipHold(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "turns.no_input_ms=1500", "--set", "turns.no_input_again_ms=1500")
	b := startBaresip(t, "0639980001")
	b.command("dial", "sip:0970000000@"+s.sip)
	s.talking(1)
	time.Sleep(time.Second)
	b.command("hold", "")
	turned := func(on string) {
		t.Helper()
		eventually(t, 10*time.Second, func() string {
			if !strings.Contains(s.logText(), `"msg":"hold"`) || !strings.Contains(s.logText(), `"on":`+on) {
				return "the hold is not " + on + " in the log:\n" + s.logText()
			}
			return ""
		})
	}
	turned("true")
	said := s.outText()
	time.Sleep(6 * time.Second) // three silences would end the call
	if now := s.outText(); now != said {
		t.Errorf("said into the void:\n%s", strings.TrimPrefix(now, said))
	}
	b.command("resume", "")
	turned("false")
	time.Sleep(time.Second)
	for _, k := range "84000#" {
		b.command("sndcode", string(k))
		time.Sleep(250 * time.Millisecond)
	}
	eventually(t, 40*time.Second, func() string {
		for _, tr := range traces(t, s.data) {
			if tr.has("efficace") {
				return ""
			}
		}
		return "the keys did not find a workshop:\n" + s.outText()
	})
	b.command("hangup", "")
	eventually(t, 10*time.Second, func() string {
		if list := traces(t, s.data); len(list) != 1 || list[0].EndedBy == nil || *list[0].EndedBy != "remote" {
			return "the hang-up is not in the trace"
		}
		return ""
	})
}
