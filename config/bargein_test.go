package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const bargeInFile = `barge_in:
  min_dbov: -45
  messages:
    result.*: {speech_start_ms: 400}
    result.where*: {min_dbov: -30}
    result.where: {allowed: false}
`

func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "acotel.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestBargeInOfAMessage(t *testing.T) {
	c, err := Load(Default(), Options{File: written(t, bargeInFile)})
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]BargeInRule{
		"place.ask":        {Allowed: true, SpeechStartMS: 200, SpeechMinMS: 300, MinDBov: -45},
		"result.price":     {Allowed: true, SpeechStartMS: 400, SpeechMinMS: 300, MinDBov: -45},
		"result.where_far": {Allowed: true, SpeechStartMS: 200, SpeechMinMS: 300, MinDBov: -30},
		"result.where":     {Allowed: false, SpeechStartMS: 200, SpeechMinMS: 300, MinDBov: -45},
	} {
		if got := c.BargeIn.For(message); got != want {
			t.Errorf("%s: %+v, want %+v", message, got, want)
		}
	}
	if got := c.BargeIn.Unknown([]string{"result.where", "place.ask"}); !slices.Equal(got, nil) {
		t.Errorf("unknown: %q", got)
	}
	if got := c.BargeIn.Unknown([]string{"place.ask"}); !slices.Equal(got, []string{"result.*", "result.where", "result.where*"}) {
		t.Errorf("unknown: %q", got)
	}
}

func TestBargeInIsChecked(t *testing.T) {
	for text, want := range map[string]string{
		"barge_in: {min_dbov: 3}":                                 "barge_in.min_dbov: 3 is outside",
		"barge_in: {messages: {place.ask: {speech_start_ms: 5}}}": "barge_in.messages.place.ask.speech_start_ms: 5 is outside",
		"barge_in: {messages: {place.ask: {start: 5}}}":           `acotel.yaml:1: barge_in.messages.place.ask.start: unknown key`,
	} {
		_, err := Load(Default(), Options{File: written(t, text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
