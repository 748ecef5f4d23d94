package e2e

import (
	"strings"
	"testing"
	"time"
)

// Without the network's files the energy gate alone finds the speech; the log says so once, however many calls come.
func TestSpeechIsFoundWithoutTheNetwork(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "--set", "models.dir="+t.TempDir(), "--set", "asr.backends=[scripted]", "--set", `asr.script=["je cherche un atelier à Orange"]`)
	s.call("--max", "1s")
	s.call("--say", "Je cherche un atelier à Orange.", "--max", "40s", "--linger", "1s")
	eventually(t, 10*time.Second, func() string {
		for _, tr := range traces(t, s.data) {
			if tr.PostalCode != nil && strings.HasPrefix(*tr.PostalCode, "84") {
				return ""
			}
		}
		return "what the caller said was not heard"
	})
	if n := strings.Count(s.logText(), "voice activity by energy alone"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
	if m := s.scrape(); m["acotel_vad_model_loaded"] != 0 || m["acotel_vad_steps_total"] != 0 {
		t.Errorf("the metrics speak of a network: %v, %v", m["acotel_vad_model_loaded"], m["acotel_vad_steps_total"])
	}
}
