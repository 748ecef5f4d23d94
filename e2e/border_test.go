package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// SIPp at a full house (T2, T4): the first waiting caller is told after a while that it lasts too long, one past the waiting
// room gets 503 with Retry-After, one leaves while waiting, and a suspended line tells so although no slot is free. All of
// it is counted.
func TestFullHouseForSIPp(t *testing.T) {
	t.Parallel()
	conf := file(t, "acotel.yaml", "lines:\n  - {number: \"0970000001\", kind: suspended}\ncalls: {slots: 1, wait_slots: 1, wait_seconds: 10}\nturns: {no_input_ms: 60000}\n")
	s := serve(t, t.TempDir(), "-c", conf)
	first := exec.Command(binary, "call", "sip:0970000000@"+s.sip, "--linger", "5m") // has the only line until the others are done
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = first.Process.Signal(os.Interrupt)
		_ = first.Wait() // its report is no matter
	}()
	heard := func(text string) func() string {
		return func() string {
			if strings.Contains(s.outText(), text) {
				return ""
			}
			return fmt.Sprintf("nobody heard %q\n%s\n%s", text, s.outText(), s.logText())
		}
	}
	eventually(t, 20*time.Second, heard("voix automatique du service"))
	var waiting sync.WaitGroup
	waiting.Go(func() { s.sipp("answered_then_bye.xml", "-s", "0970000000") })
	eventually(t, 20*time.Second, heard("lignes sont occupées"))
	s.sipp("busy.xml", "-s", "0970000000")
	s.sipp("answered_then_bye.xml", "-s", "0970000001")
	waiting.Wait()
	s.sipp("basic.xml", "-s", "0970000000")
	for _, text := range []string{"est fermé pour le moment", "sont encore occupées"} {
		if missing := heard(text)(); missing != "" {
			t.Error(missing)
		}
	}
	eventually(t, 20*time.Second, func() string {
		refused, abandoned := 0, 0
		for _, tr := range traces(t, s.data) {
			if tr.has("refuse") {
				refused++
			}
			if tr.has("attente_abandonnee") {
				abandoned++
			}
		}
		if refused != 3 || abandoned != 1 {
			return fmt.Sprintf("%d calls are counted as refused, %d as abandoned while waiting", refused, abandoned)
		}
		return ""
	})
}
