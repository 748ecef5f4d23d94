package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestLinesAndMessagesChangeWhileRunning: a line is suspended with its message, opened again, and a message edited and rolled back,
// while the service runs (T4, C17).
func TestLinesAndMessagesChangeWhileRunning(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "check.seconds=0")
	run := func(want int, args ...string) string {
		t.Helper()
		out, errOut, code := program(t, "", append(args, "--data", s.data)...)
		if code != want {
			t.Fatalf("%v: status %d, want %d\n%s", args, code, want, errOut)
		}
		return out
	}
	hears := func(text string) {
		t.Helper()
		before := len(s.outText())
		eventually(t, 40*time.Second, func() string {
			_, _ = s.tryCall("--max", "6s")
			if out := s.outText()[before:]; strings.Contains(out, text) {
				return ""
			}
			return "nobody heard: " + text
		})
	}
	run(0, "lines", "suspend", "0970000000", "--message", "Nous fermons pour inventaire.", "--author", "claire")
	hears("fermons pour inventaire")
	if out := run(0, "lines", "list", "--json"); !strings.Contains(out, "claire") {
		t.Errorf("lines list: %s", out)
	}
	run(2, "messages", "set", "welcome.notice", "Bonjour {nobody}.")
	run(2, "messages", "set", "welcome.nothing", "Bonjour.")
	// What the voice can't say is not taken, unless somebody insists.
	run(1, "messages", "set", "welcome.notice", "Bonjour, nul ne peut dire cela.", "--set", "tts.backends=[wyoming]", "--set", "tts.wyoming.address="+closedPort)
	if out := run(0, "messages", "get", "welcome.notice"); strings.Contains(out, "nul ne peut") {
		t.Errorf("a text that could not be said was taken: %s", out)
	}
	run(0, "messages", "set", "welcome.notice", "Bonjour, sans écoute.", "--unheard", "--set", "tts.backends=[wyoming]", "--set", "tts.wyoming.address="+closedPort)
	run(0, "lines", "open", "+33970000000") // the same line in other words
	if out := run(0, "lines", "history", "0970000000"); strings.Count(out, "\n") != 2 || !strings.Contains(out, "inventaire") {
		t.Errorf("lines history: %s", out)
	}
	run(0, "messages", "set", "welcome.notice", "Bonjour, ici la version nouvelle.", "--author", "paul")
	hears("la version nouvelle")
	run(0, "messages", "rollback", "welcome.notice", "0", "--author", "paul")
	if out := run(0, "messages", "get", "welcome.notice"); strings.Contains(out, "nouvelle") {
		t.Errorf("after the rollback: %s", out)
	}
	if out := run(0, "messages", "history", "welcome.notice"); strings.Count(out, "paul") != 2 {
		t.Errorf("history: %s", out)
	}
	if out := run(0, "privacy", "audit", "list"); strings.Count(out, `"action":"edit"`) != 5 || !strings.Contains(out, "claire") {
		t.Errorf("audit list: %s", out)
	}
	if out := run(0, "privacy", "audit", "verify"); !strings.Contains(out, "conformes : 5") {
		t.Errorf("audit verify: %s", out)
	}
}
