package espeak

import (
	"testing"

	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/ttstest"
)

func TestSuite(t *testing.T) {
	ttstest.Run(t, func(t *testing.T) tts.Synthesizer { return realVoice(t, Config{}) })
}
