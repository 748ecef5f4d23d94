package e2e

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/acotel/acotel-sbc/config"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/espeak"
	"github.com/acotel/acotel-sbc/wyoming"
)

// voiceServer is a Wyoming server with a voice of its own, fr+f2, that breaks in the middle of a sentence when it is told to.
type voiceServer struct {
	address string
	voice   *espeak.Voice
	server  *wyoming.Server

	mu   sync.Mutex
	how  string // "": well; closes, stalls
	cut  []string
	gone chan struct{}
}

func startVoiceServer(t *testing.T) *voiceServer {
	t.Helper()
	peer(t, "espeak-ng")
	own := config.Default().TTS
	v, err := espeak.New(t.Context(), espeak.Config{Voice: "fr+f2", WordsPerMinute: own.WordsPerMin, Pitch: own.Pitch})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &voiceServer{address: ln.Addr().String(), voice: v, gone: make(chan struct{})}
	s.server = &wyoming.Server{Handler: s}
	go func() {
		defer close(s.gone)
		if err := s.server.Serve(ln); !errors.Is(err, wyoming.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { s.close(); <-s.gone })
	return s
}

// close breaks every connection, and takes no more.
func (s *voiceServer) close() {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.server.Shutdown(now)
}

func (s *voiceServer) breaks(how string) { s.mu.Lock(); s.how = how; s.mu.Unlock() }

func (s *voiceServer) broken() []string { s.mu.Lock(); defer s.mu.Unlock(); return s.cut }

func (s *voiceServer) Info() wyoming.Info { return wyoming.Info{} }

func (s *voiceServer) Transcribe(context.Context, wyoming.Transcribe, int, func(string)) (wyoming.Transcription, error) {
	return nil, errors.New("no ears")
}

func (s *voiceServer) Synthesize(ctx context.Context, req wyoming.Synthesize, start func(int, *wyoming.Context) error, emit func([]int16) error) error {
	if err := start(s.voice.SampleRate(), nil); err != nil {
		return err
	}
	var pcm []int16
	if err := s.voice.Synthesize(ctx, tts.Utterance{Text: req.Text}, func(p []int16) error { pcm = append(pcm, p...); return nil }); err != nil {
		return err
	}
	s.mu.Lock()
	how := s.how
	if how != "" {
		s.cut = append(s.cut, req.Text)
		pcm = pcm[:len(pcm)/2]
	}
	s.mu.Unlock()
	for len(pcm) > 0 {
		n := min(2205, len(pcm))
		if err := emit(pcm[:n]); err != nil {
			return err
		}
		pcm = pcm[n:]
	}
	switch how {
	case "closes":
		go s.close() // it waits for this connection
		<-ctx.Done()
	case "stalls":
		<-ctx.Done()
	}
	return ctx.Err()
}

// killer is a folder with an espeak-ng that says half of each sentence and then waits to be killed, when it is told to.
type killer string

func newKiller(t *testing.T) killer {
	t.Helper()
	real, dir := peer(t, "espeak-ng"), t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
case "$1" in --version) exec %[1]s --version;; esac
if [ -e %[2]s/armed ]; then
  cat > %[2]s/text.$$
  %[1]s "$@" < %[2]s/text.$$ > %[2]s/sound.$$
  head -c $(( $(stat -c %%s %[2]s/sound.$$) / 2 )) %[2]s/sound.$$
  echo > %[2]s/pid.$$
  exec sleep 60
fi
exec %[1]s "$@"
`, real, dir)
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return killer(dir)
}

func (k killer) env() []string { return []string{"PATH=" + string(k) + ":" + os.Getenv("PATH")} }

func (k killer) arm(t *testing.T) {
	if err := os.WriteFile(filepath.Join(string(k), "armed"), nil, 0o600); err != nil {
		t.Error(err)
	}
}

// kill kills every child that waits for it, until ctx ends.
func (k killer) kill(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		waiting, _ := filepath.Glob(filepath.Join(string(k), "pid.*"))
		for _, name := range waiting {
			_ = os.Remove(name)
			pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Ext(name), "."))
			if err != nil {
				t.Error(err)
			} else if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Errorf("child %d: %v", pid, err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// cut is what the killed children had to say.
func (k killer) cut(t *testing.T) (texts []string) {
	names, _ := filepath.Glob(filepath.Join(string(k), "text.*"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return texts
}

// rendered is a text as the service says it with a voice of espeak-ng.
func rendered(t *testing.T, text, voice string) []int16 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.wav")
	if _, errOut, code := program(t, "", "speak", text, "-o", name, "--voice", voice); code != 0 {
		t.Fatal(errOut)
	}
	return wavOf(t, name)
}

func wavOf(t *testing.T, name string) []int16 {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, rate, err := media.ReadWAV(f)
	if err != nil || rate != media.LineRate {
		t.Fatalf("%s: %d Hz, %v", name, rate, err)
	}
	for len(pcm) > 0 && pcm[len(pcm)-1] == 0 { // the pause after the last sentence
		pcm = pcm[:len(pcm)-1]
	}
	return pcm
}

// likeness is how well a sound is found anywhere in what a caller heard, 0 to 1: normalised cross-correlation.
func likeness(heard, sound []int16) (best float64) {
	x, y := floats(heard), floats(sound)
	var own float64
	for _, v := range y {
		own += v * v
	}
	power := 0.0
	for _, v := range x[:len(y)] {
		power += v * v
	}
	for at := 0; at+len(y) < len(x); at++ {
		if power > own/100 { // nothing is found in silence
			dot := 0.0
			for i, v := range y {
				dot += v * x[at+i]
			}
			best = max(best, dot/math.Sqrt(own*power))
		}
		power += x[at+len(y)]*x[at+len(y)] - x[at]*x[at]
	}
	return best
}

func floats(pcm []int16) []float64 {
	out := make([]float64, len(pcm))
	for i, v := range pcm {
		out[i] = float64(v)
	}
	return out
}

// piece is an eighth of a second of a sound, which begins at a share of it.
func piece(pcm []int16, share float64) []int16 {
	n := media.LineRate / 8
	at := min(int(share*float64(len(pcm))), len(pcm)-n)
	return pcm[at : at+n]
}

// found is a likeness that only the same sound has, G.711 included.
const found = .9

// incident is what traces tell of one.
func incidents(t *testing.T, data string) (links []string) {
	t.Helper()
	out, errOut, code := program(t, "", "traces", "--json", "--data", data)
	if code != 0 {
		t.Fatal(errOut)
	}
	var list []struct{ Incident *struct{ Link string } }
	decode(t, out, &list)
	for _, tr := range list {
		if tr.Incident != nil {
			links = append(links, tr.Incident.Link)
		}
	}
	return links
}

// answerTo is the first sentence after keys that the caller pressed: no call before made it.
func answerTo(t *testing.T, s *service, keys string) string {
	t.Helper()
	_, after, _ := strings.Cut(s.outText(), "[touches "+keys+"]")
	_, after, ok := strings.Cut(after, "service   ")
	if !ok {
		t.Fatalf("no answer to %s\n%s", keys, s.outText())
	}
	sentence, _, _ := strings.Cut(strings.SplitN(after, "\n", 2)[0], ". ")
	return sentence + "."
}

// keyedCall asks for workshops by keys; begun is done when the notice has begun. It returns what the caller heard.
func (s *service) keyedCall(t *testing.T, begun func()) []int16 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "heard.wav")
	done := make(chan error, 1)
	go func() {
		_, err := s.tryCall("--from", "0639980001", "--at-once", "--dtmf", "84000#", "--record", name, "--linger", "5s", "--max", "90s")
		done <- err
	}()
	eventually(t, 30*time.Second, func() string {
		if strings.Contains(s.outText(), "voix automatique") {
			return ""
		}
		return "the call does not begin\n" + s.logText()
	})
	begun()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return wavOf(t, name)
}

// A voice that dies in the middle of a sentence, in the middle of a call: the caller hears the sentence to its end from the next voice,
// without what was heard already, and nobody notes an incident.
func TestAVoiceThatDiesInMidSentence(t *testing.T) {
	t.Parallel()
	long(t)
	for _, c := range []struct{ name, backends, first, next, label string }{
		{"closes", "wyoming, espeak", "fr+f2", "fr", "wyoming"},
		{"stalls", "wyoming, espeak", "fr+f2", "fr", "wyoming"},
		{"child killed", "espeak, wyoming", "fr", "fr+f2", "espeak"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, kills := startVoiceServer(t), newKiller(t)
			s := serveIn(t, t.TempDir(), kills.env(), "--set", "tts.backends=["+c.backends+"]", "--set", "tts.wyoming.address="+server.address,
				"--set", "tts.wyoming.timeout_ms=4000", "--set", "check.seconds=0")
			ctx, stop := context.WithCancel(t.Context())
			var killing sync.WaitGroup
			defer killing.Wait()
			defer stop()
			heard := s.keyedCall(t, func() {
				if c.name == "child killed" {
					kills.arm(t)
					killing.Go(func() { kills.kill(ctx, t) })
					return
				}
				server.breaks(c.name)
			})
			if len(server.broken())+len(kills.cut(t)) == 0 {
				t.Fatalf("no sentence was cut\n%s", s.outText())
			}
			cut := answerTo(t, s, "84000")
			first, next := rendered(t, cut, c.first), rendered(t, cut, c.next)
			for _, p := range []struct {
				what  string
				sound []int16
				want  bool
			}{{"its beginning by the voice that died", piece(first, .1), true}, {"its beginning by the other one", piece(next, .1), false},
				{"its end by the other one", piece(next, .85), true}, {"its end by the voice that died", piece(first, .85), false}} {
				if got := likeness(heard, p.sound); (got >= found) != p.want {
					t.Errorf("%q: %s is found with %.2f", cut, p.what, got)
				}
			}
			if links := incidents(t, s.data); len(links) != 0 {
				t.Errorf("incidents %q", links)
			}
			m := s.scrape()
			if failed := m[`acotel_tts_voice_sentences_total{outcome="failed",voice="`+c.label+`"}`] + m[`acotel_tts_voice_sentences_total{outcome="stalled",voice="`+c.label+`"}`]; failed == 0 || m["acotel_tts_failures_total"] != 0 {
				t.Errorf("%g sentences failed at the voice, %g for the caller", failed, m["acotel_tts_failures_total"])
			}
		})
	}
}

// With every voice dead the caller hears the message that was rendered at the start, to its end.
func TestAllVoicesDieInMidCall(t *testing.T) {
	t.Parallel()
	server, kills := startVoiceServer(t), newKiller(t)
	s := serveIn(t, t.TempDir(), kills.env(), "--set", "tts.backends=[espeak, wyoming]", "--set", "tts.wyoming.address="+server.address,
		"--set", "tts.wyoming.timeout_ms=4000", "--set", "check.seconds=0", "--set", "tts.rate=0.9")
	ctx, stop := context.WithCancel(t.Context())
	var killing sync.WaitGroup
	defer killing.Wait()
	defer stop()
	heard := s.keyedCall(t, func() {
		kills.arm(t)
		server.breaks("stalls")
		killing.Go(func() { kills.kill(ctx, t) })
	})
	for _, sentence := range []string{"Je regrette, nous avons un souci technique.", "Rappelez-nous un peu plus tard, s'il vous plaît."} {
		name := filepath.Join(t.TempDir(), "x.wav")
		if _, errOut, code := program(t, "", "speak", sentence, "-o", name, "--speed", "0.9"); code != 0 {
			t.Fatal(errOut)
		}
		sound := wavOf(t, name)
		for _, share := range []float64{.1, .5, .85} {
			if got := likeness(heard, piece(sound, share)); got < found {
				t.Errorf("%q: at %g of it the caller hears something else (%.2f)", sentence, share, got)
			}
		}
	}
	if links := incidents(t, s.data); len(links) != 1 || links[0] != "voice" {
		t.Errorf("incidents %q", links)
	}
	if t.Failed() {
		t.Logf("%s\n%s", s.outText(), s.logText())
	}
}

// onLine is a WAV file at the line's rate, without its first samples.
func onLine(t *testing.T, name string, without int) []int16 {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, rate, err := media.ReadWAV(f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := media.NewResampler(rate, media.LineRate)
	if err != nil {
		t.Fatal(err)
	}
	return r.Flush(r.Process(nil, pcm[without:]))
}

// What a person recorded is heard in place of the voice, resampled from its own rate.
func TestRecordingsAreHeard(t *testing.T) {
	t.Parallel()
	const sentence = "Je suis la voix automatique du service des ateliers pour bien vieillir."
	dir := t.TempDir()
	if _, errOut, code := program(t, "", "speak", sentence, "-o", filepath.Join(dir, "a.wav"), "--voice", "fr+m3", "--rate", "48000"); code != 0 {
		t.Fatal(errOut)
	}
	list := filepath.Join(dir, "list.yaml")
	if err := os.WriteFile(list, []byte("recordings:\n- {text: '"+sentence+"', file: a.wav}\n- {text: Bonjoure., file: a.wav}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, t.TempDir(), "--set", "tts.recordings="+list, "--set", "check.seconds=0")
	heardIn := filepath.Join(dir, "heard.wav")
	if _, err := s.tryCall("--from", "0639980001", "--at-once", "--dtmf", "0", "--record", heardIn, "--linger", "1s", "--max", "20s"); err != nil {
		t.Fatal(err)
	}
	heard := wavOf(t, heardIn)
	best := 0.0
	for late := range 48000 / media.LineRate { // the line's samples lie anywhere between the recording's
		best = max(best, likeness(heard, piece(onLine(t, filepath.Join(dir, "a.wav"), late), .5)))
	}
	if best < found {
		t.Errorf("the recording is not heard (%.2f)", best)
	}
	if got := likeness(heard, piece(rendered(t, sentence, "fr"), .5)); got >= found {
		t.Errorf("the voice is heard (%.2f)", got)
	}
	if log := s.logText(); !strings.Contains(log, "a recording is of a sentence that no message has") || !strings.Contains(log, `"nearest":"Bonjour."`) {
		t.Errorf("the log does not tell of the sentence that no message has\n%s", log)
	}
}
