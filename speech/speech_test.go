package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/acotel/acotel-sbc/asr"
	"github.com/acotel/acotel-sbc/asr/asrtest"
	asropenai "github.com/acotel/acotel-sbc/asr/openai"
	"github.com/acotel/acotel-sbc/asr/scripted"
	asrwyoming "github.com/acotel/acotel-sbc/asr/wyoming"
	"github.com/acotel/acotel-sbc/media"
	"github.com/acotel/acotel-sbc/openai"
	"github.com/acotel/acotel-sbc/tts"
	ttsopenai "github.com/acotel/acotel-sbc/tts/openai"
	ttswyoming "github.com/acotel/acotel-sbc/tts/wyoming"
	"github.com/acotel/acotel-sbc/wyoming"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buzz says 10 ms for each letter, and remembers how it was asked to.
type buzz struct {
	mu    sync.Mutex
	said  []string
	rates []float64
	block chan struct{} // when not nil, a sentence "attends" waits for it
	began chan struct{}
}

func (*buzz) Sentences(text string) []string { return strings.SplitAfter(text, ". ") }

func (b *buzz) Say(ctx context.Context, sentence string, o tts.Options, emit func([]int16) error) (tts.Info, error) {
	b.mu.Lock()
	b.said, b.rates = append(b.said, sentence), append(b.rates, o.Rate)
	b.mu.Unlock()
	switch sentence {
	case "attends":
		b.began <- struct{}{}
		select {
		case <-b.block:
		case <-ctx.Done():
			return tts.Info{}, ctx.Err()
		}
	case "panne":
		return tts.Info{}, errors.New("no voice")
	case "demi-panne":
		_ = emit(make([]int16, 240))
		return tts.Info{}, errors.New("half a voice")
	}
	for range sentence {
		pcm := make([]int16, 240)
		for i := range pcm {
			pcm[i] = 1000
		}
		if err := emit(pcm); err != nil {
			return tts.Info{}, err
		}
	}
	return tts.Info{}, nil
}

// hinted hears the state it is told to expect, and two alternatives.
type hinted struct{ *scripted.Recognizer }

func (h hinted) Open(ctx context.Context, f asr.Format) (asr.Stream, error) {
	return &hintedStream{results: asr.NewResults("hinted", f)}, ctx.Err()
}

type hintedStream struct {
	asr.Stream
	results *asr.Results
	hints   asr.Hints
}

func (s *hintedStream) Write(pcm []int16) error    { _, err := s.results.Write(len(pcm)); return err }
func (s *hintedStream) Expect(h asr.Hints)         { s.hints = h }
func (s *hintedStream) Results() <-chan asr.Result { return s.results.C() }
func (s *hintedStream) Close() error               { s.results.Close(); return nil }
func (s *hintedStream) EndTurn() error {
	t, err := s.results.EndTurn()
	if err == nil {
		if s.hints.State == "busy" {
			s.results.Final(t, nil, asr.ErrBusy)
			return nil
		}
		s.results.Final(t, []asr.Alternative{{Text: s.hints.State + "/" + strings.Join(s.hints.Phrases, "+"), Confidence: 0.9}, {Text: "ou bien", Confidence: 0.1, INSEE: "84007"}}, nil)
	}
	return err
}

type served struct {
	*Server
	url, wyoming string
	voice        *buzz
}

func serve(t *testing.T, c Config) served {
	t.Helper()
	v, _ := c.Voice.(*buzz)
	if v == nil {
		v = &buzz{}
		c.Voice = v
	}
	c.VoiceName, c.VoiceRate = "voix", 24000
	s := New(c)
	var at [2]string
	for i, f := range []func(net.Listener) error{s.ServeHTTP, s.ServeWyoming} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at[i] = ln.Addr().String()
		done := make(chan error, 1)
		go func() { done <- f(ln) }()
		t.Cleanup(func() {
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return served{s, "http://" + at[0] + "/v1", at[1], v}
}

// Our own backends keep the promise of Stream when they ask our own server.
func TestOurBackendsAtOurServer(t *testing.T) {
	s := serve(t, Config{Recognizer: scripted.New("un atelier", "", "à Orange"), Key: "geheim", Slots: 8})
	t.Run("openai", func(t *testing.T) {
		asrtest.Run(t, func(t *testing.T) asr.Recognizer {
			r, err := asropenai.New(asropenai.Config{URL: s.url, Key: "geheim", Hints: "full"})
			if err != nil {
				t.Fatal(err)
			}
			return r
		})
	})
	t.Run("wyoming", func(t *testing.T) {
		asrtest.Run(t, func(*testing.T) asr.Recognizer { return asrwyoming.New(asrwyoming.Config{Address: s.wyoming}) })
	})
}

// say speaks a second to r.
func say(t *testing.T, r asr.Recognizer, h asr.Hints) asr.Result {
	t.Helper()
	defer r.Close()
	st, err := r.Open(t.Context(), asr.Format{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	st.Expect(h)
	if err := st.Write(make([]int16, 8000)); err != nil {
		t.Fatal(err)
	}
	if err := st.EndTurn(); err != nil {
		t.Fatal(err)
	}
	got, err := final(t.Context(), st, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What is expected and what was heard crosses from node to node whole.
func TestHintsAndAlternativesBetweenNodes(t *testing.T) {
	s := serve(t, Config{Recognizer: hinted{scripted.New()}})
	h := asr.Hints{State: "confirm", Kinds: []string{"place"}, Phrases: []string{"oui", "bien sûr"}, CallerZone: "04"}
	viaHTTP := func(hints string) asr.Recognizer {
		r, err := asropenai.New(asropenai.Config{URL: s.url, Hints: hints})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		name string
		r    asr.Recognizer
		want string
	}{
		{"openai, everything", viaHTTP("full"), "confirm/oui+bien sûr"},
		{"openai, a prompt", viaHTTP("prompt"), "/oui+bien sûr"},
		{"openai, nothing", viaHTTP("none"), "/"},
		{"wyoming", asrwyoming.New(asrwyoming.Config{Address: s.wyoming}), "confirm/oui+bien sûr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := say(t, c.r, h)
			if got.Err != nil || len(got.Alternatives) != 2 || got.Text() != c.want || got.Alternatives[0].Confidence != 0.9 || got.Alternatives[1].INSEE != "84007" {
				t.Errorf("%+v, want %q", got, c.want)
			}
		})
	}
	for name, r := range map[string]asr.Recognizer{"openai": viaHTTP("full"), "wyoming": asrwyoming.New(asrwyoming.Config{Address: s.wyoming})} {
		if got := say(t, r, asr.Hints{State: "busy"}); got.Err == nil || !strings.Contains(got.Err.Error(), "busy") {
			t.Errorf("%s: a busy server gives %+v", name, got)
		}
	}
}

// Our own voices ask our own server: sound comes at the rate that was asked for.
func TestOurVoicesAtOurServer(t *testing.T) {
	s := serve(t, Config{Recognizer: scripted.New()})
	open := func(format string, rate int) tts.Synthesizer {
		v, err := ttsopenai.New(ttsopenai.Config{URL: s.url, Format: format, SampleRate: rate})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name string
		v    tts.Synthesizer
		want int // samples of four letters
	}{
		{"openai pcm", open("pcm", 24000), 960},
		{"openai wav, converted", open("wav", 16000), 640},
		{"wyoming, converted", ttswyoming.New(ttswyoming.Config{Address: s.wyoming, SampleRate: 8000}), 320},
		{"wyoming, by name", ttswyoming.New(ttswyoming.Config{Address: s.wyoming, Voice: "voix", SampleRate: 24000}), 960},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer c.v.Close()
			n, loudest := 0, int16(0)
			err := c.v.Synthesize(t.Context(), tts.Utterance{Text: "oui!", Rate: 0.8, Volume: 2}, func(pcm []int16) error {
				n += len(pcm)
				for _, x := range pcm {
					loudest = max(loudest, x)
				}
				return nil
			})
			if err != nil || n != c.want || loudest < 1900 || loudest > 2300 {
				t.Errorf("%d samples, want %d, the loudest %d; %v", n, c.want, loudest, err)
			}
			if rate := s.voice.rates[len(s.voice.rates)-1]; rate != 0.8 {
				t.Errorf("said at %g", rate)
			}
			if err := c.v.Synthesize(t.Context(), tts.Utterance{Text: "panne"}, func([]int16) error { return nil }); err == nil {
				t.Error("no error of a voice that is broken")
			}
			if err := c.v.Synthesize(t.Context(), tts.Utterance{Text: "demi-panne"}, func([]int16) error { return nil }); err == nil {
				t.Error("half a sentence is taken for a whole one")
			}
		})
	}
	unknown := ttswyoming.New(ttswyoming.Config{Address: s.wyoming, Voice: "autre"})
	if err := unknown.Synthesize(t.Context(), tts.Utterance{Text: "oui"}, func([]int16) error { return nil }); err == nil || !strings.Contains(err.Error(), "autre") {
		t.Errorf("a voice that is not there: %v", err)
	}
}

// upload sends a form.
func upload(t *testing.T, url string, file []byte, fields map[string]string) (int, string, http.Header) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = m.WriteField(k, v)
	}
	if file != nil {
		w, _ := m.CreateFormFile("file", "x.wav")
		_, _ = w.Write(file)
	}
	m.Close()
	return post(t, url+"/audio/transcriptions", m.FormDataContentType(), &b)
}

func post(t *testing.T, url, kind string, body io.Reader) (int, string, http.Header) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), "POST", url, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", kind)
	q.Close = true
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text), a.Header
}

// second is a second of a sound at a rate, as a WAV file.
func second(t *testing.T, rate int) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "second.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := media.WriteWAV(f, make([]int16, rate), rate); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTranscriptionsOverHTTP(t *testing.T) {
	s := serve(t, Config{Recognizer: scripted.New("à Avignon")})
	ok := second(t, 8000)
	for _, c := range []struct {
		name   string
		file   []byte
		fields map[string]string
		status int
		want   string
	}{
		{"json", ok, map[string]string{"model": "whisper-1"}, 200, `{"text":"à Avignon"}`},
		{"text", ok, map[string]string{"response_format": "text"}, 200, "à Avignon\n"},
		{"verbose", ok, map[string]string{"response_format": "verbose_json", "language": "fr"}, 200, `"duration":1,"segments":[{"id":0,`},
		{"another rate", second(t, 96000), nil, 200, "Avignon"},
		{"subtitles", ok, map[string]string{"response_format": "srt"}, 400, `"param":"response_format"`},
		{"English", ok, map[string]string{"language": "en"}, 400, `"param":"language"`},
		{"a stream", ok, map[string]string{"stream": "true"}, 400, `"param":"stream"`},
		{"no file", nil, nil, 400, `"code":"missing_required_parameter"`},
		{"no sound", []byte("ID3 this is no WAV"), nil, 400, "give a WAV file"},
		{"too long", second(t, 500000), map[string]string{"x": strings.Repeat("x", maxField+1)}, 400, "too long"},
		{"too much", make([]byte, maxUpload+1), nil, 413, `"code":"too_large"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, h := upload(t, s.url, c.file, c.fields)
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%d %.300s, want %d %s", status, body, c.status, c.want)
			}
			if status != 200 && h.Get("Content-Type") != "application/json" {
				t.Errorf("an error as %s", h.Get("Content-Type"))
			}
		})
	}
	if status, body, _ := post(t, s.url+"/audio/transcriptions", "application/json", strings.NewReader("{}")); status != 400 || !strings.Contains(body, "multipart/form-data") {
		t.Errorf("%d %s", status, body)
	}
}

func TestSpeechOverHTTP(t *testing.T) {
	s := serve(t, Config{Recognizer: scripted.New()})
	for _, c := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"pcm", `{"model":"tts-1","input":"oui","voice":"alloy","response_format":"pcm"}`, 200, "\xe8\x03\xe8\x03"},
		{"wav", `{"input":"oui","voice":"voix","response_format":"wav"}`, 200, "RIFF\xff\xff\xff\xffWAVEfmt "},
		{"mp3", `{"input":"oui","response_format":"mp3"}`, 400, "response_format mp3 is not made here; there are wav and pcm (24000 Hz"},
		{"opus", `{"input":"oui","response_format":"opus"}`, 400, "opus"},
		{"no format", `{"input":"oui"}`, 400, "mp3 (what no response_format means)"},
		{"nothing", `{"input":" ","response_format":"wav"}`, 400, `"param":"input"`},
		{"a novel", `{"input":"` + strings.Repeat("é", 4097) + `","response_format":"wav"}`, 400, "string_above_max_length"},
		{"too much", `{"input":"` + strings.Repeat("x", maxRequest) + `"}`, 413, "too_large"},
		{"another voice", `{"input":"oui","voice":"nova","response_format":"wav"}`, 400, `the voice is \"voix\"`},
		{"too fast", `{"input":"oui","speed":9,"response_format":"wav"}`, 400, `"param":"speed"`},
		{"no JSON", `x`, 400, "no JSON"},
		{"a broken voice", `{"input":"panne","response_format":"wav"}`, 500, `"type":"server_error"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, _ := post(t, s.url+"/audio/speech", "application/json", strings.NewReader(c.body))
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%d %.300q, want %d %q", status, body, c.status, c.want)
			}
		})
	}
}

func TestKeysModelsAndStrangeAddresses(t *testing.T) {
	s := serve(t, Config{Recognizer: scripted.New(), Key: "geheim"})
	for _, c := range []struct {
		name, method, path, key string
		status                  int
		want                    string
	}{
		{"no key", "GET", "/models", "", 401, "invalid_api_key"},
		{"a wrong key", "GET", "/models", "geheimer", 401, "invalid_api_key"},
		{"the models", "GET", "/models", "geheim", 200, `"id":"whisper-1"`},
		{"a model", "GET", "/models/scripted", "geheim", 200, `"id":"scripted"`},
		{"no model", "GET", "/models/x", "geheim", 404, "model_not_found"},
		{"no such address", "POST", "/chat/completions", "geheim", 404, "unknown_url"},
		{"a wrong method", "GET", "/audio/speech", "geheim", 404, "unknown_url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, err := http.NewRequestWithContext(t.Context(), c.method, s.url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			q.Close = true
			q.Header.Set("Authorization", "Bearer "+c.key)
			a, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			text, _ := io.ReadAll(a.Body)
			var e openai.Envelope
			if a.StatusCode != c.status || !strings.Contains(string(text), c.want) || c.status != 200 && (json.Unmarshal(text, &e) != nil || e.Error.Message == "") {
				t.Errorf("%d %s", a.StatusCode, text)
			}
		})
	}
	info, err := wyoming.Describe(t.Context(), s.wyoming)
	if err != nil || info.ASR[0].Models[0].Name != "scripted" || info.TTS[0].Voices[0].Name != "voix" {
		t.Errorf("%+v, %v", info, err)
	}
}

// One piece of work at once: the next one waits, and is refused in the end; what
// is in progress ends when the server is stopped.
func TestABusyServerAndADrain(t *testing.T) {
	v := &buzz{block: make(chan struct{}), began: make(chan struct{}, 1)}
	s := serve(t, Config{Recognizer: scripted.New(), Voice: v, Slots: 1})
	type answer struct {
		status int
		body   string
	}
	first := make(chan answer, 1)
	go func() {
		status, body, _ := post(t, s.url+"/audio/speech", "application/json", strings.NewReader(`{"input":"attends","response_format":"pcm"}`))
		first <- answer{status, body}
	}()
	<-v.began
	status, body, h := post(t, s.url+"/audio/speech", "application/json", strings.NewReader(`{"input":"oui","response_format":"pcm"}`))
	if status != 429 || h.Get("Retry-After") != "1" || !strings.Contains(body, "rate_limit_error") {
		t.Errorf("%d %s", status, body)
	}
	down := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		down <- s.Shutdown(ctx)
	}()
	close(v.block)
	if a := <-first; a.status != 200 || len(a.body) != 2*240*len("attends") {
		t.Errorf("%d and %d bytes", a.status, len(a.body))
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}
