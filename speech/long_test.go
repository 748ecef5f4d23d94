package speech

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/acotel/acotel-sbc/asr/scripted"
)

// The protocol's own Python library understands our Wyoming server.
func TestLongPythonClientOfWyoming(t *testing.T) {
	if os.Getenv("TEST_LONG") == "" {
		t.Skip("a peer over 100 MB: make test-long")
	}
	s := serve(t, Config{Recognizer: scripted.New("à Avignon")})
	cmd := exec.Command("../.cache/wyoming-faster-whisper/venv/bin/python", "../testdata/peers/wyoming-faster-whisper/client.py", "tcp://"+s.wyoming)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if want := `{"asr": ["scripted"], "tts": ["voix"], "text": "à Avignon", "rate": 24000, "samples": 720}`; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("%s, want %s; %v", out, want, err)
	}
}
