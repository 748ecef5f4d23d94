package speech

import (
	"context"
	"net"
	"os/exec"
	"testing"

	"github.com/acotel/acotel-sbc/asr/none"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
	ttsopenai "github.com/acotel/acotel-sbc/tts/openai"
	"github.com/acotel/acotel-sbc/tts/ttstest"
	ttswyoming "github.com/acotel/acotel-sbc/tts/wyoming"
)

// Our own voice, by both protocols, is as good a voice as when it is near.
func TestVoiceSuite(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	serve := func(t *testing.T, with func(s *Server, ln net.Listener) error) string {
		v, err := espeak.New(t.Context(), espeak.Config{})
		if err != nil {
			t.Fatal(err)
		}
		speaker, err := tts.NewSpeaker(tts.SpeakerConfig{Synthesizer: v, LineRate: 24000})
		if err != nil {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := New(Config{Recognizer: none.New(), Voice: speaker, VoiceName: "acotel", VoiceRate: 24000, Slots: 8})
		done := make(chan error, 1)
		go func() { done <- with(s, ln) }()
		t.Cleanup(func() {
			ctx, cancel := context.WithCancel(context.Background())
			cancel() // whoever is still connected has been given up
			_ = s.Shutdown(ctx)
			if err := <-done; err != nil {
				t.Error(err)
			}
			speaker.Close()
		})
		return ln.Addr().String()
	}
	t.Run("wyoming", func(t *testing.T) {
		ttstest.Run(t, func(t *testing.T) tts.Synthesizer {
			return ttswyoming.New(ttswyoming.Config{Address: serve(t, (*Server).ServeWyoming), Voice: "acotel"})
		})
	})
	for _, format := range []string{ttsopenai.PCM, ttsopenai.WAV} {
		t.Run("openai "+format, func(t *testing.T) {
			ttstest.Run(t, func(t *testing.T) tts.Synthesizer {
				v, err := ttsopenai.New(ttsopenai.Config{URL: "http://" + serve(t, (*Server).ServeHTTP) + "/v1", Voice: "acotel", Format: format})
				if err != nil {
					t.Fatal(err)
				}
				return v
			})
		})
	}
}
