package wyoming

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
	proto "github.com/acotel/acotel-sbc/wyoming"
)

// fasterWhisper starts the PyPI package wyoming-faster-whisper, which scripts/wyoming-peer.sh installs, with the weights of Whisper
// base, and returns where it listens.
func fasterWhisper(t *testing.T) string {
	t.Helper()
	if os.Getenv("TEST_LONG") == "" {
		t.Skip("a peer over 100 MB: make test-long")
	}
	dir, err := filepath.Abs("../../.cache/wyoming-faster-whisper")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	cmd := exec.Command(filepath.Join(dir, "venv/bin/python"), "-m", "wyoming_faster_whisper", "--uri", "tcp://"+address, "--model", filepath.Join(dir, "model"),
		"--data-dir", t.TempDir(), "--language", "fr", "--stt-library", "faster-whisper", "--local-files-only",
		"--compute-type", "int8", "--beam-size", "5", "--vad-filter", // without it Whisper makes up words for the suite's buzz, each time anew at six temperatures
		"--cpu-threads", "1") // threads that wait for each other spin, and starve on a busy machine
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "OMP_NUM_THREADS=1")
	log, err := os.Create(filepath.Join(t.TempDir(), "peer.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		info, err := proto.Describe(ctx, address)
		cancel()
		if err == nil && len(info.ASR) > 0 {
			t.Logf("the peer is %s %s", info.ASR[0].Name, info.ASR[0].Version)
			return address
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the peer does not listen: %v\n%s", err, text)
		}
	}
}

// spoken is a French sentence at 8 kHz.
func spoken(t *testing.T, text string) []int16 {
	t.Helper()
	v, err := espeak.New(t.Context(), espeak.Config{Voice: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := media.NewResampler(v.SampleRate(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 2400)
	if err := v.Synthesize(t.Context(), tts.Utterance{Text: text}, func(p []int16) error { pcm = c.Process(pcm, p); return nil }); err != nil {
		t.Fatal(err)
	}
	return append(c.Flush(pcm), make([]int16, 6400)...)
}

// What is heard is Whisper base's own; the sentences are such as it hears. Each is prepared, and the end of the turn answered from that; the
// last one goes on after it was prepared, and is heard as a whole.
func TestLongFasterWhisperHearsFrench(t *testing.T) {
	address := fasterWhisper(t)
	r := New(Config{Address: address, Timeout: 2 * time.Minute})
	defer r.Close()
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	write := func(pcm []int16) {
		for frame := range slices.Chunk(pcm, 160) {
			if err := s.Write(frame); err != nil {
				t.Fatal(err)
			}
		}
	}
	for turn, c := range []struct {
		say  []string // with a pause in between
		want []string // words of the answer
	}{{[]string{"Oui, merci beaucoup."}, []string{"oui", "merci"}}, {[]string{"Oui, merci beaucoup.", "Au revoir, madame."}, []string{"merci", "revoir"}}} {
		began := time.Now()
		for i, sentence := range c.say {
			write(spoken(t, sentence))
			s.(asr.Preparer).Prepare()
			if last := i == len(c.say)-1; last || i > 0 {
				got := <-s.Results()
				t.Logf("%q is heard early as %q, %v after its first sound", c.say, got.Text(), time.Since(began).Round(time.Millisecond))
				if !got.Prepared {
					t.Errorf("%+v", got)
				}
			}
		}
		if err := s.EndTurn(); err != nil {
			t.Fatal(err)
		}
		got := <-s.Results()
		t.Logf("%q is heard as %q, %v after its end", c.say, got.Text(), got.Took.Round(time.Microsecond))
		for _, w := range c.want {
			if got.Err != nil || got.Turn != turn || !strings.Contains(strings.ToLower(got.Text()), w) {
				t.Errorf("%+v, want it to hold %q", got, w)
			}
		}
	}
}

func TestLongFasterWhisperKeepsThePromise(t *testing.T) {
	address := fasterWhisper(t)
	asrtest.Run(t, func(*testing.T) asr.Recognizer { return New(Config{Address: address, Timeout: time.Minute}) })
}
