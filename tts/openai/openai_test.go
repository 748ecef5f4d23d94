package openai

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	proto "github.com/acotel/acotel-sbc/openai"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wavHeader is a header of 16 kHz stereo, with a chunk before the sound.
const wavHeader = "RIFF\xff\xff\xff\xffWAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00\x01\x00\x02\x00\x80\x3e\x00\x00\x00\xfa\x00\x00\x04\x00\x10\x00data\xff\xff\xff\xff"

func TestAnswers(t *testing.T) {
	send := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name, format string
		does         http.HandlerFunc
		samples      int
		want         error
	}{
		{"pcm", PCM, send("audio/pcm", strings.Repeat("a", 9601)), 4800, nil},
		{"wav, mixed and converted", WAV, send("audio/wav", wavHeader+strings.Repeat("ab", 3200)), 2400, nil},
		{"wav of known length, and a chunk after the sound", WAV, send("audio/wav", wavHeader[:len(wavHeader)-4]+"\x00\x19\x00\x00"+strings.Repeat("ab", 3200)+"LIST\xf0\x00\x00\x00"+strings.Repeat("z", 240)), 2400, nil},
		{"wav that is shorter than it says", WAV, send("audio/wav", wavHeader[:len(wavHeader)-4]+"\x00\x29\x00\x00"+strings.Repeat("ab", 3200)), -1, io.ErrUnexpectedEOF},
		{"a page", PCM, send("text/html", "<html>"), 0, ErrFormat},
		{"no WAV", WAV, send("audio/wav", "ID3 and so on and so on"), 0, ErrFormat},
		{"a WAV without sound", WAV, send("audio/wav", wavHeader[:50]), 0, ErrFormat},
		{"a WAV with a chunk without end", WAV, send("audio/wav", "RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\x7f"), 0, ErrFormat},
		{"8 bits", WAV, send("audio/wav", strings.Replace(wavHeader, "\x04\x00\x10\x00", "\x02\x00\x08\x00", 1)+"abcd"), 0, ErrFormat},
		{"has too much to do", PCM, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, 0, tts.ErrBusy},
		{"nothing", PCM, send("audio/pcm", ""), 0, remote.ErrNoSound},
		{"breaks off", PCM, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "audio/pcm")
			_, _ = io.WriteString(w, "abcd")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, -1, io.ErrUnexpectedEOF},
		{"falls silent", PCM, func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "audio/pcm")
			_, _ = io.WriteString(w, "abcd")
			_ = http.NewResponseController(w).Flush()
			<-q.Context().Done()
		}, -1, remote.ErrStalled},
		{"never answers", PCM, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, 0, remote.ErrStalled},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				_, _ = io.Copy(io.Discard, q.Body) // only then the end of the client is noticed
				c.does(w, q)
			}))
			defer s.Close()
			stall := time.Minute
			if c.want == remote.ErrStalled {
				stall = 300 * time.Millisecond
			}
			v, err := New(Config{URL: s.URL, Format: c.format, Stall: stall})
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			n := 0
			err = v.Synthesize(t.Context(), tts.Utterance{Text: "bonjour"}, func(pcm []int16) error { n += len(pcm); return nil })
			if !errors.Is(err, c.want) || c.samples >= 0 && n != c.samples {
				t.Errorf("%d samples, want %d; %v, want %v", n, c.samples, err, c.want)
			}
		})
	}
}

func TestARefusalIsTold(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"message":"wrong key"}}`)
	}))
	defer s.Close()
	v, err := New(Config{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var e *proto.Error
	if err := v.Synthesize(t.Context(), tts.Utterance{Text: "a"}, func([]int16) error { return nil }); !errors.As(err, &e) || e.Status != 401 {
		t.Errorf("%v", err)
	}
	if _, err := New(Config{Format: "mp3"}); err == nil {
		t.Error("mp3 is taken")
	}
}
