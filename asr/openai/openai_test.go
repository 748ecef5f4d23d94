package openai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	"github.com/acotel/acotel-sbc/asr/remote"
	"github.com/acotel/acotel-sbc/asr/remote/remotetest"
	"github.com/acotel/acotel-sbc/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api answers every request alike and remembers what was asked.
type api struct {
	statuses    []int // one after the other, then 200
	contentType string
	body        string

	mu     sync.Mutex
	fields []map[string]string
	header []http.Header
	sound  []int // samples at 16 kHz
}

func (a *api) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fields := map[string]string{"path": q.URL.Path}
	if err := q.ParseMultipartForm(1 << 22); err == nil {
		for k, v := range q.MultipartForm.Value {
			fields[k] = v[0]
		}
		if f, _, err := q.FormFile("file"); err == nil {
			data, _ := io.ReadAll(f)
			pcm, hz, err := media.ReadWAV(bytes.NewReader(data))
			if err != nil || hz != 16000 {
				http.Error(w, fmt.Sprint(hz, err), http.StatusTeapot)
				return
			}
			a.sound = append(a.sound, len(pcm))
		}
	}
	a.fields, a.header = append(a.fields, fields), append(a.header, q.Header)
	if n := len(a.fields); n <= len(a.statuses) {
		w.WriteHeader(a.statuses[n-1])
		return
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	_, _ = io.WriteString(w, a.body)
}

func serve(t *testing.T, a *api) string {
	t.Helper()
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

func make1(t *testing.T, c Config) asr.Recognizer {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKeepsThePromiseOfStream(t *testing.T) {
	url := serve(t, &api{body: `{"text":"bonjour"}`})
	asrtest.Run(t, func(t *testing.T) asr.Recognizer { return make1(t, Config{URL: url}) })
}

func TestServersThatMisbehave(t *testing.T) {
	remotetest.Misbehaving(t, func(address string) asr.Recognizer {
		return make1(t, Config{URL: "http://" + address, Timeout: remotetest.Timeout, Retries: 1})
	}, nil)
}

// say speaks a second of 8 kHz.
func say(t *testing.T, r asr.Recognizer, h asr.Hints) asr.Result {
	t.Helper()
	defer r.Close()
	s, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	s.Expect(h)
	for range 50 {
		if err := s.Write(make([]int16, 160)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndTurn(); err != nil {
		t.Fatal(err)
	}
	return <-s.Results()
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body string
		text                    string
		confidence              float64
		err                     string
	}{
		{"a text", "application/json", `{"text":" Avignon. "}`, "Avignon.", 0.7, ""},
		{"an empty one", "application/json", `{"text":""}`, "", 0, ""},
		{"plain text", "text/plain; charset=utf-8", "Avignon\n", "Avignon", 0.7, ""},
		{"segments", "application/json", `{"text":"à Avignon","segments":[{"text":" à","start":0,"end":1,"avg_logprob":0},{"text":" Avignon","start":1,"end":4,"avg_logprob":-0.6931471805599453}]}`, "à Avignon", 0.625, ""},
		{"a phantom", "application/json", `{"text":"Sous-titres","segments":[{"text":"Sous-titres","end":1,"avg_logprob":-1.2,"no_speech_prob":0.9}]}`, "", 0, ""},
		{"our own", "application/json", `{"text":"Avignon","acotel_alternatives":[{"text":"Avignon","confidence":0.9},{"text":"Avion","confidence":0.1}]}`, "Avignon", 0.9, ""},
		{"our own heard nothing", "application/json", `{"text":"","acotel_alternatives":[]}`, "", 0, ""},
		{"no text", "application/json", `{"detail":"?"}`, "", 0, "no text"},
		{"no JSON", "application/json", `<html>`, "", 0, "no transcription"},
		{"too much", "application/json", strings.Repeat(" ", maxAnswer+1), "", 0, "more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := say(t, make1(t, Config{URL: serve(t, &api{contentType: c.contentType, body: c.body})}), asr.Hints{})
			if got.Text() != c.text || (c.err == "") != (got.Err == nil) || c.err != "" && !strings.Contains(got.Err.Error(), c.err) {
				t.Fatalf("%+v", got)
			}
			if c.text != "" && math.Abs(got.Alternatives[0].Confidence-c.confidence) > 1e-9 {
				t.Errorf("confidence %g, want %g", got.Alternatives[0].Confidence, c.confidence)
			}
		})
	}
}

func TestWhatIsAsked(t *testing.T) {
	h := asr.Hints{State: "confirm", Phrases: []string{"oui", "bien sûr"}}
	for _, c := range []struct {
		hints, prompt string
		header        bool
	}{{"none", "", false}, {"", "oui, bien sûr.", false}, {"full", "oui, bien sûr.", true}} {
		t.Run("hints "+c.hints, func(t *testing.T) {
			a := &api{body: `{"text":"oui"}`}
			say(t, make1(t, Config{URL: serve(t, a), Key: "geheim", Model: "m", Hints: c.hints}), h)
			f := a.fields[0]
			if f["path"] != "/v1/audio/transcriptions" || f["model"] != "m" || f["language"] != "fr" || f["response_format"] != "verbose_json" || f["prompt"] != c.prompt || a.sound[0] != 16000 {
				t.Errorf("asked %v about %v samples", f, a.sound)
			}
			if a.header[0].Get("Authorization") != "Bearer geheim" {
				t.Errorf("%v", a.header[0])
			}
			if back, err := remote.DecodeHints([]byte(a.header[0].Get(remote.HintsHeader))); err != nil || c.header != (len(back.Phrases) == 2 && back.Phrases[1] == "bien sûr") {
				t.Errorf("hints %+v, %v", back, err)
			}
		})
	}
	if _, err := New(Config{Hints: "some"}); err == nil {
		t.Error("unknown hints are taken")
	}
}

func TestRetries(t *testing.T) {
	for _, c := range []struct {
		name     string
		statuses []int
		tries    int
		text     string
	}{
		{"busy once", []int{429}, 2, "oui"},
		{"broken, then broken, then well", []int{500, 503}, 3, "oui"},
		{"a wrong key", []int{401, 401, 401}, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &api{body: `{"text":"oui"}`, statuses: c.statuses}
			got := say(t, make1(t, Config{URL: serve(t, a), Retries: 2, Timeout: time.Minute}), asr.Hints{})
			if got.Text() != c.text || len(a.fields) != c.tries || (got.Err == nil) != (c.text != "") {
				t.Errorf("%+v after %d tries", got, len(a.fields))
			}
		})
	}
}

// A server that has too much to do is told from one that is broken: it is not left alone for that, nor is the caller asked again.
func TestBusyIsNoFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		busy   bool
	}{
		{"too many requests", 429, "", true},
		{"our own recogniser is busy", 503, `{"error":{"message":"x","code":"busy"}}`, true},
		{"nothing left to pay with", 429, `{"error":{"message":"x","code":"insufficient_quota"}}`, false},
		{"nobody behind the proxy", 503, "<html>", false},
		{"broken", 500, "", false},
		{"a wrong key", 401, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				_, _ = io.Copy(io.Discard, q.Body)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer s.Close()
			got := say(t, make1(t, Config{URL: s.URL}), asr.Hints{})
			if got.Err == nil || errors.Is(got.Err, asr.ErrBusy) != c.busy {
				t.Errorf("%v", got.Err)
			}
		})
	}
}

func TestPromptsStayShort(t *testing.T) {
	if p := prompt(asr.Hints{Phrases: strings.Fields(strings.Repeat("Châteauneuf-du-Pape ", 100))}); len(p) > maxPrompt+1 || !strings.HasSuffix(p, ".") {
		t.Errorf("%d bytes: %s", len(p), p)
	}
}
