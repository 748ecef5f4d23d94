package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// spoken renders what a caller says with a voice that the recogniser was not
// trained on, and gives the steps of a call that say it one after the other.
func spoken(t *testing.T, voice string, phrases ...string) []string {
	t.Helper()
	held, err := os.ReadFile("../asr/training/held-out-voices.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains("\n"+string(held), "\n"+voice+"\n") {
		t.Fatalf("voice %s is not kept out of training", voice)
	}
	dir := t.TempDir()
	var steps []string
	for i, p := range phrases {
		name := filepath.Join(dir, strconv.Itoa(i)+".wav")
		if out, err := exec.Command("espeak-ng", "-v", "fr+"+voice, "-s", "145", "-w", name, p).CombinedOutput(); err != nil {
			t.Fatalf("espeak-ng: %v %s", err, out)
		}
		steps = append(steps, "--wav", name)
	}
	return steps
}

// TestCallBySpeechFindsAWorkshop speaks through a whole call and presses no key: a wish, a town, which workshops,
// the message, goodbye, a mark.
func TestCallBySpeechFindsAWorkshop(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "asr.backends=[whisper]",
		"--set", "turns.recogniser_ms=15000", "--set", "asr.whisper.deadline_ms=14000") // a busy test machine must not lose an answer
	args := append([]string{"--from", "0639980001", "--linger", "20s"},
		spoken(t, "Annie", "je cherche un atelier mémoire", "à Avignon", "suivant", "non", "oui", "non", "quatre")...)
	r := s.call(args...)
	t.Logf("conversation\n%s", s.outText())
	for _, e := range r.Timeline {
		if e.Event == "keyed" {
			t.Errorf("a key was pressed: %+v", e)
		}
	}
	if r.Status != 200 || r.EndedBy != "remote" {
		t.Errorf("report %+v", r)
	}
	eventually(t, 20*time.Second, func() string {
		list := traces(t, s.data)
		if len(list) != 1 {
			return "traces: the call is missing"
		}
		for _, want := range []string{"requete", "efficace", "traite", "abouti", "evalue"} {
			if !list[0].has(want) {
				return "the call is " + strings.Join(list[0].Statuses, ", ") + ", not " + want
			}
		}
		return ""
	})
	for _, tr := range traces(t, s.data) {
		if tr.Region == nil || *tr.Region != "sud-est" || tr.SMSSent != 1 {
			t.Errorf("trace %+v", tr)
		}
	}
}
