package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/acotel/acotel-sbc/asr/chain"
	asropenai "github.com/acotel/acotel-sbc/asr/openai"
	"github.com/acotel/acotel-sbc/asr/remote"
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
	case "…":
		return tts.Info{}, nil
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
		switch s.hints.State {
		case "busy":
			s.results.Final(t, nil, asr.ErrBusy)
			return nil
		case "late":
			s.results.Final(t, nil, chain.ErrLate)
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
		if got := say(t, r, asr.Hints{State: "busy"}); !errors.Is(got.Err, asr.ErrBusy) {
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
func upload(t *testing.T, url string, file []byte, fields map[string]string, hints ...string) (int, string, http.Header) {
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
	return post(t, url+"/audio/transcriptions", m.FormDataContentType(), &b, hints...)
}

func post(t *testing.T, url, kind string, body io.Reader, hints ...string) (int, string, http.Header) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), "POST", url, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", kind)
	for _, h := range hints {
		q.Header.Set(remote.HintsHeader, h)
	}
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
		{"the model by its name", ok, map[string]string{"model": "scripted"}, 200, "Avignon"},
		{"another model", ok, map[string]string{"model": "whisper-9"}, 404, `there is \"scripted\", which is also whisper-1","type":"invalid_request_error","param":"model","code":"model_not_found"`},
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
		{"another model", `{"model":"tts-9","input":"oui","response_format":"wav"}`, 404, `there is \"voix\", which is also tts-1`},
		{"nothing to say", `{"input":"…","response_format":"wav"}`, 400, "give French words or digits"},
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
		{"a wrong method", "GET", "/audio/speech", "geheim", 405, "GET is not served at /v1/audio/speech, POST is"},
		{"another wrong method", "DELETE", "/models/scripted", "geheim", 405, "method_not_allowed"},
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
	hears, err := asropenai.New(asropenai.Config{URL: s.url, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]asr.Recognizer{"openai": hears, "wyoming": asrwyoming.New(asrwyoming.Config{Address: s.wyoming, Timeout: 30 * time.Second})} {
		if got := say(t, r, asr.Hints{}); !errors.Is(got.Err, asr.ErrBusy) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if err := ttswyoming.New(ttswyoming.Config{Address: s.wyoming, Stall: 30 * time.Second}).Synthesize(t.Context(), tts.Utterance{Text: "oui"}, func([]int16) error { return nil }); !errors.Is(err, tts.ErrBusy) {
		t.Errorf("%v", err)
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

// Sound of any length that the file may have is heard: what is longer than a turn in pieces, but for a turn that another node sends as such.
func TestLongSoundIsHeardInPieces(t *testing.T) {
	s := serve(t, Config{Recognizer: hinted{scripted.New()}})
	file := func(seconds int) []byte {
		path := filepath.Join(t.TempDir(), "long.wav")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(media.WriteWAV(f, make([]int16, seconds*8000), 8000), f.Close()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, c := range []struct {
		name    string
		seconds int
		hints   string
		pieces  string // what is heard, as often as there are pieces
		least   int
		status  int
	}{
		{"as long as a turn", 10, "", "/", 1, 200},
		{"three times a turn", 30, "", "/", 3, 200},
		{"a long turn of a caller", 30, `{"state":"reason"}`, "reason/", 1, 200},
		{"one that nobody hears in time", 30, `{"state":"late"}`, "", 0, 503},
		{"one for which there is no time", 30, `{"state":"busy"}`, "", 0, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, _ := upload(t, s.url, file(c.seconds), map[string]string{"response_format": "text"}, c.hints)
			heard := strings.Fields(body)
			if status != c.status || c.status != 200 && !strings.Contains(body, "ask again in a") {
				t.Fatalf("%d %s", status, body)
			}
			if c.status == 200 && (len(heard) < c.least || c.least == 1 && len(heard) != 1 || strings.Trim(strings.Join(heard, ""), c.pieces) != "") {
				t.Errorf("heard %q", body)
			}
		})
	}
}

// A body that comes too slowly is refused as that, not answered with an empty success, and its place is free again.
func TestSlowBodiesAreRefused(t *testing.T) {
	s := New(Config{Recognizer: scripted.New("oui"), Voice: &buzz{}, VoiceName: "voix", VoiceRate: 24000})
	s.http.ReadTimeout, s.forms = 100*time.Millisecond, make(chan struct{}, 1)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.ServeHTTP(ln) }()
	for _, c := range []struct{ name, path, kind, body string }{
		{"a form", "transcriptions", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF"},
		{"a form that does not begin", "transcriptions", "multipart/form-data; boundary=x", ""},
		{"a request for speech", "speech", "application/json", `{"input":"oui",`},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST /v1/audio/%s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 5000\r\n\r\n%s", c.path, c.kind, c.body)
			got, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 408 ") || !strings.Contains(string(got), "did not come within") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Who closes their own side alone is told that nobody works for them then.
func TestHalfClosedIsToldSo(t *testing.T) {
	v := &buzz{block: make(chan struct{}), began: make(chan struct{}, 1)}
	s := serve(t, Config{Recognizer: scripted.New(), Voice: v})
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/v1"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"input":"attends","response_format":"pcm"}`
	fmt.Fprintf(conn, "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	<-v.began
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 ") || !strings.Contains(string(got), "keep it open until then") {
		t.Errorf("%q, %v", got, err)
	}
}

// More forms than may be read at once wait, and are refused in the end.
func TestFormsAtOnceAreBounded(t *testing.T) {
	s := serve(t, Config{Recognizer: scripted.New("oui")})
	for range uploads {
		s.forms <- struct{}{}
	}
	if status, body, h := upload(t, s.url, second(t, 8000), nil); status != 429 || h.Get("Retry-After") != "1" {
		t.Errorf("%d %s", status, body)
	}
	for range uploads {
		<-s.forms
	}
	if status, body, _ := upload(t, s.url, second(t, 8000), nil); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if len(s.forms) != 0 || len(s.slots) != 0 {
		t.Errorf("%d forms and %d pieces of work are left", len(s.forms), len(s.slots))
	}
}
