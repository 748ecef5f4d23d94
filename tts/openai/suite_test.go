package openai

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	proto "github.com/acotel/acotel-sbc/openai"
	"github.com/acotel/acotel-sbc/tts"
	"github.com/acotel/acotel-sbc/tts/ttstest"
	"github.com/acotel/acotel-sbc/wyoming"
)

// babbler is a server whose model heeds no speed, and remembers what was asked.
type babbler struct {
	mu    sync.Mutex
	asked []float64 // speeds
}

func (b *babbler) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var r proto.Speech
	if err := json.NewDecoder(q.Body).Decode(&r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.asked = append(b.asked, r.Speed)
	b.mu.Unlock()
	w.Header().Set("Content-Type", "audio/pcm")
	for pcm := ttstest.Babble(r.Input, 24000); len(pcm) > 0; {
		n := min(2400, len(pcm))
		if _, err := w.Write(wyoming.Bytes(pcm[:n])); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		pcm = pcm[n:]
	}
}

func babbling(t *testing.T, b *babbler, c Config) *Voice {
	t.Helper()
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	c.URL = s.URL
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSuite(t *testing.T) {
	ttstest.Run(t, func(t *testing.T) tts.Synthesizer { return babbling(t, &babbler{}, Config{Stretch: true}) })
}

// Slower speech is asked of the server, or made of its sound: never both.
func TestWhoMakesItSlower(t *testing.T) {
	for _, c := range []struct {
		name    string
		stretch bool
		asked   float64
		longer  float64
	}{{"the server", false, .8, 1}, {"this end", true, 0, 1.25}} {
		t.Run(c.name, func(t *testing.T) {
			b := &babbler{}
			v := babbling(t, b, Config{Stretch: c.stretch})
			defer v.Close()
			n := 0.0
			if err := v.Synthesize(t.Context(), tts.Utterance{Text: ttstest.Text, Rate: .8}, func(p []int16) error { n += float64(len(p)); return nil }); err != nil {
				t.Fatal(err)
			}
			longer := n / float64(len(ttstest.Babble(ttstest.Text, 24000)))
			if b.asked[0] != c.asked || math.Abs(longer-c.longer) > .01 {
				t.Errorf("asked for speed %g, %.2f times as long; want %g, %g", b.asked[0], longer, c.asked, c.longer)
			}
		})
	}
}
